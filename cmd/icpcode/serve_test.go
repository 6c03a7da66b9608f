package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestServe holds that serve and migrate are done by the program that has
// them, with all that was said, and that where there is none it says so.
func TestServe(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	serve := func(args ...string) (int, string) {
		var out bytes.Buffer
		s := &system{stdin: strings.NewReader("in"), stdout: &out, stderr: &out, env: func(string) string { return "" }}
		return run(args, s), out.String()
	}
	if status, said := serve("serve", "-demo"); status != exitUsage || !strings.Contains(said, "go install") {
		t.Errorf("without the program it ends with %d and says %q", status, said)
	}
	program := "#!/bin/sh\nread a || :\necho \"$@ $a\"\nexit 7\n"
	if err := os.WriteFile(filepath.Join(dir, serveCommand), []byte(program), 0o700); err != nil {
		t.Fatal(err)
	}
	if status, said := serve("migrate", "-db", "a b"); status != 7 || said != "migrate -db a b in\n" {
		t.Errorf("it ends with %d and says %q", status, said)
	}
	if status, said := serve("help", "serve"); status != 7 || said != "serve -h in\n" {
		t.Errorf("asked for help, it ends with %d and says %q", status, said)
	}
	if _, said := serve("-h"); !strings.Contains(said, "  serve ") || !strings.Contains(said, "  migrate ") {
		t.Errorf("the help is %s", said)
	}
}
