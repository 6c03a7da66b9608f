package console

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/icpcode/icpcode"
)

// route is one path of the console.
type route struct {
	pattern string
	do      func(*call) (page, error)
}

var routes = []route{
	{"GET /{$}", func(*call) (page, error) { return page{goOn: "/servers"}, nil }},
	{"GET /servers", servers},
	{"GET /apply", application},
	{"POST /apply/verify", verify},
	{"POST /apply", apply},
	{"GET /file", filingWithServer},
	{"POST /file", fileWithServer},
	{"GET /year", year},
	{"GET /risk", atRisk},
	{"GET /codes", listPage("codes", owned)},
	{"GET /received", listPage("received", received)},
	{"GET /codes/{handle}", code},
	{"POST /codes/{handle}/reveal", reveal},
	{"POST /codes/{handle}/file", file},
	{"POST /codes/{handle}/withdraw", withdraw},
	{"POST /codes/{handle}/grant", granting.serve},
	{"POST /codes/{handle}/bind", binding.serve},
	{"POST /codes/{handle}/refund", refunding.serve},
	{"GET /buy", sold(buying)},
	{"POST /buy/verify", sold(priceOf)},
	{"POST /buy", sold(buy)},
	{"GET /review", operators(listPage("review", underReview))},
	{"GET /review/{handle}", operators(underReviewCode)},
	{"GET /risk/all", operators(allAtRisk)},
	{"POST /review/several", operators(together)},
	{"GET /find", operators(find)},
	{"GET /rules", operators(rules)},
	{"GET /close", operators(closing)},
	{"POST /close", operators(closeServer)},
	{"POST /review/{handle}/end", operators(ending.serve)},
	{"POST /review/{handle}/void", operators(voiding.serve)},
	{"POST /review/{handle}/correct", operators(correcting.serve)},
	{"POST /review/{handle}/approve", operators(approve)},
	{"POST /review/{handle}/stage", operators(stage)},
	{"POST /review/{handle}/reject", operators(reject)},
}

// pageSize is how many lines a page has.
const pageSize = 20

// server is a line of the list of servers.
type server struct {
	ID      icpcode.InstanceID
	Product icpcode.Product
	Region  string
	Apply   bool
	Left    int // codes that it can still have, if that is known
	Known   bool
	Reasons []icpcode.Reason
}

// servers is the page of servers, each with a button or the reasons why not.
func servers(c *call) (page, error) {
	var all []icpcode.Instance
	if c.h.o.Servers != nil {
		err := c.hook("Servers", func() (err error) { all, err = c.h.o.Servers(c, c.account); return err })
		if err != nil {
			return page{}, err
		}
	}
	from, err := strconv.Atoi(c.r.URL.Query().Get("from"))
	if err != nil || from < 0 || from > len(all) {
		from = 0
	}
	to := min(from+pageSize, len(all))
	data := struct {
		Servers []server
		Next    int // 0: there are no more
	}{}
	if to < len(all) {
		data.Next = to
	}
	for _, i := range all[from:to] {
		d, err := c.canApply(i)
		if err != nil {
			return page{}, err
		}
		data.Servers = append(data.Servers, server{
			i.ID, i.Product, i.Region, !d.Refused(), d.Quota.Left(), d.Quota.Limit >= 0 && d.Quota.Used >= 0, c.reasons(d),
		})
	}
	return page{name: "servers", data: data}, nil
}

// canApply decides whether a server can have one more code.
func (c *call) canApply(i icpcode.Instance) (icpcode.Decision, error) {
	r, err := c.issueRequest(i, 1)
	if err != nil {
		return icpcode.Decision{}, err
	}
	got, err := c.h.eng.DryRun().Issue(c, r)
	var no *icpcode.RefusedError
	if errors.As(err, &no) {
		return no.Decision, nil
	}
	if err != nil {
		return icpcode.Decision{}, err
	}
	return *got.Decision, nil
}

func (c *call) reasons(d icpcode.Decision) []icpcode.Reason {
	var all []icpcode.Reason
	for r := range d.Reasons(c.lang) {
		all = append(all, r)
	}
	return all
}

// issueRequest is what the service has to say of an application.
func (c *call) issueRequest(i icpcode.Instance, quantity int) (icpcode.IssueRequest, error) {
	r := icpcode.IssueRequest{Actor: c.account, Instance: i, Quantity: quantity}
	if of := c.h.o.Certification; of != nil {
		if err := c.hook("Certification", func() (err error) { r.Certification, err = of(c, c.account); return err }); err != nil {
			return r, err
		}
	}
	if of := c.h.o.Assume; of != nil {
		if err := c.hook("Assume", func() (err error) { r.Assume, err = of(c, c.account); return err }); err != nil {
			return r, err
		}
	}
	return r, nil
}

// facts is what the service tells this account of a server.
func (c *call) facts(id icpcode.InstanceID) (icpcode.Instance, error) {
	i := icpcode.Instance{ID: id}
	if c.h.o.Facts == nil || id == "" {
		return i, nil
	}
	err := c.hook("Facts", func() error {
		known, err := c.h.o.Facts(c, c.account, []icpcode.InstanceID{id})
		if k, ok := known[id]; ok {
			i = k
		}
		return err
	})
	if i.ID == "" {
		i.ID = id
	}
	return i, err
}

// applicationForm is the form of an application, and what became of it.
type applicationForm struct {
	RequestID           string
	Server              icpcode.InstanceID
	Quantity, To        string
	Remark              string
	Problem             *problem
	Confirm             bool // it can be done
	PhoneNeeded         bool
	Codes               []icpcode.Code // it is done
	Repeated            bool           // it was before
	QuotaUsed, QuotaAll int
}

func (c *call) applicationForm() applicationForm {
	return applicationForm{
		RequestID: c.requestID(), Server: icpcode.InstanceID(c.form("server")), Quantity: c.form("quantity"), To: c.form("to"), Remark: c.form("remark"),
	}
}

// application is the empty form.
func application(c *call) (page, error) {
	id := icpcode.InstanceID(c.r.URL.Query().Get("server"))
	return page{name: "apply", data: applicationForm{RequestID: newRequestID(), Server: id, Quantity: "1"}}, nil
}

// request is the application as the engine takes it.
func (f *applicationForm) request(c *call) (icpcode.IssueRequest, error) {
	n, err := strconv.Atoi(f.Quantity)
	if err != nil {
		return icpcode.IssueRequest{}, &icpcode.InvalidError{Field: "Quantity", Problem: "cannot be read"}
	}
	i, err := c.facts(f.Server)
	if err != nil {
		return icpcode.IssueRequest{}, err
	}
	r, err := c.issueRequest(i, n)
	r.RequestID, r.Remark, r.GrantTo = f.RequestID, f.Remark, icpcode.AccountID(f.To)
	return r, err
}

// verify says what the application would be answered (验证), and has the proof
// sent where one is needed.
func verify(c *call) (page, error) {
	f := c.applicationForm()
	r, err := f.request(c)
	if err != nil {
		return f.failed(c, err), nil
	}
	got, err := c.h.eng.DryRun().Issue(c, r)
	if err != nil {
		return f.failed(c, err), nil
	}
	if got.Replayed {
		return f.done(c, r)
	}
	f.Confirm, f.PhoneNeeded = true, got.PhoneNeeded
	if err := c.sendProof(got.PhoneNeeded, r.GrantTo); err != nil {
		return f.failed(c, err), nil
	}
	return page{name: "apply", data: f}, nil
}

// apply does it (生成并授权).
func apply(c *call) (page, error) {
	f := c.applicationForm()
	r, err := f.request(c)
	if err != nil {
		return f.failed(c, err), nil
	}
	r.Proof = c.form("proof")
	return f.done(c, r)
}

func (f *applicationForm) done(c *call, r icpcode.IssueRequest) (page, error) {
	got, err := c.h.eng.Issue(c, r)
	if err != nil {
		return f.failed(c, err), nil
	}
	f.Codes, f.Repeated, f.QuotaUsed, f.QuotaAll = got.Codes, got.Replayed, got.Quota.Used, got.Quota.Limit
	return page{name: "apply", data: f}, nil
}

// failed shows the form again, as it was filled in, with what is wrong.
func (f *applicationForm) failed(c *call, err error) page {
	p := c.problemOf(err)
	f.Problem = &p
	var no *icpcode.RefusedError
	// What a phone can still mend, or what was lost on the way, is confirmed
	// again: the same request, with the same ID.
	if errors.As(err, &no) {
		f.PhoneNeeded = no.Decision.PhoneNeeded
		f.Confirm = f.PhoneNeeded
		for _, r := range p.Reasons {
			f.Confirm = f.Confirm && r.Rule == icpcode.GRTFirst
		}
	} else if p.Repeat && c.r.URL.Path == "/apply" {
		f.Confirm, f.PhoneNeeded = true, c.form("proof") != ""
	}
	return page{status: p.status, name: "apply", data: f}
}

// line is a code of a list.
type line struct {
	Handle, Masked string
	icpcode.Record
}

func (c *call) line(r icpcode.Record) line {
	return line{c.h.handles.Seal(c.account, r.Code), r.Code.Masked(), r}
}

func owned(c *call, r icpcode.ListRequest) (icpcode.Page, error) { return c.h.eng.OwnedPage(c, r) }

func received(c *call, r icpcode.ListRequest) (icpcode.Page, error) {
	return c.h.eng.ReceivedPage(c, r)
}

// listPage is a page of a list of codes.
func listPage(name string, list func(*call, icpcode.ListRequest) (icpcode.Page, error)) func(*call) (page, error) {
	return func(c *call) (page, error) {
		q := c.r.URL.Query()
		r := icpcode.ListRequest{Actor: c.account, Account: c.account, Newest: true, After: q.Get("after"), Limit: pageSize}
		if s := q.Get("state"); s != "" {
			if err := r.State.UnmarshalText([]byte(s)); err != nil {
				return page{}, err
			}
		}
		if name == "codes" {
			r.InstanceID = icpcode.InstanceID(q.Get("server"))
		}
		if name == "review" {
			if err := reviewed(c, &r); err != nil {
				return page{}, err
			}
		}
		p, err := list(c, r)
		if err != nil {
			return page{}, err
		}
		data := struct {
			Codes       []line
			State       icpcode.State
			Sold        bool   // codes can be bought
			Stage, Days string // of filings under review
			Ticked      bool   // all of them
			TickAll     string
			pager
		}{State: r.State, Sold: c.h.o.Paid != nil, Stage: q.Get("stage"), Days: q.Get("days"), pager: c.pager(p.Next)}
		data.Ticked = q.Get("tick") == "all"
		if q.Set("tick", "all"); !data.Ticked {
			data.TickAll = "?" + q.Encode()
		}
		for _, rec := range p.Records {
			data.Codes = append(data.Codes, c.line(rec))
		}
		return page{name: name, data: data}, nil
	}
}

// codePage is the page of one code.
type codePage struct {
	line
	Holder     bool // the viewer may file with it
	Owns       bool // it is the viewer's, granted or not
	Whole      string
	Reveals    bool // the whole code can be asked for
	History    []icpcode.Event
	Filing     filingForm
	Problem    *problem
	Advice     []icpcode.Reason // on the filing that was just sent
	Typed      url.Values       // into the form that failed
	Successors []line           // for an operator to end its filing with
	Older      []older          // filings that an operator's approval can replace

	Cause, Remedy string // why it is dead, and what the viewer can do; "" of one that is not
}

// maxHistory is how much of what happened to a code its page shows.
const maxHistory = 100

type filingForm struct {
	Kind         icpcode.FilingKind
	Domain, App  string
	Subject, IPs string
	RequestID    string
}

// find is the code that a path is about, as the account may see it.
func (c *call) find() (codePage, error) {
	code, err := c.h.handles.Open(c.account, c.r.PathValue("handle"))
	if err != nil {
		return codePage{}, err
	}
	r, err := c.h.eng.Lookup(c, c.account, code, icpcode.Instance{})
	if err != nil {
		return codePage{}, err
	}
	p := codePage{line: c.line(r), Holder: r.Holder() == c.account, Owns: r.Owner == c.account, Reveals: c.h.o.Reveal != nil}
	p.Cause, p.Remedy = r.Why(c.lang, c.account, icpcode.Instance{})
	for e, err := range c.h.eng.History(c, c.account, code) {
		if err != nil {
			return codePage{}, err
		}
		if p.History = append(p.History, e); len(p.History) == maxHistory {
			break
		}
	}
	p.Filing.RequestID = newRequestID()
	if f := r.Filing; f != nil && r.State == icpcode.StateFiling {
		var ips []string
		for _, ip := range f.IPs {
			ips = append(ips, ip.String())
		}
		p.Filing.Kind, p.Filing.Domain, p.Filing.App, p.Filing.Subject = f.Kind, f.Domain, f.App, f.Subject
		p.Filing.IPs = strings.Join(ips, " ")
	}
	return p, nil
}

func code(c *call) (page, error) {
	p, err := c.find()
	return page{name: "code", data: p}, err
}

// reveal shows the whole code, once the service was told.
func reveal(c *call) (page, error) {
	p, err := c.find()
	if err != nil {
		return page{}, err
	}
	if of := c.h.o.Reveal; of != nil {
		err := c.hook("Reveal", func() error {
			return of(c, access(c.account, p.Record))
		})
		if err != nil {
			return page{}, err
		}
		p.Whole = p.Code.String()
	}
	return page{name: "code", data: p}, nil
}

// filing reads the form of a filing.
func (c *call) filing() (form filingForm, f icpcode.Filing, err error) {
	form = filingForm{
		Domain: c.form("domain"), App: c.form("app"), Subject: c.form("subject"), IPs: c.form("ips"), RequestID: c.requestID(),
	}
	f = icpcode.Filing{Domain: form.Domain, App: form.App, Subject: form.Subject}
	err = f.Kind.UnmarshalText([]byte(c.form("kind")))
	form.Kind = f.Kind
	for _, text := range strings.FieldsFunc(form.IPs, func(r rune) bool { return strings.ContainsRune(" ,;，；、\n\t", r) }) {
		ip, bad := netip.ParseAddr(text)
		if bad != nil && err == nil {
			err = &icpcode.InvalidError{Field: "Filing.IPs", Problem: "cannot be read"}
		}
		f.IPs = append(f.IPs, ip)
	}
	return form, f, err
}

// file submits a filing, or sends it again corrected.
func file(c *call) (page, error) {
	p, err := c.find()
	if err != nil {
		return page{}, err
	}
	r := icpcode.SubmitRequest{Actor: c.account, RequestID: c.requestID(), Code: p.Code}
	p.Filing, r.Filing, err = c.filing()
	var got icpcode.Result
	if err == nil && c.form("again") != "" {
		got, err = c.h.eng.Resubmit(c, r)
	} else if err == nil {
		got, err = c.h.eng.Submit(c, r)
	}
	if err != nil || got.Advice == 0 || got.Decision == nil {
		return p.then(c, "/codes/"+p.Handle, err)
	}
	// Advice can be said in words only now: the form again goes on.
	now, err := c.find()
	now.Advice = c.reasons(*got.Decision)
	return page{name: "code", data: now}, err
}

// withdraw takes the filing back.
func withdraw(c *call) (page, error) {
	p, err := c.find()
	if err != nil {
		return page{}, err
	}
	_, err = c.h.eng.Release(c, icpcode.ReleaseRequest{Actor: c.account, RequestID: c.requestID(), Code: p.Code, Reason: c.form("reason")})
	return p.then(c, "/codes/"+p.Handle, err)
}

// then goes on, or shows the code with what is wrong.
func (p *codePage) then(c *call, path string, err error) (page, error) {
	if err == nil {
		return page{goOn: path}, nil
	}
	bad := c.problemOf(err)
	p.Problem, p.Typed = &bad, c.r.PostForm
	name := "code"
	if strings.HasPrefix(c.r.URL.Path, "/review/") {
		name = "filing"
		if err := c.others(p); err != nil {
			return page{}, err
		}
	}
	return page{status: bad.status, name: name, data: p}, nil
}
