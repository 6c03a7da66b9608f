package console

import (
	"errors"
	"slices"
	"strconv"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
)

func access(a icpcode.AccountID, r icpcode.Record) httpapi.Access {
	return httpapi.Access{Account: a, Owner: r.Owner, Masked: r.Code.Masked(), Version: r.Version}
}

// operators shows a page to operators alone: to others there is none.
func operators(do func(*call) (page, error)) func(*call) (page, error) {
	return func(c *call) (page, error) {
		if !c.operator {
			return page{}, icpcode.ErrNoCode
		}
		return do(c)
	}
}

// underReview lists the filings of all accounts that are under review.
func underReview(c *call, r icpcode.ListRequest) (icpcode.Page, error) {
	r.Account, r.State = "", icpcode.StateFiling
	return c.h.eng.OwnedPage(c, r)
}

func underReviewCode(c *call) (page, error) {
	p, err := c.find()
	if err == nil {
		err = c.others(&p)
	}
	return page{name: "filing", data: p}, err
}

func approve(c *call) (page, error) {
	p, err := c.find()
	if err != nil {
		return page{}, err
	}
	r := icpcode.ApproveRequest{Actor: c.account, RequestID: c.requestID(), Code: p.Code, ICPNumber: c.form("icp_number")}
	if r.Replaces, err = c.opened(c.r.PostForm["replaces"]); err == nil {
		_, err = c.h.eng.Approve(c, r)
	}
	return p.then(c, "/review", err)
}

// opened are the codes of the handles that an approval replaces.
func (c *call) opened(handles []string) (codes []icpcode.Code, err error) {
	if different(handles) < len(handles) {
		return nil, &icpcode.InvalidError{Field: "Replaces", Problem: "has a code twice"}
	}
	for _, handle := range handles {
		code, err := c.h.handles.Open(c.account, handle)
		if err != nil {
			return nil, err
		}
		codes = append(codes, code)
	}
	return codes, nil
}

// older is a filing that an approval can replace.
type older struct {
	line
	Name   string // of its box
	Ticked bool   // in the form that failed
}

// others are the codes that an operator can name beside this one: those that
// its filing can have moved to, and those that its approval can replace.
func (c *call) others(p *codePage) (err error) {
	if p.State != icpcode.StateFiling {
		return c.successors(p)
	}
	p.Older, err = c.older(p.Code, "replaces", p.Typed["replaces"])
	return err
}

// older are the filings that the approval of a code can replace, each with a box
// of a name. Those that were ticked are.
func (c *call) older(code icpcode.Code, name string, ticked []string) (all []older, err error) {
	// The number is not known yet, and a dry run records none.
	got, err := c.h.eng.DryRun().Approve(c, icpcode.ApproveRequest{Actor: c.account, Code: code, ICPNumber: "?"})
	var no *icpcode.RefusedError
	if errors.As(err, &no) {
		return nil, nil // it was approved or withdrawn meanwhile
	}
	if err != nil {
		return nil, err
	}
	lines, err := c.lines(got.Candidates)
	for _, l := range lines {
		all = append(all, older{l, name, slices.ContainsFunc(ticked, func(handle string) bool {
			code, err := c.h.handles.Open(c.account, handle)
			return err == nil && code == l.Code
		})})
	}
	return all, err
}

// stage tells how far the review is.
func stage(c *call) (page, error) {
	p, err := c.find()
	if err != nil {
		return page{}, err
	}
	r := icpcode.StageRequest{Actor: c.account, RequestID: c.requestID(), Code: p.Code}
	if err = r.Stage.UnmarshalText([]byte(c.form("stage"))); err == nil {
		_, err = c.h.eng.Stage(c, r)
	}
	return p.then(c, "/review/"+p.Handle, err)
}

func reject(c *call) (page, error) {
	p, err := c.find()
	if err != nil {
		return page{}, err
	}
	_, err = c.h.eng.Reject(c, icpcode.RejectRequest{Actor: c.account, RequestID: c.requestID(), Code: p.Code, Rejection: c.form("rejection")})
	return p.then(c, "/review", err)
}

// reviewed narrows the filings under review to a stage, and to those that have
// been in it for some days.
func reviewed(c *call, r *icpcode.ListRequest) error {
	q := c.r.URL.Query()
	switch s := q.Get("stage"); s {
	case "":
		if q.Get("days") != "" {
			return &icpcode.InvalidError{Field: "Stage", Problem: "is empty"} // of which the days are
		}
		return nil
	case "rejected":
		r.Rejected = true
	default:
		if err := r.Stage.UnmarshalText([]byte(s)); err != nil {
			return err
		}
	}
	if text := q.Get("days"); text != "" {
		days, err := strconv.Atoi(text)
		if err != nil || days < 0 || days > 3650 {
			return &icpcode.InvalidError{Field: "days", Problem: "cannot be read"}
		}
		r.Before = c.h.o.Clock().AddDate(0, 0, -days)
	}
	return nil
}
