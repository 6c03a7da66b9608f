package dbtest

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// TiDBEnv is the environment variable that names the program of TiDB's server.
const TiDBEnv = "ICPCODE_TIDB"

// TiDB starts a TiDB server of one node over unistore, TiDB's store for its
// own tests. Grammar, types, locks and conflicts are TiDB's; but when it is
// killed, unistore loses commits that it has acknowledged, so that no crash
// proves anything. Settings are arguments of the program, "-L=info".
func (l *Lab) TiDB(settings ...string) (*Server, error) {
	tidb := os.Getenv(TiDBEnv)
	if tidb == "" {
		return nil, fmt.Errorf("%w: TiDB; `make tidb` builds it and sets %s", ErrMissing, TiDBEnv)
	}
	if !canStart {
		return nil, missing("tidb-server")
	}
	info, err := buildinfo.ReadFile(tidb)
	if err != nil {
		return nil, err
	}
	if info.Main.Path != "github.com/pingcap/tidb" {
		return nil, fmt.Errorf("dbtest: %s=%s is not TiDB's server, but %s", TiDBEnv, tidb, info.Path)
	}
	// It may run as any user, and only ours may reach the program.
	dir, err := os.MkdirTemp(l.dir, "s")
	if err != nil {
		return nil, err
	}
	ports, err := l.freePorts(2)
	if err != nil {
		return nil, err
	}
	// MySQL 8 takes passwords over TLS, or encrypts them itself, which TiDB
	// does not.
	config := filepath.Join(dir, "tidb.toml")
	if err := os.WriteFile(config, []byte("[security]\nauto-tls = true\nrsa-key-size = 2048\n"), 0o600); err != nil {
		return nil, err
	}
	s := &Server{
		Name: "TiDB " + info.Main.Version, Port: ports[0], dir: dir, program: tidb, stop: syscall.SIGTERM, driver: "mysql", admin: "mysql",
		args: append([]string{
			"-config", config, "-store", "unistore", "-path", filepath.Join(dir, "data"), "-host", "127.0.0.1", "-P", fmt.Sprint(ports[0]),
			"-status-host", "127.0.0.1", "-status", fmt.Sprint(ports[1]), "-socket", filepath.Join(dir, "s"),
			"-temp-dir", filepath.Join(dir, "tmp"), "-log-file", filepath.Join(dir, "tidb.log"), "-L", "warn", "-lease", "0",
		}, settings...),
		dsn: mysqlDSN, answer: MySQLAnswer,
	}
	return l.start(s)
}
