// Package localswift is an OpenStack Swift endpoint in one process: v1 sign-in,
// accounts, containers and objects over a data directory.
//
// It serves three uses: the quick start without a cluster (--embedded), a
// server for other programs (serve), and the test bed of the whole project. A
// test bed must not lie, so answers follow what was measured on OpenStack
// Swift 2.30 and, with the RGW personality, on Ceph RADOS Gateway 16.2: status
// codes, headers, bodies, and the places where the two differ.
//
// # What it promises
//
// An object that was answered 201 is on disk and whole, whatever kills the
// process or the machine afterwards; a PUT that was not answered leaves either
// the old object or the new one, never a mixture. Bodies are written to a file
// under a unique id, synced, renamed, and only then named by a row of an SQLite
// index: that transaction is the commit point. No name a user gives ever
// becomes a file name. Somebody who reads an object while it is replaced gets
// the old bytes to the end. Memory use does not depend on the size of bodies
// or containers. Several processes of one machine may have one directory open.
//
// # What it never does
//
// It never replicates, never encrypts, never logs a token or key, and speaks
// no TLS: it is meant for the loopback interface. What it does not implement
// (versions, symlinks, static web, form uploads, archives) it does not list in
// /info and does not pretend to have.
//
// # How it is tested
//
// Raw net/http tests in this package ask for the facts measured on the real
// servers. A second process is killed at seeded random moments under
// concurrent writes and its directory checked. Package localswifttest starts
// an endpoint for the tests of other packages, with a plan of faults if asked.
package localswift
