package etcdstore

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"
)

var torture = flag.Duration("torture", 0, "run the long versions of the fault tests, each for at least this long; 0: the short ones")

// enough returns a function that reports whether a long test has gone on for
// as long as the flag says. A short one has at once.
func enough() func() bool {
	start := time.Now()
	return func() bool { return time.Since(start) >= *torture }
}

func TestMain(m *testing.M) {
	config := os.Getenv(nodeEnv)
	if config == "" {
		os.Exit(m.Run())
	}
	var n member
	err := json.Unmarshal([]byte(config), &n)
	if err == nil {
		err = serve(n)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
