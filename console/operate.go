package console

import (
	"github.com/icpcode/icpcode"
)

var (
	ending = act{
		icpcode.Bilingual{English: "End the filing", Chinese: "登记备案终止"},
		icpcode.Bilingual{English: "A filing ends once, and nothing undoes it. The holder reads the reason.", Chinese: "备案只能终止一次，不能撤销。持有账号可见原因。"},
		"review", []string{"end", "successor", "reason"}, end,
	}
	voiding = act{
		icpcode.Bilingual{English: "Void the code", Chinese: "作废服务码"},
		icpcode.Bilingual{English: "A void code cannot be used any more, and nothing is paid back.", Chinese: "作废后服务码不能再使用，也不退费。"},
		"review", []string{"reason"}, void,
	}
	correcting = act{
		icpcode.Bilingual{English: "Put the ICP number right", Chinese: "更正备案号"}, icpcode.Bilingual{},
		"review", []string{"icp_number"}, correct,
	}
)

func end(c *call, eng *icpcode.Engine, code icpcode.Code) (icpcode.Result, error) {
	r := icpcode.EndRequest{Actor: c.account, RequestID: c.requestID(), Code: code, Reason: c.form("reason")}
	err := r.End.UnmarshalText([]byte(c.form("end")))
	if s := c.form("successor"); err == nil && s != "" {
		r.Successor, err = c.h.handles.Open(c.account, s)
	}
	if err != nil {
		return icpcode.Result{}, err
	}
	return eng.End(c, r)
}

func void(c *call, eng *icpcode.Engine, code icpcode.Code) (icpcode.Result, error) {
	return eng.Void(c, icpcode.VoidRequest{Actor: c.account, RequestID: c.requestID(), Code: code, Reason: c.form("reason")})
}

func correct(c *call, eng *icpcode.Engine, code icpcode.Code) (icpcode.Result, error) {
	return eng.Correct(c, icpcode.CorrectRequest{Actor: c.account, RequestID: c.requestID(), Code: code, ICPNumber: c.form("icp_number")})
}

// successors are the codes that a filing can have moved to: of other filings of
// the same service.
func (c *call) successors(p *codePage) error {
	f := p.Record.Filing
	if p.State != icpcode.StateFiled || f == nil || f.Domain == "" && f.App == "" {
		return nil
	}
	r := icpcode.ListRequest{Actor: c.account, All: true, State: icpcode.StateFiled, Domain: f.Domain, App: f.App, Newest: true, Limit: pageSize}
	got, err := c.h.eng.OwnedPage(c, r)
	for _, rec := range got.Records {
		if rec.Code != p.Code {
			p.Successors = append(p.Successors, c.line(rec))
		}
	}
	return err
}

// ways are what filings are found by.
var ways = []string{"domain", "app", "number", "server", "account"}

// found is what an operator looked for.
type found struct {
	Way, Ways any
	Wanted    string
	Codes     []line
	pager
}

// find lists the codes of all accounts that have what is looked for.
func find(c *call) (page, error) {
	q := c.r.URL.Query()
	way, wanted := q.Get("by"), q.Get("q")
	data := found{Way: way, Ways: ways, Wanted: wanted}
	if wanted == "" {
		return page{name: "find", data: data}, nil
	}
	r := icpcode.ListRequest{Actor: c.account, Newest: true, After: q.Get("after"), Limit: pageSize}
	switch way {
	case "app":
		r.App = wanted
	case "number":
		r.ICPNumber = wanted
	case "server":
		r.InstanceID = icpcode.InstanceID(wanted)
	case "account":
		r.Account = icpcode.AccountID(wanted)
	default:
		r.Domain = wanted
	}
	got, err := c.h.eng.OwnedPage(c, r)
	if err != nil {
		return page{}, err
	}
	data.pager = c.pager(got.Next)
	for _, rec := range got.Records {
		data.Codes = append(data.Codes, c.line(rec))
	}
	return page{name: "find", data: data}, nil
}

// closure is the form that closes a server, and what rests on it.
type closure struct {
	RequestID, Server, Reason string
	Refunded, Confirm, Done   bool
	Problem                   *problem
	Ends, Resting             []line // at most [mostShown] of each
	EndsAll, RestingAll       int
	Money                     icpcode.Money
}

// mostShown is how many codes of a server are shown before it is closed.
const mostShown = 100

func closing(*call) (page, error) {
	return page{name: "close", data: closure{RequestID: newRequestID()}}, nil
}

// closeServer says what rests on a server, or closes it once that was seen.
func closeServer(c *call) (page, error) {
	f := closure{RequestID: c.requestID(), Server: c.form("server"), Reason: c.form("reason"), Refunded: c.form("refunded") != ""}
	eng, confirmed := c.h.eng, c.form("confirmed") != ""
	if !confirmed {
		eng = eng.DryRun()
	}
	got, err := eng.CloseInstance(c, icpcode.CloseRequest{
		Actor: c.account, RequestID: f.RequestID, InstanceID: icpcode.InstanceID(f.Server), Refunded: f.Refunded, Reason: f.Reason,
	})
	if err == nil {
		f.Confirm, f.Done, f.Money = !confirmed && !got.Replayed, confirmed || got.Replayed, got.Money
		f.EndsAll, f.RestingAll = len(got.Codes), len(got.Resting)
		f.Ends, err = c.lines(got.Codes)
	}
	if err == nil {
		f.Resting, err = c.lines(got.Resting)
	}
	if err != nil {
		p := c.problemOf(err)
		f.Problem, f.Confirm = &p, confirmed && p.Repeat
		return page{status: p.status, name: "close", data: f}, nil
	}
	return page{name: "close", data: f}, nil
}

// lines are codes as a list shows them, the first of many.
func (c *call) lines(codes []icpcode.Code) (all []line, err error) {
	for _, code := range codes[:min(len(codes), mostShown)] {
		r, err := c.h.eng.Lookup(c, c.account, code, icpcode.Instance{})
		if err != nil {
			return nil, err
		}
		all = append(all, c.line(r))
	}
	return all, nil
}
