package etcdstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// code returns the n-th code.
func code(n int) icpcode.Code {
	c, err := icpcode.ParseCode(fmt.Sprintf("%012d", n))
	if err != nil {
		panic(err)
	}
	return c
}

// step is a Change that brings codes, from the n-th on, from a version to the
// next. At each they are in another state and have another holder.
func step(from, n int, version uint64) icpcode.Change {
	var c icpcode.Change
	for i := from; i < from+n; i++ {
		r := &icpcode.Record{
			Code: code(i), Version: version + 1, State: icpcode.StateUnbound + icpcode.State(version), Owner: "owner",
			Grantee: icpcode.AccountID(fmt.Sprint("holder ", version)), InstanceID: "i", Issued: time.UnixMicro(int64(i)).UTC(),
		}
		k := icpcode.Key{Kind: icpcode.KindRecord, Code: r.Code}
		c.Puts = append(c.Puts, icpcode.Put{Expect: version, Document: icpcode.Document{Key: k, Version: version + 1, Body: r}})
		c.Events = append(c.Events, icpcode.Event{Code: r.Code, Seq: version + 1, At: r.Issued})
	}
	return c
}

// errLost is the error of a connection that fails.
var errLost = errors.New("etcdstore: the connection is lost")

// lossy is a client that loses one transaction, or only the answer to it, or
// lets something happen after it.
type lossy struct {
	clientv3.KV
	at    int    // which one, from 1
	after bool   // loses the answer
	then  func() // nil: loses
	n     int    // transactions so far
}

func (l *lossy) Txn(ctx context.Context) clientv3.Txn { return &lossyTxn{l.KV.Txn(ctx), l} }

type lossyTxn struct {
	clientv3.Txn
	lossy *lossy
}

func (t *lossyTxn) If(cs ...clientv3.Cmp) clientv3.Txn   { t.Txn = t.Txn.If(cs...); return t }
func (t *lossyTxn) Then(ops ...clientv3.Op) clientv3.Txn { t.Txn = t.Txn.Then(ops...); return t }

func (t *lossyTxn) Commit() (*clientv3.TxnResponse, error) {
	t.lossy.n++
	if t.lossy.n != t.lossy.at {
		return t.Txn.Commit()
	}
	if t.lossy.then != nil {
		defer t.lossy.then()
		return t.Txn.Commit()
	}
	if t.lossy.after {
		if _, err := t.Txn.Commit(); err != nil {
			return nil, err
		}
	}
	return nil, errLost
}

// TestEveryTransactionLost loses each transaction of a Commit that needs many,
// and each answer: all documents must be written or none, and the lists must
// show what the documents say.
func TestEveryTransactionLost(t *testing.T) {
	client := newCluster(t, 1, true).client(t)
	const codes = 40
	fired := 0
	for at := 1; ; at++ {
		n := 0
		for _, after := range []bool{false, true} {
			o := &Options{Prefix: fmt.Sprint(at, after, "/")}
			s := New(client, o)
			if err := s.Commit(t.Context(), step(0, codes, 0)); err != nil {
				t.Fatal(err)
			}
			l := &lossy{KV: client, at: at, after: after}
			err := New(l, o).Commit(t.Context(), step(0, codes, 1))
			n = l.n
			if n >= at {
				fired++
			}
			if err != nil && !errors.Is(err, errLost) {
				t.Fatalf("transaction %d, answer only: %v: %v", at, after, err)
			}
			version := whole(t, s, codes)
			if err == nil && version != 2 || err != nil && !after && version != 1 {
				t.Errorf("transaction %d, answer only: %v: after error %v the documents are at version %d", at, after, err, version)
			}
			if a := auditPlaces(t, s); len(a.problems) > 0 {
				t.Errorf("transaction %d, answer only: %v: %s, %d problems in all", at, after, a.problems[0], len(a.problems))
			}
		}
		if n < at {
			break
		}
	}
	t.Logf("%d faults fired", fired)
	if fired < 2*5 { // read, enter twice, commit, leave
		t.Error("the Commit had too few transactions")
	}
}

// whole checks that all codes are at one version, and that the lists have them
// where they are then, and returns it.
func whole(t *testing.T, s *Store, codes int) uint64 {
	t.Helper()
	var keys []icpcode.Key
	for i := range codes {
		keys = append(keys, icpcode.Key{Kind: icpcode.KindRecord, Code: code(i)})
	}
	docs, err := s.Load(t.Context(), keys...)
	if err != nil {
		t.Fatal(err)
	}
	version := docs[0].Version
	for _, d := range docs {
		if d.Version != version {
			t.Fatalf("codes are at versions %d and %d", version, d.Version)
		}
	}
	for holder := range uint64(2) {
		want := 0
		if holder+1 == version {
			want = codes
		}
		q := icpcode.Query{By: icpcode.ByHolder, Value: fmt.Sprint("holder ", holder), Limit: 7}
		if got := listed(t, s, q); got != want {
			t.Errorf("at version %d holder %d has %d codes, want %d", version, holder, got, want)
		}
	}
	if got := listed(t, s, icpcode.Query{By: icpcode.ByOwner, Value: "owner", Limit: 7}); got != codes {
		t.Errorf("the owner has %d codes, want %d", got, codes)
	}
	return version
}

// listed follows a query and counts what it lists.
func listed(t *testing.T, s *Store, q icpcode.Query) int {
	t.Helper()
	for n := 0; ; {
		page, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Records)
		if q.After = page.Next; q.After == "" {
			return n
		}
	}
}

// TestConflictOfManyPlaces: what a Commit that conflicts has written to the
// lists is deleted, and nothing of the one that won.
func TestConflictOfManyPlaces(t *testing.T) {
	s := New(newCluster(t, 1, true).client(t), nil)
	const codes = 60
	c := step(0, codes, 0)
	for i, want := range []error{nil, icpcode.ErrConflict, icpcode.ErrConflict} {
		if err := s.Commit(t.Context(), c); !errors.Is(err, want) {
			t.Fatalf("Commit %d returned %v, want %v", i+1, err, want)
		}
		if v := whole(t, s, codes); v != 1 {
			t.Fatalf("the codes are at version %d", v)
		}
		if a := auditPlaces(t, s); len(a.problems) > 0 || a.left > 0 {
			t.Fatalf("after Commit %d %d places are left that no record has; problems: %v", i+1, a.left, a.problems)
		}
	}
}

// TestLoadOfManyKeys: a Load that takes several transactions reads nothing that
// was written after the first. A receipt that is not there with a ledger that
// counts it would refuse a request that had succeeded.
func TestLoadOfManyKeys(t *testing.T) {
	client := newCluster(t, 1, true).client(t)
	write := func(s *Store, version uint64, keys ...icpcode.Key) {
		var c icpcode.Change
		for _, k := range keys {
			put := icpcode.Put{Expect: version, Document: icpcode.Document{Key: k, Version: version + 1, Body: icpcode.NewBody(k.Kind)}}
			c.Puts = append(c.Puts, put)
		}
		if err := s.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	const between = 300
	for at := 1; at <= 3; at++ {
		o := &Options{Prefix: fmt.Sprint(at, "/")}
		s := New(client, o)
		ledger, receipt := icpcode.Key{Kind: icpcode.KindLedger, A: "i"}, icpcode.Key{Kind: icpcode.KindReceipt, A: "a", B: "r"}
		write(s, 0, ledger)
		keys := []icpcode.Key{receipt}
		for i := range between {
			keys = append(keys, icpcode.Key{Kind: icpcode.KindLedger, A: fmt.Sprint(i)})
		}
		keys = append(keys, ledger)
		l := &lossy{KV: client, at: at, then: func() { write(s, 1, ledger); write(s, 0, receipt) }}
		docs, err := New(l, o).Load(t.Context(), keys...)
		if err != nil || l.n < 3 {
			t.Fatalf("Load in %d transactions: %v", l.n, err)
		}
		if r, l := docs[0].Version, docs[between+1].Version; r != 0 || l != 1 {
			t.Errorf("what was written after transaction %d of a Load is in it: the receipt is at version %d, the ledger at %d", at, r, l)
		}
		if docs, err := s.Load(t.Context(), receipt, ledger); err != nil || docs[0].Version != 1 || docs[1].Version != 2 {
			t.Fatalf("nothing was written meanwhile: %v, %v", docs, err)
		}
	}
}

// TestMaxOps: what etcd is told to take, the store takes, and no more.
func TestMaxOps(t *testing.T) {
	usual, more := newCluster(t, 1, true), newCluster(t, 1, true, func(m *member) { m.MaxOps = 1000 })
	for _, tt := range []struct {
		name        string
		on          *cluster
		max, writes int
		want        string // in the error
	}{
		{"all that etcd takes", usual, 0, 128, ""},
		{"more", usual, 0, 130, "130 writes is more than the 128"},
		{"more than etcd was told", usual, 1000, 130, "too many operations"},
		{"all that etcd was told", more, 1000, 1000, ""},
		{"more than that", more, 1000, 1002, "1002 writes is more than the 1000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := New(tt.on.client(t), &Options{MaxOps: tt.max, Prefix: tt.name + "/"})
			err := s.Commit(t.Context(), step(0, tt.writes/2, 0))
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				whole(t, s, tt.writes/2)
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, icpcode.ErrConflict) {
				t.Fatalf("Commit returned %v, want %q", err, tt.want)
			}
			every(t, s, "doc/", func(key string, _ []byte) { t.Errorf("%s was written", key) })
		})
	}
}

// TestTooLarge: a Change of too many bytes is an error, and writes nothing.
func TestTooLarge(t *testing.T) {
	s := New(newCluster(t, 1, true).client(t), nil)
	var c icpcode.Change
	for i := range 12 {
		accounts := slices.Repeat([]icpcode.AccountID{icpcode.AccountID(strings.Repeat("x", 128))}, 1000)
		k := icpcode.Key{Kind: icpcode.KindGrantees, A: fmt.Sprint(i), Year: 2026}
		c.Puts = append(c.Puts, icpcode.Put{Document: icpcode.Document{Key: k, Version: 1, Body: &icpcode.Partners{Accounts: accounts}}})
	}
	err := s.Commit(t.Context(), c)
	if err == nil || errors.Is(err, icpcode.ErrConflict) {
		t.Errorf("Commit of 12 documents of 130 KB returned %v, want an error that is no conflict", err)
	}
	every(t, s, "doc/", func(key string, _ []byte) { t.Errorf("%s was written", key) })
	c.Puts = c.Puts[:8]
	if err := s.Commit(t.Context(), c); err != nil {
		t.Errorf("Commit of 8 documents of 130 KB returned %v", err)
	}
}
