package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// inputs is one valid request of every kind, for a test to spoil. All of them
// would succeed, each on a code of its own.
type inputs struct {
	w        *world
	issue    icpcode.IssueRequest
	auto     icpcode.SubmitAutoRequest
	buy      icpcode.BuyRequest
	bind     icpcode.BindRequest
	grant    icpcode.GrantRequest
	submit   icpcode.SubmitRequest
	resubmit icpcode.SubmitRequest
	approve  icpcode.ApproveRequest
	reject   icpcode.RejectRequest
	stage    icpcode.StageRequest
	end      icpcode.EndRequest
	correct  icpcode.CorrectRequest
	release  icpcode.ReleaseRequest
	refund   icpcode.RefundRequest
	void     icpcode.VoidRequest
	closing  icpcode.CloseRequest
	imported icpcode.ImportRequest
	list     icpcode.ListRequest
	lookup   struct {
		actor icpcode.AccountID
		code  icpcode.Code
		today icpcode.Instance
	}
	codes []icpcode.Code
}

func newInputs(w *world) *inputs {
	in := &inputs{w: w}
	i := w.server(theOwner)
	i.ContractQuota = 100
	codes := w.issue(i, 12)
	paid := w.buy(theOwner, 2)
	in.codes = slices.Concat(codes[:7], paid, codes[7:])
	for _, c := range slices.Concat(codes[3:6], codes[7:9]) {
		must[icpcode.Result](w.t)(w.submit(theOwner, c))
	}
	for _, c := range codes[9:] {
		w.filed(theOwner, c)
	}
	in.issue = icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1, GrantTo: theGrantee, Certification: icpcode.Enterprise}
	in.auto = icpcode.SubmitAutoRequest{Actor: theOwner, Instance: i, Filing: w.site()}
	in.buy = icpcode.BuyRequest{Actor: theOwner, Quantity: 1, Paid: decimal.NewNullDecimal(decimal.RequireFromString("99.99"))}
	in.bind = icpcode.BindRequest{Actor: theOwner, Code: paid[0], Instance: i}
	in.grant = icpcode.GrantRequest{
		Actor: theOwner, Codes: codes[:1], GrantTo: theGrantee, Certification: icpcode.Enterprise, Instances: []icpcode.Instance{i},
	}
	in.submit = icpcode.SubmitRequest{Actor: theOwner, Code: codes[1], Filing: w.site(), Instance: i}
	in.resubmit = icpcode.SubmitRequest{Actor: theOwner, Code: codes[3], Filing: w.site(), Instance: i}
	in.approve = icpcode.ApproveRequest{Actor: ops, Code: codes[4], ICPNumber: "浙ICP备12345678号-1", Replaces: codes[9:10]}
	in.reject = icpcode.RejectRequest{Actor: ops, Code: codes[7], Rejection: "the domain has expired\nand the photo is dark"}
	in.stage = icpcode.StageRequest{Actor: ops, Code: codes[8], Stage: icpcode.StageSMS}
	in.end = icpcode.EndRequest{Actor: ops, Code: codes[10], End: icpcode.EndMoved, Successor: codes[11], Reason: "moved"}
	in.correct = icpcode.CorrectRequest{Actor: ops, Code: codes[11], ICPNumber: "浙ICP备87654321号"}
	in.release = icpcode.ReleaseRequest{Actor: theOwner, Code: codes[5], Reason: "withdrawn"}
	in.refund = icpcode.RefundRequest{Actor: theOwner, Code: paid[1]}
	in.void = icpcode.VoidRequest{Actor: ops, Code: codes[6], Reason: "test"}
	in.closing = icpcode.CloseRequest{Actor: ops, InstanceID: w.server(theOwner).ID, Reason: "gone"}
	in.imported = icpcode.ImportRequest{
		Actor: ops, Code: must[icpcode.Code](w.t)(icpcode.Opaque.Parse("import-me")), State: icpcode.StateFiled, Owner: theOwner,
		Grantee: theGrantee, InstanceID: i.ID, Product: i.Product, Origin: icpcode.OriginPaid, Issued: at(2025, 5, 5, 0, 0, 0),
		Granted: at(2025, 5, 6, 0, 0, 0), Paid: icpcode.Money{Amount: decimal.NewFromInt(5), Currency: "CNY"},
		Filing: &icpcode.Filing{
			Kind: icpcode.FilingFirst, Domain: "old.cn", Subject: "s", ICPNumber: "ICP-1",
			IPs: []netip.Addr{netip.MustParseAddr("47.96.1.180")},
		},
	}
	in.list = icpcode.ListRequest{Actor: theOwner}
	in.lookup.actor, in.lookup.code = theOwner, codes[2]
	return in
}

// operation is one thing that an engine can be asked.
type operation struct {
	name string
	do   func(in *inputs) error
}

// operations are all of them, those that change something first.
var operations = []operation{
	{"Issue", func(in *inputs) error { _, err := in.w.eng.Issue(in.w.ctx, in.issue); return err }},
	{"SubmitAuto", func(in *inputs) error { _, err := in.w.eng.SubmitAuto(in.w.ctx, in.auto); return err }},
	{"Buy", func(in *inputs) error { _, err := in.w.eng.Buy(in.w.ctx, in.buy); return err }},
	{"Bind", func(in *inputs) error { _, err := in.w.eng.Bind(in.w.ctx, in.bind); return err }},
	{"Grant", func(in *inputs) error { _, err := in.w.eng.Grant(in.w.ctx, in.grant); return err }},
	{"Submit", func(in *inputs) error { _, err := in.w.eng.Submit(in.w.ctx, in.submit); return err }},
	{"Resubmit", func(in *inputs) error { _, err := in.w.eng.Resubmit(in.w.ctx, in.resubmit); return err }},
	{"Approve", func(in *inputs) error { _, err := in.w.eng.Approve(in.w.ctx, in.approve); return err }},
	{"Reject", func(in *inputs) error { _, err := in.w.eng.Reject(in.w.ctx, in.reject); return err }},
	{"Stage", func(in *inputs) error { _, err := in.w.eng.Stage(in.w.ctx, in.stage); return err }},
	{"End", func(in *inputs) error { _, err := in.w.eng.End(in.w.ctx, in.end); return err }},
	{"Correct", func(in *inputs) error { _, err := in.w.eng.Correct(in.w.ctx, in.correct); return err }},
	{"Release", func(in *inputs) error { _, err := in.w.eng.Release(in.w.ctx, in.release); return err }},
	{"Refund", func(in *inputs) error { _, err := in.w.eng.Refund(in.w.ctx, in.refund); return err }},
	{"Void", func(in *inputs) error { _, err := in.w.eng.Void(in.w.ctx, in.void); return err }},
	{"CloseInstance", func(in *inputs) error { _, err := in.w.eng.CloseInstance(in.w.ctx, in.closing); return err }},
	{"Import", func(in *inputs) error { _, err := in.w.eng.Import(in.w.ctx, in.imported); return err }},
	{"DryRun", func(in *inputs) error { _, err := in.w.eng.DryRun().Issue(in.w.ctx, in.issue); return err }},
	{"Lookup", func(in *inputs) error {
		_, err := in.w.eng.Lookup(in.w.ctx, in.lookup.actor, in.lookup.code, in.lookup.today)
		return err
	}},
	{"Grantees", func(in *inputs) error { _, err := in.w.eng.Grantees(in.w.ctx, in.lookup.actor, 0); return err }},
	{"GrantQuota", func(in *inputs) error { _, err := in.w.eng.GrantQuota(in.w.ctx, in.lookup.actor); return err }},
	{"History", func(in *inputs) error {
		for _, err := range in.w.eng.History(in.w.ctx, in.lookup.actor, in.lookup.code) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"Owned", func(in *inputs) error {
		for _, err := range in.w.eng.Owned(in.w.ctx, in.list) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"Received", func(in *inputs) error {
		for _, err := range in.w.eng.Received(in.w.ctx, in.list) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"Pick", func(in *inputs) error {
		for _, err := range in.w.eng.Pick(in.w.ctx, in.list) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{"Review", func(in *inputs) error {
		for _, err := range in.w.eng.Review(in.w.ctx, in.list) {
			if err != nil {
				return err
			}
		}
		return nil
	}},
}

// spoiling makes one request of an operation bad.
type spoiling struct {
	operation string
	what      string
	field     string       // that the error must name; "" with
	rule      icpcode.Rule // that must refuse
	spoil     func(in *inputs)
}

var badIDs = map[string]string{
	"of 129 bytes": strings.Repeat("x", 129), "of 129 bytes in 43 characters": strings.Repeat("码", 43), "with invalid UTF-8": "a\xff",
	"with a NUL": "a\x00b", "with a line break": "a\nb", "with a C1 control": "a\u0085b", "with DEL": "a\x7f",
	"of a space": " ", "of a line break": "\n", "with a space before": " a", "with a space behind": "a ", "with an ideographic space": "\u3000a", "with a no-break space": "a\u00a0",
}

var badInstants = map[string]time.Time{
	"in 1999": time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), "in 9999": time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
	"in the distant future": time.Unix(1<<60, 0), "in the distant past": time.Unix(-1<<60, 0), "in 1970": time.Unix(0, 0),
	"in the last hours of 1999 in New York": time.Date(1999, 12, 31, 18, 59, 59, 0, time.FixedZone("EST", -5*60*60)),
}

// badFacts spoils the facts about an instance.
var badFacts = []struct {
	what, field string
	spoil       func(*icpcode.Instance)
}{
	{"unknown billing", "Billing", func(i *icpcode.Instance) { i.Billing = icpcode.PayAsYouGo + 1 }},
	{"unknown status", "Status", func(i *icpcode.Instance) { i.Status = icpcode.StatusReleased + 1 }},
	{"four-valued auto-renewal", "", func(i *icpcode.Instance) { i.AutoRenew = icpcode.Yes + 1 }},
	{"four-valued trial", "", func(i *icpcode.Instance) { i.Trial = icpcode.Yes + 1 }},
	{"four-valued public IP", "", func(i *icpcode.Instance) { i.PublicIP = 255 }},
	{"four-valued held IP", "", func(i *icpcode.Instance) { i.IPHeld = icpcode.Yes + 1 }},
	{"four-valued downgrade", "", func(i *icpcode.Instance) { i.Downgraded = icpcode.Yes + 1 }},
	{"negative months", "TermMonths", func(i *icpcode.Instance) { i.TermMonths = -1 }},
	{"least months", "TermMonths", func(i *icpcode.Instance) { i.TermMonths = math.MinInt }},
	{"1201 months", "TermMonths", func(i *icpcode.Instance) { i.TermMonths = 1201 }},
	{"negative first months", "FirstTermMonths", func(i *icpcode.Instance) { i.FirstTermMonths = -1 }},
	{"most first months", "FirstTermMonths", func(i *icpcode.Instance) { i.FirstTermMonths = math.MaxInt }},
	{"negative order", "OrderAmount", func(i *icpcode.Instance) { i.OrderAmount = decimal.NewFromInt(-1) }},
	{"endless order", "OrderAmount", func(i *icpcode.Instance) { i.OrderAmount = decimal.New(1, math.MaxInt32) }},
	{"tiny order", "OrderAmount", func(i *icpcode.Instance) { i.OrderAmount = decimal.New(1, math.MinInt32) }},
	{"long order", "OrderAmount", func(i *icpcode.Instance) { i.OrderAmount = decimal.RequireFromString(strings.Repeat("9", 65)) }},
	{"order of 10^16", "OrderAmount", func(i *icpcode.Instance) { i.OrderAmount = decimal.New(1, 16) }},
	{"negative contract", "ContractQuota", func(i *icpcode.Instance) { i.ContractQuota = -1 }},
	{"contract of 1001", "ContractQuota", func(i *icpcode.Instance) { i.ContractQuota = 1001 }},
	{"zero address", "IPs", func(i *icpcode.Instance) { i.IPs = []netip.Addr{{}} }},
	{"address with a zone", "IPs", func(i *icpcode.Instance) { i.IPs = []netip.Addr{netip.MustParseAddr("fe80::1%eth0")} }},
	{"257 addresses", "IPs", func(i *icpcode.Instance) { i.IPs = slices.Repeat([]netip.Addr{netip.MustParseAddr("8.8.8.8")}, 257) }},
}

// spoilings lists every way in which a request can be bad.
func spoilings() []spoiling {
	var all []spoiling
	add := func(operation, what, field string, spoil func(in *inputs)) {
		all = append(all, spoiling{operation: operation, what: what, field: field, spoil: spoil})
	}
	refuses := func(operation, what string, rule icpcode.Rule, spoil func(in *inputs)) {
		all = append(all, spoiling{operation: operation, what: what, rule: rule, spoil: spoil})
	}
	id := func(operation, field string, needed bool, set func(in *inputs, id string)) {
		for what, bad := range badIDs {
			add(operation, field+" "+what, field, func(in *inputs) { set(in, bad) })
		}
		if needed {
			add(operation, field+" empty", field, func(in *inputs) { set(in, "") })
		}
	}
	text := func(operation, field string, set func(in *inputs, text string)) {
		for what, bad := range map[string]string{
			"of 257 bytes": strings.Repeat("x", 257), "of 258 bytes in 86 characters": strings.Repeat("备", 86),
			"with invalid UTF-8": "\xff", "with a NUL": "a\x00", "with a line break": "a\nb",
		} {
			add(operation, field+" "+what, field, func(in *inputs) { set(in, bad) })
		}
	}
	when := func(operation, field string, needed bool, set func(in *inputs, t time.Time)) {
		for what, bad := range badInstants {
			add(operation, field+" "+what, field, func(in *inputs) { set(in, bad) })
		}
		if needed {
			add(operation, field+" zero", field, func(in *inputs) { set(in, time.Time{}) })
		}
	}
	facts := func(operation, field string, needed bool, of func(in *inputs) *icpcode.Instance) {
		name := func(f string) string { return strings.TrimSuffix(field+"."+f, ".") }
		for _, bad := range badFacts {
			add(operation, bad.what, name(bad.field), func(in *inputs) { bad.spoil(of(in)) })
		}
		id(operation, name("ID"), needed, func(in *inputs, id string) { of(in).ID = icpcode.InstanceID(id) })
		id(operation, name("Owner"), false, func(in *inputs, id string) { of(in).Owner = icpcode.AccountID(id) })
		id(operation, name("Product"), false, func(in *inputs, id string) { of(in).Product = icpcode.Product(id) })
		id(operation, name("Provider"), false, func(in *inputs, id string) { of(in).Provider = id })
		id(operation, name("Region"), false, func(in *inputs, id string) { of(in).Region = id })
		when(operation, name("Created"), false, func(in *inputs, t time.Time) { of(in).Created = t })
		when(operation, name("Expires"), false, func(in *inputs, t time.Time) { of(in).Expires = t })
	}
	for operation, who := range map[string]func(in *inputs) (actor *icpcode.AccountID, request *string){
		"Issue":         func(in *inputs) (*icpcode.AccountID, *string) { return &in.issue.Actor, &in.issue.RequestID },
		"SubmitAuto":    func(in *inputs) (*icpcode.AccountID, *string) { return &in.auto.Actor, &in.auto.RequestID },
		"Buy":           func(in *inputs) (*icpcode.AccountID, *string) { return &in.buy.Actor, &in.buy.RequestID },
		"Bind":          func(in *inputs) (*icpcode.AccountID, *string) { return &in.bind.Actor, &in.bind.RequestID },
		"Grant":         func(in *inputs) (*icpcode.AccountID, *string) { return &in.grant.Actor, &in.grant.RequestID },
		"Submit":        func(in *inputs) (*icpcode.AccountID, *string) { return &in.submit.Actor, &in.submit.RequestID },
		"Resubmit":      func(in *inputs) (*icpcode.AccountID, *string) { return &in.resubmit.Actor, &in.resubmit.RequestID },
		"Approve":       func(in *inputs) (*icpcode.AccountID, *string) { return &in.approve.Actor, &in.approve.RequestID },
		"Reject":        func(in *inputs) (*icpcode.AccountID, *string) { return &in.reject.Actor, &in.reject.RequestID },
		"Stage":         func(in *inputs) (*icpcode.AccountID, *string) { return &in.stage.Actor, &in.stage.RequestID },
		"End":           func(in *inputs) (*icpcode.AccountID, *string) { return &in.end.Actor, &in.end.RequestID },
		"Correct":       func(in *inputs) (*icpcode.AccountID, *string) { return &in.correct.Actor, &in.correct.RequestID },
		"Release":       func(in *inputs) (*icpcode.AccountID, *string) { return &in.release.Actor, &in.release.RequestID },
		"Refund":        func(in *inputs) (*icpcode.AccountID, *string) { return &in.refund.Actor, &in.refund.RequestID },
		"Void":          func(in *inputs) (*icpcode.AccountID, *string) { return &in.void.Actor, &in.void.RequestID },
		"CloseInstance": func(in *inputs) (*icpcode.AccountID, *string) { return &in.closing.Actor, &in.closing.RequestID },
		"Import":        func(in *inputs) (*icpcode.AccountID, *string) { return &in.imported.Actor, &in.imported.RequestID },
		"DryRun":        func(in *inputs) (*icpcode.AccountID, *string) { return &in.issue.Actor, nil },
		"Lookup":        func(in *inputs) (*icpcode.AccountID, *string) { return &in.lookup.actor, nil },
		"History":       func(in *inputs) (*icpcode.AccountID, *string) { return &in.lookup.actor, nil },
		"Grantees":      func(in *inputs) (*icpcode.AccountID, *string) { return &in.lookup.actor, nil },
		"GrantQuota":    func(in *inputs) (*icpcode.AccountID, *string) { return &in.lookup.actor, nil },
		"Owned":         func(in *inputs) (*icpcode.AccountID, *string) { return &in.list.Actor, nil },
		"Received":      func(in *inputs) (*icpcode.AccountID, *string) { return &in.list.Actor, nil },
		"Pick":          func(in *inputs) (*icpcode.AccountID, *string) { return &in.list.Actor, nil },
		"Review":        func(in *inputs) (*icpcode.AccountID, *string) { return &in.list.Actor, nil },
	} {
		id(operation, "Actor", true, func(in *inputs, id string) { a, _ := who(in); *a = icpcode.AccountID(id) })
		if _, request := who(new(inputs)); request != nil {
			id(operation, "RequestID", false, func(in *inputs, id string) { _, r := who(in); *r = id })
		}
		for what, clock := range map[string]time.Time{"a clock that tells nothing": {}, "a clock in 1999": badInstants["in 1999"], "a clock in 9999": badInstants["in 9999"]} {
			add(operation, what, "Options.Clock", func(in *inputs) { in.w.now = clock })
		}
	}
	for operation, code := range map[string]func(in *inputs) *icpcode.Code{
		"Bind":     func(in *inputs) *icpcode.Code { return &in.bind.Code },
		"Submit":   func(in *inputs) *icpcode.Code { return &in.submit.Code },
		"Resubmit": func(in *inputs) *icpcode.Code { return &in.resubmit.Code },
		"Approve":  func(in *inputs) *icpcode.Code { return &in.approve.Code },
		"Reject":   func(in *inputs) *icpcode.Code { return &in.reject.Code },
		"Stage":    func(in *inputs) *icpcode.Code { return &in.stage.Code },
		"End":      func(in *inputs) *icpcode.Code { return &in.end.Code },
		"Correct":  func(in *inputs) *icpcode.Code { return &in.correct.Code },
		"Release":  func(in *inputs) *icpcode.Code { return &in.release.Code },
		"Refund":   func(in *inputs) *icpcode.Code { return &in.refund.Code },
		"Void":     func(in *inputs) *icpcode.Code { return &in.void.Code },
		"Import":   func(in *inputs) *icpcode.Code { return &in.imported.Code },
	} {
		add(operation, "no code", "Code", func(in *inputs) { *code(in) = icpcode.Code{} })
	}
	facts("Issue", "Instance", true, func(in *inputs) *icpcode.Instance { return &in.issue.Instance })
	facts("SubmitAuto", "Instance", true, func(in *inputs) *icpcode.Instance { return &in.auto.Instance })
	facts("Bind", "Instance", true, func(in *inputs) *icpcode.Instance { return &in.bind.Instance })
	facts("Grant", "Instance", false, func(in *inputs) *icpcode.Instance { return &in.grant.Instances[0] })
	facts("Submit", "Instance", false, func(in *inputs) *icpcode.Instance { return &in.submit.Instance })
	facts("Resubmit", "Instance", false, func(in *inputs) *icpcode.Instance { return &in.resubmit.Instance })
	facts("DryRun", "Instance", true, func(in *inputs) *icpcode.Instance { return &in.issue.Instance })
	facts("Lookup", "Instance", false, func(in *inputs) *icpcode.Instance { return &in.lookup.today })
	add("Submit", "facts about another instance", "Instance.ID", func(in *inputs) { in.submit.Instance.ID = "i-another" })
	add("Resubmit", "facts about another instance", "Instance.ID", func(in *inputs) { in.resubmit.Instance.ID = "i-another" })

	for what, n := range map[string]int{
		"0": 0, "21": 21, "-1": -1, "the most": math.MaxInt, "the least": math.MinInt, "2^32 + 1": 1<<32 + 1,
	} {
		refuses("Issue", "quantity "+what, icpcode.ELGBatch, func(in *inputs) { in.issue.Quantity, in.issue.Instance.ContractQuota = n, 1000 })
		refuses("Buy", "quantity "+what, icpcode.ELGBatch, func(in *inputs) { in.buy.Quantity = n })
	}
	for _, operation := range []string{"Issue", "DryRun"} {
		id(operation, "GrantTo", false, func(in *inputs, id string) { in.issue.GrantTo = icpcode.AccountID(id) })
		text(operation, "Remark", func(in *inputs, s string) { in.issue.Remark = s })
		add(operation, "unknown certification", "Certification", func(in *inputs) { in.issue.Certification = icpcode.Enterprise + 1 })
	}
	text("SubmitAuto", "Remark", func(in *inputs, s string) { in.auto.Remark = s })
	text("Buy", "Remark", func(in *inputs, s string) { in.buy.Remark = s })
	for what, bad := range map[string]decimal.Decimal{
		"negative": decimal.New(-1, -2), "a fraction of a cent": decimal.New(1, -3), "10^16": decimal.New(1, 16),
		"endless": decimal.New(1, math.MaxInt32), "tiny": decimal.New(1, math.MinInt32),
	} {
		add("Buy", "paid "+what, "Paid", func(in *inputs) { in.buy.Paid = decimal.NewNullDecimal(bad) })
		add("Import", "paid "+what, "Paid", func(in *inputs) { in.imported.Paid.Amount = bad })
	}
	for what, bad := range map[string]string{"no": "", "a long": "YUAN", "a lower-case": "cny", "a Chinese": "元"} {
		add("Import", what+" currency", "Paid", func(in *inputs) { in.imported.Paid.Currency = bad })
	}
	add("Grant", "no codes", "Codes", func(in *inputs) { in.grant.Codes = nil })
	add("Grant", "1001 codes", "Codes", func(in *inputs) { in.grant.Codes = make([]icpcode.Code, 1001) })
	add("Grant", "an empty code", "Codes", func(in *inputs) { in.grant.Codes = append(in.grant.Codes, icpcode.Code{}) })
	add("Grant", "a code twice", "Codes", func(in *inputs) { in.grant.Codes = slices.Repeat(in.grant.Codes, 2) })
	add("Grant", "1001 instances", "Instances", func(in *inputs) { in.grant.Instances = make([]icpcode.Instance, 1001) })
	add("Grant", "unknown certification", "Certification", func(in *inputs) { in.grant.Certification = 255 })
	id("Grant", "GrantTo", true, func(in *inputs, id string) { in.grant.GrantTo = icpcode.AccountID(id) })
	id("Approve", "ICPNumber", true, func(in *inputs, id string) { in.approve.ICPNumber = id })
	for what, bad := range map[string]string{
		"none": "", "of 2001 bytes": strings.Repeat("x", 2001), "of 2001 bytes in 667 characters": strings.Repeat("备", 667),
		"with invalid UTF-8": "\xff", "with a NUL": "a\x00", "with a tab": "a\tb", "with a bare carriage return": "a\rb",
	} {
		add("Reject", "rejection "+what, "Rejection", func(in *inputs) { in.reject.Rejection = bad })
	}
	for what, bad := range map[string]func(codes []icpcode.Code) []icpcode.Code{
		"an empty code": func(codes []icpcode.Code) []icpcode.Code { return []icpcode.Code{codes[0], {}} },
		"a code twice":  func(codes []icpcode.Code) []icpcode.Code { return []icpcode.Code{codes[0], codes[1], codes[0]} },
		"itself":        func(codes []icpcode.Code) []icpcode.Code { return codes[4:5] },
		"17 codes":      func(codes []icpcode.Code) []icpcode.Code { return slices.Repeat(codes[:1], 17) },
	} {
		add("Approve", "replaces "+what, "Replaces", func(in *inputs) { in.approve.Replaces = bad(in.codes) })
	}
	add("End", "no end", "End", func(in *inputs) { in.end.End = icpcode.EndNone })
	add("End", "an unknown end", "End", func(in *inputs) { in.end.End = icpcode.EndMoved + 1 })
	add("End", "moved nowhere", "Successor", func(in *inputs) { in.end.Successor = icpcode.Code{} })
	add("End", "moved to itself", "Successor", func(in *inputs) { in.end.Successor = in.end.Code })
	add("End", "cancelled and moved", "Successor", func(in *inputs) { in.end.End = icpcode.EndCancelled })
	text("End", "Reason", func(in *inputs, s string) { in.end.Reason = s })
	add("End", "no reason", "Reason", func(in *inputs) { in.end.Reason = "" })
	id("Correct", "ICPNumber", true, func(in *inputs, id string) { in.correct.ICPNumber = id })
	add("Stage", "no stage", "Stage", func(in *inputs) { in.stage.Stage = icpcode.StageNone })
	add("Stage", "an unknown stage", "Stage", func(in *inputs) { in.stage.Stage = icpcode.StageReview + 1 })
	text("Release", "Reason", func(in *inputs, s string) { in.release.Reason = s })
	text("Refund", "Reason", func(in *inputs, s string) { in.refund.Reason = s })
	text("Void", "Reason", func(in *inputs, s string) { in.void.Reason = s })
	add("Void", "no reason", "Reason", func(in *inputs) { in.void.Reason = "" })
	text("CloseInstance", "Reason", func(in *inputs, s string) { in.closing.Reason = s })
	add("CloseInstance", "no reason", "Reason", func(in *inputs) { in.closing.Reason = "" })
	id("CloseInstance", "InstanceID", true, func(in *inputs, id string) { in.closing.InstanceID = icpcode.InstanceID(id) })

	id("Import", "Owner", true, func(in *inputs, id string) { in.imported.Owner = icpcode.AccountID(id) })
	id("Import", "Grantee", false, func(in *inputs, id string) { in.imported.Grantee = icpcode.AccountID(id) })
	id("Import", "InstanceID", false, func(in *inputs, id string) { in.imported.InstanceID = icpcode.InstanceID(id) })
	id("Import", "Product", false, func(in *inputs, id string) { in.imported.Product = icpcode.Product(id) })
	id("Import", "Filing.Subject", false, func(in *inputs, id string) { in.imported.Filing.Subject = id })
	id("Import", "Filing.ICPNumber", false, func(in *inputs, id string) { in.imported.Filing.ICPNumber = id })
	id("Import", "Filing.App", false, func(in *inputs, id string) { in.imported.Filing.Domain, in.imported.Filing.App = "", id })
	when("Import", "Issued", true, func(in *inputs, t time.Time) { in.imported.Issued = t })
	when("Import", "Granted", true, func(in *inputs, t time.Time) { in.imported.Granted = t })
	text("Import", "Remark", func(in *inputs, s string) { in.imported.Remark = s })
	for _, bad := range []struct {
		what, field string
		spoil       func(r *icpcode.ImportRequest)
	}{
		{"no state", "State", func(r *icpcode.ImportRequest) { r.State = icpcode.StateNone }},
		{"unknown state", "State", func(r *icpcode.ImportRequest) { r.State = icpcode.StateInvalid + 1 }},
		{"no origin", "Origin", func(r *icpcode.ImportRequest) { r.Origin = icpcode.OriginNone }},
		{"unknown origin", "Origin", func(r *icpcode.ImportRequest) { r.Origin = icpcode.OriginPaid + 1 }},
		{"a date of no grant", "Granted", func(r *icpcode.ImportRequest) { r.Grantee = "" }},
		{"granted to the owner", "Grantee", func(r *icpcode.ImportRequest) { r.Grantee = r.Owner }},
		{"granted before it was issued", "Granted", func(r *icpcode.ImportRequest) { r.Granted = r.Issued.Add(-time.Microsecond) }},
		{"an instance of no product", "Product", func(r *icpcode.ImportRequest) { r.Product = "" }},
		{"a product of no instance", "Product", func(r *icpcode.ImportRequest) { r.InstanceID = "" }},
		{"unbound with an instance", "State", func(r *icpcode.ImportRequest) { r.State = icpcode.StateUnbound }},
		{"unbound and free", "State", func(r *icpcode.ImportRequest) {
			r.State, r.InstanceID, r.Product, r.Origin, r.Paid = icpcode.StateUnbound, "", "", icpcode.OriginFree, icpcode.Money{}
		}},
		{"unbound with a filing", "Filing", func(r *icpcode.ImportRequest) { r.State, r.InstanceID, r.Product = icpcode.StateUnbound, "", "" }},
		{"free without an instance", "InstanceID", func(r *icpcode.ImportRequest) {
			r.State, r.InstanceID, r.Product, r.Origin, r.Paid = icpcode.StateInvalid, "", "", icpcode.OriginFree, icpcode.Money{}
		}},
		{"available without an instance", "InstanceID", func(r *icpcode.ImportRequest) { r.State, r.InstanceID, r.Product = icpcode.StateAvailable, "", "" }},
		{"filing without an instance", "InstanceID", func(r *icpcode.ImportRequest) { r.State, r.InstanceID, r.Product = icpcode.StateFiling, "", "" }},
		{"filed without an instance", "InstanceID", func(r *icpcode.ImportRequest) { r.InstanceID, r.Product = "", "" }},
		{"paid for a free code", "Paid", func(r *icpcode.ImportRequest) { r.Origin = icpcode.OriginFree }},
		{"unknown kind of filing", "Filing.Kind", func(r *icpcode.ImportRequest) { r.Filing.Kind = icpcode.FilingChange + 1 }},
		{"a domain and an app", "Filing", func(r *icpcode.ImportRequest) { r.Filing.App = "app" }},
		{"no domain name", "Filing.Domain", func(r *icpcode.ImportRequest) { r.Filing.Domain = "localhost" }},
		{"a long domain name", "Filing.Domain", func(r *icpcode.ImportRequest) { r.Filing.Domain = strings.Repeat("abcdefg.", 32) + "cn" }},
		{"a number that is not Filed", "Filing.ICPNumber", func(r *icpcode.ImportRequest) { r.State = icpcode.StateFiling }},
		{"no address", "Filing.IPs", func(r *icpcode.ImportRequest) { r.Filing.IPs = []netip.Addr{{}} }},
		{"an address with a zone", "Filing.IPs", func(r *icpcode.ImportRequest) { r.Filing.IPs = []netip.Addr{netip.MustParseAddr("fe80::1%1")} }},
		{"257 addresses", "Filing.IPs", func(r *icpcode.ImportRequest) { r.Filing.IPs = slices.Repeat(r.Filing.IPs, 257) }},
	} {
		add("Import", bad.what, bad.field, func(in *inputs) { bad.spoil(&in.imported) })
	}
	add("Import", "format of the codes", "Code", func(in *inputs) {
		in.w.with(func(o *icpcode.Options) { o.ImportFormat = icpcode.TwelveDigits })
	})
	add("Import", "unknown format", "Code", func(in *inputs) { in.w.with(func(o *icpcode.Options) { o.ImportFormat = 99 }) })

	// What is wrong with a filing is an answer of FIL-WHAT.
	for what, spoil := range map[string]func(*icpcode.Filing){
		"no kind": func(f *icpcode.Filing) { f.Kind = 0 }, "unknown kind": func(f *icpcode.Filing) { f.Kind = 255 },
		"no domain": func(f *icpcode.Filing) { f.Domain = "" }, "two domains": func(f *icpcode.Filing) { f.Domain = "a.cn;b.cn" },
		"invalid UTF-8": func(f *icpcode.Filing) { f.Domain = "\xff.cn" }, "a long domain": func(f *icpcode.Filing) { f.Domain = strings.Repeat("a.", 200) + "cn" },
		"an address": func(f *icpcode.Filing) { f.IPs = []netip.Addr{{}} }, "no subject": func(f *icpcode.Filing) { f.Subject = "" },
	} {
		refuses("SubmitAuto", "filing: "+what, icpcode.FILWhat, func(in *inputs) { spoil(&in.auto.Filing) })
		refuses("Submit", "filing: "+what, icpcode.FILWhat, func(in *inputs) { spoil(&in.submit.Filing) })
		refuses("Resubmit", "filing: "+what, icpcode.FILWhat, func(in *inputs) { spoil(&in.resubmit.Filing) })
	}
	for _, operation := range []string{"Owned", "Received", "Pick", "Review"} {
		id(operation, "Account", false, func(in *inputs, id string) { in.list.Actor, in.list.Account = ops, icpcode.AccountID(id) })
		id(operation, "InstanceID", false, func(in *inputs, id string) { in.list.InstanceID = icpcode.InstanceID(id) })
		id(operation, "ICPNumber", false, func(in *inputs, id string) { in.list.ICPNumber = id })
		id(operation, "App", false, func(in *inputs, id string) { in.list.App = id })
		add(operation, "a domain of one label", "Domain", func(in *inputs) { in.list.Domain = "cn" })
		add(operation, "a domain and an app", "App", func(in *inputs) { in.list.Domain, in.list.App = "example.cn", "x" })
		add(operation, "an instance and a number", "ICPNumber", func(in *inputs) { in.list.InstanceID, in.list.ICPNumber = "i-1", "ICP-1" })
		add(operation, "unknown state", "State", func(in *inputs) { in.list.State = icpcode.StateInvalid + 1 })
		add(operation, "another's", "Account", func(in *inputs) { in.list.Account = theGrantee })
	}
	return all
}

// TestBadInput makes each part of each request bad: the answer is a typed
// error that names the field, or a refusal by the rule; nothing is changed or
// used up, and no hook is asked.
func TestBadInput(t *testing.T) {
	w := newWorld(t)
	noon, spy := w.now, w.spied()
	in := newInputs(w)
	must[icpcode.Result](t)(w.grant(theOwner, "3003"))
	for _, o := range operations[len(changing):] { // those that read
		if err := o.do(in); err != nil {
			t.Fatalf("%s: %v", o.name, err)
		}
	}
	before := spy.dump(t)
	spy.forget()
	seen, calls := len(w.seen), w.calls
	opt := w.opt
	done := map[string]int{}
	for _, s := range spoilings() {
		bad := *in
		bad.grant.Codes = slices.Clone(in.grant.Codes)
		bad.grant.Instances = slices.Clone(in.grant.Instances)
		filing := in.imported.Filing.IPs
		bad.imported.Filing = new(icpcode.Filing)
		*bad.imported.Filing = *in.imported.Filing
		bad.imported.Filing.IPs = slices.Clone(filing)
		s.spoil(&bad)
		loaded := spy.calls("Load")
		var err error
		for _, o := range operations {
			if o.name == s.operation {
				err = o.do(&bad)
				done[o.name]++
			}
		}
		what := s.operation + ": " + s.what
		noCodes(t, what, err, in.codes...)
		var invalid *icpcode.InvalidError
		if s.rule != 0 {
			if !failing(err).Has(s.rule) {
				t.Errorf("%s: got %v, want a refusal by %v", what, err, s.rule)
			}
		} else if !errors.As(err, &invalid) || !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("%s: got %v, want an *InvalidError", what, err)
		} else if invalid.Field != s.field || invalid.Problem == "" {
			t.Errorf("%s: got %v, want the field %s", what, err, s.field)
		}
		if (s.field == "Actor" || s.field == "RequestID" || s.field == "Options.Clock") && spy.calls("Load") != loaded {
			t.Errorf("%s: the store was asked", what)
		}
		w.now = noon
		w.with(func(o *icpcode.Options) { *o = opt })
	}
	for _, o := range operations {
		if done[o.name] < 5 {
			t.Errorf("%s was spoilt in %d ways only", o.name, done[o.name])
		}
	}
	if after := spy.dump(t); after != before {
		t.Errorf("the store has changed from\n%s\nto\n%s", before, after)
	}
	if spy.calls("Commit") != 0 {
		t.Errorf("%d commits were tried", spy.calls("Commit"))
	}
	if len(w.seen) != seen || w.calls != calls {
		t.Errorf("%d events were observed, the phone was asked %d times", len(w.seen)-seen, w.calls-calls)
	}
	// What was spoilt was good before, and nothing was used up.
	for _, o := range operations {
		if err := o.do(in); err != nil {
			t.Errorf("unspoilt, %s: %v%s", o.name, err, why(err))
		}
	}
	if got := must[icpcode.Decision](t)(verify(w.ctx, w.eng, in.issue)).Quota.Used; got != 12+1+1 {
		t.Errorf("issued are %d", got)
	}
}

// TestGoodInput walks along the edges of what is accepted.
func TestGoodInput(t *testing.T) {
	w := newWorld(t)
	long := icpcode.AccountID(strings.Repeat("x", 128))
	i := w.server(long)
	i.ID = icpcode.InstanceID(strings.Repeat("码", 42) + "12")
	i.ContractQuota, i.TermMonths, i.FirstTermMonths = 1000, 1200, 1200
	i.Created, i.Expires = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9998, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	i.IPs = slices.Repeat([]netip.Addr{netip.MustParseAddr("8.8.8.8")}, 256)
	r := icpcode.IssueRequest{
		Actor: long, RequestID: "a b\u00adc d\U0010FFFF", Instance: i, Quantity: 20, Remark: strings.Repeat("x", 256), GrantTo: "授权 账号",
		Certification: icpcode.Enterprise, Proof: "\x00\xff any bytes",
	}
	res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, r))
	if res.RequestID != r.RequestID {
		t.Errorf("the request ID came back as %q", res.RequestID)
	}
	rec := w.record(res.Codes[19])
	if rec.Owner != long || rec.InstanceID != i.ID || rec.Grantee != r.GrantTo || rec.Remark != r.Remark {
		t.Errorf("recorded %+v", rec)
	}
	// Instants are truncated to the microsecond.
	w.now = time.Date(9998, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	must[icpcode.Result](t)(w.submit(r.GrantTo, res.Codes[0]))
	if got, want := w.record(res.Codes[0]).Updated, w.now.Truncate(time.Microsecond); !got.Equal(want) || got != want {
		t.Errorf("updated %v, want %v", got, want)
	}
}

// TestLastValues states each fact at the last value that it can have: what
// there is to say against it, a rule says.
func TestLastValues(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		what  string
		state func(*icpcode.Instance)
		want  icpcode.RuleIDs
	}{
		{"billing", func(i *icpcode.Instance) { i.Billing = icpcode.PayAsYouGo }, icpcode.MakeRuleIDs(icpcode.ELGBilling)},
		{"status", func(i *icpcode.Instance) { i.Status = icpcode.StatusReleased }, icpcode.MakeRuleIDs(icpcode.ELGStatus)},
		{"trial", func(i *icpcode.Instance) { i.Trial = icpcode.Yes }, icpcode.MakeRuleIDs(icpcode.ELGBilling)},
		{"public IP", func(i *icpcode.Instance) { i.PublicIP = icpcode.Yes }, 0},
		{"IP held", func(i *icpcode.Instance) { i.IPHeld = icpcode.Yes }, icpcode.MakeRuleIDs(icpcode.ELGIPInUse)},
		{"downgraded", func(i *icpcode.Instance) { i.Downgraded = icpcode.Yes }, 0},
		{"auto-renewal", func(i *icpcode.Instance) { i.AutoRenew = icpcode.Yes }, 0},
	} {
		i := w.server(theOwner)
		c.state(&i)
		d, err := verify(w.ctx, w.eng, icpcode.IssueRequest{Actor: theOwner, Instance: i, Quantity: 1})
		if err != nil || d.Fail != c.want {
			t.Errorf("%s: refused by %v, %v, want %v", c.what, d.Fail, err, c.want)
		}
	}
}

// TestDomainLengths files for domains along the edges of what is accepted: of
// at most 253 bytes, in labels of 63 letters, which in Chinese are more bytes.
func TestDomainLengths(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server(theOwner), 1)[0]
	dry := w.eng.DryRun()
	for _, d := range []struct {
		domain string
		ok     bool
	}{
		{"a.b", true},
		{strings.Repeat("a", 63) + ".cn", true},
		{strings.Repeat("网", 63) + ".中国", true},
		{strings.Repeat("abcdefghi.", 25) + "com", true},
		{strings.Repeat("abcdefghi.", 25) + "info", false},
	} {
		f := w.site()
		f.Domain = d.domain
		_, err := dry.Submit(w.ctx, icpcode.SubmitRequest{Actor: theOwner, Code: c, Filing: f})
		if d.ok && err != nil {
			t.Errorf("a domain of %d bytes: %v%s", len(d.domain), err, why(err))
		}
		if !d.ok {
			refused(t, err, icpcode.FILWhat)
		}
	}
}

// TestFilingWithoutAddresses files with an instance that has no address: what
// is served from an address is not served from it.
func TestFilingWithoutAddresses(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server(theOwner), 1)[0]
	dry := w.eng.DryRun()
	r := icpcode.SubmitRequest{Actor: theOwner, Code: c, Filing: w.site(), Instance: icpcode.Instance{PublicIP: icpcode.No}}
	_, err := dry.Submit(w.ctx, r)
	refused(t, err, icpcode.ELGPublicIP, icpcode.FILWhat)
	r.Filing.IPs = nil
	_, err = dry.Submit(w.ctx, r)
	refused(t, err, icpcode.ELGPublicIP)
}

// TestBeforeAnyRules asks at a time that no rule set covers.
func TestBeforeAnyRules(t *testing.T) {
	w := newWorld(t)
	in := newInputs(w)
	spy := w.spied()
	w.now = at(2018, 9, 26, 23, 59, 59)
	for _, o := range operations {
		if err := o.do(in); !errors.Is(err, icpcode.ErrNoRules) {
			t.Errorf("%s: got %v, want ErrNoRules", o.name, err)
		}
	}
	if n := spy.calls("Commit") + spy.calls("Load") + spy.calls("List"); n != 0 {
		t.Errorf("the store was asked %d times", n)
	}
	// A rule set that says no more than it must allows nothing.
	w.now = at(2026, 3, 1, 12, 0, 0)
	least := must[*icpcode.RuleBook](t)(icpcode.NewRuleBook(icpcode.RuleSet{
		Version: "least", Provider: "alibaba", Source: "none", AsOf: "2026-01-06", Effective: at(2020, 1, 1, 0, 0, 0),
		Batch: 1, Life: icpcode.LifeRules{ReleaseTo: icpcode.StateAvailable},
	}))
	w.with(func(o *icpcode.Options) { o.RuleBook = least })
	rules := map[string]icpcode.Rule{
		"Issue": icpcode.ELGProduct, "SubmitAuto": icpcode.ELGProduct, "Bind": icpcode.ELGProduct, "Grant": icpcode.GRTOut,
	}
	for _, o := range operations {
		if err := o.do(in); rules[o.name] != 0 && !failing(err).Has(rules[o.name]) {
			t.Errorf("%s under the least of rule sets: %v", o.name, err)
		}
	}
}

// TestContextDone asks with a context that is done: nobody is asked anything.
func TestContextDone(t *testing.T) {
	w := newWorld(t)
	in := newInputs(w)
	spy := w.spied()
	ctx, cancel := context.WithCancelCause(w.ctx)
	cancel(errors.New("gone"))
	w.ctx = ctx
	clock := 0
	w.with(func(o *icpcode.Options) { o.Clock = func() time.Time { clock++; return w.now } })
	for _, o := range operations {
		if err := o.do(in); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", o.name, err)
		}
	}
	if n := fmt.Sprint(spy.calls("Load"), spy.calls("Commit"), spy.calls("List"), spy.calls("Events"), clock); n != "0 0 0 0 0" {
		t.Errorf("calls of the store and the clock: %s", n)
	}
}
