package shell

import "golang.org/x/sys/unix"

// fionread asks a terminal how many bytes wait to be read.
const fionread = unix.TIOCINQ
