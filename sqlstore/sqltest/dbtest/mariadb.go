package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	_ "github.com/go-sql-driver/mysql" // driver "mysql"
)

// mysqlDSN is how root, without a password, opens a database.
func mysqlDSN(port int, database string) string {
	return fmt.Sprintf("root@tcp(127.0.0.1:%d)/%s?charset=utf8mb4", port, database)
}

// MariaDB starts a MariaDB server. Settings are those of my.cnf,
// "innodb_flush_log_at_trx_commit=0".
func (l *Lab) MariaDB(settings ...string) (*Server, error) {
	s, err := l.mariadb(settings)
	if err != nil {
		return nil, err
	}
	return l.start(s)
}

// mariadb returns a server over a new and empty data directory.
func (l *Lab) mariadb(settings []string) (*Server, error) {
	mariadbd, err := program("mariadbd", "/usr/sbin", "/usr/libexec")
	if err != nil {
		return nil, err
	}
	install, err := program("mariadb-install-db")
	if err != nil {
		return nil, err
	}
	dir, as, err := l.home("mysql", "nobody")
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if err := run(dir, as, nil, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db"); err != nil {
		return nil, err
	}
	ports, err := l.freePorts(1)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Port: ports[0], dir: dir, as: as, program: mariadbd, stop: syscall.SIGTERM, driver: "mysql", admin: "mysql",
		args: []string{
			"--no-defaults", "--datadir=" + data, fmt.Sprintf("--port=%d", ports[0]), "--bind-address=127.0.0.1",
			"--socket=" + filepath.Join(data, "s"), "--pid-file=" + filepath.Join(data, "pid"), "--skip-name-resolve", "--skip-log-bin",
			"--max-connections=300", "--innodb-flush-log-at-trx-commit=1",
		},
		dsn: mysqlDSN, answer: MySQLAnswer,
	}
	for _, setting := range settings {
		s.args = append(s.args, "--"+setting)
	}
	out, err := exec.Command(mariadbd, "--no-defaults", "--version").Output()
	if err != nil {
		return nil, err
	}
	// mariadbd  Ver 10.11.14-MariaDB-0+deb12u2 for debian-linux-gnu …
	fields := strings.Fields(string(out))
	i := slices.Index(fields, "Ver")
	if i < 0 || i+1 == len(fields) {
		return nil, fmt.Errorf("dbtest: %s says of its version: %s", mariadbd, out)
	}
	number, _, _ := strings.Cut(fields[i+1], "-")
	s.Name = "MariaDB " + number
	return s, nil
}

// Galera starts a cluster of n MariaDB nodes that all take writes. A node
// that was killed comes back with Start.
func (l *Lab) Galera(n int, settings ...string) ([]*Server, error) {
	provider, err := galeraProvider()
	if err != nil {
		return nil, err
	}
	const each = 4 // ports of a node beside that of its clients
	ports, err := l.freePorts(each * n)
	if err != nil {
		return nil, err
	}
	var peers []string
	for i := range n {
		peers = append(peers, fmt.Sprintf("127.0.0.1:%d", ports[each*i]))
	}
	var nodes []*Server
	for i := range n {
		p := ports[each*i:]
		s, err := l.mariadb(append([]string{
			"binlog_format=ROW", "innodb_autoinc_lock_mode=2", "wsrep_on=ON", "wsrep_provider=" + provider,
			"wsrep_cluster_name=icp", "wsrep_cluster_address=gcomm://" + strings.Join(peers, ","),
			fmt.Sprintf("wsrep_node_name=n%d", i), fmt.Sprintf("wsrep_node_address=127.0.0.1:%d", p[0]),
			"wsrep_sst_method=rsync", fmt.Sprintf("wsrep_sst_receive_address=127.0.0.1:%d", p[1]),
			// The keepalive must be under a third of the suspicion.
			fmt.Sprintf("wsrep_provider_options=base_port=%d;gmcast.listen_addr=tcp://127.0.0.1:%d;ist.recv_addr=127.0.0.1:%d;"+
				"evs.keepalive_period=PT0.3S;evs.inactive_check_period=PT0.3S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S;"+
				"evs.install_timeout=PT4S;gcache.size=64M", p[0], p[0], p[2]),
		}, settings...))
		if err != nil {
			return nil, err
		}
		s.Name = fmt.Sprintf("%s with Galera, node %d", s.Name, i)
		s.ready = synced
		var first []string
		if i == 0 {
			first = []string{"--wsrep-new-cluster"}
		}
		if _, err := l.start(s, first...); err != nil {
			return nil, err
		}
		nodes = append(nodes, s)
	}
	return nodes, nil
}

func galeraProvider() (string, error) {
	for _, pattern := range []string{"/usr/lib/galera*/libgalera_smm.so", "/usr/lib64/galera*/libgalera_smm.so"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return slices.Max(found), nil
		}
	}
	return "", missing("libgalera_smm.so")
}

// synced waits for a node that has caught up with its cluster.
func synced(ctx context.Context, db *sql.DB) error {
	var name, state string
	err := db.QueryRowContext(ctx, "show status like 'wsrep_local_state_comment'").Scan(&name, &state)
	if err == nil && state != "Synced" {
		return errors.New("dbtest: the node is " + state)
	}
	return err
}
