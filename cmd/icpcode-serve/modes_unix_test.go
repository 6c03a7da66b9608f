//go:build unix

package main

import (
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestFileOfCodes holds that migrate makes a file that only its owner reads,
// whatever SQLite would do, and so are those beside it.
func TestFileOfCodes(t *testing.T) {
	s := trusting(t)
	ask(t, http.MethodPost, "http://"+s.api+"/v1/codes/issue", `{"instance":"i-1","quantity":1}`, "Icpcode-Account: 1001", "Idempotency-Key: k")
	files := 0
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasPrefix(e.Name(), "codes.db") {
			return err
		}
		files++
		about, err := e.Info()
		if err == nil && about.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", path, about.Mode())
		}
		return err
	})
	if err != nil || files < 2 {
		t.Errorf("there are %d files, %v", files, err)
	}
}
