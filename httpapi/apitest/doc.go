// Package apitest holds the tests of module httpapi that need other modules,
// so that these stay out of the go.sum of its users.
package apitest
