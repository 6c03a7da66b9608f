package ruletest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// kind is a kind of operation.
type kind uint8

const (
	opIssue kind = iota
	opAuto
	opBuy
	opBind
	opGrant
	opSubmit
	opResubmit
	opApprove
	opReject
	opStage
	opEnd
	opCorrect
	opRelease
	opRefund
	opVoid
	opClose
	opImport

	numKinds = iota
)

var kindNames = [numKinds]string{
	"Issue", "SubmitAuto", "Buy", "Bind", "Grant", "Submit", "Resubmit", "Approve", "Reject", "Stage", "End", "Correct", "Release", "Refund", "Void",
	"CloseInstance", "Import",
}

func (k kind) String() string { return kindNames[k] }

// op is one operation, with whatever any kind of them needs.
type op struct {
	kind   kind
	actor  icpcode.AccountID
	id     string // the request ID
	code   icpcode.Code
	codes  []icpcode.Code     // of a grant, or that an approval replaces
	inst   icpcode.Instance   // facts, as the request has them
	today  []icpcode.Instance // facts that a grant has
	n      int
	text   string // remark, reason, rejection or ICP number
	stage  icpcode.Stage
	end    icpcode.End
	next   icpcode.Code // that a filing moved to
	to     icpcode.AccountID
	cert   icpcode.Certification
	proof  string
	assume icpcode.RuleIDs
	filing icpcode.Filing
	broken bool // the filing is: FIL-WHAT must say so, whatever the facts are
	paid   decimal.NullDecimal

	refunded bool // a closed instance was refunded
	imp      *icpcode.ImportRequest

	// invalid says what makes the request unreadable.
	invalid string
	badID   bool // its ID does
	phone   phone
}

// phone is what the phone hook does.
type phone uint8

const (
	phoneYes phone = iota
	phoneNo
	phoneFails
	phonePanics
)

// as returns the operation with a request ID.
func (o *op) as(id string) *op {
	c := *o
	c.id = id
	return &c
}

// do asks an engine for the operation.
func (o *op) do(ctx context.Context, e Engine) (icpcode.Result, error) {
	switch o.kind {
	case opIssue:
		return e.Issue(ctx, o.issue())
	case opAuto:
		return e.SubmitAuto(ctx, icpcode.SubmitAutoRequest{
			Actor: o.actor, RequestID: o.id, Instance: o.inst, Filing: o.filing, Remark: o.text, Assume: o.assume,
		})
	case opBuy:
		return e.Buy(ctx, icpcode.BuyRequest{Actor: o.actor, RequestID: o.id, Quantity: o.n, Remark: o.text, Paid: o.paid})
	case opBind:
		return e.Bind(ctx, icpcode.BindRequest{Actor: o.actor, RequestID: o.id, Code: o.code, Instance: o.inst, Assume: o.assume})
	case opGrant:
		return e.Grant(ctx, icpcode.GrantRequest{
			Actor: o.actor, RequestID: o.id, Codes: o.codes, GrantTo: o.to, Certification: o.cert, Proof: o.proof,
			Assume: o.assume, Instances: o.today,
		})
	case opSubmit:
		return e.Submit(ctx, o.submit())
	case opResubmit:
		return e.Resubmit(ctx, o.submit())
	case opApprove:
		return e.Approve(ctx, icpcode.ApproveRequest{Actor: o.actor, RequestID: o.id, Code: o.code, ICPNumber: o.text, Replaces: o.codes})
	case opReject:
		return e.Reject(ctx, icpcode.RejectRequest{Actor: o.actor, RequestID: o.id, Code: o.code, Rejection: o.text})
	case opStage:
		return e.Stage(ctx, icpcode.StageRequest{Actor: o.actor, RequestID: o.id, Code: o.code, Stage: o.stage})
	case opEnd:
		return e.End(ctx, icpcode.EndRequest{Actor: o.actor, RequestID: o.id, Code: o.code, End: o.end, Successor: o.next, Reason: o.text})
	case opCorrect:
		return e.Correct(ctx, icpcode.CorrectRequest{Actor: o.actor, RequestID: o.id, Code: o.code, ICPNumber: o.text})
	case opRelease:
		return e.Release(ctx, o.ending())
	case opRefund:
		return e.Refund(ctx, icpcode.RefundRequest(o.ending()))
	case opVoid:
		return e.Void(ctx, icpcode.VoidRequest(o.ending()))
	case opClose:
		return e.CloseInstance(ctx, icpcode.CloseRequest{
			Actor: o.actor, RequestID: o.id, InstanceID: o.inst.ID, Refunded: o.refunded, Reason: o.text,
		})
	}
	r := *o.imp
	r.Actor, r.RequestID, r.Code = o.actor, o.id, o.code
	return e.Import(ctx, r)
}

func (o *op) issue() icpcode.IssueRequest {
	return icpcode.IssueRequest{
		Actor: o.actor, RequestID: o.id, Instance: o.inst, Quantity: o.n, Remark: o.text, GrantTo: o.to,
		Certification: o.cert, Proof: o.proof, Assume: o.assume,
	}
}

func (o *op) submit() icpcode.SubmitRequest {
	return icpcode.SubmitRequest{Actor: o.actor, RequestID: o.id, Code: o.code, Filing: o.filing, Instance: o.inst}
}

func (o *op) ending() icpcode.ReleaseRequest {
	return icpcode.ReleaseRequest{Actor: o.actor, RequestID: o.id, Code: o.code, Reason: o.text}
}

// total is what a buy costs: what was paid, or the price to the cent.
func (o *op) total(price icpcode.Money) icpcode.Money {
	if o.paid.Valid {
		return icpcode.Money{Amount: o.paid.Decimal, Currency: price.Currency}
	}
	mills := price.Amount.Shift(3).IntPart() * int64(o.n)
	return icpcode.Money{Amount: decimal.New((mills+5)/10, -2), Currency: price.Currency}
}

// filingFits reports whether the filing is whole, and its addresses are the
// instance's where those are known (FIL-WHAT).
func (o *op) filingFits() bool {
	if o.broken {
		return false
	}
	for _, ip := range o.filing.IPs {
		if len(o.inst.IPs) == 0 && o.inst.PublicIP == icpcode.No || len(o.inst.IPs) > 0 && !slices.Contains(o.inst.IPs, ip) {
			return false
		}
	}
	return true
}

// GoString says what a person needs to know of the operation.
func (o *op) GoString() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v by %q", o.kind, o.actor)
	say := func(ok bool, format string, args ...any) {
		if ok {
			fmt.Fprintf(&b, ", "+format, args...)
		}
	}
	say(o.invalid != "", "INVALID: %s", o.invalid)
	say(o.id != "", "request %s", o.id)
	say(o.kind == opIssue || o.kind == opBuy, "%d codes", o.n)
	say(!o.code.IsZero(), "code %v", o.code)
	for _, c := range o.codes {
		say(true, "code %v", c)
	}
	say(o.to != "", "to %q, certification %v", o.to, o.cert)
	say(o.phone != phoneYes, "phone %d", o.phone)
	say(o.assume != 0, "assuming %v", o.assume)
	say(o.paid.Valid, "paid %v", o.paid.Decimal)
	say(o.text != "", "text %q", o.text)
	say(o.end != icpcode.EndNone, "end %v", o.end)
	say(!o.next.IsZero(), "to code %v", o.next)
	say(o.stage != icpcode.StageNone, "stage %v", o.stage)
	say(o.broken, "a broken filing")
	say(len(o.filing.IPs) > 0, "filing IPs %v", o.filing.IPs)
	say(o.refunded, "refunded")
	say(o.inst.ID != "", "facts %s", brief(&o.inst))
	for i := range o.today {
		say(true, "facts %s", brief(&o.today[i]))
	}
	if i := o.imp; i != nil {
		say(true, "%v, origin %v, owner %q, grantee %q, instance %q %q, issued %v, granted %v, paid %v, filing %v",
			i.State, i.Origin, i.Owner, i.Grantee, i.InstanceID, i.Product, i.Issued, i.Granted, i.Paid, i.Filing)
	}
	return b.String()
}

func brief(i *icpcode.Instance) string {
	return strings.ReplaceAll(fmt.Sprintf("%+v", *i), "0001-01-01 00:00:00 +0000 UTC", "-")
}

// identity is what makes a request the one it is: operation, targets,
// quantity, grantee and remark, but not facts, proof or clock.
type identity struct {
	kind     kind
	code     icpcode.Code
	inst     icpcode.InstanceID
	n        int
	to       icpcode.AccountID
	text     string
	refunded bool
	more     string
}

func (o *op) identity() identity {
	id := identity{kind: o.kind, text: o.text}
	switch o.kind {
	case opIssue:
		id.inst, id.n, id.to = o.inst.ID, o.n, o.to
	case opAuto:
		id.inst, id.more = o.inst.ID, spelled(&o.filing)
	case opBuy:
		id.n = o.n
		if o.paid.Valid {
			id.more = o.paid.Decimal.StringFixed(2)
		}
	case opBind:
		id.code, id.inst = o.code, o.inst.ID
	case opGrant:
		id.to, id.more = o.to, o.named()
	case opApprove:
		id.code, id.more = o.code, o.named()
	case opEnd:
		id.code, id.more = o.code, o.end.String()+" "+o.next.String()
	case opSubmit, opResubmit:
		id.code, id.more = o.code, spelled(&o.filing)
	case opClose:
		id.inst, id.refunded = o.inst.ID, o.refunded
	case opImport:
		i := *o.imp
		i.Actor, i.RequestID, i.Filing = "", "", nil
		i.Issued, i.Granted = micro(i.Issued), micro(i.Granted)
		id.code, id.more = o.code, fmt.Sprint(i, o.imp.Filing != nil)
		if o.imp.Filing != nil {
			id.more += spelled(o.imp.Filing)
		}
	case opStage:
		id.code, id.more = o.code, o.stage.String()
	default:
		id.code = o.code
	}
	return id
}

// named spells the codes out.
func (o *op) named() string {
	var b strings.Builder
	for _, c := range o.codes {
		b.WriteString(c.String())
		b.WriteByte(' ')
	}
	return b.String()
}
