// Package library keeps the local library of images: the SQLite database and the image folder of
// sregistry-cli 0.2.39, so that both tools use one library.
//
// It promises that many processes and the members of a group can use one library at once: rows are
// written in short transactions behind SQLite's own rollback journal (a write-ahead log needs
// shared memory, which network file systems do not have), and everything that is made gets the
// rights that the umask and a setgid folder give. It opens nothing before it is asked for
// something, and it never changes a database that it does not understand. It never copies an image
// by itself, and makes no hard links, because apptainer sign changes a file in place.
//
// It is tested on a database as sregistry-cli wrote it, by many processes at once, and as several
// users.
package library
