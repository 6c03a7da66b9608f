package apitest

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/ruletest"
	"github.com/shopspring/decimal"
)

// side is what the service of the tests knows of one request beside what was
// sent: what its session and its inventory would say.
type side struct {
	account       icpcode.AccountID
	facts         map[icpcode.InstanceID]icpcode.Instance
	ask           func(context.Context, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error)
	certification icpcode.Certification
	assume        icpcode.RuleIDs
	paid          decimal.NullDecimal
	failed        error // what the handler told the service
}

// sideOf finds the side of a request in its context.
type sideKey struct{}

func sideOf(ctx context.Context) *side { return ctx.Value(sideKey{}).(*side) }

// about tells what a request stated. Facts that name no instance are of the one
// that is asked about.
func (s *side) about(ctx context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	if s.ask != nil {
		return s.ask(ctx, ids)
	}
	unnamed, ok := s.facts[""]
	if !ok || len(ids) == 0 || s.facts[ids[0]].ID != "" {
		return s.facts, nil
	}
	return map[icpcode.InstanceID]icpcode.Instance{ids[0]: unnamed}, nil
}

func newSide(account icpcode.AccountID, facts ...icpcode.Instance) *side {
	s := &side{account: account, facts: map[icpcode.InstanceID]icpcode.Instance{}}
	for _, i := range facts {
		s.facts[i.ID] = i
	}
	return s
}

// service is a server on loopback, for many engines one after the other.
type service struct {
	*httptest.Server

	handler http.Handler
	sides   map[string]*side
	n       int
	sent    int // changes that were sent, dry runs included
	unsent  int // those that HTTP cannot carry, or this API cannot say
	checked *exchanges
	spoil   func(*http.Request) // plants a bug
	key     [32]byte
	of      map[icpcode.Store]map[icpcode.Code]icpcode.InstanceID // the instances of codes, as answers told
}

func newService(t *testing.T) *service {
	s := &service{checked: newExchanges(t), key: [32]byte{9}, of: map[icpcode.Store]map[icpcode.Code]icpcode.InstanceID{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), sideKey{}, s.sides[r.Header.Get("X-Side")])
		s.handler.ServeHTTP(w, r.WithContext(ctx))
	}))
	t.Cleanup(s.Close)
	return s
}

// contrary lists the first issued first unless the latest is asked for: a store
// may list in any order then. Package memstore lists the latest first in any case, so that
// over it no test would see a server that does not ask.
type contrary struct{ icpcode.Store }

func (s contrary) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	if q.Newest {
		return s.Store.List(ctx, q)
	}
	after, limit := q.After, q.Limit
	q.Newest, q.After, q.Limit = true, "", 1000
	var all []icpcode.Record
	for more := true; more; more = q.After != "" {
		p, err := s.Store.List(ctx, q)
		if err != nil {
			return p, err
		}
		all, q.After = append(all, p.Records...), p.Next
	}
	// A cursor is the instant and the code of the last record before.
	cursor := func(r *icpcode.Record) string {
		return r.Issued.UTC().Format("2006-01-02T15:04:05.000000 ") + r.Code.String()
	}
	all = slices.DeleteFunc(all, func(r icpcode.Record) bool { return cursor(&r) <= after })
	slices.Reverse(all)
	if len(all) <= limit {
		return icpcode.Page{Records: all}, nil
	}
	return icpcode.Page{Records: all[:limit], Next: cursor(&all[limit-1])}, nil
}

// front makes an engine behind the server, and returns its client.
func (s *service) front(store icpcode.Store, o icpcode.Options) (eng, dry ruletest.Engine) {
	o.Facts = func(ctx context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
		return sideOf(ctx).about(ctx, ids)
	}
	engine := icpcode.New(contrary{store}, &o)
	s.handler = httpapi.New(engine, httpapi.Options{
		Account: func(r *http.Request) (icpcode.AccountID, error) { return sideOf(r.Context()).account, nil },
		Facts: func(ctx context.Context, _ icpcode.AccountID, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			return sideOf(ctx).about(ctx, ids)
		},
		Certification: func(ctx context.Context, _ icpcode.AccountID) (icpcode.Certification, error) {
			return sideOf(ctx).certification, nil
		},
		Assume: func(ctx context.Context, _ icpcode.AccountID) (icpcode.RuleIDs, error) {
			return sideOf(ctx).assume, nil
		},
		Paid: func(ctx context.Context, _ httpapi.Purchase) (decimal.NullDecimal, error) {
			return sideOf(ctx).paid, nil
		},
		Reveal:     func(context.Context, httpapi.Access) error { return nil },
		Failed:     func(ctx context.Context, err error) { sideOf(ctx).failed = err },
		Key:        s.key,
		CodeFormat: o.ImportFormat,
	})
	if s.of[store] == nil {
		s.of = map[icpcode.Store]map[icpcode.Code]icpcode.InstanceID{store: {}}
	}
	c := &client{service: s, engine: engine, handles: httpapi.NewHandles(s.key), instance: s.of[store]}
	d := *c
	d.dry, d.engine = true, engine.DryRun()
	return c, &d
}

func (c *client) Issue(_ context.Context, r icpcode.IssueRequest) (icpcode.Result, error) {
	s := newSide(r.Actor, r.Instance)
	s.certification, s.assume = r.Certification, r.Assume
	got, err := c.change(s, r.RequestID, "/v1/codes/issue", object{
		"instance": r.Instance.ID, "quantity": r.Quantity, "remark": r.Remark, "grant_to": r.GrantTo, "proof": r.Proof,
	})
	return c.learn(r.Instance.ID, got, err)
}

func (c *client) SubmitAuto(_ context.Context, r icpcode.SubmitAutoRequest) (icpcode.Result, error) {
	s := newSide(r.Actor, r.Instance)
	s.assume = r.Assume
	got, err := c.change(s, r.RequestID, "/v1/codes/submit", object{"instance": r.Instance.ID, "filing": r.Filing, "remark": r.Remark})
	return c.learn(r.Instance.ID, got, err)
}

func (c *client) Buy(_ context.Context, r icpcode.BuyRequest) (icpcode.Result, error) {
	s := newSide(r.Actor)
	s.paid = r.Paid
	got, err := c.change(s, r.RequestID, "/v1/codes/buy", object{"quantity": r.Quantity, "remark": r.Remark})
	for _, code := range got.Codes {
		if _, known := c.instance[code]; !known { // else it may be bound by now
			c.instance[code] = ""
		}
	}
	return got, err
}

func (c *client) Bind(_ context.Context, r icpcode.BindRequest) (icpcode.Result, error) {
	s := newSide(r.Actor, r.Instance)
	s.assume = r.Assume
	got, err := c.on(s, r.RequestID, r.Code, "bind", object{"instance": r.Instance.ID})
	if c.dry {
		return got, err
	}
	return c.learn(r.Instance.ID, got, err)
}

func (c *client) Grant(ctx context.Context, r icpcode.GrantRequest) (icpcode.Result, error) {
	s := newSide(r.Actor, r.Instances...)
	s.certification, s.assume = r.Certification, r.Assume
	if c.strange(r.Instances, r.Codes...) {
		return c.engine.Grant(beside(ctx, s), r)
	}
	return c.change(s, r.RequestID, "/v1/codes/grant", object{"codes": c.sealed(r.Actor, r.Codes), "grant_to": r.GrantTo, "proof": r.Proof})
}

func (c *client) Submit(ctx context.Context, r icpcode.SubmitRequest) (icpcode.Result, error) {
	s := newSide(r.Actor, r.Instance)
	if c.strange([]icpcode.Instance{r.Instance}, r.Code) {
		return c.engine.Submit(beside(ctx, s), r)
	}
	return c.on(s, r.RequestID, r.Code, "submit", object{"filing": r.Filing})
}

func (c *client) Resubmit(ctx context.Context, r icpcode.SubmitRequest) (icpcode.Result, error) {
	s := newSide(r.Actor, r.Instance)
	if c.strange([]icpcode.Instance{r.Instance}, r.Code) {
		return c.engine.Resubmit(beside(ctx, s), r)
	}
	return c.on(s, r.RequestID, r.Code, "resubmit", object{"filing": r.Filing})
}

func (c *client) Approve(_ context.Context, r icpcode.ApproveRequest) (icpcode.Result, error) {
	return c.on(newSide(r.Actor), r.RequestID, r.Code, "approve", object{"icp_number": r.ICPNumber, "replaces": c.sealed(r.Actor, r.Replaces)})
}

func (c *client) End(_ context.Context, r icpcode.EndRequest) (icpcode.Result, error) {
	body := object{"end": r.End, "reason": r.Reason}
	if !r.Successor.IsZero() {
		body["successor"] = c.handles.Seal(r.Actor, r.Successor)
	}
	return c.on(newSide(r.Actor), r.RequestID, r.Code, "end", body)
}

func (c *client) Correct(_ context.Context, r icpcode.CorrectRequest) (icpcode.Result, error) {
	return c.on(newSide(r.Actor), r.RequestID, r.Code, "correct", object{"icp_number": r.ICPNumber})
}

func (c *client) Reject(_ context.Context, r icpcode.RejectRequest) (icpcode.Result, error) {
	return c.on(newSide(r.Actor), r.RequestID, r.Code, "reject", object{"rejection": r.Rejection})
}

func (c *client) Stage(_ context.Context, r icpcode.StageRequest) (icpcode.Result, error) {
	return c.on(newSide(r.Actor), r.RequestID, r.Code, "stage", object{"stage": r.Stage})
}

func (c *client) Release(_ context.Context, r icpcode.ReleaseRequest) (icpcode.Result, error) {
	return c.on(newSide(r.Actor), r.RequestID, r.Code, "release", object{"reason": r.Reason})
}

func (c *client) Refund(_ context.Context, r icpcode.RefundRequest) (icpcode.Result, error) {
	return c.on(newSide(r.Actor), r.RequestID, r.Code, "refund", object{"reason": r.Reason})
}

func (c *client) Void(_ context.Context, r icpcode.VoidRequest) (icpcode.Result, error) {
	return c.on(newSide(r.Actor), r.RequestID, r.Code, "void", object{"reason": r.Reason})
}

func (c *client) CloseInstance(_ context.Context, r icpcode.CloseRequest) (icpcode.Result, error) {
	return c.change(newSide(r.Actor), r.RequestID, "/v1/instances/close", object{"instance": r.InstanceID, "refunded": r.Refunded, "reason": r.Reason})
}

func (c *client) Import(_ context.Context, r icpcode.ImportRequest) (icpcode.Result, error) {
	if r.Code.IsZero() {
		return c.unsendable("Code")
	}
	body := object{
		"code": r.Code.String(), "state": r.State, "owner": r.Owner, "grantee": r.Grantee, "instance": r.InstanceID, "product": r.Product,
		"origin": r.Origin, "issued": r.Issued, "paid": r.Paid, "remark": r.Remark,
	}
	if r.Filing != nil {
		body["filing"] = r.Filing
	}
	if !r.Granted.IsZero() {
		body["granted"] = r.Granted
	}
	got, err := c.change(newSide(r.Actor), r.RequestID, "/v1/codes/import", body)
	if c.dry {
		return got, err
	}
	return c.learn(r.InstanceID, got, err)
}

func (c *client) Lookup(_ context.Context, actor icpcode.AccountID, code icpcode.Code, today icpcode.Instance) (icpcode.Record, error) {
	var got record
	if err := c.send(newSide(actor, today), http.MethodGet, "/v1/codes/"+c.handles.Seal(actor, code), "", nil, &got); err != nil {
		return icpcode.Record{}, err
	}
	return c.record(actor, &got)
}

func (c *client) GrantQuota(_ context.Context, actor icpcode.AccountID) (q icpcode.GrantQuota, err error) {
	return q, c.send(newSide(actor), http.MethodGet, "/v1/grants/quota", "", nil, &q)
}

func (c *client) History(_ context.Context, actor icpcode.AccountID, code icpcode.Code) iter.Seq2[icpcode.Event, error] {
	return func(yield func(icpcode.Event, error) bool) {
		for after, more := "", true; more; more = after != "" {
			var page struct {
				Events []struct {
					icpcode.Event

					Code ref `json:"code"`
					Step *struct {
						icpcode.Step

						Successor *ref `json:"successor"`
					} `json:"step"`
				}
				Next string
			}
			path := "/v1/codes/" + c.handles.Seal(actor, code) + "/history?limit=3&after=" + after
			if err := c.send(newSide(actor), http.MethodGet, path, "", nil, &page); err != nil {
				yield(icpcode.Event{}, err)
				return
			}
			for i := range page.Events {
				shown := &page.Events[i]
				e := shown.Event
				var err error
				if e.Code, err = c.open(actor, &shown.Code); err == nil && shown.Step != nil {
					st := shown.Step.Step
					st.Successor, err = c.open(actor, shown.Step.Successor)
					e.Step = &st
				}
				if !yield(e, err) || err != nil {
					return
				}
			}
			after = page.Next
		}
	}
}

func (c *client) Owned(_ context.Context, r icpcode.ListRequest) iter.Seq2[icpcode.Record, error] {
	return records(c.all("owned", r))
}

func (c *client) OwnedPage(_ context.Context, r icpcode.ListRequest) (icpcode.Page, error) {
	return c.recordPage("owned", r)
}

func (c *client) Received(_ context.Context, r icpcode.ListRequest) iter.Seq2[icpcode.Record, error] {
	return records(c.all("received", r))
}

func (c *client) ReceivedPage(_ context.Context, r icpcode.ListRequest) (icpcode.Page, error) {
	return c.recordPage("received", r)
}

func (c *client) Pick(_ context.Context, r icpcode.ListRequest) iter.Seq2[icpcode.Assessment, error] {
	return c.all("pick", r)
}

func (c *client) PickPage(_ context.Context, r icpcode.ListRequest) (icpcode.AssessmentPage, error) {
	return c.page("pick", r)
}

func (c *client) Review(_ context.Context, r icpcode.ListRequest) iter.Seq2[icpcode.Assessment, error] {
	return c.all("review", r)
}

func (c *client) ReviewPage(_ context.Context, r icpcode.ListRequest) (icpcode.AssessmentPage, error) {
	return c.page("review", r)
}

func (c *client) PlanMove(_ context.Context, r icpcode.ListRequest, to icpcode.Instance) iter.Seq2[icpcode.Assessment, error] {
	return c.all("move", r, to)
}

func (c *client) PlanMovePage(_ context.Context, r icpcode.ListRequest, to icpcode.Instance) (icpcode.AssessmentPage, error) {
	return c.page("move", r, to)
}

// histories is how often the histories are done: of 400, about 18,000 changes
// are sent, each rehearsed as a dry run. At least 10,000 must be, which leaves
// room for what chance draws, and for operations to come that change nothing.
var histories = 400

// plantEnv says in the environment of a child which bug is planted.
const plantEnv = "ICPCODE_PLANT"

// plants are bugs that a server could have, each of which the histories must
// find.
var plants = map[string]func(*http.Request){
	"a dry run is done": func(r *http.Request) {
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "dry_run=true", "dry_run=false", 1)
	},
	"the key is not the request ID": func(r *http.Request) {
		if r.Header.Get("Idempotency-Key") != "" {
			r.Header.Set("Idempotency-Key", rand.Text())
		}
	},
	"the newest do not come first": func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "newest=true", "", 1) },
	"a refund is a release":        func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "/refund", "/release", 1) },
}

// TestHistories does the histories of package ruletest over HTTP: each answer
// is the engine's.
func TestHistories(t *testing.T) {
	s := newService(t)
	plant := os.Getenv(plantEnv)
	s.spoil = plants[plant]
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(strconv.Itoa(histories)); err != nil {
			t.Fatal(err)
		}
	}
	ruletest.RunThrough(t, nil, s.front)
	t.Logf("%d changes were sent, %d could not be; of %d exchanges %d were held against the document", s.sent, s.unsent, s.n, s.checked.n)
	elsewhere := []string{"GET /v1/grants/grantees", "GET /v1/instances", "GET /v1/openapi.json", "POST /v1/codes/find", "POST /v1/codes/{code}/reveal"}
	if missing := s.checked.missing(); plant == "" && !slices.Equal(missing, elsewhere) {
		t.Errorf("no exchange was held against the document of %v", missing)
	}
	if enough := 25 * histories; plant == "" && (s.sent < enough || s.unsent > s.sent/20) {
		t.Errorf("%d changes were sent, and %d could not be: want %d", s.sent, s.unsent, enough)
	}
}

// TestHistoriesFindBugs plants a bug between client and server, in a process
// of its own, and sees the histories fail.
func TestHistoriesFindBugs(t *testing.T) {
	for plant := range plants {
		t.Run(plant, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHistories$", "-rapid.nofailfile", "-rapid.shrinktime=1ms")
			cmd.Env = append(os.Environ(), plantEnv+"="+plant)
			out, err := cmd.CombinedOutput()
			var failed *exec.ExitError
			if !errors.As(err, &failed) || !strings.Contains(string(out), "--- FAIL: TestHistories") {
				t.Errorf("the histories do not find it: %v\n%s", err, out)
			}
		})
	}
}
