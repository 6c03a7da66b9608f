package sqltest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// tellHistory sends the requests of a little history of all kinds, in order,
// and returns their results. Told again, each is answered from its receipt.
func tellHistory(ctx context.Context, eng *icpcode.Engine) ([]icpcode.Result, error) {
	var all []icpcode.Result
	var failed error
	n := 0
	do := func(send func(id string) (icpcode.Result, error)) icpcode.Result {
		if failed != nil {
			return icpcode.Result{Codes: make([]icpcode.Code, 9)}
		}
		n++
		res, err := send(fmt.Sprintf("旧-%d", n))
		if err != nil {
			failed = fmt.Errorf("request %d: %w", n, err)
			return icpcode.Result{Codes: make([]icpcode.Code, 9)}
		}
		all = append(all, res)
		return res
	}
	const owner, grantee = "old 𠮷 owner", `old "grantee" \ 备案`
	issue := func(instance string, quantity int, to icpcode.AccountID) icpcode.Result {
		return do(func(id string) (icpcode.Result, error) {
			facts := server(owner, instance, 0)
			facts.IPs = []netip.Addr{netip.MustParseAddr("47.96.1.1"), netip.MustParseAddr("::ffff:47.96.1.2")}
			return eng.Issue(ctx, icpcode.IssueRequest{
				Actor: owner, RequestID: id, Quantity: quantity, GrantTo: to, Certification: icpcode.Enterprise, Instance: facts, Remark: "以前 😀",
			})
		})
	}
	submit := func(actor icpcode.AccountID, c icpcode.Code, f icpcode.Filing) {
		do(func(id string) (icpcode.Result, error) {
			return eng.Submit(ctx, icpcode.SubmitRequest{Actor: actor, RequestID: id, Code: c, Filing: f})
		})
	}
	approve := func(c icpcode.Code, number string) {
		do(func(id string) (icpcode.Result, error) {
			return eng.Approve(ctx, icpcode.ApproveRequest{Actor: ops, RequestID: id, Code: c, ICPNumber: number})
		})
	}
	domain := func(d string, ips ...string) icpcode.Filing {
		f := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: d, Subject: "主体-1"}
		for _, ip := range ips {
			f.IPs = append(f.IPs, netip.MustParseAddr(ip))
		}
		return f
	}
	own := issue("i-旧", 3, "")
	given := issue("i-旧", 2, grantee)
	submit(owner, own.Codes[0], domain("Example.CN", "47.96.1.1"))
	approve(own.Codes[0], "京ICP备12345678号-1")
	submit(grantee, given.Codes[0], domain("xn--fsqu00a.CN", "::ffff:47.96.1.2"))
	submit(owner, own.Codes[1], icpcode.Filing{Kind: icpcode.FilingNewService, App: "小程序 A", Subject: "主体-2"})
	do(func(id string) (icpcode.Result, error) {
		return eng.Release(ctx, icpcode.ReleaseRequest{Actor: owner, RequestID: id, Code: own.Codes[1], Reason: "撤回"})
	})
	bought := do(func(id string) (icpcode.Result, error) {
		return eng.Buy(ctx, icpcode.BuyRequest{Actor: owner, RequestID: id, Quantity: 4})
	})
	do(func(id string) (icpcode.Result, error) {
		return eng.Refund(ctx, icpcode.RefundRequest{Actor: owner, RequestID: id, Code: bought.Codes[0], Reason: "不要了"})
	})
	do(func(id string) (icpcode.Result, error) {
		return eng.Void(ctx, icpcode.VoidRequest{Actor: ops, RequestID: id, Code: bought.Codes[1], Reason: "it's void"})
	})
	do(func(id string) (icpcode.Result, error) {
		return eng.Grant(ctx, icpcode.GrantRequest{
			Actor: owner, RequestID: id, Codes: bought.Codes[2:3], GrantTo: "second", Certification: icpcode.Enterprise,
		})
	})
	do(func(id string) (icpcode.Result, error) {
		facts := server(owner, "i-bound", 0)
		facts.IPs = []netip.Addr{netip.MustParseAddr("47.96.1.3")}
		return eng.Bind(ctx, icpcode.BindRequest{Actor: owner, RequestID: id, Code: bought.Codes[3], Instance: facts})
	})
	closed := issue("i-closed", 2, "")
	submit(owner, closed.Codes[0], domain("闭.Example.cn"))
	do(func(id string) (icpcode.Result, error) {
		return eng.CloseInstance(ctx, icpcode.CloseRequest{Actor: ops, RequestID: id, InstanceID: "i-closed", Refunded: true, Reason: "退订"})
	})
	do(func(id string) (icpcode.Result, error) {
		var c icpcode.Code
		if err := c.UnmarshalText([]byte("012345678901")); err != nil {
			return icpcode.Result{}, err
		}
		f := domain("Imported.Example.cn")
		f.ICPNumber = "沪ICP备87654321号"
		return eng.Import(ctx, icpcode.ImportRequest{
			Actor: ops, RequestID: id, Code: c, State: icpcode.StateFiled, Owner: owner, InstanceID: "i-imported", Product: icpcode.ECS,
			Origin: icpcode.OriginPaid, Issued: time.Date(2025, 5, 6, 7, 8, 9, 123456000, time.UTC), Filing: &f,
			Paid: icpcode.Money{Amount: decimal.RequireFromString("88.80"), Currency: "CNY"},
		})
	})
	return all, failed
}

// oldAnswers is what a store of version 1 answered when the history had been
// told.
type oldAnswers struct {
	Results   []icpcode.Result           `json:"results"`
	Records   []icpcode.Record           `json:"records"`
	Events    map[string][]icpcode.Event `json:"events"`
	Documents map[string]json.RawMessage `json:"documents"` // ledgers, partners and acquaintances, by their keys
}

// askHistory asks a store for all of it.
func askHistory(ctx context.Context, s icpcode.Store, results []icpcode.Result) (*oldAnswers, error) {
	a := &oldAnswers{Results: results, Events: map[string][]icpcode.Event{}, Documents: map[string]json.RawMessage{}}
	seen := map[icpcode.Code]bool{}
	for _, res := range results {
		for _, c := range res.Codes {
			if seen[c] {
				continue
			}
			seen[c] = true
			docs, err := s.Load(ctx, icpcode.Key{Kind: icpcode.KindRecord, Code: c})
			if err != nil {
				return nil, err
			}
			a.Records = append(a.Records, *docs[0].Body.(*icpcode.Record))
			events, err := s.Events(ctx, icpcode.EventQuery{Code: c, Limit: 100})
			if err != nil {
				return nil, err
			}
			a.Events[c.String()] = events
		}
	}
	const owner, grantee = "old 𠮷 owner", `old "grantee" \ 备案`
	for name, k := range map[string]icpcode.Key{
		"ledger": {Kind: icpcode.KindLedger, A: "i-旧"}, "bound": {Kind: icpcode.KindLedger, A: "i-bound"},
		"closed":   {Kind: icpcode.KindLedger, A: "i-closed"},
		"grantees": {Kind: icpcode.KindGrantees, A: owner, Year: 2026}, "granters": {Kind: icpcode.KindGranters, A: grantee, Year: 2026},
		"acquaintance": {Kind: icpcode.KindAcquaintance, A: owner, B: grantee},
	} {
		docs, err := s.Load(ctx, k)
		if err != nil {
			return nil, err
		}
		b, err := json.Marshal(map[string]any{"version": docs[0].Version, "body": docs[0].Body})
		if err != nil {
			return nil, err
		}
		a.Documents[name] = b
	}
	return a, nil
}
