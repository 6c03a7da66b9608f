package etcdstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// watched is a store that notes what was acknowledged.
type watched struct {
	*Store
	commits atomic.Int64  // that were acknowledged
	failed  atomic.Int64  // calls that ended in an error, but for conflicts
	begun   chan struct{} // tells a killer that waits that a Commit begins to write

	mu    sync.Mutex
	acked map[icpcode.Code]uint64 // the highest version of each code
}

func watch(kv clientv3.KV) *watched {
	begun := make(chan struct{})
	return &watched{Store: New(&telling{kv, begun}, nil), begun: begun, acked: map[icpcode.Code]uint64{}}
}

// telling is a client that tells when it begins a transaction that has a
// condition.
type telling struct {
	clientv3.KV
	begun chan<- struct{}
}

func (k *telling) Txn(ctx context.Context) clientv3.Txn {
	return &tellingTxn{Txn: k.KV.Txn(ctx), kv: k}
}

type tellingTxn struct {
	clientv3.Txn
	kv          *telling
	conditional bool
}

func (t *tellingTxn) If(cs ...clientv3.Cmp) clientv3.Txn {
	t.Txn, t.conditional = t.Txn.If(cs...), true
	return t
}

func (t *tellingTxn) Then(ops ...clientv3.Op) clientv3.Txn { t.Txn = t.Txn.Then(ops...); return t }

func (t *tellingTxn) Commit() (*clientv3.TxnResponse, error) {
	if t.conditional {
		select {
		case t.kv.begun <- struct{}{}:
		default:
		}
	}
	return t.Txn.Commit()
}

// see counts an error.
func (w *watched) see(err error) {
	if err != nil && !errors.Is(err, icpcode.ErrConflict) {
		w.failed.Add(1)
	}
}

func (w *watched) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	docs, err := w.Store.Load(ctx, keys...)
	w.see(err)
	return docs, err
}

func (w *watched) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	page, err := w.Store.List(ctx, q)
	w.see(err)
	return page, err
}

func (w *watched) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	events, err := w.Store.Events(ctx, q)
	w.see(err)
	return events, err
}

func (w *watched) Commit(ctx context.Context, c icpcode.Change) error {
	err := w.Store.Commit(ctx, c)
	w.see(err)
	if err == nil {
		w.note(c)
	}
	return err
}

// note notes what a Commit wrote that was acknowledged.
func (w *watched) note(c icpcode.Change) {
	w.commits.Add(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range c.Puts {
		if p := &c.Puts[i]; p.Key.Kind == icpcode.KindRecord {
			w.acked[p.Key.Code] = max(w.acked[p.Key.Code], p.Version)
		}
	}
}

// lost looks for all codes that were acknowledged, with their events, and
// returns what of them is not there.
func (w *watched) lost(t *testing.T, s *Store) []string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var lost []string
	for c, version := range w.acked {
		docs, err := s.Load(t.Context(), icpcode.Key{Kind: icpcode.KindRecord, Code: c})
		if err != nil {
			t.Fatal(err)
		}
		if v := docs[0].Version; v < version {
			lost = append(lost, fmt.Sprintf("code %v was acknowledged at version %d and is at %d", c.Masked(), version, v))
			continue
		}
		events, err := s.Events(t.Context(), icpcode.EventQuery{Code: c, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		sum, err := icpcode.RecordOf(events)
		if err != nil || sum.Version < version {
			lost = append(lost, fmt.Sprintf("the events of code %v end at %d of %d: %v", c.Masked(), sum.Version, version, err))
		}
	}
	return lost
}

// steady is a store whose calls succeed once the cluster is well again. It asks
// again what it could not read. Of a Commit of which nobody knows what became
// it finds that out, as only the one writer of a test can.
type steady struct {
	*watched
	found *atomic.Int64 // Commits that had been done, though they had failed
}

func (s steady) Load(ctx context.Context, keys ...icpcode.Key) (docs []icpcode.Document, err error) {
	err = again(ctx, func() error { docs, err = s.watched.Load(ctx, keys...); return err })
	return docs, err
}

func (s steady) List(ctx context.Context, q icpcode.Query) (page icpcode.Page, err error) {
	err = again(ctx, func() error { page, err = s.watched.List(ctx, q); return err })
	return page, err
}

func (s steady) Events(ctx context.Context, q icpcode.EventQuery) (events []icpcode.Event, err error) {
	err = again(ctx, func() error { events, err = s.watched.Events(ctx, q); return err })
	return events, err
}

func (s steady) Commit(ctx context.Context, c icpcode.Change) error {
	unsure := false
	return again(ctx, func() error {
		if unsure {
			if done, err := s.done(ctx, c); done || err != nil {
				return err
			}
		}
		err := s.watched.Commit(ctx, c)
		if errors.Is(err, icpcode.ErrConflict) && unsure {
			// The first try may have come through meanwhile.
			if done, err := s.done(ctx, c); done || err != nil {
				return err
			}
		}
		unsure = unsure || err != nil
		return err
	})
}

// done reports whether a Change was written: whether its receipt, which only
// it writes, is there as it is in the Change.
func (s steady) done(ctx context.Context, c icpcode.Change) (bool, error) {
	for i := range c.Puts {
		p := &c.Puts[i]
		if p.Key.Kind != icpcode.KindReceipt {
			continue
		}
		docs, err := s.Load(ctx, p.Key)
		if err != nil || docs[0].Version != p.Version {
			return false, err
		}
		var texts [2]string
		for i, body := range []icpcode.Body{p.Body, docs[0].Body} {
			b, err := json.Marshal(body)
			if err != nil {
				return false, err
			}
			texts[i] = string(b)
		}
		if texts[0] != texts[1] {
			return false, nil
		}
		s.note(c)
		s.found.Add(1)
		return true, nil
	}
	return false, errors.New("a Change without a receipt")
}

// again repeats a call until it succeeds, conflicts, or is wrong.
func again(ctx context.Context, call func() error) error {
	for {
		err := call()
		if err == nil || ctx.Err() != nil || errors.Is(err, icpcode.ErrConflict) || errors.Is(err, icpcode.ErrInvalid) {
			return err
		}
		wait(ctx, 10*time.Millisecond)
	}
}

// wait waits for a moment, for what went wrong to be over.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
