//go:build race

package main

// raceDetector tells that the race detector is built in, which needs terabytes of address space.
const raceDetector = true
