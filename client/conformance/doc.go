// Package conformance holds the cases that every Swift endpoint must pass: the embedded one as each
// server it can answer for, OpenStack Swift with v1 sign-in and with Keystone, Ceph RGW. The client
// part calls this client's operations; what it expects is the same for all. The raw part sends plain
// HTTP: what endpoints answer, so that what the embedded one answers is true. Where real servers
// differ, both answers are named in capabilities, and a difference without a name is a failure.
//
// By itself it runs on the embedded endpoint, first as OpenStack Swift, then as Ceph RGW. With SREGISTRY_TEST_SERVER set, as the scripts in
// scripts/servers print it, it runs on the server that SREGISTRY_SWIFT_* name:
//
//	eval "$(scripts/servers/ceph.sh up)"; go test ./client/conformance
package conformance
