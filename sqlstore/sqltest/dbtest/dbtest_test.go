package dbtest

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite" // driver "sqlite"
)

// labEnv makes the test binary start a server, say where, and wait to be
// killed.
const labEnv = "ICPCODE_DBTEST_LAB"

func TestMain(m *testing.M) {
	if os.Getenv(labEnv) == "" {
		// Servers are killed here: that their links end need not be told.
		if err := mysql.SetLogger(&mysql.NopLogger{}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	if err := waitToBeKilled(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// waitToBeKilled starts a server and says where it is.
func waitToBeKilled(out io.Writer) error {
	l, err := NewLab()
	if err != nil {
		return err
	}
	s, err := l.Postgres()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if _, err := fmt.Fprintln(out, l.dir, s.cmd.Process.Pid); err != nil {
		return err
	}
	select {}
}

// ending notes how a test would end.
type ending struct {
	testing.TB
	how string
}

func (e *ending) Helper()      {}
func (e *ending) Skip(...any)  { e.end("skipped") }
func (e *ending) Fatal(...any) { e.end("failed") }

// end notes the first end; a real test would have none after it.
func (e *ending) end(how string) {
	if e.how == "" {
		e.how = how
	}
}

// TestNeed asserts that a server which is missing skips a test, but not in CI.
func TestNeed(t *testing.T) {
	for _, c := range []struct {
		ci   string
		err  error
		want string
	}{
		{"", nil, ""}, {"true", nil, ""}, {"", missing("x"), "skipped"}, {"true", missing("x"), "failed"},
		{"", io.EOF, "failed"}, {"true", io.EOF, "failed"},
	} {
		t.Setenv("CI", c.ci)
		e := &ending{TB: t}
		Need(e, c.err)
		if e.how != c.want {
			t.Errorf("with CI=%q and error %v a test %q, want %q", c.ci, c.err, e.how, c.want)
		}
	}
	if _, err := program("icpcode-no-such-program", "/usr/*/bin"); !errors.Is(err, ErrMissing) {
		t.Errorf("a program that is not there: %v", err)
	}
}

// TestNothingOutlivesTheTest kills a test binary that has a server.
func TestNothingOutlivesTheTest(t *testing.T) {
	_, err := program("postgres", "/usr/lib/postgresql/*/bin")
	Need(t, err)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), labEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var dir string
	var pid int
	if _, err := fmt.Sscan(line, &dir, &pid); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	if _, err := os.Stat(dir); err != nil || !alive(pid) {
		t.Fatalf("there is no server to outlive: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("it was not killed")
	}
	err = poll(func() error {
		if alive(pid) {
			return errors.New("the server lives on")
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			return errors.New("its directory is still there")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestServers starts, stops and kills each kind of server, and finds what it
// was told before.
func TestServers(t *testing.T) {
	l, err := NewLab()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(l.dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the lab's directory is still there: %v", err)
		}
	}()
	for _, kind := range []struct {
		name  string
		start func(...string) (*Server, error)
	}{{"PostgreSQL", l.Postgres}, {"MariaDB", l.MariaDB}} {
		t.Run(kind.name, func(t *testing.T) {
			s, err := kind.start()
			Need(t, err)
			if !strings.HasPrefix(s.Name, kind.name+" ") {
				t.Errorf("the server is called %q", s.Name)
			}
			db := Open(t, s.Driver(), s.DSN(s.Database(t)))
			if kind.name == "MariaDB" {
				var tmp string
				if err := db.QueryRowContext(t.Context(), "select @@tmpdir").Scan(&tmp); err != nil || tmp != s.dir {
					t.Fatalf("temporary files are in %q, %v, want %q: other servers remove them", tmp, err, s.dir)
				}
			}
			if _, err := db.ExecContext(t.Context(), "create table x (n int)"); err != nil {
				t.Fatal(err)
			}
			for n, end := range []func() error{s.Stop, s.Kill, s.Kill} {
				if _, err := db.ExecContext(t.Context(), fmt.Sprintf("insert into x values (%d)", n)); err != nil {
					t.Fatal(err)
				}
				if err := end(); err != nil {
					t.Fatal(err)
				}
				if s.Running() {
					t.Fatal("it still runs")
				}
				if err := db.PingContext(t.Context()); err == nil {
					t.Fatal("it still answers")
				}
				if err := s.Start(); err != nil {
					t.Fatal(err)
				}
				var count int
				if err := db.QueryRowContext(t.Context(), "select count(*) from x").Scan(&count); err != nil || count != n+1 {
					t.Fatalf("%d rows are there, %v, want %d", count, err, n+1)
				}
			}
		})
	}
}

// echo is a server that answers each line with the same in capitals.
func echo(t *testing.T) (port int, heard *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	heard = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed
			}
			go func() {
				lines := bufio.NewScanner(c)
				for lines.Scan() {
					heard.Add(1)
					if _, err := io.WriteString(c, strings.ToUpper(lines.Text())+"\n"); err != nil {
						break
					}
				}
				_ = c.Close() // the client has gone
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, heard
}

// client is a connection through a proxy.
type client struct {
	net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, p *Proxy) *client {
	t.Helper()
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.Port()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &client{c, bufio.NewReader(c)}
}

func (c *client) ask(s string) (string, error) {
	if _, err := io.WriteString(c, s+"\n"); err != nil {
		return "", err
	}
	answer, err := c.lines.ReadString('\n')
	return strings.TrimSpace(answer), err
}

func TestProxy(t *testing.T) {
	port, heard := echo(t)
	fates := []Fate{Pass, Pass, Drop, Lose, Pass}
	trip := 0
	p, err := NewProxy(port, func() Fate { trip++; return fates[trip-1] })
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, p)
	for _, word := range []string{"a", "b"} {
		if got, err := c.ask(word); err != nil || got != strings.ToUpper(word) {
			t.Errorf("asked for %q it answers %q, %v", word, got, err)
		}
	}
	if got, err := c.ask("c"); err == nil {
		t.Errorf("a request that was to be dropped was answered: %q", got)
	}
	if n := heard.Load(); n != 2 {
		t.Errorf("the server heard %d requests, want 2: one was dropped", n)
	}
	c = dial(t, p)
	if got, err := c.ask("d"); err == nil {
		t.Errorf("an answer that was to be lost came: %q", got)
	}
	if n := heard.Load(); n != 3 {
		t.Errorf("the server heard %d requests, want 3: only the answer was lost", n)
	}
	c = dial(t, p)
	if _, err := c.ask("e"); err != nil {
		t.Error(err)
	}
	if p.Fired(Pass) != 3 || p.Fired(Drop) != 1 || p.Fired(Lose) != 1 {
		t.Errorf("it counted %d, %d and %d", p.Fired(Pass), p.Fired(Drop), p.Fired(Lose))
	}
	p.Cut()
	fates = append(fates, Pass, Pass, Pass)
	if got, err := c.ask("f"); err == nil {
		t.Errorf("a link that was cut answers %q", got)
	}
	if got, err := dial(t, p).ask("g"); err == nil {
		t.Errorf("a new link answers %q, while links are cut", got)
	}
	p.Mend()
	c = dial(t, p)
	if _, err := c.ask("h"); err != nil {
		t.Error(err)
	}
	p.Stall(true)
	if err := c.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	fates = append(fates, Pass, Pass)
	if got, err := c.ask("i"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a link that is stalled answers %q, %v", got, err)
	}
	p.Stall(false)
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got, err := c.lines.ReadString('\n'); err != nil || got != "I\n" {
		t.Errorf("when it goes on it answers %q, %v", got, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.ask("j"); err == nil {
		t.Error("a closed proxy answers")
	}
}

func TestConnector(t *testing.T) {
	dsn := "file:" + t.TempDir() + "/x.db?_pragma=journal_mode(wal)"
	plain := Open(t, "sqlite", dsn)
	if _, err := plain.ExecContext(t.Context(), "create table x (n int)"); err != nil {
		t.Fatal(err)
	}
	var fate Fate
	c := NewConnector(plain.Driver(), dsn, func() Fate { return fate })
	db := sql.OpenDB(c)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	count := func() (n int) {
		if err := plain.QueryRowContext(t.Context(), "select count(*) from x").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	insert := func() error {
		_, err := db.ExecContext(t.Context(), "insert into x values (1)")
		return err
	}
	prepared := func() error {
		s, err := db.PrepareContext(t.Context(), "insert into x values (?)")
		if err != nil {
			return err
		}
		_, err = s.ExecContext(t.Context(), 1)
		return errors.Join(err, s.Close())
	}
	returning := func() error {
		var n int
		return db.QueryRowContext(t.Context(), "insert into x values (1) returning n").Scan(&n)
	}
	committed := func() error {
		was := fate
		fate = Pass
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(t.Context(), "insert into x values (1)"); err != nil {
			return err
		}
		fate = was
		return tx.Commit()
	}
	want := 0
	for name, write := range map[string]func() error{"exec": insert, "prepared": prepared, "query": returning, "commit": committed} {
		for _, fate = range []Fate{Pass, Drop, Lose, Pass} {
			if err := write(); (err == nil) != (fate == Pass) || err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s, %v: %v", name, fate, err)
			}
			if fate != Drop {
				want++
			}
			if got := count(); got != want {
				t.Fatalf("%s, %v: %d rows are there, want %d", name, fate, got, want)
			}
		}
	}
	if c.Fired(Drop) != 4 || c.Fired(Lose) != 4 {
		t.Errorf("it counted %d and %d", c.Fired(Drop), c.Fired(Lose))
	}
}

// TestKillFamily kills a process with its child and grandchild.
func TestKillFamily(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sh -c 'sleep 600 & echo $!; wait' & echo $!; wait")
	cmd.SysProcAttr = ownServer(nil)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pids := []int{cmd.Process.Pid}
	lines := bufio.NewScanner(out)
	for len(pids) < 3 && lines.Scan() {
		var pid int
		if _, err := fmt.Sscan(lines.Text(), &pid); err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	family, err := killFamily(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("it ended otherwise: %v", err)
	}
	if len(pids) != 3 || len(family) != 3 {
		t.Errorf("it killed %v, want %v", family, pids)
	}
	err = poll(func() error {
		for _, pid := range pids {
			if alive(pid) {
				return fmt.Errorf("process %d lives on", pid)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestMySQLAnswer takes answers apart at every byte.
func TestMySQLAnswer(t *testing.T) {
	const (
		more  = "\x07\x00\x00\x01\x00\x00\x00\x0a\x00\x00\x00"                                             // done, and more to come
		large = "\x12\x00\x00\x02\x00\xfc\x00\x01\xfe\x00\x00\x00\x00\x00\x00\x00\x01\x0a\x00\x00\x00\x00" // the same, of many rows
		last  = "\x07\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00"
		wrong = "\x09\x00\x00\x03\xff\x48\x04#HY000"
		rows  = "\x01\x00\x00\x03\x02"
	)
	for _, said := range []string{last, wrong, more + last, more + large + last, large + wrong} {
		for n := range len(said) {
			if whole, known := MySQLAnswer([]byte(said[:n])); whole || !known {
				t.Errorf("of %q the first %d bytes are whole: %t, known: %t", said, n, whole, known)
			}
		}
		if whole, known := MySQLAnswer([]byte(said)); !whole || !known {
			t.Errorf("%q is whole: %t, known: %t", said, whole, known)
		}
	}
	if _, known := MySQLAnswer([]byte(more + rows)); known {
		t.Error("of an answer with rows it is known whether it is whole")
	}
}
