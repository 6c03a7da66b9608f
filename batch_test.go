package icpcode

import (
	"context"
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
)

// TestWritesAtMost has each operation say what it writes at most, and do it:
// it writes no more than that, and in the case that is told here exactly that.
func TestWritesAtMost(t *testing.T) {
	w := newLoopWorld(t)
	w.eng = New(w.store, &Options{
		Clock: w.eng.opt.Clock, Operator: w.eng.opt.Operator, ImportFormat: Opaque,
		Price:       Money{Amount: decimal.NewFromInt(10), Currency: "CNY"},
		VerifyPhone: func(context.Context, Verification) error { return nil },
	})
	w.acquaint("1001", "4004")
	var change Change
	w.store.poison = func(c Change) error { change = c; return nil }
	site := Filing{Kind: FilingFirst, Domain: "example.cn", Subject: "s"}
	n := 0
	exactly := func(what string, actor AccountID, r request, slack int) *pending {
		t.Helper()
		n++
		p := w.enter(actor, fmt.Sprint("r", n), r)
		w.carry(p)
		if p.err == errPhone {
			w.carry(p)
		}
		if p.err != nil {
			t.Fatalf("%s: %v", what, p.err)
		}
		puts, events := p.request.writes(&p.call)
		if len(change.Puts) != puts+1-slack || len(change.Events) != events {
			t.Errorf("%s puts %d documents and has %d events, and says %d and %d", what, len(change.Puts), len(change.Events), puts+1, events)
		}
		return p
	}
	one := exactly("an issue", "1001", &issuing{IssueRequest: IssueRequest{Actor: "1001", Instance: w.server("i-1", "1001"), Quantity: 3}}, 0)
	exactly("an issue with a first grant", "1001", &issuing{IssueRequest: IssueRequest{
		Actor: "1001", Instance: w.server("i-2", "1001"), Quantity: 4, GrantTo: "2002", Certification: Enterprise}}, 0)
	exactly("an issue with a grant to an acquaintance", "1001", &issuing{IssueRequest: IssueRequest{
		Actor: "1001", Instance: w.server("i-2", "1001"), Quantity: 1, GrantTo: "4004", Certification: Enterprise}}, 1)
	exactly("an automatic one", "1001", &automatic{SubmitAutoRequest: SubmitAutoRequest{Actor: "1001", Instance: w.server("i-3", "1001"), Filing: site}}, 0)
	bought := exactly("a purchase", "1001", &buying{BuyRequest: BuyRequest{Actor: "1001", Quantity: 2}}, 0)
	exactly("a binding", "1001", &binding{BindRequest: BindRequest{Actor: "1001", Code: bought.res.Codes[0], Instance: w.server("i-4", "1001")}}, 0)
	exactly("a first grant", "1001", &granting{GrantRequest: GrantRequest{
		Actor: "1001", Codes: one.res.Codes[:2], GrantTo: "3003", Certification: Enterprise}}, 0)
	third := one.res.Codes[2]
	exactly("a filing", "1001", &submission{filingRequest{SubmitRequest: SubmitRequest{Actor: "1001", Code: third, Filing: site}}}, 0)
	exactly("a corrected filing", "1001", &resubmission{filingRequest{SubmitRequest: SubmitRequest{Actor: "1001", Code: third, Filing: site}}}, 0)
	exactly("a release", "1001", &ending{ReleaseRequest: ReleaseRequest{Actor: "1001", Code: third}, action: ActionRelease}, 0)
	exactly("a filing again", "1001", &submission{filingRequest{SubmitRequest: SubmitRequest{Actor: "1001", Code: third, Filing: site}}}, 0)
	exactly("an approval", "ops", &approval{ApproveRequest: ApproveRequest{Actor: "ops", Code: third, ICPNumber: "ICP-1"}}, 0)
	exactly("a refund", "1001", &ending{ReleaseRequest: ReleaseRequest{Actor: "1001", Code: bought.res.Codes[1]}, action: ActionRefund}, 0)
	exactly("an import", "ops", &importing{ImportRequest: ImportRequest{
		Actor: "ops", Code: opaqueCode(t, "X-1"), State: StateAvailable, Owner: "5005", Grantee: "6006", Granted: w.now,
		InstanceID: "i-5", Product: ECS, Origin: OriginFree, Issued: w.now}}, 0)
	exactly("a close", "ops", &closing{CloseRequest: CloseRequest{Actor: "ops", InstanceID: "i-2", Reason: "gone"}}, 0)
	w.consistent()
}

func opaqueCode(t *testing.T, s string) Code {
	t.Helper()
	c, err := Opaque.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestLedgerPuts counts an account's ledger where its product is counted per
// account, as the keys do.
func TestLedgerPuts(t *testing.T) {
	book := Alibaba()
	c := call{book: book}
	both := 0
	for p := range book.perAccount {
		if c.ledgerPuts(p) != 2 {
			t.Errorf("%s is counted per account, and %d ledgers are put", p, c.ledgerPuts(p))
		}
		both++
	}
	for _, p := range []Product{ECS, "another"} {
		if got, want := c.ledgerPuts(p), len(c.ledgerKeys(nil, &Instance{ID: "i", Product: p, Owner: "1001"})); got != want {
			t.Errorf("%s: %d ledgers are put, and %d are named", p, got, want)
		}
	}
	if both == 0 {
		t.Error("no product is counted per account")
	}
}
