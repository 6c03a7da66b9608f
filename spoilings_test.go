package icpcode_test

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

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
