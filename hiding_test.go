package icpcode_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// asker is one that asks everything, in worlds that differ in what it may not
// know: worlds that hide another secret from it. They must tell it the same.
type asker struct {
	account icpcode.AccountID
	hide    func(*hiding) // makes what differs by the secret
}

// askers ask everything of everything. What an owner may not know is how near
// its targets are to their caps and by whom, what its grantees file, what
// others have on an instance that was sold, and whose it is. A grantee may not
// know what was before the grant, nor with whom else its granter has to do. A
// stranger may not even know that there is anything.
var askers = map[string]asker{
	"owner":    {theOwner, func(h *hiding) { h.strangers(); h.targets(); h.filings() }},
	"grantee":  {theGrantee, func(h *hiding) { h.strangers(); h.granters() }},
	"stranger": {"3003", func(h *hiding) { h.strangers(); h.targets(); h.filings(); h.granters() }},
}

// hiding is a world with a secret: a number that what is hidden depends on.
type hiding struct {
	*world
	secret int
	hidden *icpcode.Engine // draws other codes, so that the world's own are the same whatever is hidden
	after  func()          // hides more once the world is populated

	paid, remark, request, reason, operator string
	filing                                  icpcode.Filing
	stage                                   icpcode.Stage
	contract                                int
	buyer                                   icpcode.AccountID // who owns today what was sold
	sold                                    bool

	servers []icpcode.Instance
	codes   []icpcode.Code
}

// addresses are those of all servers.
var addresses = []netip.Addr{netip.MustParseAddr("47.96.1.180"), netip.MustParseAddr("47.96.1.181"), netip.MustParseAddr("2400:3200::1")}

// foreignCode is a code of somebody else, or of nobody.
func foreignCode(t testing.TB) icpcode.Code {
	return must[icpcode.Code](t)(icpcode.Opaque.Parse("foreign-code"))
}

// newHiding makes a world that hides a secret from an asker.
func newHiding(t testing.TB, a asker, secret int, change func(*hiding)) *hiding {
	h := &hiding{
		world: newWorld(t), secret: secret, paid: "90", operator: "ops", stage: icpcode.StageReview, buyer: "9001",
	}
	h.filing = h.site()
	for n := range 4 {
		h.servers = append(h.servers, h.server(theOwner))
		h.servers[n].ID = icpcode.InstanceID(fmt.Sprintf("i-%d", n))
	}
	h.opt.Operator = func(_ context.Context, a icpcode.AccountID) (bool, error) {
		return strings.HasPrefix(string(a), "ops"), nil
	}
	h.opt.Facts = each(func(id icpcode.InstanceID) icpcode.Instance {
		i := h.server(theOwner)
		i.ID, i.IPs = id, addresses
		if id == h.servers[2].ID && h.sold {
			i.Owner = h.buyer
		}
		return i
	})
	engine := func(seed byte) *icpcode.Engine {
		h.opt.Entropy = rand.NewChaCha8([32]byte{seed})
		return icpcode.New(h.store, &h.opt)
	}
	h.hidden = engine(1)
	a.hide(h)
	if change != nil {
		change(h)
	}
	h.eng = engine(2)
	h.populate()
	h.now = h.now.Add(time.Hour)
	h.codes = append(h.issue(h.servers[2], 1), h.codes...) // listed on the other side of what is hidden now
	h.sold = true
	h.after()
	h.eng = engine(3)
	return h
}

// text is another, and of another length, for each secret.
func (h *hiding) text(s string) string { return strings.Repeat(s, 1+h.secret) + fmt.Sprint(h.secret) }

func (h *hiding) account(s string) icpcode.AccountID { return icpcode.AccountID(h.text(s)) }

// strangers: whether a code exists at all, and what became of it; who owns a
// server that was sold, how many codes it issued since, and what they are for;
// who the staff are.
func (h *hiding) strangers() {
	h.operator, h.buyer = h.text("ops"), h.account("buyer")
	if h.secret > 0 {
		r := icpcode.ImportRequest{
			Actor: ops, Code: foreignCode(h.t), State: icpcode.StateAvailable, Owner: h.account("other"), InstanceID: "i-foreign",
			Product: icpcode.ECS, Origin: icpcode.OriginFree, Issued: h.now.AddDate(0, -1, 0),
		}
		if h.secret > 1 {
			r.State, r.Grantee, r.Granted = icpcode.StateFiled, h.account("to"), h.now.AddDate(0, -1, 0)
		}
		must[icpcode.Result](h.t)(h.hidden.Import(h.ctx, r))
	}
	h.after = func() {
		sold := h.servers[2]
		sold.Owner = h.buyer
		for range min(h.secret, 2) {
			got := must[icpcode.Result](h.t)(h.hidden.Issue(h.ctx, icpcode.IssueRequest{Actor: h.buyer, Instance: sold, Quantity: 1}))
			must[icpcode.Result](h.t)(h.hidden.Submit(h.ctx, icpcode.SubmitRequest{Actor: h.buyer, Code: got.Codes[0], Filing: h.site()}))
		}
		// Codes of many lengths, between those that the asker sees.
		for n := range 15 * h.secret {
			must[icpcode.Result](h.t)(h.hidden.Import(h.ctx, icpcode.ImportRequest{
				Actor: ops, Code: must[icpcode.Code](h.t)(icpcode.Opaque.Parse(h.text("long") + strings.Repeat("-", n))), State: icpcode.StateAvailable, Owner: h.buyer,
				InstanceID: sold.ID, Product: icpcode.ECS, Origin: icpcode.OriginFree, Issued: h.now.Add(-time.Minute),
			}))
		}
	}
}

// targets: who else grants to an account, how often, and to whom it grants.
func (h *hiding) targets() {
	grant := func(from, to icpcode.AccountID) {
		i := h.server(from)
		i.ID = icpcode.InstanceID("i-of-" + from + "-" + to)
		must[icpcode.Result](h.t)(h.hidden.Issue(h.ctx, icpcode.IssueRequest{
			Actor: from, Instance: i, Quantity: 1, GrantTo: to, Certification: icpcode.Enterprise,
		}))
	}
	for n := range h.secret {
		grant(h.account(fmt.Sprint("from", n)), target)
		grant(target, h.account(fmt.Sprint("to", n)))
	}
	if h.secret < 3 {
		for n := range 3 {
			grant(h.account(fmt.Sprint("all", n)), full)
		}
	}
}

// filings: what a grantee files, what is told of it, and why it withdrew.
func (h *hiding) filings() {
	h.filing.Domain, h.filing.Subject, h.filing.ICPNumber = h.text("a")+".cn", h.text("subject"), ""
	h.filing.Kind, h.filing.IPs = icpcode.FilingFirst+icpcode.FilingKind(h.secret), addresses[h.secret:]
	if h.secret == 1 {
		h.filing.Domain, h.filing.App = "", "an app"
	}
	h.request, h.reason = h.text("grantee"), h.text("reason")
	h.stage = icpcode.StageVerification + icpcode.Stage(h.secret)
}

// granters: with whom else a granter has to do, and what was before a grant.
func (h *hiding) granters() {
	h.paid, h.remark, h.contract = fmt.Sprint(10+h.secret*1000), h.text("remark"), 10+h.secret
	for n := range h.secret {
		i := h.server(theOwner)
		i.ID = icpcode.InstanceID(fmt.Sprint("i-else-", n))
		must[icpcode.Result](h.t)(h.hidden.Issue(h.ctx, icpcode.IssueRequest{
			Actor: theOwner, RequestID: h.text(fmt.Sprint(n)), Instance: i, Quantity: 1 + n, GrantTo: h.account(fmt.Sprint("else", n)), Certification: icpcode.Enterprise,
		}))
	}
}

// populate makes what is there in every world: codes of all states, own and
// granted, of servers that run, are sold and were refunded.
func (h *hiding) populate() {
	h.t.Helper()
	done := must[icpcode.Result](h.t)
	n := 0
	id := func(whose string) string { n++; return fmt.Sprint(whose, "-", n) }
	for n := range h.servers[:3] {
		i := h.servers[n]
		i.ContractQuota = h.contract
		h.codes = append(h.codes, done(h.eng.Issue(h.ctx, icpcode.IssueRequest{
			Actor: theOwner, RequestID: id(h.remark), Instance: i, Quantity: []int{5, 4, 2}[n], Remark: h.remark,
		})).Codes...)
	}
	bought := done(h.eng.Buy(h.ctx, icpcode.BuyRequest{
		Actor: theOwner, RequestID: id(h.paid), Quantity: 3, Paid: decimal.NewNullDecimal(decimal.RequireFromString(h.paid)), Remark: h.remark,
	})).Codes
	c := h.codes
	granted := slices.Concat(c[:4], c[5:7], c[9:11], bought[:2])
	done(h.eng.Grant(h.ctx, icpcode.GrantRequest{
		Actor: theOwner, RequestID: id("grant"), Codes: granted, GrantTo: theGrantee, Certification: icpcode.Enterprise,
	}))
	staff := icpcode.AccountID(h.operator)
	file := func(actor icpcode.AccountID, whose string, code icpcode.Code, f icpcode.Filing) {
		done(h.eng.Submit(h.ctx, icpcode.SubmitRequest{Actor: actor, RequestID: id(whose), Code: code, Filing: f}))
	}
	for _, code := range []icpcode.Code{c[0], c[1], c[2], c[9]} {
		file(theGrantee, h.request, code, h.filing)
	}
	done(h.eng.Stage(h.ctx, icpcode.StageRequest{Actor: staff, RequestID: id(h.operator), Code: c[0], Stage: h.stage}))
	done(h.eng.Reject(h.ctx, icpcode.RejectRequest{Actor: staff, RequestID: id(h.operator), Code: c[0], Rejection: "correct" + h.request}))
	done(h.eng.Approve(h.ctx, icpcode.ApproveRequest{Actor: staff, RequestID: id(h.operator), Code: c[1], ICPNumber: "备" + h.request}))
	done(h.eng.Approve(h.ctx, icpcode.ApproveRequest{Actor: staff, RequestID: id(h.operator), Code: c[9], ICPNumber: "备" + h.request}))
	done(h.eng.Correct(h.ctx, icpcode.CorrectRequest{Actor: staff, RequestID: id(h.operator), Code: c[1], ICPNumber: "备案" + h.request}))
	done(h.eng.End(h.ctx, icpcode.EndRequest{Actor: staff, RequestID: id(h.operator), Code: c[1], End: icpcode.EndDeregistered, Reason: "ended"}))
	done(h.eng.Release(h.ctx, icpcode.ReleaseRequest{Actor: theGrantee, RequestID: id(h.request), Code: c[2], Reason: h.reason}))
	done(h.eng.Refund(h.ctx, icpcode.RefundRequest{Actor: theOwner, RequestID: id(h.remark), Code: bought[0], Reason: h.remark}))
	file(theOwner, h.remark, c[4], icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "own" + h.remark + ".cn", Subject: "own" + h.remark})
	done(h.eng.CloseInstance(h.ctx, icpcode.CloseRequest{Actor: staff, RequestID: id(h.operator), InstanceID: h.servers[1].ID, Refunded: true, Reason: "refunded"}))
	h.codes = slices.Concat(c, bought, []icpcode.Code{foreignCode(h.t), must[icpcode.Code](h.t)(icpcode.ParseCode("000000000000"))})
}
