package dbtest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Server is one database server. Its methods are not safe for concurrent use
// with Start, Stop and Kill; all others are.
type Server struct {
	Name string // "PostgreSQL 15.18"
	Port int    // of the loopback interface

	dir     string // the server's own
	program string
	args    []string
	env     []string
	as      *syscall.Credential
	stop    syscall.Signal
	driver  string
	admin   string                                 // a database that is always there
	dsn     func(port int, database string) string // without parameters
	ready   func(context.Context, *sql.DB) error   // nil: an answer is enough
	made    atomic.Int64                           // databases
	answer  Answer                                 // nil: nothing is known of it

	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
}

// Running reports whether the server was started and has not ended.
func (s *Server) Running() bool {
	if s.exited == nil {
		return false
	}
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// Start starts the server, with further arguments for this time only, and
// waits until it answers.
func (s *Server) Start(args ...string) error {
	if s.Running() {
		return fmt.Errorf("dbtest: %s runs already", s.Name)
	}
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the server has its own handle
	s.cmd = exec.Command(s.program, append(slices.Clip(s.args), args...)...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.dir, log, log
	s.cmd.Env = environ(s.dir, s.env)
	s.cmd.SysProcAttr = ownServer(s.as)
	if err := s.cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	s.exited = exited
	go func(cmd *exec.Cmd) {
		defer close(exited)
		_ = cmd.Wait() // however it ended, it has
	}(s.cmd)
	return s.await()
}

// await waits until the server answers.
func (s *Server) await() error {
	db, err := sql.Open(s.driver, s.DSN(s.admin))
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only asked whether it is there
	var ended error
	err = poll(func() error {
		if !s.Running() {
			ended = errors.New("it has ended")
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := db.PingContext(ctx); err != nil || s.ready == nil {
			return err
		}
		return s.ready(ctx, db)
	})
	if err = errors.Join(err, ended); err != nil {
		return fmt.Errorf("dbtest: %s does not start: %w\n%s", s.Name, err, s.Log())
	}
	return nil
}

func (s *Server) log() string { return filepath.Join(s.dir, "log") }

// Log returns the end of what the server logged.
func (s *Server) Log() string {
	b, err := os.ReadFile(s.log())
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-4096):])
}

// Stop asks the server to stop, and waits until it has.
func (s *Server) Stop() error {
	if !s.Running() {
		return nil
	}
	if err := s.cmd.Process.Signal(s.stop); err != nil {
		return err
	}
	select {
	case <-s.exited:
		return nil
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("dbtest: %s does not stop\n%s", s.Name, s.Log()), s.Kill())
	}
}

// Kill ends the server and every process of it by SIGKILL, as a crash would,
// and waits until nothing is left of them. What was written to the operating
// system survives, what was not is lost.
func (s *Server) Kill() error {
	if !s.Running() {
		return nil
	}
	family, err := killFamily(s.cmd.Process.Pid)
	if err != nil {
		return fmt.Errorf("dbtest: %s does not die: %w", s.Name, err)
	}
	<-s.exited
	return poll(func() error {
		for _, pid := range family {
			if alive(pid) {
				return fmt.Errorf("dbtest: process %d of %s lives on", pid, s.Name)
			}
		}
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)))
		if err != nil {
			return nil //nolint:nilerr // nobody listens, which is the point
		}
		return errors.Join(fmt.Errorf("dbtest: somebody listens on the port of %s", s.Name), c.Close())
	})
}

// Driver returns the name of the database/sql driver for the server.
func (s *Server) Driver() string { return s.driver }

// DSN returns the data source name of a database of the server. It ends in a
// place where "&name=value" may follow.
func (s *Server) DSN(database string) string { return s.dsn(s.Port, database) }

// Proxy returns a proxy to the server, as [NewProxy] does.
func (s *Server) Proxy(plan Plan) (*Proxy, error) {
	return NewProxyTo("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)), s.answer, plan)
}

// Via returns the DSN of a database of the server as seen through a proxy.
func (s *Server) Via(p *Proxy, database string) string { return s.dsn(p.Port(), database) }

// Create makes a new database and returns its name.
func (s *Server) Create(ctx context.Context) (string, error) {
	db, err := sql.Open(s.driver, s.DSN(s.admin))
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("t%d", s.made.Add(1))
	_, err = db.ExecContext(ctx, "create database "+name)
	return name, errors.Join(err, db.Close())
}

// Database makes a new database for a test and returns its name.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name, err := s.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// Open opens a data source of a driver and closes it when the test ends.
func Open(t testing.TB, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // drivers complain of links that were cut
	return db
}

// Count returns how often the server's log says something.
func (s *Server) Count(text string) (int, error) {
	b, err := os.ReadFile(s.log())
	return bytes.Count(b, []byte(text)), err
}
