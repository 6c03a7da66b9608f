package apitest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
)

// client asks the server as an engine is asked.
type client struct {
	*service

	engine   *icpcode.Engine
	handles  *httpapi.Handles
	instance map[icpcode.Code]icpcode.InstanceID
	dry      bool
}

// strange reports whether a request states facts of an instance that none of
// its codes is of. Here facts are the service's, so nobody can: such a request
// goes to the engine straight.
func (c *client) strange(stated []icpcode.Instance, codes ...icpcode.Code) bool {
	for _, i := range stated {
		if i.ID == "" {
			continue
		}
		if !slices.ContainsFunc(codes, func(code icpcode.Code) bool {
			of, known := c.instance[code]
			return !known || of == i.ID
		}) {
			c.unsent++
			return true
		}
	}
	return false
}

// learn notes which instance the codes of an answer are of.
func (c *client) learn(id icpcode.InstanceID, r icpcode.Result, err error) (icpcode.Result, error) {
	if err == nil {
		for _, code := range r.Codes {
			c.instance[code] = id
		}
	}
	return r, err
}

// beside is the context of a request that goes to the engine straight.
func beside(ctx context.Context, s *side) context.Context {
	return context.WithValue(ctx, sideKey{}, s)
}

// problem is what is answered that is no success.
type problem struct {
	Type      string
	Status    int
	Field     string
	Detail    string
	RequestID string `json:"request_id"`
	Reasons   []icpcode.Reason
	Decision  icpcode.Decision
}

// ref is a code in an answer.
type ref struct{ Handle, Masked, Code string }

// open returns the code that an answer to an account stands for.
func (c *client) open(account icpcode.AccountID, r *ref) (icpcode.Code, error) {
	if r == nil || *r == (ref{}) {
		return icpcode.Code{}, nil
	}
	code, err := c.handles.Open(account, r.Handle)
	if err == nil && (r.Masked != code.Masked() || r.Code != "" && r.Code != code.String()) {
		err = fmt.Errorf("the handle is of %v, and shown is %+v", code, *r)
	}
	return code, err
}

// send sends a request and reads the answer into one.
func (c *client) send(s *side, method, path, key string, body, answer any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if method == http.MethodGet {
		b = nil
	}
	r, err := http.NewRequest(method, c.URL+path, bytes.NewReader(b)) //nolint:noctx // the server bounds it
	if err != nil {
		return err
	}
	c.n++
	r.Header.Set("X-Side", strconv.Itoa(c.n))
	if b != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", c.spell(key))
	}
	if c.spoil != nil {
		c.spoil(r)
	}
	c.sides = map[string]*side{strconv.Itoa(c.n): s}
	client := *c.Client()
	if c.n%perCheck == 0 || !c.checked.operations[c.checked.name(r)] {
		client.Transport = c.checked
	}
	got, err := client.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(got.Body)
	if err != nil {
		return err
	}
	if got.StatusCode != http.StatusOK {
		return c.failure(s, got.StatusCode, text)
	}
	return json.Unmarshal(text, answer)
}

// perCheck is of how many exchanges one is held against the document.
const perCheck = 50

// spell writes a key bare and in quotes by turns, where it can be bare.
func (c *client) spell(key string) string {
	if c.n%2 == 0 && strings.TrimSpace(key) == key && key[0] != '"' {
		return key
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
}

// failure makes the engine's error of an answer. What the client is not told,
// the service was: whatever failed behind it.
func (c *client) failure(s *side, status int, text []byte) error {
	var p problem
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("%d %s: %w", status, text, err)
	}
	if p.Status != status || (status >= http.StatusInternalServerError) != (s.failed != nil) {
		return fmt.Errorf("the status is %d, and the answer %s; the service was told %w", status, text, s.failed)
	}
	switch strings.TrimPrefix(p.Type, "urn:icpcode:problem:") {
	case "refused":
		if n := len(p.Reasons); n == 0 {
			return errors.New("a refusal has no reasons")
		}
		return &icpcode.RefusedError{Decision: p.Decision}
	case "invalid":
		return &icpcode.InvalidError{Field: p.Field, Problem: p.Detail}
	case "nobody":
		return &icpcode.InvalidError{Field: "Actor", Problem: "is empty"}
	case "no-code":
		return icpcode.ErrNoCode
	case "reused":
		return icpcode.ErrRequestReused
	case "differs":
		return icpcode.ErrDiffers
	case "conflict", "unavailable", "hook", "setup":
		return s.failed
	case "unknown-outcome":
		return &icpcode.UnknownOutcomeError{RequestID: p.RequestID, Err: s.failed}
	}
	return fmt.Errorf("%d %s", status, text)
}

// opened returns the codes that an answer names besides those that changed.
func (c *client) opened(account icpcode.AccountID, refs []ref) (codes []icpcode.Code, err error) {
	for i := range refs {
		code, err := c.open(account, &refs[i])
		if err != nil {
			return nil, err
		}
		codes = append(codes, code)
	}
	return codes, nil
}

// unsendable answers what no client can send, as the engine does.
func (c *client) unsendable(field string) (icpcode.Result, error) {
	c.unsent++
	return icpcode.Result{}, &icpcode.InvalidError{Field: field, Problem: "cannot be sent"}
}

// change sends a change.
func (c *client) change(s *side, key, path string, body any) (icpcode.Result, error) {
	if strings.ContainsFunc(key, func(r rune) bool { return r < ' ' }) {
		return c.unsendable("RequestID")
	}
	if c.dry {
		path += "?dry_run=true"
	} else if key == "" {
		key = rand.Text()
	}
	c.sent++
	var got struct {
		icpcode.Result

		Codes       []ref             `json:"codes"`
		Candidates  []ref             `json:"candidates"`
		Resting     []ref             `json:"resting"`
		Advice      []icpcode.Rule    `json:"advice"`
		Replayed    bool              `json:"replayed"`
		PhoneNeeded bool              `json:"phone_needed"`
		Decision    *icpcode.Decision `json:"decision"`
	}
	if err := c.send(s, http.MethodPost, path, key, body, &got); err != nil {
		return icpcode.Result{}, err
	}
	r := got.Result
	r.Replayed, r.PhoneNeeded, r.Decision, r.Advice = got.Replayed, got.PhoneNeeded, got.Decision, icpcode.MakeRuleIDs(got.Advice...)
	for i := range got.Codes {
		code, err := c.open(s.account, &got.Codes[i])
		if err != nil {
			return icpcode.Result{}, err
		}
		makes := r.Action == icpcode.ActionIssue || r.Action == icpcode.ActionBuy || strings.HasPrefix(path, "/v1/codes/submit")
		if (got.Codes[i].Code != "") != (makes && !c.dry) {
			return icpcode.Result{}, fmt.Errorf("the answer to %s has the code %+v", path, got.Codes[i])
		}
		r.Codes = append(r.Codes, code)
	}
	var err error
	if r.Candidates, err = c.opened(s.account, got.Candidates); err != nil {
		return icpcode.Result{}, err
	}
	r.Resting, err = c.opened(s.account, got.Resting)
	return r, err
}

// on is change of one code.
func (c *client) on(s *side, key string, code icpcode.Code, what string, body any) (icpcode.Result, error) {
	if code.IsZero() {
		return c.unsendable("Code")
	}
	return c.change(s, key, "/v1/codes/"+c.handles.Seal(s.account, code)+"/"+what, body)
}

type object = map[string]any

// sealed returns the handles of codes for an account.
func (c *client) sealed(account icpcode.AccountID, codes []icpcode.Code) []string {
	handles := []string{}
	for _, code := range codes {
		handles = append(handles, c.handles.Seal(account, code))
	}
	return handles
}

// record is a record in an answer.
type record struct {
	icpcode.Record

	Code     ref `json:"code"`
	Lapsed   bool
	Progress *struct {
		icpcode.Progress

		Successor *ref `json:"successor"`
	} `json:"progress"`
}

func (c *client) record(account icpcode.AccountID, shown *record) (icpcode.Record, error) {
	r := shown.Record
	r.Lapsed = shown.Lapsed
	var err error
	if r.Code, err = c.open(account, &shown.Code); err != nil || shown.Progress == nil {
		return r, err
	}
	p := shown.Progress.Progress
	p.Successor, err = c.open(account, shown.Progress.Successor)
	r.Progress = &p
	return r, err
}

// page asks for one page of a list.
func (c *client) page(list string, r icpcode.ListRequest, to ...icpcode.Instance) (p icpcode.AssessmentPage, err error) {
	q := url.Values{}
	for _, i := range to {
		q.Set("to", string(i.ID))
	}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("account", string(r.Account))
	set("instance", string(r.InstanceID))
	set("icp_number", r.ICPNumber)
	set("domain", r.Domain)
	set("app", r.App)
	set("after", r.After)
	if r.State != icpcode.StateNone {
		set("state", r.State.String())
	}
	if r.Stage != icpcode.StageNone {
		set("stage", r.Stage.String())
	}
	if r.Rejected {
		set("rejected", "true")
	}
	if !r.Before.IsZero() {
		set("before", r.Before.Format("2006-01-02T15:04:05.999999999Z07:00"))
	}
	if r.Newest {
		set("newest", "true")
	}
	if r.Limit != 0 {
		set("limit", strconv.Itoa(r.Limit))
	}
	s := newSide(r.Actor)
	s.ask = r.Facts
	if len(to) > 0 {
		s.ask = func(ctx context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			if slices.Contains(ids, to[0].ID) {
				return map[icpcode.InstanceID]icpcode.Instance{to[0].ID: to[0]}, nil
			}
			return r.Facts(ctx, ids)
		}
	}
	var got struct {
		Records     []record
		Assessments []struct {
			Record   record
			Decision icpcode.Decision
		}
		Next string
	}
	if err := c.send(s, http.MethodGet, "/v1/codes/"+list+"?"+q.Encode(), "", nil, &got); err != nil {
		return p, err
	}
	p.Next = got.Next
	for i := range got.Records {
		rec, err := c.record(r.Actor, &got.Records[i])
		if err != nil {
			return p, err
		}
		p.Assessments = append(p.Assessments, icpcode.Assessment{Record: rec})
	}
	for i := range got.Assessments {
		rec, err := c.record(r.Actor, &got.Assessments[i].Record)
		if err != nil {
			return p, err
		}
		p.Assessments = append(p.Assessments, icpcode.Assessment{Record: rec, Decision: got.Assessments[i].Decision})
	}
	return p, nil
}

// all goes through a list by its pages.
func (c *client) all(list string, r icpcode.ListRequest, to ...icpcode.Instance) iter.Seq2[icpcode.Assessment, error] {
	return func(yield func(icpcode.Assessment, error) bool) {
		for more := true; more; more = r.After != "" {
			p, err := c.page(list, r, to...)
			if err != nil {
				yield(icpcode.Assessment{}, err)
				return
			}
			for _, a := range p.Assessments {
				if !yield(a, nil) {
					return
				}
			}
			r.After = p.Next
		}
	}
}

func records(all iter.Seq2[icpcode.Assessment, error]) iter.Seq2[icpcode.Record, error] {
	return func(yield func(icpcode.Record, error) bool) {
		for a, err := range all {
			if !yield(a.Record, err) {
				return
			}
		}
	}
}

func (c *client) recordPage(list string, r icpcode.ListRequest) (icpcode.Page, error) {
	p, err := c.page(list, r)
	page := icpcode.Page{Next: p.Next}
	for _, a := range p.Assessments {
		page.Records = append(page.Records, a.Record)
	}
	return page, err
}
