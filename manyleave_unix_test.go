//go:build unix

package icpcode_test

import (
	"syscall"
	"testing"
	"time"
)

// TestMergeManyLeaveCost has eight times as many callers leave, which takes
// about eight times as much of the processor: a caller that leaves costs the
// others what it asked for, not what all have asked for. To go through the
// queue for each of them would take 64 times as much.
func TestMergeManyLeaveCost(t *testing.T) {
	const few, many = 400, 3200
	least := map[int]time.Duration{few: time.Hour, many: time.Hour}
	for range 5 {
		for n := range least {
			before := processorTime(t)
			leaveTogether(t, n)
			least[n] = min(least[n], processorTime(t)-before)
		}
	}
	ratio := float64(least[many]) / float64(least[few])
	t.Logf("%d take %v and %d take %v: %.1f times as much", few, least[few], many, least[many], ratio)
	if ratio > 20 {
		t.Errorf("%.1f times as much for eight times as many", ratio)
	}
}

// processorTime is what this process has had of the processors.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
