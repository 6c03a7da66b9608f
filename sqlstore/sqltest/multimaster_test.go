package sqltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
	"github.com/icpcode/icpcode/sqlstore/sqltest/dbtest"
)

const (
	masterWriters = 12
	// Every hotEvery-th request is for one of the hot instances, which are
	// asked for more than they have; the others are spread.
	hotEvery, hotInstances, hotQuota = 4, 4, 40
	// spreadEach is how many requests a spread instance meets, which is its
	// quota.
	spreadEach = 10
)

// masterJob returns the n-th request for several masters.
func masterJob(n int) icpcode.IssueRequest {
	r := icpcode.IssueRequest{Actor: "owner", RequestID: fmt.Sprintf("r%d", n), Quantity: 1}
	if n%hotEvery == 0 {
		hot := n / hotEvery
		// In every block of requests some are refused.
		block := hot / (hotInstances * (hotQuota + 2))
		r.Instance = server(r.Actor, fmt.Sprintf("hot%d-%d", block, hot%hotInstances), hotQuota)
		return r
	}
	r.Instance = server(r.Actor, fmt.Sprintf("i%d", (n-n/hotEvery)/spreadEach), 2*spreadEach)
	return r
}

// nodes are stores and engines over the nodes of a Galera cluster. In every
// second one requests go alone.
func nodes(t *testing.T, dbs []*sql.DB) (stores []*sqlstore.Store, engines []*icpcode.Engine) {
	t.Helper()
	for _, db := range dbs {
		s := sqlstore.New(db, sqlstore.MySQL, nil)
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		stores, engines = append(stores, s), append(engines, engineWith(s, len(engines)%2 == 1))
	}
	return stores, engines
}

// aborts counts what a node refused or rolled back because another one was
// first, since it started.
func aborts(t *testing.T, s *dbtest.Server) int64 {
	t.Helper()
	db := dbtest.Open(t, s.Driver(), s.DSN("mysql"))
	return status(t, db, "wsrep_local_cert_failures") + status(t, db, "wsrep_local_bf_aborts")
}

// TestMultiMaster issues from all nodes of a cluster, on hot instances and
// spread, while a node is killed and comes back: nothing is oversold, lost or
// done twice.
func TestMultiMaster(t *testing.T) {
	servers := galera(t)
	dbs := onGalera.migrated(t)
	stores, engines := nodes(t, dbs)
	var conflicts int64
	for _, s := range servers {
		conflicts -= aborts(t, s)
	}
	// A writer whose node fails goes on to the next one.
	l := &load{job: masterJob, engine: func(writer, try int) *icpcode.Engine { return engines[(writer+try)%len(engines)] }}
	requests, over := int64(size(1200, 20_000)), enough()
	var rejoined atomic.Int64 // how many were acknowledged then
	var wg sync.WaitGroup
	wg.Go(func() {
		l.run(t.Context(), t, masterWriters, func() bool {
			back := rejoined.Load()
			return l.sent.Load() >= requests && back > 0 && l.acked.Load() > back+requests/8 && over()
		})
	})
	victim := servers[len(servers)-1]
	l.reach(t, requests/4)
	conflicts += aborts(t, victim) // it will count anew
	if err := victim.Kill(); err != nil {
		t.Fatal(err)
	}
	l.reach(t, requests/2)
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	rejoined.Store(l.acked.Load())
	wg.Wait()
	for _, s := range servers {
		conflicts += aborts(t, s)
	}
	t.Logf("%d acknowledged, %d refused, %d attempts failed, %d of them had taken effect; %d conflicts between nodes; one was back after %d acknowledgements",
		l.acked.Load(), l.refused.Load(), l.failed.Load(), l.replayed.Load(), conflicts, rejoined.Load())
	for i, s := range stores {
		codes, problems, err := audit(t.Context(), dbs[i], s, l.acks)
		if err != nil {
			t.Fatal(err)
		}
		if len(problems) > 0 {
			t.Errorf("problems seen at %s: %s", servers[i].Name, summary(problems))
		}
		if int64(codes) != l.acked.Load() {
			t.Errorf("%s has %d codes, %d were acknowledged", servers[i].Name, codes, l.acked.Load())
		}
	}
	if l.acked.Load()+l.refused.Load() < requests || l.refused.Load() == 0 || l.failed.Load() == 0 {
		t.Error("that is too little to prove anything")
	}
	if least := int64(size(40, 500)); conflicts < least {
		t.Errorf("only %d conflicts between nodes, want %d", conflicts, least)
	}
}

// TestMultiMasterSeesOverselling counts and then inserts, as one would without
// thinking, on several nodes: it oversells.
func TestMultiMasterSeesOverselling(t *testing.T) {
	dbs := onGalera.open(t)
	ctx := t.Context()
	if _, err := dbs[0].ExecContext(ctx, "create table sold (id bigint auto_increment primary key, instance varchar(64) not null, key (instance))"); err != nil {
		t.Fatal(err)
	}
	const instances, quota = 10, 20
	var conflicts atomic.Int64
	sell := func(ctx context.Context, db *sql.DB, instance string) (err error) {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, tx.Rollback())
			}
		}()
		var n int
		if err := tx.QueryRowContext(ctx, "select count(*) from sold where instance = ?", instance).Scan(&n); err != nil {
			return err
		}
		if n < quota {
			if _, err := tx.ExecContext(ctx, "insert into sold (instance) values (?)", instance); err != nil {
				return err
			}
		}
		return tx.Commit()
	}
	var wg sync.WaitGroup
	for w := range masterWriters {
		wg.Go(func() {
			for n := range instances * quota {
				err := sell(ctx, dbs[w%len(dbs)], fmt.Sprintf("i%d", n/quota))
				var mine *mysql.MySQLError
				if errors.As(err, &mine) && mine.Number == 1213 {
					conflicts.Add(1)
				} else if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	oversold, err := column(ctx, dbs[0], fmt.Sprintf("select instance from sold group by instance having count(*) > %d", quota))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d instances oversold, %d conflicts", len(oversold), instances, conflicts.Load())
	if len(oversold) == 0 {
		t.Error("counting before inserting sold no instance twice: the writers did not meet")
	}
}
