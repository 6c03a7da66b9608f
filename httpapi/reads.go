package httpapi

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

func recordsOf(do func(*icpcode.Engine, context.Context, icpcode.ListRequest) (icpcode.Page, error)) func(*call, icpcode.ListRequest) (recordPage, error) {
	return func(c *call, r icpcode.ListRequest) (recordPage, error) {
		p, err := do(c.eng, c, r)
		if err != nil {
			return recordPage{}, err
		}
		shown := recordPage{Records: []record{}, Next: p.Next}
		for i := range p.Records {
			shown.Records = append(shown.Records, c.record(p.Records[i]))
		}
		return shown, nil
	}
}

func assessmentsOf(do func(*icpcode.Engine, context.Context, icpcode.ListRequest) (icpcode.AssessmentPage, error)) func(*call, icpcode.ListRequest) (assessmentPage, error) {
	return func(c *call, r icpcode.ListRequest) (assessmentPage, error) { return c.assessments(do(c.eng, c, r)) }
}

func (c *call) assessments(p icpcode.AssessmentPage, err error) (assessmentPage, error) {
	if err != nil {
		return assessmentPage{}, err
	}
	shown := assessmentPage{Assessments: []assessment{}, Next: p.Next}
	for i := range p.Assessments {
		a := &p.Assessments[i]
		shown.Assessments = append(shown.Assessments, assessment{c.record(a.Record), a.Decision})
	}
	return shown, nil
}

// moveQuery are the parameters of a planned move: those of a list, of which
// instance names the server to be left, and the server to go to.
var moveQuery = append([]string{"to"}, listQuery...)

// move answers beforehand what moving filings from one server to another needs.
func move(c *call) (assessmentPage, error) {
	r, err := c.listRequest()
	if err != nil {
		return assessmentPage{}, err
	}
	to := icpcode.InstanceID(c.query["to"])
	known, err := c.facts(to)
	if err != nil {
		return assessmentPage{}, err
	}
	p, err := c.eng.PlanMovePage(c, r, known)
	var invalid *icpcode.InvalidError
	if errors.As(err, &invalid) && invalid.Field == "Instance.ID" {
		err = bad("to", invalid.Problem)
	}
	return c.assessments(p, blame(err))
}

func lookup(c *call) (record, error) {
	r, err := c.eng.Lookup(c, c.account, c.code, icpcode.Instance{})
	if err != nil {
		return record{}, err
	}
	return c.record(r), nil
}

func find(c *call, b *findBody) (record, error) {
	code, err := c.h.o.CodeFormat.Parse(b.Code)
	if err != nil {
		return record{}, err
	}
	began := time.Now()
	c.code = code
	r, err := lookup(c)
	if errors.Is(err, icpcode.ErrNoCode) {
		c.evenOut(began)
	}
	return r, err
}

// evenTime is what the answer takes that there is no code: a multiple of it.
const evenTime = 20 * time.Millisecond

// evenOut waits, so that a code which is none takes no less time than one of
// another account, which has to be read before it is kept back.
func (c *call) evenOut(began time.Time) {
	wait := time.NewTimer(evenTime - time.Since(began)%evenTime)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-c.Done():
	}
}

// reveal shows a whole code to an account that may see it, once the service has noted
// it.
func reveal(c *call, _ *emptyBody) (revealed, error) {
	if c.h.o.Reveal == nil {
		return revealed{}, errHidden
	}
	r, err := c.eng.Lookup(c, c.account, c.code, icpcode.Instance{})
	if err != nil {
		return revealed{}, err
	}
	err = c.hook("Reveal", func() error {
		return c.h.o.Reveal(c, Access{Account: c.account, Owner: r.Owner, Masked: r.Code.Masked(), Version: r.Version})
	})
	if err != nil {
		return revealed{}, err
	}
	return revealed{r.Code.String()}, nil
}

// usualPage is how many events a page holds if nothing else is asked for.
const usualPage = 20

// history shows one page of what happened to a code. Its cursor is sealed for
// the account and the code, and tells nothing.
func history(c *call) (eventPage, error) {
	limit, err := c.query.int("limit", maxPage)
	if err != nil {
		return eventPage{}, err
	}
	if limit == 0 {
		limit = usualPage
	}
	last, err := c.openCursor(c.query["after"])
	if err != nil {
		return eventPage{}, err
	}
	page := eventPage{Events: []event{}}
	var seq uint64
	for e, err := range c.eng.History(c, c.account, c.code) {
		if err != nil {
			return eventPage{}, err
		}
		if e.Seq <= last {
			continue
		}
		if len(page.Events) == limit {
			page.Next = c.sealCursor(seq)
			break
		}
		seq = e.Seq
		page.Events = append(page.Events, c.event(e))
	}
	return page, nil
}

// A cursor of a history is the sequence of the last event that was shown, in
// as many digits as the largest has, and the code.
func (c *call) sealCursor(seq uint64) string {
	digits := strconv.FormatUint(seq, 10)
	return c.h.handles.seal(sealedCursor, c.account, strings.Repeat("0", 20-len(digits))+digits+c.code.String())
}

func (c *call) openCursor(cursor string) (uint64, error) {
	if cursor == "" {
		return 0, nil
	}
	text, ok := c.h.handles.open(sealedCursor, c.account, cursor)
	if !ok || len(text) < 20 || text[20:] != c.code.String() {
		return 0, bad("After", "is not what a page before of this list returned")
	}
	return strconv.ParseUint(text[:20], 10, 64)
}

func quotaOfGrants(c *call) (grantQuota, error) {
	q, err := c.eng.GrantQuota(c, c.account)
	return grantQuota{q.Year, q.Out, q.In, q.Resets}, err
}

func granteesOf(c *call) (grantees, error) {
	year, err := c.query.int("year", 9999)
	if err != nil {
		return grantees{}, err
	}
	accounts, err := c.eng.Grantees(c, c.account, year)
	return grantees{append([]icpcode.AccountID{}, accounts...)}, err
}

func servers(c *call) (instances, error) {
	if c.h.o.Servers == nil {
		return instances{Instances: []icpcode.Instance{}}, nil
	}
	var all []icpcode.Instance
	err := c.hook("Servers", func() (err error) { all, err = c.h.o.Servers(c, c.account); return err })
	return instances{append([]icpcode.Instance{}, all...)}, err
}
