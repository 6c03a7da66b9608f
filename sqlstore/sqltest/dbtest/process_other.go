//go:build !linux

package dbtest

import (
	"os"
	"syscall"
	"time"
)

// Nothing here ends a server with the process that started it, so that
// [Lab] finds none to start: see program. What is here serves its janitor.

const canStart = false

func ownServer(*syscall.Credential) *syscall.SysProcAttr { return nil }

func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func killFamily(pid int) ([]int, error) {
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil, err
	}
	return []int{pid}, p.Kill()
}

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}

// CPU is not known here.
func (s *Server) CPU() (own, server time.Duration, err error) { return 0, 0, ErrMissing }
