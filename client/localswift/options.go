package localswift

import "time"

// Options say where an endpoint keeps its data and how it behaves. Only Dir is
// required.
type Options struct {
	// Dir is the data directory. It is created with mode 0700.
	Dir string
	// Users may sign in. None means one, "local:local", whose key is made once
	// and kept in Dir with mode 0600.
	Users []User
	// Personality says which server's answers are given where they differ.
	Personality Personality
	// MaxObject is the largest body of one PUT in bytes. 0 means what the real
	// servers take: 5 GiB + 2 for OpenStack, 5 GiB for RGW.
	MaxObject int64
	// TokenLife is how long a token is good for. 0 means a day.
	TokenLife time.Duration
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// NoSync leaves out every fsync. For tests only: what was acknowledged can
	// then be lost with the machine, though not with the process.
	NoSync bool
	// Faults makes chosen requests go wrong; for tests.
	Faults *Plan
	// Log gets a line a request, without tokens, keys and signatures; nil means none. It is
	// called from many goroutines.
	Log func(line string)
}

// User is somebody who may sign in.
type User struct {
	// Name has the form "account:user", as X-Auth-User sends it.
	Name string
	// Key is the password, as X-Auth-Key sends it.
	Key string
	// Account is the storage account, by default "AUTH_" and the part of Name
	// before the colon.
	Account string
	// Admin owns everything in the account. Others have the rights ACLs give
	// them.
	Admin bool
	// Reads may read everything in the account, as RGW's subusers with read
	// access do.
	Reads bool
	// Reseller owns every account, and alone may set an account's quota.
	Reseller bool
}

// The limits OpenStack Swift documents in /info.
const (
	maxObjectOpenStack = 5<<30 + 2
	maxObjectRGW       = 5 << 30

	maxAccountName   = 256
	maxContainerName = 256
	maxObjectName    = 1024
	maxMetaName      = 128
	maxMetaNameRGW   = 80
	maxMetaValue     = 256
	maxMetaCount     = 90
	maxMetaTotal     = 4096
	maxHeaderValue   = 8192
	listingLimit     = 10000
)
