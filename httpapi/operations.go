package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/icpcode/icpcode"
)

// route is one operation: where it is found, what it takes and what it does.
type route struct {
	operation string // the method of the engine
	method    string
	path      string // {code} stands for a handle
	summary   string
	query     []string
	change    bool // it needs an Idempotency-Key
	open      bool // anybody may ask
	body      any  // a value of what its body holds; nil: it has none
	answer    any  // a value of what it answers
	do        func(*call) (any, error)
}

// handleMark stands in a path for the handle of a code.
const handleMark = "{code}"

// match reports whether a path is the route's, and returns the handle in it. A
// path without a handle goes before one in which its last word would be one.
func (r *route) match(path string) (handle string, ok bool) {
	before, after, found := strings.Cut(r.path, handleMark)
	if !found {
		return "", path == r.path
	}
	rest, ok := strings.CutPrefix(path, before)
	if !ok {
		return "", false
	}
	handle, ok = strings.CutSuffix(rest, after)
	if !ok || handle == "" || strings.Contains(handle, "/") {
		return "", false
	}
	return handle, true
}

// routes lists everything that can be asked.
func routes() []route {
	rs := []route{
		change("Issue", "/v1/codes/issue", "Issue codes for a server, and grant them in the same action.", issue),
		change("SubmitAuto", "/v1/codes/submit", "File straight with a server, which issues the code.", submitAuto),
		change("Buy", "/v1/codes/buy", "Buy codes that are not tied to a server yet.", buy),
		change("Grant", "/v1/codes/grant", "Grant codes to another account.", grant),
		change("Import", "/v1/codes/import", "Take over a code issued elsewhere (operators).", importCode),
		change("CloseInstance", "/v1/instances/close", "End all codes of a refunded or released server (operators).", closeInstance),
		change("Bind", "/v1/codes/{code}/bind", "Tie a paid code to a server.", bind),
		change("Submit", "/v1/codes/{code}/submit", "File with a code.", submit((*icpcode.Engine).Submit)),
		change("Resubmit", "/v1/codes/{code}/resubmit", "Send a corrected filing again.", submit((*icpcode.Engine).Resubmit)),
		change("Approve", "/v1/codes/{code}/approve", "Record that a filing was approved (operators).", approve),
		change("Reject", "/v1/codes/{code}/reject", "Send a filing back to be corrected (operators).", reject),
		change("Stage", "/v1/codes/{code}/stage", "Record how far a review is (operators).", stage),
		change("End", "/v1/codes/{code}/end", "Record that a filing ended (operators).", end),
		change("Correct", "/v1/codes/{code}/correct", "Put an ICP number right (operators).", correct),
		change("Release", "/v1/codes/{code}/release", "Take a code out of a filing.", release),
		change("Refund", "/v1/codes/{code}/refund", "Refund a paid code.", refund),
		change("Void", "/v1/codes/{code}/void", "Make a code invalid (operators).", void),
		list("OwnedPage", "/v1/codes/owned", "List the codes that an account issued.", recordsOf((*icpcode.Engine).OwnedPage)),
		list("ReceivedPage", "/v1/codes/received", "List the codes that were granted to an account.", recordsOf((*icpcode.Engine).ReceivedPage)),
		list("PickPage", "/v1/codes/pick", "List the codes that can be filed with, and why the others cannot.", assessmentsOf((*icpcode.Engine).PickPage)),
		list("ReviewPage", "/v1/codes/review", "List the filings that are at risk.", assessmentsOf((*icpcode.Engine).ReviewPage)),
		read("PlanMovePage", "/v1/codes/move", "List what rests on a server, and whether another one could issue what moving it needs.", moveQuery, move),
		read("Lookup", "/v1/codes/{code}", "Look at one code.", nil, lookup),
		read("History", "/v1/codes/{code}/history", "List what happened to a code.", []string{"after", "limit"}, history),
		read("GrantQuota", "/v1/grants/quota", "Tell how far the caps of the natural year are used.", nil, quotaOfGrants),
		read("Grantees", "/v1/grants/grantees", "List the accounts that were granted to in a natural year.", []string{"year"}, granteesOf),
		read("Servers", "/v1/instances", "List the servers of the account, with what is known of them.", nil, servers),
		post("Find", "/v1/codes/find", "Look at the code that a person typed.", find),
		post("Reveal", "/v1/codes/{code}/reveal", "Show a whole code.", reveal),
	}
	return append(rs, route{
		operation: "Document", method: http.MethodGet, path: "/v1/openapi.json", summary: "Describe all of this.", open: true,
		answer: map[string]any{},
	})
}

// change is an operation that changes something, with a body of type B.
func change[B any](operation, path, summary string, do func(*call, *B) (result, error)) route {
	r := post(operation, path, summary, do)
	r.change, r.query = true, []string{"dry_run"}
	return r
}

// post is an operation with a body that changes nothing.
func post[B, A any](operation, path, summary string, do func(*call, *B) (A, error)) route {
	return route{
		operation: operation, method: http.MethodPost, path: path, summary: summary, body: *new(B), answer: *new(A),
		do: func(c *call) (any, error) {
			var body B
			if err := parse(c.body, &body); err != nil {
				return nil, err
			}
			return do(c, &body)
		},
	}
}

// read is an operation that says everything in its URL.
func read[A any](operation, path, summary string, query []string, do func(*call) (A, error)) route {
	return route{
		operation: operation, method: http.MethodGet, path: path, summary: summary, query: query, answer: *new(A),
		do: func(c *call) (any, error) { return do(c) },
	}
}

// listQuery are the parameters of a list.
var listQuery = []string{"account", "all", "instance", "icp_number", "domain", "app", "state", "stage", "rejected", "before", "newest", "after", "limit", "look"}

func list[A any](operation, path, summary string, do func(*call, icpcode.ListRequest) (A, error)) route {
	return read(operation, path, summary, listQuery, func(c *call) (A, error) {
		r, err := c.listRequest()
		if err != nil {
			return *new(A), err
		}
		return do(c, r)
	})
}

// maxPage is how many codes a page holds at most. The engine allows more; but
// each has its decision in two languages here.
const maxPage = 200

// maxLook is how many codes are looked at for a page at most, as in the engine.
const maxLook = 1000

func (c *call) listRequest() (r icpcode.ListRequest, err error) {
	q := c.query
	r = icpcode.ListRequest{
		Actor: c.account, Account: icpcode.AccountID(q["account"]), InstanceID: icpcode.InstanceID(q["instance"]),
		ICPNumber: q["icp_number"], Domain: q["domain"], App: q["app"], After: q["after"],
	}
	if s := q["state"]; s != "" {
		if err := r.State.UnmarshalText([]byte(s)); err != nil {
			return r, err
		}
	}
	if s := q["stage"]; s != "" {
		if err := r.Stage.UnmarshalText([]byte(s)); err != nil {
			return r, err
		}
	}
	if s := q["before"]; s != "" {
		if err := r.Before.UnmarshalText([]byte(s)); err != nil {
			return r, bad("before", "is not an instant like 2026-01-31T15:04:05+08:00")
		}
	}
	if r.Rejected, err = q.bool("rejected"); err != nil {
		return r, err
	}
	if r.All, err = q.bool("all"); err != nil {
		return r, err
	}
	if r.Newest, err = q.bool("newest"); err != nil {
		return r, err
	}
	if r.Look, err = q.int("look", maxLook); err != nil {
		return r, err
	}
	r.Limit, err = q.int("limit", maxPage)
	return r, err
}

// facts asks the service what the account may know of an instance.
func (c *call) facts(id icpcode.InstanceID) (icpcode.Instance, error) {
	known := icpcode.Instance{ID: id}
	if c.h.o.Facts == nil || id == "" {
		return known, nil
	}
	err := c.hook("Facts", func() error {
		all, err := c.h.o.Facts(c, c.account, []icpcode.InstanceID{id})
		if i, ok := all[id]; ok {
			known = i
		}
		return err
	})
	if known.ID == "" {
		known.ID = id
	}
	if err == nil && known.ID != id {
		err = &icpcode.HookError{Hook: "Facts", Err: errors.New("the facts are those of another instance than was asked for")}
	}
	return known, err
}

func (c *call) certification() (v icpcode.Certification, err error) {
	if c.h.o.Certification == nil {
		return v, nil
	}
	err = c.hook("Certification", func() (err error) { v, err = c.h.o.Certification(c, c.account); return err })
	return v, err
}

func (c *call) assume() (v icpcode.RuleIDs, err error) {
	if c.h.o.Assume == nil {
		return v, nil
	}
	err = c.hook("Assume", func() (err error) { v, err = c.h.o.Assume(c, c.account); return err })
	return v, err
}

// said is what the service says beside a request.
type said struct {
	instance      icpcode.Instance
	certification icpcode.Certification
	assume        icpcode.RuleIDs
}

// ask asks the service what it has to say of a request.
func (c *call) ask(id icpcode.InstanceID) (s said, err error) {
	if s.instance, err = c.facts(id); err != nil {
		return s, err
	}
	if s.certification, err = c.certification(); err != nil {
		return s, err
	}
	s.assume, err = c.assume()
	return s, err
}

// blame makes the failure of a hook of an error about what the service said:
// the client has nothing to mend.
func blame(err error) error {
	var invalid *icpcode.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	if invalid.Field == "Certification" {
		return &icpcode.HookError{Hook: "Certification", Err: err}
	}
	if fact, ok := strings.CutPrefix(invalid.Field, "Instance"); ok && fact != "ID" && fact != "s" && fact != ".ID" {
		return &icpcode.HookError{Hook: "Facts", Err: err}
	}
	return err
}

// done shows what a request did.
func (c *call) done(r icpcode.Result, err error) (result, error) {
	if err != nil {
		return result{}, blame(err)
	}
	return c.result(r, false), nil
}

// made shows what a request did that makes codes, with these.
func (c *call) made(r icpcode.Result, err error) (result, error) {
	if err != nil {
		return result{}, blame(err)
	}
	return c.result(r, true), nil
}

func issue(c *call, b *issueBody) (result, error) {
	s, err := c.ask(b.Instance)
	if err != nil {
		return result{}, err
	}
	return c.made(c.eng.Issue(c, icpcode.IssueRequest{
		Actor: c.account, RequestID: c.key, Instance: s.instance, Quantity: b.Quantity, Remark: b.Remark, GrantTo: b.GrantTo,
		Certification: s.certification, Proof: b.Proof, Assume: s.assume,
	}))
}

func submitAuto(c *call, b *submitAutoBody) (result, error) {
	s, err := c.ask(b.Instance)
	if err != nil {
		return result{}, err
	}
	return c.made(c.eng.SubmitAuto(c, icpcode.SubmitAutoRequest{
		Actor: c.account, RequestID: c.key, Instance: s.instance, Filing: b.Filing, Remark: b.Remark, Assume: s.assume,
	}))
}

func buy(c *call, b *buyBody) (result, error) {
	if c.h.o.Paid == nil {
		return result{}, icpcode.ErrNoPrice
	}
	request := icpcode.BuyRequest{Actor: c.account, RequestID: c.key, Quantity: b.Quantity, Remark: b.Remark}
	err := c.hook("Paid", func() (err error) {
		request.Paid, err = c.h.o.Paid(c, Purchase{Account: c.account, RequestID: c.key, Quantity: b.Quantity, DryRun: c.dry})
		return err
	})
	if err != nil {
		return result{}, err
	}
	r, err := c.eng.Buy(c, request)
	var invalid *icpcode.InvalidError
	if errors.As(err, &invalid) && invalid.Field == "Paid" {
		err = &icpcode.HookError{Hook: "Paid", Err: err}
	}
	return c.made(r, err)
}

func bind(c *call, b *bindBody) (result, error) {
	s, err := c.ask(b.Instance)
	if err != nil {
		return result{}, err
	}
	return c.done(c.eng.Bind(c, icpcode.BindRequest{Actor: c.account, RequestID: c.key, Code: c.code, Instance: s.instance, Assume: s.assume}))
}

func grant(c *call, b *grantBody) (result, error) {
	codes, err := c.codes(b.Codes)
	if err != nil {
		return result{}, err
	}
	s, err := c.ask("")
	if err != nil {
		return result{}, err
	}
	return c.done(c.eng.Grant(c, icpcode.GrantRequest{
		Actor: c.account, RequestID: c.key, Codes: codes, GrantTo: b.GrantTo, Certification: s.certification, Proof: b.Proof, Assume: s.assume,
	}))
}

// codes opens handles.
func (c *call) codes(handles []string) ([]icpcode.Code, error) {
	codes := make([]icpcode.Code, 0, len(handles))
	for _, handle := range handles {
		code, err := c.h.handles.Open(c.account, handle)
		if err != nil {
			return nil, err
		}
		codes = append(codes, code)
	}
	return codes, nil
}

// submit is a submission or a resubmission.
func submit(do func(*icpcode.Engine, context.Context, icpcode.SubmitRequest) (icpcode.Result, error)) func(*call, *submitBody) (result, error) {
	return func(c *call, b *submitBody) (result, error) {
		return c.done(do(c.eng, c, icpcode.SubmitRequest{Actor: c.account, RequestID: c.key, Code: c.code, Filing: b.Filing}))
	}
}

func approve(c *call, b *approveBody) (result, error) {
	replaces, err := c.codes(b.Replaces)
	if err != nil {
		return result{}, err
	}
	return c.done(c.eng.Approve(c, icpcode.ApproveRequest{
		Actor: c.account, RequestID: c.key, Code: c.code, ICPNumber: b.ICPNumber, Replaces: replaces,
	}))
}

func end(c *call, b *endBody) (result, error) {
	request := icpcode.EndRequest{Actor: c.account, RequestID: c.key, Code: c.code, End: b.End, Reason: b.Reason}
	if b.Successor != "" {
		var err error
		if request.Successor, err = c.h.handles.Open(c.account, b.Successor); err != nil {
			return result{}, err
		}
	}
	return c.done(c.eng.End(c, request))
}

func correct(c *call, b *correctBody) (result, error) {
	return c.done(c.eng.Correct(c, icpcode.CorrectRequest{Actor: c.account, RequestID: c.key, Code: c.code, ICPNumber: b.ICPNumber}))
}

func reject(c *call, b *rejectBody) (result, error) {
	return c.done(c.eng.Reject(c, icpcode.RejectRequest{Actor: c.account, RequestID: c.key, Code: c.code, Rejection: b.Rejection}))
}

func stage(c *call, b *stageBody) (result, error) {
	return c.done(c.eng.Stage(c, icpcode.StageRequest{Actor: c.account, RequestID: c.key, Code: c.code, Stage: b.Stage}))
}

func release(c *call, b *reasonBody) (result, error) {
	return c.done(c.eng.Release(c, icpcode.ReleaseRequest{Actor: c.account, RequestID: c.key, Code: c.code, Reason: b.Reason}))
}

func refund(c *call, b *reasonBody) (result, error) {
	return c.done(c.eng.Refund(c, icpcode.RefundRequest{Actor: c.account, RequestID: c.key, Code: c.code, Reason: b.Reason}))
}

func void(c *call, b *reasonBody) (result, error) {
	return c.done(c.eng.Void(c, icpcode.VoidRequest{Actor: c.account, RequestID: c.key, Code: c.code, Reason: b.Reason}))
}

func closeInstance(c *call, b *closeBody) (result, error) {
	return c.done(c.eng.CloseInstance(c, icpcode.CloseRequest{
		Actor: c.account, RequestID: c.key, InstanceID: b.Instance, Refunded: b.Refunded, Reason: b.Reason,
	}))
}

func importCode(c *call, b *importBody) (result, error) {
	code, err := c.h.o.CodeFormat.Parse(b.Code)
	if err != nil {
		// Of another format it is: the engine says whether that is imported.
		if code, err = icpcode.Opaque.Parse(b.Code); err != nil {
			return result{}, err
		}
	}
	return c.done(c.eng.Import(c, icpcode.ImportRequest{
		Actor: c.account, RequestID: c.key, Code: code, State: b.State, Owner: b.Owner, Grantee: b.Grantee, InstanceID: b.Instance,
		Product: b.Product, Origin: b.Origin, Issued: b.Issued, Granted: b.Granted, Filing: b.Filing, Paid: b.Paid, Remark: b.Remark,
	}))
}
