package console

import (
	"github.com/icpcode/icpcode"
)

// serverFiling is the form of a filing with a server, which issues its code by
// itself.
type serverFiling struct {
	Server  icpcode.InstanceID
	Filing  filingForm
	Problem *problem
}

func filingWithServer(c *call) (page, error) {
	f := serverFiling{Server: icpcode.InstanceID(c.r.URL.Query().Get("server"))}
	f.Filing.RequestID = newRequestID()
	return page{name: "file", data: f}, nil
}

func fileWithServer(c *call) (page, error) {
	f := serverFiling{Server: icpcode.InstanceID(c.form("server"))}
	r := icpcode.SubmitAutoRequest{Actor: c.account, RequestID: c.requestID()}
	var err error
	var got icpcode.Result
	f.Filing, r.Filing, err = c.filing()
	if err == nil {
		r.Instance, err = c.facts(f.Server)
	}
	if err == nil {
		var said icpcode.IssueRequest
		said, err = c.issueRequest(r.Instance, 1)
		r.Assume = said.Assume
	}
	if err == nil {
		got, err = c.h.eng.SubmitAuto(c, r)
	}
	if err != nil {
		p := c.problemOf(err)
		f.Problem = &p
		return page{status: p.status, name: "file", data: f}, nil
	}
	return page{goOn: "/codes/" + c.h.handles.Seal(c.account, got.Codes[0])}, nil
}

// year is how far the account is within the caps of the natural year.
func year(c *call) (page, error) {
	q, err := c.h.eng.GrantQuota(c, c.account)
	if err != nil {
		return page{}, err
	}
	to, err := c.h.eng.Grantees(c, c.account, q.Year)
	return page{name: "year", data: struct {
		icpcode.GrantQuota
		Grantees []icpcode.AccountID
	}{q, to}}, err
}

// risk is a filing at risk, and why.
type risk struct {
	line
	Reasons []icpcode.Reason
}

// riskLook is how many codes are looked at for a page of filings at risk. Only
// today's facts tell which these are, so that there can be no index of them.
const riskLook = 200

func atRisk(c *call) (page, error)    { return c.atRisk(c.account) }
func allAtRisk(c *call) (page, error) { return c.atRisk("") }

func (c *call) atRisk(account icpcode.AccountID) (page, error) {
	r := icpcode.ListRequest{Actor: c.account, Account: account, After: c.r.URL.Query().Get("after"), Limit: pageSize, Look: riskLook}
	p, err := c.h.eng.ReviewPage(c, r)
	if err != nil {
		return page{}, err
	}
	data := struct {
		Risks []risk
		All   bool
		Look  int
		pager
	}{All: account == "", Look: riskLook, pager: c.pager(p.Next)}
	for _, a := range p.Assessments {
		data.Risks = append(data.Risks, risk{c.line(a.Record), c.reasons(a.Decision)})
	}
	return page{name: "risk", data: data}, nil
}

// pager has the links to other pages of a list, "" where there are none.
type pager struct{ NextPage, FirstPage string }

// pager keeps what was asked for but the place.
func (c *call) pager(next string) (p pager) {
	q := c.r.URL.Query()
	after := q.Get("after")
	q.Del("after")
	q.Del("lang")
	if after != "" {
		p.FirstPage = "?" + q.Encode()
	}
	if next != "" {
		q.Set("after", next)
		p.NextPage = "?" + q.Encode()
	}
	return p
}
