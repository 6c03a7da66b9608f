package icpcode_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// listing is one of the engine's lists, with its records alone.
type listing struct {
	name string
	list func(icpcode.ListRequest) iter.Seq2[icpcode.Record, error]
}

func (w *world) listings() []listing {
	assessed := func(list func(context.Context, icpcode.ListRequest) iter.Seq2[icpcode.Assessment, error]) func(icpcode.ListRequest) iter.Seq2[icpcode.Record, error] {
		return func(r icpcode.ListRequest) iter.Seq2[icpcode.Record, error] {
			return func(yield func(icpcode.Record, error) bool) {
				for a, err := range list(w.ctx, r) {
					if !yield(a.Record, err) {
						return
					}
				}
			}
		}
	}
	return []listing{
		{"Owned", func(r icpcode.ListRequest) iter.Seq2[icpcode.Record, error] { return w.eng.Owned(w.ctx, r) }},
		{"Received", func(r icpcode.ListRequest) iter.Seq2[icpcode.Record, error] { return w.eng.Received(w.ctx, r) }},
		{"Pick", assessed(w.eng.Pick)},
		{"Review", assessed(w.eng.Review)},
	}
}

// TestLists goes through each list with a store of small and of empty pages:
// all is shown once, no more pages are asked for than needed, an error of the
// store ends it.
func TestLists(t *testing.T) {
	w := newWorld(t)
	spy := w.spied()
	i := w.server(theOwner)
	i.ContractQuota = 100
	// Ten of the owner's, of which five are granted; five to be reviewed.
	codes := w.issue(i, 10)
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{
		Actor: theOwner, Codes: codes[5:], GrantTo: theGrantee, Certification: icpcode.Enterprise}))
	for n, c := range codes {
		if n%2 == 0 {
			holder := theOwner
			if n >= 5 {
				holder = theGrantee
			}
			w.filed(holder, c)
		}
	}
	released := func(id icpcode.InstanceID) icpcode.Instance {
		return icpcode.Instance{ID: id, Status: icpcode.StatusReleased}
	}
	empty := false
	spy.list = func(q icpcode.Query, call func(icpcode.Query) (icpcode.Page, error)) (icpcode.Page, error) {
		// Every other page is empty, the others hold two.
		q.Limit = 2
		after, pause := strings.CutPrefix(q.After, "pause:")
		if empty && !pause && q.After != "" {
			return icpcode.Page{Next: "pause:" + q.After}, nil
		}
		q.After = after
		return call(q)
	}
	broken := errors.New("broken")
	for _, c := range []struct {
		list  string
		actor icpcode.AccountID
		want  []icpcode.Code
	}{
		{"Owned", theOwner, codes}, {"Received", theOwner, nil}, {"Pick", theOwner, codes[:5]},
		{"Review", theOwner, []icpcode.Code{codes[0], codes[2], codes[4], codes[6], codes[8]}},
		{"Owned", theGrantee, nil}, {"Received", theGrantee, codes[5:]}, {"Pick", theGrantee, codes[5:]},
		{"Review", theGrantee, []icpcode.Code{codes[6], codes[8]}},
	} {
		for _, l := range w.listings() {
			if l.name != c.list {
				continue
			}
			for _, empty = range []bool{false, true} {
				for _, r := range []icpcode.ListRequest{
					{Actor: c.actor, Facts: each(released)}, {Actor: ops, Account: c.actor, Facts: each(released)},
					{Actor: c.actor, InstanceID: i.ID, Facts: each(released)},
				} {
					var got []icpcode.Code
					for rec, err := range l.list(r) {
						got = append(got, must[icpcode.Record](t)(rec, err).Code)
					}
					want := slices.SortedFunc(slices.Values(c.want), icpcode.Code.Compare)
					if slices.SortFunc(got, icpcode.Code.Compare); !slices.Equal(got, want) {
						t.Errorf("%s of %s by %s: %d codes, want %d", l.name, c.actor, r.Actor, len(got), len(want))
					}
				}
			}
			if len(c.want) == 0 {
				continue
			}
			empty = false
			r := icpcode.ListRequest{Actor: c.actor, Facts: each(released)}
			spy.forget()
			for _, err := range l.list(r) {
				must[int](t)(0, err)
				break
			}
			if n := spy.calls("List"); n > 3 || l.name == "Owned" && n != 1 {
				t.Errorf("%s was stopped at once, after %d pages", l.name, n)
			}
			// The store fails at the n-th page.
			small := spy.list
			for fail := 1; fail <= 3; fail++ {
				page, failed := 0, 0
				spy.list = func(q icpcode.Query, call func(icpcode.Query) (icpcode.Page, error)) (icpcode.Page, error) {
					if page++; page == fail {
						return icpcode.Page{}, broken
					}
					return small(q, call)
				}
				for rec, err := range l.list(r) {
					if err == nil {
						continue
					}
					failed++
					is(t, err, broken)
					if !rec.Code.IsZero() {
						t.Errorf("%s: an error comes with a record", l.name)
					}
				}
				if failed != 1 || page != fail {
					t.Errorf("%s failed at page %d: %d errors, %d pages", l.name, fail, failed, page)
				}
			}
			// A cursor that does not move would never end.
			pages := 0
			spy.list = func(q icpcode.Query, call func(icpcode.Query) (icpcode.Page, error)) (icpcode.Page, error) {
				if pages++; pages == 10 {
					return icpcode.Page{}, broken
				}
				q.After = ""
				page, err := small(q, call)
				page.Next = "for ever"
				return page, err
			}
			failed := 0
			for _, err := range l.list(r) {
				if err != nil {
					failed++
				}
			}
			if failed != 1 || pages != 2 {
				t.Errorf("%s over a cursor that does not move: %d pages and %d errors", l.name, pages, failed)
			}
			spy.list = small
		}
	}
	// A review needs the ledger too.
	spy.load = func(context.Context, []icpcode.Key, func() ([]icpcode.Document, error)) ([]icpcode.Document, error) {
		return nil, broken
	}
	failed := 0
	for _, err := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: theOwner, Facts: each(released)}) {
		is(t, err, broken)
		failed++
	}
	if failed != 1 {
		t.Errorf("a review without ledgers: %d errors", failed)
	}
}

// TestListStates narrows a list to each state, as it is shown.
func TestListStates(t *testing.T) {
	w := newWorld(t)
	owned, received := map[icpcode.State]int{}, map[icpcode.State]int{}
	for _, c := range lifeCases()[1:] {
		code, _ := c.make(w)
		owned[w.record(code).State]++
		if c.granted {
			received[w.record(code).State]++
		}
	}
	// Two Available ones whose instance has expired read Invalid.
	expired := w.server(theOwner)
	codes := w.issue(expired, 2)
	must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: theOwner, Codes: codes[:1], GrantTo: theGrantee, Certification: icpcode.Enterprise}))
	owned[icpcode.StateInvalid] += 2
	received[icpcode.StateInvalid]++
	facts := func(id icpcode.InstanceID) icpcode.Instance {
		if id == expired.ID {
			return icpcode.Instance{ID: id, Status: icpcode.StatusExpired}
		}
		return icpcode.Instance{}
	}
	for _, l := range []struct {
		name  string
		list  func(context.Context, icpcode.ListRequest) iter.Seq2[icpcode.Record, error]
		actor icpcode.AccountID
		count map[icpcode.State]int
	}{{"owned", w.eng.Owned, theOwner, owned}, {"received", w.eng.Received, theGrantee, received}} {
		for s := icpcode.StateNone; s <= icpcode.StateInvalid; s++ {
			n := 0
			for rec, err := range l.list(w.ctx, icpcode.ListRequest{Actor: l.actor, State: s, Facts: each(facts)}) {
				if must[icpcode.Record](t)(rec, err).State != s && s != icpcode.StateNone {
					t.Errorf("among the %s %v ones is one that is %v", l.name, s, rec.State)
				}
				n++
			}
			want := l.count[s]
			if s == icpcode.StateNone {
				for _, m := range l.count {
					want += m
				}
			}
			if n != want || n == 0 {
				t.Errorf("%d %s codes are shown as %v, want %d", n, l.name, s, want)
			}
		}
	}
}

// TestBrokenLoads gives every operation a store that returns too few or too
// many documents or others, or fails: the answer is an error, and nothing changes.
func TestBrokenLoads(t *testing.T) {
	broken := errors.New("broken")
	for _, how := range []string{"too few", "too many", "none", "others", "fails"} {
		w := newWorld(t)
		spy := w.spied()
		in := newInputs(w)
		in.list.Facts = each(func(id icpcode.InstanceID) icpcode.Instance { return icpcode.Instance{ID: id} })
		before := spy.dump(t)
		spy.load = func(_ context.Context, _ []icpcode.Key, call func() ([]icpcode.Document, error)) ([]icpcode.Document, error) {
			docs, err := call()
			switch how {
			case "others":
				if spy.calls("Load") > 1000 {
					t.Fatal("asked for the same documents again and again")
				}
				for i := range docs {
					docs[i].Key.A += "x"
				}
				return docs, err
			case "too few":
				return docs[1:], err
			case "too many":
				return append(docs, icpcode.Document{}), err
			case "none":
				return nil, err
			}
			return nil, broken
		}
		for _, o := range operations {
			if o.name == "Owned" || o.name == "Received" || o.name == "Pick" {
				continue // they only list
			}
			err := o.do(in)
			if err == nil || errors.Is(err, icpcode.ErrInvalid) || errors.Is(err, icpcode.ErrUnknownOutcome) || !strings.HasPrefix(err.Error(), "icpcode: load: ") {
				t.Errorf("%s, %s: got %v", how, o.name, err)
			}
			if how == "fails" {
				is(t, err, broken)
			}
			noCodes(t, o.name, err, in.codes...)
		}
		if after := spy.dump(t); after != before {
			t.Errorf("%s: the store has changed from\n%s\nto\n%s", how, before, after)
		}
	}
}
