package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
)

// Postgres starts a PostgreSQL server of the version in PATH, or else the
// newest that is installed. Settings are those of postgresql.conf,
// "synchronous_commit=off".
func (l *Lab) Postgres(settings ...string) (*Server, error) {
	postgres, err := program("postgres", "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
	if err != nil {
		return nil, err
	}
	return l.postgres(filepath.Dir(postgres), nil, settings)
}

// PostgresAt is Postgres with the programs of a directory that has bin and
// lib, such as that of another version.
func (l *Lab) PostgresAt(dir string, settings ...string) (*Server, error) {
	bin := filepath.Join(dir, "bin")
	if _, err := os.Stat(filepath.Join(bin, "postgres")); err != nil {
		return nil, err
	}
	return l.postgres(bin, []string{"LD_LIBRARY_PATH=" + filepath.Join(dir, "lib")}, settings)
}

func (l *Lab) postgres(bin string, env, settings []string) (*Server, error) {
	dir, as, err := l.home("postgres", "nobody")
	if err != nil {
		return nil, err
	}
	initdb := filepath.Join(bin, "initdb")
	err = run(dir, as, env, initdb, "--pgdata=data", "--username=icp", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	if err != nil {
		return nil, err
	}
	s, err := l.newPostgres(dir, bin, as, env, settings)
	if err != nil {
		return nil, err
	}
	return l.start(s)
}

// newPostgres makes a server over the data in dir.
func (l *Lab) newPostgres(dir, bin string, as *syscall.Credential, env, settings []string) (*Server, error) {
	ports, err := l.freePorts(1)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Port: ports[0], dir: dir, as: as, env: env, program: filepath.Join(bin, "postgres"), stop: syscall.SIGINT,
		driver: "pgx", admin: "postgres",
		args: []string{
			"-D", "data", "-p", fmt.Sprint(ports[0]), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
			"-c", "max_connections=300",
		},
		dsn: func(port int, database string) string {
			return fmt.Sprintf("postgres://icp@127.0.0.1:%d/%s?sslmode=disable", port, database)
		},
	}
	for _, setting := range settings {
		s.args = append(s.args, "-c", setting)
	}
	version := exec.Command(s.program, "--version")
	version.Env = append(os.Environ(), env...)
	out, err := version.Output()
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(out)) // postgres (PostgreSQL) 15.18 (Debian …)
	if len(fields) < 3 {
		return nil, fmt.Errorf("dbtest: %s says of its version: %s", s.program, out)
	}
	s.Name = "PostgreSQL " + fields[2]
	return s, nil
}

// Standby starts a server that follows primary, as name, through a proxy or,
// if that is nil, directly.
func (l *Lab) Standby(primary *Server, name string, via *Proxy, settings ...string) (*Server, error) {
	bin := filepath.Dir(primary.program)
	dir, as, err := l.home("postgres", "nobody")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(bin, "pg_basebackup")); err != nil {
		return nil, missing("pg_basebackup")
	}
	err = run(dir, as, primary.env, filepath.Join(bin, "pg_basebackup"), "--pgdata=data", "--dbname="+primary.DSN("postgres"),
		"--checkpoint=fast", "--wal-method=stream", "--no-sync")
	if err != nil {
		return nil, err
	}
	signal := filepath.Join(dir, "data", "standby.signal")
	if err := os.WriteFile(signal, nil, 0o644); err != nil {
		return nil, err
	}
	port := primary.Port
	if via != nil {
		port = via.Port()
	}
	follow := fmt.Sprintf("primary_conninfo=host=127.0.0.1 port=%d user=icp application_name=%s", port, name)
	s, err := l.newPostgres(dir, bin, as, primary.env, append([]string{follow}, settings...))
	if err != nil {
		return nil, err
	}
	return l.start(s)
}

// Promote makes a standby a primary, and waits until it takes writes.
func (s *Server) Promote(ctx context.Context) error {
	db, err := sql.Open(s.driver, s.DSN(s.admin))
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it says nothing that matters any more
	var promoted bool
	if err := db.QueryRowContext(ctx, "select pg_promote()").Scan(&promoted); err != nil {
		return err
	}
	if !promoted {
		return fmt.Errorf("dbtest: %s is not promoted\n%s", s.Name, s.Log())
	}
	return nil
}
