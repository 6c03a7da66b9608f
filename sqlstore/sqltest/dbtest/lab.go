// Package dbtest starts database servers for tests, and harms them:
// PostgreSQL with standbys, MariaDB, and Galera clusters. Each server is the
// test's own, in a temporary directory, on a free port of the loopback
// interface, and as durable as it comes unless a setting says otherwise.
//
// A [Lab] owns the servers of one test binary. Nothing outlives it, also when
// the binary panics or is killed: the kernel ends the servers and a janitor
// removes the directory. A [Proxy] stands between a client and a server and
// loses what a test wants lost; a [Connector] does the same to a database that
// has no network.
//
// A Lab starts servers on Linux; elsewhere all of them are missing.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// ErrMissing is matched by the error of a server that is not installed.
var ErrMissing = errors.New("dbtest: not installed")

// patience is how long a server may take to start, stop or answer. A busy
// machine is slow; only one that hangs is slower than this.
const patience = 2 * time.Minute

// Lab owns the servers of one test binary. It is safe for concurrent use.
type Lab struct {
	dir     string
	janitor io.Closer

	mu      sync.Mutex
	servers []*Server
	shared  map[string]*share
	ports   map[int]bool // that were given to a server
}

// share is what Once remembers.
type share struct {
	once    sync.Once
	servers []*Server
	err     error
}

// NewLab returns a lab without servers.
func NewLab() (*Lab, error) {
	dir, err := os.MkdirTemp("", "icpdb")
	if err != nil {
		return nil, err
	}
	// The servers run as users of their own and must reach their directories.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	janitor, err := hireJanitor(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Lab{dir: dir, janitor: janitor, shared: map[string]*share{}, ports: map[int]bool{}}, nil
}

// hireJanitor starts a process that removes dir when the returned pipe is
// closed: at the latest when this process ends, however it does. By then its
// servers are gone, or about to be, so it tries for a while.
func hireJanitor(dir string) (io.Closer, error) {
	cmd := exec.Command("sh", "-c", `read -r _; for i in 1 2 3 4 5; do rm -rf "$1" && break; sleep 1; done`, "janitor", dir)
	cmd.SysProcAttr = ownSession()
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return janitor{in, cmd}, nil
}

type janitor struct {
	in  io.Closer
	cmd *exec.Cmd
}

// Close lets the janitor work and waits for it.
func (j janitor) Close() error { return errors.Join(j.in.Close(), j.cmd.Wait()) }

// Close kills all servers and removes what they wrote.
func (l *Lab) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, s := range l.servers {
		errs = append(errs, s.Kill())
	}
	return errors.Join(append(errs, l.janitor.Close())...)
}

// start starts a server, which is the lab's from then on.
func (l *Lab) start(s *Server, args ...string) (*Server, error) {
	l.mu.Lock()
	l.servers = append(l.servers, s)
	l.mu.Unlock()
	return s, s.Start(args...)
}

// Once returns the servers of the given name that start made when it was
// first asked for them: those that tests share, each with its own database.
// It skips or fails the test as [Need] does.
func (l *Lab) Once(t testing.TB, name string, start func() ([]*Server, error)) []*Server {
	t.Helper()
	l.mu.Lock()
	s := l.shared[name]
	if s == nil {
		s = new(share)
		l.shared[name] = s
	}
	l.mu.Unlock()
	s.once.Do(func() { s.servers, s.err = start() })
	Need(t, s.err)
	return s.servers
}

// Need ends the test if err is not nil. A server that is not installed skips
// it, but not in CI, where all of them must be.
func Need(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// missing is the error of a program that is not there.
func missing(name string) error {
	if !canStart {
		return fmt.Errorf("%w: %s; servers are started on Linux only", ErrMissing, name)
	}
	return fmt.Errorf("%w: %s; `sh tools/servers`, in the root of the repository, installs the servers", ErrMissing, name)
}

// program finds a program in PATH or in one of the directories that match the
// patterns, the last one of a pattern first.
func program(name string, dirs ...string) (string, error) {
	if !canStart {
		return "", missing(name)
	}
	if path, err := exec.LookPath(name); err == nil {
		return filepath.EvalSymlinks(path)
	}
	for _, pattern := range dirs {
		found, err := filepath.Glob(filepath.Join(pattern, name))
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return filepath.EvalSymlinks(slices.Max(found))
		}
	}
	return "", missing(name)
}

// home makes a directory for a server that runs as the first of the users
// that exists. Only root can run it as another one, and has to.
func (l *Lab) home(users ...string) (dir string, as *syscall.Credential, err error) {
	if dir, err = os.MkdirTemp(l.dir, "s"); err != nil || os.Getuid() != 0 {
		return dir, nil, err
	}
	for _, name := range users {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return "", nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return "", nil, err
		}
		return dir, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
	}
	return "", nil, fmt.Errorf("dbtest: none of the users %q exists, and servers refuse to run as root", users)
}

// run runs a program to its end, in a server's directory and as its user.
func run(dir string, as *syscall.Credential, env []string, path string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.Env = environ(dir, env)
	cmd.SysProcAttr = ownServer(as)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("dbtest: %s: %w\n%s", filepath.Base(path), err, out)
	}
	return nil
}

// environ is what programs see that work in a server's directory, with more.
// Their temporary files are there too: a MariaDB that starts removes those that
// it takes for its own, whoever is at work on them.
func environ(dir string, more []string) []string {
	return append(append(os.Environ(), "HOME="+dir, "TMPDIR="+dir), more...)
}

// freePorts returns n ports of the loopback interface that nobody listens on.
// They are below those that systems give to outgoing connections, so that they
// stay free until a server takes them.
func (l *Lab) freePorts(n int) ([]int, error) {
	const lowest, highest, tries = 15_000, 32_000, 1000
	l.mu.Lock()
	defer l.mu.Unlock()
	var ports []int
	for range tries {
		if len(ports) == n {
			return ports, nil
		}
		port := lowest + rand.N(highest-lowest)
		if l.ports[port] {
			continue
		}
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue // taken
		}
		if err := listener.Close(); err != nil {
			return nil, err
		}
		l.ports[port] = true
		ports = append(ports, port)
	}
	return nil, fmt.Errorf("dbtest: no %d free ports in %d tries", n, tries)
}

// poll asks done again and again until it answers nil, and returns its last
// error if it never does.
func poll(done func() error) error {
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := done()
		if err == nil {
			return nil
		}
		select {
		case <-deadline:
			return err
		case <-tick.C:
		}
	}
}
