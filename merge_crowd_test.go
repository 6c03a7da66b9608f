package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// TestMergeKeepsKeysApart lets random requests meet, over random delays: no
// two commits of an engine name the same document, nothing conflicts, and all
// of it adds up. An engine that does not merge shows that this can be seen.
func TestMergeKeepsKeysApart(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			c := newCrew(t)
			c.runway.open = true
			delayed := &delayed{Store: c.runway.Store}
			c.runway.Store = delayed
			merges := seed > 0
			c.with(func(o *icpcode.Options) { o.Unmerged = !merges })
			var servers []icpcode.Instance
			for range 6 {
				i := c.server(theOwner)
				i.ContractQuota = 100
				servers = append(servers, i)
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			issued := 0
			for n := range 40 {
				wg.Go(func() {
					dice := rand.New(rand.NewPCG(seed, uint64(n)))
					var codes []icpcode.Code
					for k := range 10 {
						id := fmt.Sprint(n, "-", k)
						var err error
						var res icpcode.Result
						switch what := dice.IntN(4); {
						case what == 0 && len(codes) > 0:
							_, err = c.eng.Submit(c.ctx, icpcode.SubmitRequest{Actor: theOwner, RequestID: id, Code: codes[0], Filing: c.site()})
							codes = codes[1:]
						case what == 1 && len(codes) > 1:
							_, err = c.eng.Grant(c.ctx, icpcode.GrantRequest{Actor: theOwner, RequestID: id, Codes: codes[:2], GrantTo: "2002", Certification: icpcode.Enterprise})
							codes = codes[2:]
						default:
							i := servers[dice.IntN(len(servers))]
							res, err = c.eng.Issue(c.ctx, icpcode.IssueRequest{Actor: theOwner, RequestID: id, Instance: i, Quantity: 1 + dice.IntN(2)})
							codes = append(codes, res.Codes...)
							mu.Lock()
							issued += len(res.Codes)
							mu.Unlock()
						}
						if err != nil {
							t.Errorf("%s: %v%s", id, err, why(err))
						}
					}
				})
			}
			wg.Wait()
			if merges == (len(c.runway.crossed) > 0) || merges == (delayed.conflicts > 0) {
				t.Errorf("merging is %v: %d documents were in two commits at a time, %d commits conflicted", merges, len(c.runway.crossed), delayed.conflicts)
			}
			if merges == (c.runway.largest < 4) {
				t.Errorf("merging is %v: at most %d requests shared a commit", merges, c.runway.largest)
			}
			listed := 0
			for _, err := range c.eng.Owned(c.ctx, icpcode.ListRequest{Actor: theOwner}) {
				if err != nil {
					t.Fatal(err)
				}
				listed++
			}
			if listed != issued {
				t.Errorf("%d codes are there, %d were issued", listed, issued)
			}
		})
	}
}

// TestMergeForgetsNobody lets crowds come and go, impatient ones among them,
// over a store with moods. Whoever waits is answered: a bubble in which
// everybody waits for ever fails. What was told adds up.
func TestMergeForgetsNobody(t *testing.T) {
	lost, left, failed := 0, 0, 0 // over all seeds
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			inner := memstore.New()
			m := &moody{Store: inner, dice: rand.New(rand.NewPCG(seed, 1))}
			w := newWorld(t)
			w.store = m
			w.with(func(o *icpcode.Options) { o.Observe = nil })
			var servers []icpcode.Instance
			for range 40 {
				i := w.server(theOwner)
				i.ContractQuota = 1000
				servers = append(servers, i)
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			told := map[icpcode.Code]bool{}
			doubtful := 0
			for n := range 120 {
				wg.Go(func() {
					dice := rand.New(rand.NewPCG(seed, uint64(n)+2))
					for range 6 {
						<-time.After(time.Duration(dice.IntN(int(20 * time.Millisecond))))
						ctx, cancel := w.ctx, context.CancelFunc(func() {})
						if dice.IntN(3) == 0 {
							ctx, cancel = context.WithTimeout(ctx, time.Duration(dice.IntN(int(20*time.Millisecond))))
						}
						i := servers[dice.IntN(1+dice.IntN(len(servers)))] // some are hot
						res, err := w.eng.Issue(ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
						cancel()
						mu.Lock()
						switch {
						case err == nil:
							told[res.Codes[0]] = true
						case errors.Is(err, icpcode.ErrUnknownOutcome):
							doubtful++
						case errors.Is(err, context.DeadlineExceeded):
							left++
						case errors.Is(err, errMood), errors.Is(err, icpcode.ErrConflict):
							failed++
						default:
							t.Error(err)
						}
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			<-time.After(time.Second) // what callers have left behind comes to its end
			w.store = inner
			w.with(func(*icpcode.Options) {})
			there := 0
			for r, err := range w.eng.Owned(w.ctx, icpcode.ListRequest{Actor: theOwner}) {
				if err != nil {
					t.Fatal(err)
				}
				if told[r.Code] {
					delete(told, r.Code)
				} else {
					there++
				}
			}
			if len(told) > 0 || there > doubtful {
				t.Errorf("%d codes that were told are not there, and %d are there that were not, of %d that are in doubt", len(told), there, doubtful)
			}
			if m.most < 5 {
				t.Errorf("at most %d shared a commit", m.most)
			}
			lost += doubtful
		})
	}
	if lost < 100 || left < 100 || failed < 5 {
		t.Errorf("%d were in doubt, %d left, %d failed", lost, left, failed)
	}
}

var errMood = errors.New("not now")

// moody is a store that conflicts, fails before and after it did something,
// and now and then takes very long without looking at its context.
type moody struct {
	icpcode.Store
	mu   sync.Mutex
	dice *rand.Rand
	most int // requests in one Commit
}

func (m *moody) roll(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dice.IntN(n)
}

func (m *moody) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	<-time.After(time.Duration(m.roll(int(2 * time.Millisecond))))
	if m.roll(50) == 0 {
		return nil, errMood
	}
	return m.Store.Load(ctx, keys...)
}

func (m *moody) Commit(_ context.Context, c icpcode.Change) error {
	m.mu.Lock()
	m.most = max(m.most, len(receipts(c)))
	m.mu.Unlock()
	<-time.After(time.Duration(m.roll(int(2 * time.Millisecond))))
	if m.roll(50) == 0 {
		<-time.After(100 * time.Millisecond)
	}
	switch m.roll(20) {
	case 0:
		return icpcode.ErrConflict
	case 1:
		return errMood
	case 2:
		return errors.Join(m.Store.Commit(context.Background(), c), errMood)
	}
	return m.Store.Commit(context.Background(), c)
}

// delayed is a store that takes its time.
type delayed struct {
	icpcode.Store
	takes     time.Duration // 0: up to a millisecond
	mu        sync.Mutex
	conflicts int
}

func (d *delayed) pause() {
	takes := d.takes
	if takes == 0 {
		takes = time.Duration(1 + rand.IntN(int(time.Millisecond)))
	}
	<-time.After(takes)
}

func (d *delayed) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	d.pause()
	return d.Store.Load(ctx, keys...)
}

func (d *delayed) Commit(ctx context.Context, c icpcode.Change) error {
	d.pause()
	err := d.Store.Commit(ctx, c)
	d.pause()
	if errors.Is(err, icpcode.ErrConflict) {
		d.mu.Lock()
		d.conflicts++
		d.mu.Unlock()
	}
	return err
}

// TestMergeFairness presses on one instance without end: who wants another
// one does not wait, and who wants the hot one and another gets it in turn.
func TestMergeFairness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		c.runway.open = true
		c.runway.Store = &delayed{Store: c.runway.Store, takes: time.Millisecond}
		stop := make(chan struct{})
		var wg sync.WaitGroup
		// Two granters are hot, each with a grantee whom nobody else knows.
		for n := range 100 {
			wg.Go(func() {
				granter := icpcode.AccountID(fmt.Sprint("hot", n%2))
				for k := 0; ; k++ {
					select {
					case <-stop:
						return
					default:
					}
					i := c.server2(granter, fmt.Sprint("i-", n, "-", k))
					_, err := c.eng.Issue(c.ctx, icpcode.IssueRequest{
						Actor: granter, Instance: i, Quantity: 1, GrantTo: "t" + granter, Certification: icpcode.Enterprise})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		<-time.After(100 * time.Millisecond)
		for k := range 20 {
			start := time.Now()
			_, err := c.eng.Issue(c.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: c.server2(theOwner, fmt.Sprint("j-", k)), Quantity: 1})
			if took := time.Since(start); err != nil || took > 20*time.Millisecond {
				t.Errorf("who wants something else takes %v, %v", took, err)
			}
			// This one names documents of both hot granters' flights.
			start = time.Now()
			_, err = c.eng.Issue(c.ctx, icpcode.IssueRequest{
				Actor: "hot0", Instance: c.server2("hot0", fmt.Sprint("k-", k)), Quantity: 1, GrantTo: "thot1", Certification: icpcode.Enterprise})
			if took := time.Since(start); err != nil || took > 40*time.Millisecond {
				t.Errorf("who wants what two others press on takes %v, %v", took, err)
			}
		}
		close(stop)
		wg.Wait()
		if c.runway.largest < 20 {
			t.Errorf("at most %d shared a commit: nobody pressed", c.runway.largest)
		}
	})
}

// server2 is server with a name, for use by several goroutines.
func (c *crew) server2(owner icpcode.AccountID, id string) icpcode.Instance {
	w := &world{now: c.now}
	i := w.server(owner)
	i.ID = icpcode.InstanceID(id)
	return i
}

// TestMergeTwoEngines presses on one instance through two engines, each of
// which merges: they conflict, and nothing is lost or done twice.
func TestMergeTwoEngines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := &delayed{Store: memstore.New()}
		runways := []*runway{newRunway(d), newRunway(d)}
		i := w.server(theOwner)
		i.ContractQuota = 900
		var wg sync.WaitGroup
		var mu sync.Mutex
		codes := map[icpcode.Code]bool{}
		lost := 0
		for _, r := range runways {
			r.open = true
			w.store = r
			eng := w.with(func(o *icpcode.Options) { o.Observe = nil }).eng
			for range 40 {
				wg.Go(func() {
					for range 15 {
						res, err := eng.Issue(w.ctx, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
						mu.Lock()
						if err != nil && strings.Contains(err.Error(), "ELG-QUOTA") {
							lost++
						} else if err != nil {
							t.Error(err)
						} else {
							codes[res.Codes[0]] = true
						}
						mu.Unlock()
					}
				})
			}
		}
		wg.Wait()
		if len(codes) != 900 || lost != 300 {
			t.Errorf("%d codes were issued and %d requests refused", len(codes), lost)
		}
		if d.conflicts == 0 || runways[0].largest < 10 || runways[1].largest < 10 {
			t.Errorf("%d conflicts, at most %d and %d shared a commit", d.conflicts, runways[0].largest, runways[1].largest)
		}
	})
}

// TestMergeNobodyOvertakes has a request wait for one of its documents: who comes
// later and wants another one of them waits behind it.
func TestMergeNobodyOvertakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrew(t)
		c.runway.open = true
		i := c.server(theOwner)
		paid := c.buy(theOwner, 1)[0]
		c.runway.open = false
		first := c.issue(c.ctx, "first", i, "")
		bind := c.send(c.ctx, "bind", func(ctx context.Context, id string) (icpcode.Result, error) {
			return c.eng.Bind(ctx, icpcode.BindRequest{Actor: theOwner, RequestID: id, Code: paid, Instance: i})
		})
		void := c.send(c.ctx, "void", func(ctx context.Context, id string) (icpcode.Result, error) {
			return c.eng.Void(ctx, icpcode.VoidRequest{Actor: ops, RequestID: id, Code: paid, Reason: "test"})
		})
		other := c.issue(c.ctx, "other", c.server(theOwner), "")
		held := c.runway.waiting()
		if len(held) != 2 || !held[0].carries("first") || !held[1].carries("other") {
			t.Fatalf("%d commits are under way", len(held))
		}
		c.runway.let(held[0], nil)
		c.runway.let(held[1], nil)
		c.runway.let(c.one(bind, void), nil)
		if _, done := count([]*told{first, bind, void, other}); done != 4 {
			t.Errorf("%d were done; bind: %v", done, bind.err)
		}
		if r := c.record(paid); r.State != icpcode.StateInvalid || r.InstanceID != i.ID || r.Version != 3 {
			t.Errorf("the code is %+v", r)
		}
	})
}
