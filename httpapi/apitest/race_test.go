//go:build race

package apitest

// The race detector slows the histories by a factor of six, and sees as much in
// a quarter of them. `make checks` does all of them without it.
func init() { histories = 100 }
