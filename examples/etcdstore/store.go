package etcdstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/icpcode/icpcode"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Options configures a [Store]. The zero value is for etcd as it comes.
type Options struct {
	// MaxOps is the --max-txn-ops of the etcd servers, at least 64. 0 means
	// 128, which is theirs.
	MaxOps int
	// Prefix begins all keys, so that a cluster can serve others, too.
	Prefix string
}

// Store is an [icpcode.Store] in etcd. Make one with [New]: the zero Store is
// not usable. A Store is safe for concurrent use and needs no closing; the
// client is the caller's to close.
type Store struct {
	kv     clientv3.KV
	keys   layout
	maxOps int
}

var _ icpcode.Limited = (*Store)(nil)

// New returns a Store over a client of etcd 3.7. It does not touch etcd yet. Nil
// options mean the zero Options. New panics if kv is nil or MaxOps is less than
// 64.
func New(kv clientv3.KV, o *Options) *Store {
	if o == nil {
		o = new(Options)
	}
	s := &Store{kv: kv, keys: layout(o.Prefix), maxOps: cmp.Or(o.MaxOps, 128)}
	if kv == nil || s.maxOps < 64 {
		panic("etcdstore: New needs a client, and at least 64 operations a transaction")
	}
	return s
}

// MaxWrites implements [icpcode.Limited]: each write is one comparison and one
// operation of a transaction.
func (s *Store) MaxWrites() int { return s.maxOps }

// stored is the value of a document's key.
type stored struct {
	Version uint64       `json:"version"`
	Body    icpcode.Body `json:"body,omitempty"`
	// Places are the keys of a record in lists, with their tags.
	Places []string `json:"places,omitempty"`
}

// decode reads a document. Nothing stored is version 0.
func decode(k icpcode.Kind, value []byte) (stored, error) {
	if len(value) == 0 {
		return stored{}, nil
	}
	d := stored{Body: icpcode.NewBody(k)}
	if err := json.Unmarshal(value, &d); err != nil {
		return stored{}, fmt.Errorf("etcdstore: a document of kind %d does not decode: %w", k, err)
	}
	return d, nil
}

// read returns what is under keys, nil where there is nothing, all of it at
// one revision: that of the first transaction.
func (s *Store) read(ctx context.Context, keys []string) ([]*mvccpb.KeyValue, error) {
	found := make([]*mvccpb.KeyValue, 0, len(keys))
	var revision int64
	for some := range slices.Chunk(keys, s.maxOps) {
		gets := make([]clientv3.Op, len(some))
		for i, k := range some {
			gets[i] = clientv3.OpGet(k, clientv3.WithRev(revision))
		}
		res, err := s.kv.Txn(ctx).Then(gets...).Commit()
		if err != nil {
			return nil, err
		}
		if revision == 0 {
			revision = res.Header.Revision
		}
		for _, r := range res.Responses {
			var kv *mvccpb.KeyValue
			if kvs := r.GetResponseRange().Kvs; len(kvs) > 0 {
				kv = kvs[0]
			}
			found = append(found, kv)
		}
	}
	return found, nil
}

// Load implements [icpcode.Store].
func (s *Store) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = s.keys.doc(k)
	}
	found, err := s.read(ctx, names)
	if err != nil {
		return nil, explain(ctx, "load", err)
	}
	docs := make([]icpcode.Document, len(keys))
	for i, kv := range found {
		d, err := decode(keys[i].Kind, kv.GetValue())
		if err != nil {
			return nil, err
		}
		docs[i] = icpcode.Document{Key: keys[i], Version: d.Version, Body: d.Body}
	}
	return docs, nil
}

// scan returns the keys from one on and before end, at most n, and whether more
// follow. etcd counts all that a range with a limit leaves out, which takes the
// longer the more follows: so this is a stream, which is broken off.
func (s *Store) scan(ctx context.Context, from, end string, n int) (keys []string, more bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := s.kv.GetStream(ctx, from, clientv3.WithRange(end), clientv3.WithKeysOnly())
	if err != nil {
		cancel()
		return nil, false, err
	}
	defer func() {
		cancel()
		for range stream { // its goroutine ends when all is read
		}
	}()
	for some := range stream {
		if err := some.Err(); err != nil {
			return nil, false, err
		}
		for _, kv := range some.Kvs {
			if len(keys) == n {
				return keys, true, nil
			}
			keys = append(keys, string(kv.Key))
		}
	}
	return keys, false, nil
}

// List implements [icpcode.Store], always the newest first.
func (s *Store) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	if err := checkLimit(ctx, q.Limit); err != nil {
		return icpcode.Page{}, err
	}
	list := s.keys.list(q.By, q.State, q.Value)
	from := list + q.After
	if q.After != "" {
		from += "\x00" // what comes after it
	}
	places, more, err := s.scan(ctx, from, clientv3.GetPrefixRangeEnd(list), q.Limit)
	if err != nil {
		return icpcode.Page{}, explain(ctx, "list", err)
	}
	names := make([]string, len(places))
	for i, place := range places {
		c, err := codeAt(place[len(list):])
		if err != nil {
			return icpcode.Page{}, err
		}
		names[i] = s.keys.record(c)
	}
	found, err := s.read(ctx, names)
	if err != nil {
		return icpcode.Page{}, explain(ctx, "list", err)
	}
	var page icpcode.Page
	for i, kv := range found {
		d, err := decode(icpcode.KindRecord, kv.GetValue())
		if err != nil {
			return icpcode.Page{}, err
		}
		if slices.Contains(d.Places, places[i]) {
			page.Records = append(page.Records, *d.Body.(*icpcode.Record))
		}
	}
	if more {
		page.Next = places[len(places)-1][len(list):]
	}
	return page, nil
}

// Events implements [icpcode.Store].
func (s *Store) Events(ctx context.Context, q icpcode.EventQuery) ([]icpcode.Event, error) {
	if err := checkLimit(ctx, q.Limit); err != nil {
		return nil, err
	}
	from, end := s.keys.event(q.Code, q.After)+"\x00", clientv3.GetPrefixRangeEnd(s.keys.history(q.Code))
	res, err := s.kv.Get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(int64(q.Limit)))
	if err != nil {
		return nil, explain(ctx, "events", err)
	}
	events := make([]icpcode.Event, len(res.Kvs))
	for i, kv := range res.Kvs {
		if err := json.Unmarshal(kv.Value, &events[i]); err != nil {
			return nil, fmt.Errorf("etcdstore: an event does not decode: %w", err)
		}
	}
	return events, nil
}

func checkLimit(ctx context.Context, n int) error {
	if n < 1 || n > 1000 {
		return &icpcode.InvalidError{Field: "Limit", Problem: "is not from 1 to 1000"}
	}
	return ctx.Err()
}

// explain wraps an error of the client's. Under a context that is done it
// matches the context's error.
func explain(ctx context.Context, doing string, err error) error {
	if done := ctx.Err(); done != nil && !errors.Is(err, done) {
		return fmt.Errorf("etcdstore: %s: %w: %w", doing, done, err)
	}
	return fmt.Errorf("etcdstore: %s: %w", doing, err)
}
