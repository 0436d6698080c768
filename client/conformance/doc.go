// Package conformance holds the cases that every Swift endpoint must pass with this client: the
// embedded one, OpenStack Swift, Ceph RGW. The cases and what they expect are the same for all;
// where servers really differ, the difference has a name in capabilities.
//
// By itself it runs on the embedded endpoint. With SREGISTRY_TEST_SERVER set, as the scripts in
// scripts/servers print it, it runs on the server that SREGISTRY_SWIFT_* name:
//
//	eval "$(scripts/servers/ceph.sh up)"; go test ./client/conformance
package conformance
