package mutate

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode/internal/weave"
)

// Limits for one mutant: of the processor time of one run of tests, which does
// not run on while others have the machine, in seconds and beside what the
// tests took without a mutant; of its time on the clock, for those that wait
// for ever where that is not seen; and of its memory in KB.
const (
	processorSeconds = 5
	processorTimes   = 5
	clockTime        = 3 * time.Minute
	memory           = 12_000_000
)

// run runs a test program with a mutant.
func run(ctx context.Context, program, dir string, n int, took time.Duration, args ...string) (string, error) {
	limits := fmt.Sprintf(`ulimit -t %d; ulimit -v %d; exec "$@"`, processorSeconds+processorTimes*int(took/time.Second+1), memory)
	args = append([]string{"-c", limits, "sh", program, "-test.failfast", "-test.short", "-test.timeout=5m"}, args...)
	cmd := exec.CommandContext(ctx, "sh", args...)
	cmd.Dir = filepath.Join(root, dir)
	cmd.Env = append(cmd.Environ(), fmt.Sprintf("%s=%d", weave.Env, n))
	cmd.WaitDelay = 10 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan struct{})
	go stopIdle(cmd.Process, idleReading, ended)
	err := cmd.Wait()
	close(ended)
	return out.String(), err
}

// A program is taken to wait for ever that used no processor time between
// idleReadings readings, that far apart.
const (
	idleReading  = 5 * time.Second
	idleReadings = 4
)

// stopIdle kills a process that waits for ever and has no child that may not.
// Where there is no /proc it does nothing.
func stopIdle(p *os.Process, every time.Duration, ended <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var before string
	for same := 0; ; {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		now, ok := processorTime(p.Pid)
		if !ok || now != before {
			before, same = now, 0
			continue
		}
		if same++; same == idleReadings {
			_ = p.Kill()
			return
		}
	}
}

// processorTime reads the processor time of a process without children.
func processorTime(pid int) (ticks string, ok bool) {
	of := fmt.Sprintf("/proc/%d", pid)
	stat, err := os.ReadFile(of + "/stat")
	if err != nil {
		return "", false
	}
	lists, err := filepath.Glob(of + "/task/*/children")
	if err != nil {
		return "", false
	}
	for _, list := range lists {
		if children, err := os.ReadFile(list); err != nil || len(children) > 0 {
			return "", false
		}
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 || fields[0] == "R" {
		return "", false
	}
	return fields[11] + " " + fields[12], true // utime, stime
}

// TestIdleIsStopped has a process that waits for ever, and one that ends.
func TestIdleIsStopped(t *testing.T) {
	if _, ok := processorTime(os.Getpid()); !ok {
		if _, err := os.Stat("/proc/self/stat"); err != nil && os.Getenv("CI") != "true" {
			t.Skip("there is no /proc here: only the clock stops what waits")
		}
	}
	wait := exec.CommandContext(t.Context(), "sleep", "1000")
	if err := wait.Start(); err != nil {
		t.Fatal(err)
	}
	stopIdle(wait.Process, 10*time.Millisecond, nil)
	if err := wait.Wait(); err == nil {
		t.Error("the process that waits was not stopped")
	}
}
