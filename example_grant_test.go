package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
	"github.com/icpcode/icpcode/storetest"
)

// phones is what a service keeps of the text messages that it sent. A code of
// one opens one request, and as often as that request comes: its commit may be
// lost after the code was accepted.
type phones struct {
	mu   sync.Mutex
	sent map[string]string // what was sent for a granter's request
}

func (p *phones) send(granter icpcode.AccountID, requestID, code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent[string(granter)+" "+requestID] = code
}

// verify is Options.VerifyPhone. Neither ID can have a space in this service.
func (p *phones) verify(_ context.Context, v icpcode.Verification) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	code, ok := p.sent[string(v.Granter)+" "+v.RequestID]
	if !ok || v.Proof != code {
		return icpcode.ErrNotVerified
	}
	return nil
}

// A grant in two requests of a browser: the first asks whether the grant would
// pass and sends a text message, the second brings its code. The commit is
// lost, so that the second comes again with the same request ID.
func Example_twoRequests() {
	ctx := context.Background()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	sms := &phones{sent: map[string]string{}}
	store := storetest.NewFaulty(memstore.New(), storetest.Fault{Method: storetest.Commit, Call: 2})
	eng := icpcode.New(store, &icpcode.Options{Clock: func() time.Time { return noon }, VerifyPhone: sms.verify})
	server := icpcode.Instance{
		ID: "i-bp1abc", Owner: "1001", Product: icpcode.ECS, Region: "cn-hangzhou",
		Billing: icpcode.Subscription, Status: icpcode.StatusRunning,
		TermMonths: 12, Expires: noon.AddDate(0, 11, 0),
		Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
	}
	got, err := eng.Issue(ctx, icpcode.IssueRequest{Actor: "1001", Instance: server, Quantity: 1})
	if err != nil {
		fmt.Println(err)
		return
	}

	// The form has a request ID in it, so that both requests have the same.
	r := icpcode.GrantRequest{
		Actor: "1001", RequestID: "form-77", Codes: got.Codes, GrantTo: "2002", Certification: icpcode.Enterprise,
	}
	if got, err = eng.DryRun().Grant(ctx, r); err != nil {
		fmt.Println(err) // a refusal: show its reasons, and send nothing
		return
	}
	fmt.Println("phone needed:", got.PhoneNeeded)
	if got.PhoneNeeded {
		sms.send(r.Actor, r.RequestID, "834211")
	}

	for _, r.Proof = range []string{"", "000000", "834211", "834211", "834211"} {
		got, err = eng.Grant(ctx, r)
		fmt.Printf("%q: granted %v, before %v; %v\n", r.Proof, err == nil, got.Replayed, icpcode.CategoryOf(err))
	}
	got, err = eng.DryRun().Grant(ctx, r)
	fmt.Println("the form sent again: done before", got.Replayed, "phone needed:", got.PhoneNeeded, err)
	// Output:
	// phone needed: true
	// "": granted false, before false; Refused
	// "000000": granted false, before false; Refused
	// "834211": granted false, before false; UnknownOutcome
	// "834211": granted true, before false; None
	// "834211": granted true, before true; None
	// the form sent again: done before true phone needed: false <nil>
}

// TestTwoRequestsSurviveLostCommits: whether the lost commit took effect or
// not, and in an issue as in a grant, the second request done again is granted
// once, and the first done again says so.
func TestTwoRequestsSurviveLostCommits(t *testing.T) {
	for _, effect := range []storetest.Effect{storetest.FailBefore, storetest.FailAfter} {
		for name, of := range map[string]func(w *world) func(eng *icpcode.Engine, proof string) (icpcode.Result, error){
			"Issue": func(w *world) func(*icpcode.Engine, string) (icpcode.Result, error) {
				i := w.server("1001")
				return func(eng *icpcode.Engine, proof string) (icpcode.Result, error) {
					return eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", RequestID: "form-1", Instance: i, Quantity: 5,
						GrantTo: "2002", Certification: icpcode.Enterprise, Proof: proof})
				}
			},
			"Grant": func(w *world) func(*icpcode.Engine, string) (icpcode.Result, error) {
				codes := w.issue(w.server("1001"), 5)
				return func(eng *icpcode.Engine, proof string) (icpcode.Result, error) {
					return eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", RequestID: "form-1", Codes: codes,
						GrantTo: "2002", Certification: icpcode.Enterprise, Proof: proof})
				}
			},
		} {
			w := newWorld(t)
			do := of(w)
			sms := &phones{sent: map[string]string{}}
			faulty := storetest.NewFaulty(w.store, storetest.Fault{Method: storetest.Commit, Call: 1, Effect: effect})
			w.store = faulty
			w.with(func(o *icpcode.Options) { o.VerifyPhone = sms.verify })
			before := must[icpcode.Result](t)(do(w.eng.DryRun(), ""))
			if !before.PhoneNeeded || before.Replayed || before.Decision == nil || before.Decision.Refused() {
				t.Errorf("%s, %v: beforehand it answers %+v", name, effect, before)
			}
			sms.send("1001", "form-1", "834211")
			_, err := do(w.eng, "834211")
			is(t, err, icpcode.ErrUnknownOutcome)
			got := must[icpcode.Result](t)(do(w.eng, "834211"))
			if len(got.Codes) != 5 || got.Replayed != (effect == storetest.FailAfter) || len(faulty.Fired()) != 1 {
				t.Errorf("%s, %v: it answers %+v", name, effect, got)
			}
			again := must[icpcode.Result](t)(do(w.eng.DryRun(), ""))
			if !again.Replayed || again.PhoneNeeded || again.Decision != nil || len(again.Codes) != 5 {
				t.Errorf("%s, %v: beforehand, again, it answers %+v", name, effect, again)
			}
			received := must[[]icpcode.Record](t)(w.receivedAll(icpcode.ListRequest{Actor: "2002"}))
			if len(received) != 5 {
				t.Errorf("%s, %v: %d codes were granted", name, effect, len(received))
			}
		}
	}
}

// TestThreeAnswersAboutPhones: a wrong proof, no proof and no hook are told
// apart, in both languages; what the hook said is kept; and it is said whether
// a phone can help.
func TestThreeAnswersAboutPhones(t *testing.T) {
	locked := errors.New("locked after three attempts")
	texts := map[string]string{}
	for _, c := range []struct {
		what, proof string
		hook        func(context.Context, icpcode.Verification) error
		phone       icpcode.Phone
		needed      bool
	}{
		{"a wrong proof", "1", func(context.Context, icpcode.Verification) error {
			return fmt.Errorf("%w: %w", icpcode.ErrNotVerified, locked)
		}, icpcode.PhoneRefused, true},
		{"no proof", "", func(context.Context, icpcode.Verification) error {
			return fmt.Errorf("%w: %w", icpcode.ErrNotVerified, locked)
		}, icpcode.PhoneNoProof, true},
		{"no hook", "1", nil, icpcode.PhoneNone, false},
	} {
		w := newWorld(t)
		codes := w.issue(w.server("1001"), 1)
		w.with(func(o *icpcode.Options) { o.VerifyPhone = c.hook })
		for name, do := range map[string]func() error{
			"Issue": func() error {
				_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", Instance: w.server("1001"), Quantity: 1, GrantTo: "2002",
					Certification: icpcode.Enterprise, Proof: c.proof})
				return err
			},
			"Grant": func() error {
				_, err := w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: codes, GrantTo: "2002",
					Certification: icpcode.Enterprise, Proof: c.proof})
				return err
			},
		} {
			err := do()
			d := refused(t, err, icpcode.GRTFirst)
			if d.PhoneNeeded != c.needed || d.Case.Grant.Phone != c.phone {
				t.Errorf("%s, %s: phone needed %v, %v", name, c.what, d.PhoneNeeded, d.Case.Grant.Phone)
			}
			if kept := c.hook != nil; errors.Is(err, locked) != kept || errors.Is(err, icpcode.ErrNotVerified) != kept {
				t.Errorf("%s, %s: what the hook said is not kept in %v", name, c.what, err)
			}
			if icpcode.CategoryOf(err) != icpcode.CategoryRefused {
				t.Errorf("%s, %s: %v", name, c.what, icpcode.CategoryOf(err))
			}
			for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
				for r := range d.Reasons(l) {
					if other, known := texts[r.Found]; known && other != c.what {
						t.Errorf("%s is told as %s: %q", c.what, other, r.Found)
					}
					texts[r.Found] = c.what
				}
			}
		}
	}
	if len(texts) != 6 {
		t.Errorf("the texts are %q", texts)
	}
	// A grant to oneself is nothing that a phone can help with.
	w := newWorld(t)
	_, err := w.eng.DryRun().Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: w.issue(w.server("1001"), 1), GrantTo: "1001",
		Certification: icpcode.Enterprise})
	if d := refused(t, err, icpcode.GRTOnce); d.PhoneNeeded {
		t.Error("a grant to oneself needs a phone")
	}
}
