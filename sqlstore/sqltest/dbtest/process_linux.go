package dbtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const canStart = true

// ownServer are the attributes of a server's process: a group and a user of
// its own, and death with this process.
func ownServer(as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as, Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// ownSession are the attributes of a process that outlives this one, and what
// a terminal sends to it.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// killFamily kills a child of this process and all of its descendants, and
// returns their ids. The child is stopped first, to the end of what it was
// about: then it neither forks nor reaps, so that nobody is missed and no id
// can become somebody else's meanwhile.
func killFamily(pid int) ([]int, error) {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return nil, err
	}
	err := poll(func() error {
		if fields, err := stat(pid); err == nil && fields[0] != "T" && alive(pid) {
			return fmt.Errorf("process %d does not stop", pid)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	children, err := allChildren()
	if err != nil {
		return nil, err
	}
	family := []int{pid}
	for i := 0; i < len(family); i++ {
		family = append(family, children[family[i]]...)
	}
	for _, p := range family {
		if err := syscall.Kill(p, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return nil, err
		}
	}
	return family, nil
}

// allChildren lists the children of every process.
func allChildren() (map[int][]int, error) {
	procs, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, p := range procs {
		pid, err := strconv.Atoi(p.Name())
		if err != nil {
			continue
		}
		if fields, err := stat(pid); err == nil { // else it has just ended
			parent, err := strconv.Atoi(fields[1])
			if err != nil {
				return nil, err
			}
			children[parent] = append(children[parent], pid)
		}
	}
	return children, nil
}

// tick is what the kernel counts the time of processes in, on every platform
// that Go runs on.
const tick = 10 * time.Millisecond

// CPU returns how much processor time this process has taken so far, and how
// much the server with all processes that it started.
func (s *Server) CPU() (own, server time.Duration, err error) {
	if own, err = cpu(os.Getpid(), false); err != nil {
		return 0, 0, err
	}
	children, err := allChildren()
	if err != nil {
		return 0, 0, err
	}
	family := []int{s.cmd.Process.Pid}
	for i := 0; i < len(family); i++ {
		family = append(family, children[family[i]]...)
		if d, err := cpu(family[i], true); err == nil { // else it has just ended, and its parent has its time
			server += d
		}
	}
	return own, server, nil
}

// cpu returns the processor time of a process, and of its children that ended.
func cpu(pid int, children bool) (sum time.Duration, err error) {
	fields, err := stat(pid)
	if err != nil {
		return 0, err
	}
	last := 13 // behind the name: utime, stime, cutime, cstime
	if children {
		last = 15
	}
	for _, f := range fields[11:last] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}

// stat returns what the kernel says of a process: its state, its parent, and
// more.
func stat(pid int) ([]string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	// The name before may hold anything, but its parenthesis is the last.
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])), nil
}

// alive reports whether a process can still do anything.
func alive(pid int) bool {
	fields, err := stat(pid)
	return err == nil && fields[0] != "Z" && fields[0] != "X"
}
