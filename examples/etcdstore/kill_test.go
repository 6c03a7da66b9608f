package etcdstore

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/lincheck"
	"github.com/icpcode/icpcode/ruletest"
)

// killer kills one node of a cluster after the other while something works on
// it.
type killer struct {
	*cluster
	work *watched
	// Commits between two kills, and with one node less.
	between, without int64

	leaders, others atomic.Int64 // that were killed, and have rejoined
	err             error
}

// run kills until ctx is done: a leader and another node in turns, while
// documents are being written. Each time two nodes must carry on, and the third must
// answer for itself again when it has come back.
func (k *killer) run(ctx context.Context, t *testing.T) {
	client := k.client(t)
	for k.err == nil && ctx.Err() == nil {
		k.reach(ctx, k.work.commits.Load()+k.between)
		victim := k.leader(ctx, client)
		if victim == nil {
			continue
		}
		leads := k.leaders.Load() <= k.others.Load()
		if !leads {
			i := slices.Index(k.nodes, victim)
			victim = k.nodes[(i+1+rand.N(len(k.nodes)-1))%len(k.nodes)]
		}
		select {
		case <-k.work.begun:
		case <-ctx.Done():
			return
		}
		if k.err = victim.kill(); k.err != nil {
			return
		}
		k.reach(ctx, k.work.commits.Load()+k.without)
		// It comes back in any case: the others are not to be left alone.
		if err := victim.start(context.WithoutCancel(ctx)); err != nil {
			k.err = errors.Join(k.err, err)
			return
		}
		if _, err := k.client(t, victim).Get(t.Context(), "x"); err != nil {
			k.err = fmt.Errorf("%s has rejoined and does not answer: %w", victim.Name, err)
			return
		}
		if leads {
			k.leaders.Add(1)
		} else {
			k.others.Add(1)
		}
	}
}

// reach waits until so many Commits are acknowledged.
func (k *killer) reach(ctx context.Context, commits int64) {
	for limit := time.Now().Add(time.Minute); k.work.commits.Load() < commits && ctx.Err() == nil; {
		if time.Now().After(limit) {
			k.err = fmt.Errorf("only %d of %d Commits were acknowledged in a minute", k.work.commits.Load(), commits)
			return
		}
		wait(ctx, time.Millisecond)
	}
}

// size returns one of two numbers, as the flag says.
func size(short, long int64) int64 {
	if *torture > 0 {
		return long
	}
	return short
}

// underFire does a work again and again until the killer has struck often
// enough, then looks for all that was acknowledged, on every node by itself.
func underFire(t *testing.T, kills, between int64, work func(t *testing.T, round int, w *watched)) *watched {
	c := newCluster(t, 3, false, hasty)
	w := watch(c.client(t))
	k := &killer{cluster: c, work: w, between: between, without: between / 2}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() { defer close(done); k.run(ctx, t) })
	over := enough()
	killing := func() bool {
		select {
		case <-done:
			return false
		default:
			return true
		}
	}
	// Few kills meet a call that then fails: most are over before the next one.
	scarce := func() bool {
		n := k.leaders.Load() + k.others.Load()
		return n < kills || w.failed.Load() < kills/2 && n < 10*kills
	}
	for round := 0; killing() && !t.Failed() && (scarce() || !over()); round++ {
		work(t, round, w)
	}
	cancel()
	wg.Wait()
	if k.err != nil {
		t.Fatal(k.err)
	}
	t.Logf("%d leaders and %d other nodes were killed and have rejoined; %d Commits were acknowledged, of %d codes; %d calls failed",
		k.leaders.Load(), k.others.Load(), w.commits.Load(), len(w.acked), w.failed.Load())
	if k.leaders.Load() < kills/2 || k.others.Load() < kills/2 || w.failed.Load() < kills/2 || w.commits.Load() < kills*between {
		t.Error("the kills did not meet the work")
	}
	for _, n := range c.nodes {
		if lost := w.lost(t, New(c.client(t, n), nil)); len(lost) > 0 {
			t.Errorf("%s has lost %d of %d codes, the first: %s", n.Name, len(lost), len(w.acked), lost[0])
		}
	}
	a := auditPlaces(t, New(c.client(t), nil))
	t.Logf("%d records have %d places in lists; %d more are left", a.records, a.places, a.left)
	if len(a.problems) > 0 {
		t.Errorf("the lists are wrong: %s, %d problems in all", a.problems[0], len(a.problems))
	}
	return w
}

// TestRulesWhileKilled does the random sequences of ruletest, whose model knows
// every answer, while nodes are killed.
func TestRulesWhileKilled(t *testing.T) {
	for name, value := range map[string]string{"rapid.checks": "3", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	var found atomic.Int64
	w := underFire(t, size(2, 10), size(40, 100), func(t *testing.T, round int, w *watched) {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			ruletest.RunStore(t, nil, func(testing.TB) icpcode.Store { return steady{w, &found} })
		})
	})
	t.Logf("%d Commits had been done though they had failed", found.Load())
	if len(w.acked) < 100 {
		t.Errorf("only %d codes were acknowledged", len(w.acked))
	}
}

// TestLinearizableWhileKilled records histories of eight clients while nodes
// are killed, and asks of each whether it could as well have happened one
// request after the other. Every second one is of filings that end.
func TestLinearizableWhileKilled(t *testing.T) {
	var all lincheck.Count
	var found atomic.Int64
	histories, abandoned, resolved := 0, 0, 0
	unanswered := func(err error) bool { return !errors.Is(err, icpcode.ErrInvalid) }
	w := underFire(t, size(2, 10), size(40, 100), func(t *testing.T, round int, w *watched) {
		h, err := lincheck.Record(t.Context(), lincheck.Options{
			Stores: []icpcode.Store{w, steady{w, &found}}, Prefix: fmt.Sprintf("h%d-", round), Again: unanswered, Abandon: 0.5,
			Engines: 1 << (round % 3), Unmerged: round%4 == 3, Ends: round%2 == 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		if result := h.Check(); result != porcupine.Ok {
			t.Fatalf("the checker says %s of the history %s", result, h)
		}
		all.Add(h.Count())
		histories++
		abandoned += h.Abandoned
		resolved += h.Resolved
	})
	t.Logf("%d histories: %+v; %d requests were abandoned, of which %d had been done", histories, all, abandoned, resolved)
	if all.Overlap < 10*histories || all.Done < 10*histories || all.Refused < histories || all.Ended < histories/2 || len(w.acked) < 7*histories {
		t.Error("the histories are too quiet to prove anything")
	}
}

// TestLossIsSeen is what the look for acknowledged codes is worth. Two of three
// nodes lose their disks, and the third, which was away, is made the whole
// cluster: what was acknowledged without it must be found lost.
func TestLossIsSeen(t *testing.T) {
	c := newCluster(t, 3, false, hasty)
	w := watch(c.client(t))
	var found atomic.Int64
	work := func(round int) {
		t.Helper()
		_, err := lincheck.Record(t.Context(), lincheck.Options{Stores: []icpcode.Store{steady{w, &found}}, Prefix: fmt.Sprintf("h%d-", round)})
		if err != nil {
			t.Fatal(err)
		}
	}
	work(0)
	before := len(w.acked)
	last := c.nodes[2]
	if err := last.kill(); err != nil {
		t.Fatal(err)
	}
	work(1)
	for _, n := range c.nodes[:2] {
		if err := n.kill(); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(n.Dir); err != nil {
			t.Fatal(err)
		}
	}
	last.Alone = true
	if err := last.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	lost := w.lost(t, New(c.client(t, last), nil))
	t.Logf("%d codes were acknowledged, %d of them without %s; %d were found lost", len(w.acked), len(w.acked)-before, last.Name, len(lost))
	if without := len(w.acked) - before; without < 5 || len(lost) < without || len(lost) == len(w.acked) {
		t.Errorf("%d codes were acknowledged without the node that is left, and these were found lost: %s", without, strings.Join(lost, "\n"))
	}
}
