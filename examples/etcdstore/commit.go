package etcdstore

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// plan is what a Commit does.
type plan struct {
	conditions []clientv3.Cmp
	writes     []clientv3.Op // of documents and events
	enter      []clientv3.Op // put the records' new places
	leave      []clientv3.Op // delete the old ones
	undo       []clientv3.Op // delete the new ones
}

// Commit implements [icpcode.Store].
func (s *Store) Commit(ctx context.Context, c icpcode.Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if n := len(c.Puts) + len(c.Events); n > s.maxOps {
		return fmt.Errorf("etcdstore: a Change of %d writes is more than the %d that MaxWrites says", n, s.maxOps)
	}
	p, err := s.plan(ctx, c)
	if err != nil {
		return err
	}
	var after []clientv3.Op
	if len(p.writes)+len(p.enter)+len(p.leave) <= s.maxOps {
		p.writes = slices.Concat(p.writes, p.enter, p.leave)
		p.undo = nil
	} else {
		if err := s.write(ctx, p.enter); err != nil {
			return explain(ctx, "commit", err)
		}
		after = p.leave
	}
	res, err := s.kv.Txn(ctx).If(p.conditions...).Then(p.writes...).Commit()
	if err != nil {
		return explain(ctx, "commit", err) // the new places may be needed: they stay
	}
	if !res.Succeeded {
		after, err = p.undo, icpcode.ErrConflict
	}
	s.tidy(ctx, after)
	return err
}

// plan reads what the Change replaces, compares versions, and says what is to
// be done if all of it is still there.
func (s *Store) plan(ctx context.Context, c icpcode.Change) (*plan, error) {
	var replaced []string
	for i := range c.Puts {
		if c.Puts[i].Expect > 0 {
			replaced = append(replaced, s.keys.doc(c.Puts[i].Key))
		}
	}
	found, err := s.read(ctx, replaced)
	if err != nil {
		return nil, explain(ctx, "commit", err)
	}
	p, tag := new(plan), strings.ToLower(rand.Text()[:12])
	for i := range c.Puts {
		put, key := &c.Puts[i], s.keys.doc(c.Puts[i].Key)
		condition := absent(key)
		var old stored
		if put.Expect > 0 {
			kv := found[0]
			found = found[1:]
			if old, err = decode(put.Key.Kind, kv.GetValue()); err != nil {
				return nil, err
			}
			if old.Version != put.Expect {
				return nil, icpcode.ErrConflict
			}
			condition = clientv3.Compare(clientv3.ModRevision(key), "=", kv.ModRevision)
		}
		doc := stored{Version: put.Version, Body: put.Body}
		if r, ok := put.Body.(*icpcode.Record); ok {
			doc.Places = p.move(old.Places, s.keys.places(r), tag)
		}
		if err := p.put(condition, key, doc); err != nil {
			return nil, err
		}
	}
	for i := range c.Events {
		key := s.keys.event(c.Events[i].Code, c.Events[i].Seq)
		if err := p.put(absent(key), key, &c.Events[i]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func absent(key string) clientv3.Cmp { return clientv3.Compare(clientv3.CreateRevision(key), "=", 0) }

// put adds one write and its condition.
func (p *plan) put(condition clientv3.Cmp, key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("etcdstore: %w", err)
	}
	p.conditions = append(p.conditions, condition)
	p.writes = append(p.writes, clientv3.OpPut(key, string(data)))
	return nil
}

// move moves a record from the places that it has to those that it wants, and
// returns their keys. A place that it has already keeps its tag: a reader who
// follows a list meanwhile sees the record once.
func (p *plan) move(has, wants []string, tag string) (keys []string) {
	for _, place := range wants {
		i := slices.IndexFunc(has, func(key string) bool { return strings.HasPrefix(key, place) })
		if i >= 0 {
			keys = append(keys, has[i])
			continue
		}
		key := place + tag
		keys = append(keys, key)
		p.enter = append(p.enter, clientv3.OpPut(key, ""))
		p.undo = append(p.undo, clientv3.OpDelete(key))
	}
	for _, key := range has {
		if !slices.Contains(keys, key) {
			p.leave = append(p.leave, clientv3.OpDelete(key))
		}
	}
	return keys
}

// write does operations that have no condition, in as many transactions as it
// takes.
func (s *Store) write(ctx context.Context, ops []clientv3.Op) error {
	for some := range slices.Chunk(ops, s.maxOps) {
		if _, err := s.kv.Txn(ctx).Then(some...).Commit(); err != nil {
			return err
		}
	}
	return nil
}

// tidyLimit bounds the tidying up, which the caller's context may not cut
// short.
const tidyLimit = 2 * time.Second

// tidy deletes places that lead nowhere. What it does not get to does no harm.
func (s *Store) tidy(ctx context.Context, ops []clientv3.Op) {
	if len(ops) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyLimit)
	defer cancel()
	_ = s.write(ctx, ops) // the Commit has its answer
}
