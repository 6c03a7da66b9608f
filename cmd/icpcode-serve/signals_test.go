//go:build unix

package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// TestSignals ends the program as a terminal that is closed does: it ends as it
// does on SIGTERM, unless it was started with that signal ignored, as by nohup.
func TestSignals(t *testing.T) {
	t.Parallel()
	// A test under nohup would hand on that it ignores the signal.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	program := built(t)
	for before, signals := range map[string][]syscall.Signal{"": {syscall.SIGHUP}, "trap '' HUP;": {syscall.SIGHUP, syscall.SIGTERM}} {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", before+` exec "$0" -demo -listen 127.0.0.1:0 -metrics ""`, program)
		address, stderr := started(t, cmd)
		for i, s := range signals {
			if i > 0 {
				if status, text := ask(t, http.MethodGet, "http://"+address+"/v1/instances", "", "Icpcode-Account: 1001"); status != http.StatusOK {
					t.Errorf("%q: after a signal that is ignored it answers %d %s", before, status, text)
				}
			}
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = io.Copy(io.Discard, stderr) // its log
		if err := cmd.Wait(); err != nil {
			t.Errorf("%q: it ended with %v", before, err)
		}
	}
}
