//go:build unix

package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// TestSignals ends the program as a terminal that is closed does: it ends as it
// does on SIGTERM, unless whoever started it has it ignore that, as nohup does.
func TestSignals(t *testing.T) {
	t.Parallel()
	// A test under nohup would hand on that it ignores the signal.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	program := filepath.Join(t.TempDir(), "icpcode-serve")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for before, signals := range map[string][]syscall.Signal{"": {syscall.SIGHUP}, "trap '' HUP;": {syscall.SIGHUP, syscall.SIGTERM}} {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", before+` exec "$0" -demo -listen 127.0.0.1:0 -metrics ""`, program)
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		address := ""
		lines := bufio.NewScanner(stderr)
		for address == "" && lines.Scan() {
			if at := listensAt.FindStringSubmatch(lines.Text()); at != nil {
				address = at[1]
			}
		}
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
