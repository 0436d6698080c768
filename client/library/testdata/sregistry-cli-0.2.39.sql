PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE collection (
	id INTEGER NOT NULL, 
	name VARCHAR(150), 
	token VARCHAR(50), 
	created_at DATETIME, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO collection VALUES(1,'lab','32c8a595-e9cb-4af0-8c6f-49d2edc0b02c','2026-11-25 00:10:48');
INSERT INTO collection VALUES(2,'library','9229247f-1682-4a27-8295-ac61ab421de0','2026-11-25 00:10:52');
CREATE TABLE container (
	id INTEGER NOT NULL, 
	created_at DATETIME, 
	metrics TEXT NOT NULL, 
	name VARCHAR(250) NOT NULL, 
	tag VARCHAR(250) NOT NULL, 
	image VARCHAR(250), 
	url VARCHAR(500), 
	uri VARCHAR(500), 
	client VARCHAR(50) NOT NULL, 
	version VARCHAR(250), 
	collection_id INTEGER NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT _container_uc UNIQUE (collection_id, name, tag, client, version), 
	FOREIGN KEY(collection_id) REFERENCES collection (id)
);
INSERT INTO container VALUES(1,'2026-11-25 00:10:48','{"collection": "lab", "original": "lab/tool:v1", "registry": null, "image": "tool", "url": "lab/tool", "tag": "v1", "version": null, "storage": "lab/tool:v1.sif", "uri": "lab/tool:v1", "type": "container"}','tool','v1','/home/vanessa/.singularity/shub/lab/tool/v1@725d57b7a005d16ed229dfa81e51424ae4c79b3f637ad216585b00b90f1bee07.sif','lab/tool','lab/tool:v1@725d57b7a005d16ed229dfa81e51424ae4c79b3f637ad216585b00b90f1bee07','hub','725d57b7a005d16ed229dfa81e51424ae4c79b3f637ad216585b00b90f1bee07',1);
INSERT INTO container VALUES(2,'2026-11-25 00:10:49','{"collection": "lab", "original": "Lab/Tool:V2", "registry": null, "image": "tool", "url": "lab/tool", "tag": "v2", "version": null, "storage": "lab/tool:v2.sif", "uri": "lab/tool:v2", "type": "container"}','tool','v2','/home/vanessa/.singularity/shub/lab/tool/v2@725d57b7a005d16ed229dfa81e51424ae4c79b3f637ad216585b00b90f1bee07.sif','lab/tool','lab/tool:v2@725d57b7a005d16ed229dfa81e51424ae4c79b3f637ad216585b00b90f1bee07','hub','725d57b7a005d16ed229dfa81e51424ae4c79b3f637ad216585b00b90f1bee07',1);
INSERT INTO container VALUES(3,'2026-11-25 00:10:52','{"collection": "library", "original": "ubuntu", "registry": null, "image": "ubuntu", "url": "library/ubuntu", "tag": "latest", "version": null, "storage": "library/ubuntu:latest.sif", "uri": "library/ubuntu:latest", "type": "container"}','ubuntu','latest','/home/vanessa/.singularity/shub/library/ubuntu/latest@725d57b7a005d16ed229dfa81e51424ae4c79b3f637ad216585b00b90f1bee07.sif','library/ubuntu','library/ubuntu:latest@725d57b7a005d16ed229dfa81e51424ae4c79b3f637ad216585b00b90f1bee07','hub','725d57b7a005d16ed229dfa81e51424ae4c79b3f637ad216585b00b90f1bee07',2);
INSERT INTO container VALUES(4,'2026-11-25 00:10:53','{"collection": "lab", "original": "lab/tool:v1", "registry": null, "image": "tool", "url": "lab/tool", "tag": "v1", "version": null, "storage": "lab/tool:v1.sif", "uri": "lab/tool:v1", "type": "container"}','tool','v1','/home/vanessa/.singularity/shub/lab/tool/v1@7ab52634532f1fe776432f9b6f5aff9253ef59e1cf955ec36673678a6dfa9aee.sif','lab/tool','lab/tool:v1@7ab52634532f1fe776432f9b6f5aff9253ef59e1cf955ec36673678a6dfa9aee','hub','7ab52634532f1fe776432f9b6f5aff9253ef59e1cf955ec36673678a6dfa9aee',1);
INSERT INTO container VALUES(5,'2018-11-16 09:30:00','{"original": "library/busybox"}','busybox-latest','latest',NULL,'https://example.org/busybox',NULL,'ceph','d41d8cd98f00b204e9800998ecf8427e',2);
COMMIT;
