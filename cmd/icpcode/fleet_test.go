package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// asking is a question about one of the presets.
func asking(t *testing.T, at string, change func(*question)) *question {
	t.Helper()
	when, err := parseTime(at)
	if err != nil {
		t.Fatal(err)
	}
	b, err := openBooks(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	q := &question{at: when, books: b, facts: &inventory.Facts{}, survey: &inventory.Survey{}, issued: &issued{known: true}}
	if change != nil {
		change(q)
	}
	return q
}

// answerOf asks about a server that is fine in every respect but what change
// makes of it.
func answerOf(t *testing.T, q *question, change func(*icpcode.Instance)) *answer {
	t.Helper()
	s := inventory.Server{Instance: icpcode.Instance{
		ID: "i-1", Owner: "1001", Product: icpcode.ECS, Provider: "alibaba", Region: "cn-hangzhou",
		Billing: icpcode.Subscription, Status: icpcode.StatusRunning, TermMonths: 12,
		Expires: q.at.AddDate(1, 0, 0), Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No,
	}}
	if change != nil {
		change(&s.Instance)
	}
	a, err := q.ask("x.json", s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestVerdicts: what each fact does to the answer, and what a missing one asks
// for.
func TestVerdicts(t *testing.T) {
	for _, test := range []struct {
		what        string
		server      func(*icpcode.Instance)
		asks        func(*question)
		verdict     verdict
		least, most int
		missing     string
		cure        string // a part of what helps; "-": nothing does; "paid": a paid code
	}{
		{"fine", nil, nil, verdictYes, 5, 5, "", ""},
		{"a contract", func(i *icpcode.Instance) { i.ContractQuota = 8 }, nil, verdictYes, 8, 8, "", ""},
		{"two issued", nil, func(q *question) { q.issued.each = 2 }, verdictYes, 3, 3, "", ""},
		{"all issued", nil, func(q *question) { q.issued.each = 5 }, verdictNo, 0, 0, "", "paid"},
		{"nobody knows how many", nil, func(q *question) { q.issued = &issued{} }, verdictUnknown, 0, 5, "issued", ""},
		{"of this one one knows", nil, func(q *question) { q.issued = &issued{byID: map[icpcode.InstanceID]int{"i-1": 4}} }, verdictYes, 1, 1, "", ""},

		{"no owner", func(i *icpcode.Instance) { i.Owner = "" }, nil, verdictUnknown, 0, 5, "owner", ""},
		{"another owner", nil, func(q *question) { q.account.id = "2002" }, verdictNo, 0, 0, "", "apply with the purchasing account"},
		{"the owner", nil, func(q *question) { q.account.id = "1001" }, verdictYes, 5, 5, "", ""},
		{"said to be the buyer", func(i *icpcode.Instance) { i.Owner = "" }, func(q *question) { q.account = account{id: "1", buyer: true} }, verdictYes, 5, 5, "", ""},
		{"the buyer of others", nil, func(q *question) { q.account = account{id: "1", buyer: true} }, verdictNo, 0, 0, "", "apply with"},
		{"for others", nil, func(q *question) { q.account.forOthers = true }, verdictUnknown, 0, 5, "certification", ""},
		{"for others, an enterprise", nil, func(q *question) { q.account = account{forOthers: true, certification: icpcode.Enterprise} }, verdictYes, 5, 5, "", ""},
		{"for others, a person", nil, func(q *question) { q.account = account{forOthers: true, certification: icpcode.Personal} }, verdictNo, 0, 0, "", "verify as an enterprise"},

		{"no product", func(i *icpcode.Instance) { i.Product = "" }, nil, verdictUnknown, 0, 0, "product", ""},
		{"another product", func(i *icpcode.Instance) { i.Product = icpcode.ENS }, nil, verdictNo, 0, 0, "", "-"},
		{"another cloud", func(i *icpcode.Instance) { i.Provider = "huawei" }, func(q *question) { q.books = &books{list: q.books.list[:1]} }, verdictNo, 0, 0, "", "-"},
		{"no provider", func(i *icpcode.Instance) { i.Provider = "" }, nil, verdictYes, 5, 5, "", ""},
		{"pay-as-you-go", func(i *icpcode.Instance) { i.Billing = icpcode.PayAsYouGo; i.TermMonths = 0; i.Expires = time.Time{} }, nil, verdictNo, 0, 0, "", "convert it to subscription; then also required: bought for at least 3"},
		{"no billing", func(i *icpcode.Instance) { i.Billing = 0 }, nil, verdictUnknown, 0, 5, "billing", ""},
		{"perhaps a trial", func(i *icpcode.Instance) { i.Trial = 0 }, nil, verdictUnknown, 0, 5, "trial", ""},
		{"a trial", func(i *icpcode.Instance) { i.Trial = icpcode.Yes }, nil, verdictNo, 0, 0, "", "buy a subscription"},
		{"no term", func(i *icpcode.Instance) { i.TermMonths = 0 }, nil, verdictUnknown, 0, 5, "term_months", ""},
		{"no term, assumed", func(i *icpcode.Instance) { i.TermMonths = 0 }, func(q *question) { q.assume = icpcode.MakeRuleIDs(icpcode.ELGTerm) }, verdictYes, 5, 5, "", ""},
		{"a short term", func(i *icpcode.Instance) { i.TermMonths = 2 }, nil, verdictNo, 0, 0, "", "renew until 3 calendar months"},
		{"no expiry", func(i *icpcode.Instance) { i.Expires = time.Time{} }, nil, verdictUnknown, 0, 5, "expires", ""},
		{"a near expiry", func(i *icpcode.Instance) { i.Expires = i.Expires.AddDate(-1, 0, 89) }, nil, verdictNo, 0, 0, "", "renew"},
		{"no region", func(i *icpcode.Instance) { i.Region = "" }, nil, verdictUnknown, 0, 5, "region", ""},
		{"a region given", func(i *icpcode.Instance) { i.Region = "" }, func(q *question) { q.region = "cn-beijing" }, verdictYes, 5, 5, "", ""},
		{"a region known", nil, func(q *question) { q.region = "cn-hongkong" }, verdictYes, 5, 5, "", ""},
		{"an unheard-of region", func(i *icpcode.Instance) { i.Region = "cn-atlantis" }, nil, verdictUnknown, 0, 5, "region", ""},
		{"another region", func(i *icpcode.Instance) { i.Region = "cn-hongkong" }, nil, verdictNo, 0, 0, "", "-"},
		{"no address known", func(i *icpcode.Instance) { i.PublicIP = 0 }, nil, verdictUnknown, 0, 5, "public_ip", ""},
		{"no address", func(i *icpcode.Instance) { i.PublicIP = icpcode.No }, nil, verdictNo, 0, 0, "", "bind an EIP"},
		{"no status", func(i *icpcode.Instance) { i.Status = 0 }, nil, verdictUnknown, 0, 5, "status", ""},
		{"stopped", func(i *icpcode.Instance) { i.Status = icpcode.StatusStopped }, nil, verdictNo, 0, 0, "", "start it"},
		{"released", func(i *icpcode.Instance) { i.Status = icpcode.StatusReleased }, nil, verdictNo, 0, 0, "", "-"},
		{"refunded", func(i *icpcode.Instance) { i.Status = icpcode.StatusRefunded }, nil, verdictNo, 0, 0, "", "-"},
		{"held", func(i *icpcode.Instance) { i.IPHeld = icpcode.Yes }, nil, verdictNo, 0, 0, "", "release the other filing"},
		{"perhaps held", func(i *icpcode.Instance) { i.IPHeld = 0 }, nil, verdictUnknown, 0, 5, "ip_held", ""},
		{"much unknown", func(i *icpcode.Instance) { i.Owner, i.Trial, i.TermMonths, i.IPHeld = "", 0, 0, 0 }, nil, verdictUnknown, 0, 5, "owner, trial, term_months, ip_held", ""},
		{"no, and unknown", func(i *icpcode.Instance) { i.Region, i.Trial = "cn-hongkong", 0 }, nil, verdictNo, 0, 0, "trial", "-"},
		{"no, whatever is assumed", func(i *icpcode.Instance) { i.Region = "cn-hongkong" }, func(q *question) { q.assume = assumable }, verdictNo, 0, 0, "", "-"},

		{"Tencent", func(i *icpcode.Instance) { i.Provider, i.Product, i.Region = "tencent", "CVM", "ap-guangzhou" }, func(q *question) { q.account.certification = icpcode.Enterprise }, verdictYes, 5, 5, "", ""},
		{"Tencent, whoever", func(i *icpcode.Instance) { i.Provider, i.Product, i.Region = "tencent", "CVM", "ap-guangzhou" }, nil, verdictUnknown, 0, 5, "certification", ""},
		{"Lighthouse", func(i *icpcode.Instance) { i.Provider, i.Product, i.Region = "tencent", "Lighthouse", "ap-guangzhou" }, func(q *question) { q.account.certification = icpcode.Enterprise }, verdictNo, 0, 0, "", "-"},
		{"Huawei", func(i *icpcode.Instance) { i.Provider, i.Region = "huawei", "cn-north-4" }, nil, verdictYes, 5, 5, "", ""},
		{"Huawei, stopped", func(i *icpcode.Instance) {
			i.Provider, i.Region, i.Status = "huawei", "cn-north-4", icpcode.StatusStopped
		}, nil, verdictYes, 5, 5, "", ""},
		{"a dedicated host, eleven months", func(i *icpcode.Instance) {
			i.Provider, i.Region, i.Product, i.TermMonths = "huawei", "cn-north-4", "DedicatedHost", 11
		}, nil, verdictNo, 0, 0, "", "renew until 12"},
		{"Baidu", func(i *icpcode.Instance) { i.Provider, i.Product, i.Region = "baidu", "BCC", "bj" }, nil, verdictUnknown, 0, 0, "contract_quota", ""},
		{"Baidu, by contract", func(i *icpcode.Instance) { i.Provider, i.Product, i.Region, i.ContractQuota = "baidu", "BCC", "bj", 2 }, nil, verdictYes, 2, 2, "", ""},
		{"Volcengine, two days left", func(i *icpcode.Instance) {
			i.Provider, i.Region, i.Expires = "volcengine", "cn-beijing", i.Expires.AddDate(-1, 0, 2)
		}, nil, verdictYes, 5, 5, "", ""},
		{"Volcengine, an hour left", func(i *icpcode.Instance) {
			i.Provider, i.Region, i.Expires = "volcengine", "cn-beijing", i.Expires.AddDate(-1, 0, 0).Add(time.Hour)
		}, nil, verdictNo, 0, 0, "", "renew"},
	} {
		a := answerOf(t, asking(t, "2026-11-22 10:00", test.asks), test.server)
		if a.verdict != test.verdict || a.least != test.least || a.most != test.most || a.missing.String() != test.missing {
			t.Errorf("%s: %v, %d to %d codes, missing %q; want %v, %d to %d, %q", test.what,
				a.verdict, a.least, a.most, a.missing, test.verdict, test.least, test.most, test.missing)
		}
		f := newFleet(speaker{})
		f.add(a)
		switch {
		case test.cure == "-" && (len(f.cures) > 0 || f.replace.Servers != 1):
			t.Errorf("%s: there is help: %v", test.what, f.cures)
		case (test.cure == "paid") != (f.paid.Servers == 1):
			t.Errorf("%s: %d servers can have paid codes only", test.what, f.paid.Servers)
		case test.cure != "-" && test.cure != "paid" && test.cure != "" && (len(f.cures) != 1 || !strings.Contains(f.sortedCures()[0].what, test.cure)):
			t.Errorf("%s: what helps is %v, want %q", test.what, f.sortedCures(), test.cure)
		}
	}
}

// TestUntil: up to the instant that is told the verdict holds, and after it the
// server may not. Asked again, not calculated.
func TestUntil(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	providers := []struct{ provider, product, region string }{
		{"alibaba", "ECS", "cn-hangzhou"}, {"tencent", "CVM", "ap-beijing"}, {"huawei", "ECS", "cn-north-4"},
		{"baidu", "BCC", "bj"}, {"volcengine", "ECS", "cn-beijing"},
	}
	lapsed := 0
	for range 500 {
		p := providers[r.IntN(len(providers))]
		left := time.Duration(r.Int64N(int64(400 * day))).Truncate(time.Minute)
		q := asking(t, "2026-11-22 10:00", func(q *question) { q.account.certification = icpcode.Enterprise })
		change := func(i *icpcode.Instance) {
			i.Provider, i.Product, i.Region = p.provider, icpcode.Product(p.product), p.region
			i.Expires = time.Date(2026, 11, 22, 10, 0, 0, 0, china).Add(left)
			if r.IntN(3) == 0 {
				i.Trial = icpcode.Unknown
			}
		}
		a := answerOf(t, q, change)
		if a.verdict == verdictNo {
			continue
		}
		lapsed++
		server := a.server
		again := func(at time.Time) verdict {
			q.at = at
			b, err := q.ask("x.json", server)
			if err != nil {
				t.Fatal(err)
			}
			return b.verdict
		}
		if before := again(a.until.Add(-time.Microsecond)); before != a.verdict {
			t.Errorf("%s, %v left: just before %v it is %v, not %v", p.provider, left, a.until, before, a.verdict)
		}
		if after := again(a.until.Add(time.Microsecond)); after != verdictNo {
			t.Errorf("%s, %v left: just after %v it is still %v", p.provider, left, a.until, after)
		}
	}
	if lapsed < 100 {
		t.Errorf("only %d servers could lapse", lapsed)
	}
}

// TestCapacity compares the totals of a mixed fleet with an addition by hand.
func TestCapacity(t *testing.T) {
	f := newFleet(speaker{})
	q := asking(t, "2026-11-22 10:00", nil)
	until := func(days int) func(*icpcode.Instance) {
		return func(i *icpcode.Instance) { i.Expires = q.at.AddDate(0, 0, days) }
	}
	for _, change := range []func(*icpcode.Instance){
		until(100), until(100), until(200), // 15 codes now; two servers end on one day
		func(i *icpcode.Instance) { i.Trial = 0 }, func(i *icpcode.Instance) { i.Trial = 0 }, // 10 if it is known
		func(i *icpcode.Instance) { i.IPHeld = 0 },
		func(i *icpcode.Instance) { i.PublicIP = icpcode.No }, func(i *icpcode.Instance) { i.PublicIP = icpcode.No }, // 10 more
		func(i *icpcode.Instance) { i.PublicIP, i.Trial = icpcode.No, 0 }, // up to 5 more
		func(i *icpcode.Instance) { i.Region = "cn-hongkong" },            // never
	} {
		f.add(answerOf(t, q, change))
	}
	if f.servers != [numVerdicts]int{3, 4, 3} || f.now != (tally{3, 15}) || f.replace != (tally{1, 0}) {
		t.Errorf("servers %v, now %v, never %v", f.servers, f.now, f.replace)
	}
	if len(f.pending) != 2 || *f.pending[1<<factTrial] != (tally{2, 10}) || *f.pending[1<<factIPHeld] != (tally{1, 5}) {
		t.Errorf("pending %v", f.pending)
	}
	if c := f.sortedCures(); len(c) != 2 || !c[0].certain || *f.cures[c[0]] != (tally{2, 10}) || c[1].certain || *f.cures[c[1]] != (tally{1, 5}) || c[0].what != c[1].what {
		t.Errorf("cures %v", f.cures)
	}
	l := f.sortedLapses()
	if len(l) != 3 || l[0].date.Format(time.DateOnly) != "2026-12-02" || l[0].sure != (tally{2, 10}) || l[1].sure != (tally{1, 5}) || l[2].maybe != (tally{3, 15}) {
		t.Errorf("lapses %v", l)
	}
}

// TestPerAccount: where codes are counted per account, ten servers have the
// codes of one, and the best of them counts, in whatever order they come.
func TestPerAccount(t *testing.T) {
	q := asking(t, "2025-06-01 10:00", nil) // the set of 2024
	web := func(owner icpcode.AccountID, change func(*icpcode.Instance)) *answer {
		return answerOf(t, q, func(i *icpcode.Instance) {
			i.Product, i.Owner = icpcode.ElasticWeb, owner
			if change != nil {
				change(i)
			}
		})
	}
	answers := []*answer{
		web("1001", func(i *icpcode.Instance) { i.PublicIP = icpcode.No }),
		web("1001", func(i *icpcode.Instance) { i.Trial = 0 }),
		web("1001", func(i *icpcode.Instance) { i.Expires = q.at.AddDate(0, 1, 0) }),
		web("1001", nil),
		web("1001", nil),
		web("2002", func(i *icpcode.Instance) { i.PublicIP = icpcode.No }),
		web("1001", func(i *icpcode.Instance) { i.ContractQuota = 7 }), // counts for itself
	}
	for seed := range uint64(50) {
		f := newFleet(speaker{})
		for _, n := range rand.New(rand.NewPCG(seed, 0)).Perm(len(answers)) {
			f.add(answers[n])
		}
		if f.now != (tally{2, 12}) {
			t.Fatalf("order %d: now %v, want the 5 of one account and the 7 of the contract", seed, f.now)
		}
		cures := 0
		for _, k := range f.cures {
			cures += k.Codes
		}
		pending := 0
		for _, k := range f.pending {
			pending += k.Codes
		}
		if cures != 5 || pending != 0 {
			t.Fatalf("order %d: %d after remedies, %d pending", seed, cures, pending)
		}
		lapses := 0
		for _, l := range f.sortedLapses() {
			lapses += l.sure.Codes + l.maybe.Codes
		}
		if last := f.sortedLapses(); lapses != 12 || last[len(last)-1].sure.Codes != 12 {
			t.Fatalf("order %d: %d codes lapse, want them all in a year", seed, lapses)
		}
	}
}

// TestAgain: a server that is listed twice counts once, and that is told.
func TestAgain(t *testing.T) {
	yes := file(t, "yes.csv", header+rowYes)
	r := runIt("precheck", yes, yes, "-issued", "0")
	if !strings.Contains(r.out, "1 server: yes 1") || strings.Count(r.out, "\nyes                 5  s-yes") != 1 || !strings.Contains(r.errors, "s-yes is there again") || r.status != exitYes {
		t.Errorf("status %d: %s\n%s", r.status, r.errors, r.out)
	}
}

// TestUnmet: facts and counts about a server that no inventory has are told in
// every output, with the server that was likely meant, and count as a wrong
// file.
func TestUnmet(t *testing.T) {
	yes := file(t, "yes.csv", header+rowYes)
	facts := file(t, "facts.csv", "id,owner\ns-yse,1001\ns-yes,1001\nfar-away,1001\n")
	for _, args := range [][]string{{"-facts", facts, "-issued", "0"}, {"-issued", "S-YES=2", "-issued", "0"}} {
		for _, form := range [][]string{nil, {"-json"}, {"-csv"}, {"-explain", "s-yes"}} {
			r := runIt(slices.Concat([]string{"precheck", yes}, args, form)...)
			want := "icpcode: " + facts + ": s-yse is in no inventory: what the file says of it was not used\n" +
				"icpcode: " + facts + ": far-away is in no inventory: what the file says of it was not used\n"
			if args[0] == "-issued" {
				want = "icpcode: -issued: S-YES is in no inventory: what was said of it was not used; is s-yes meant?\n"
			}
			if !strings.HasPrefix(r.errors, want) || r.status != exitUsage {
				t.Errorf("%v %v: status %d, %q; want %q", args, form, r.status, r.errors, want)
			}
			if r.out == "" {
				t.Errorf("%v %v: what could be answered is not", args, form)
			}
		}
		doc := decode[struct{ Unmatched []jsonUnmatched }](t, runIt(slices.Concat([]string{"precheck", yes, "-json"}, args)...).out)
		if len(doc.Unmatched) == 0 {
			t.Errorf("%v: JSON does not tell", args)
		}
	}
	facts = file(t, "facts.csv", "id,owner\n s-yes\u3000,1001\n")
	issued := file(t, "issued.csv", "id;issued\r\n\u00A0s-yes ; 5 \r\n")
	r := runIt("precheck", yes, "-facts", facts, "-issued", issued)
	if r.status != exitNo || r.errors != "" || !strings.Contains(r.out, "5 issued") {
		t.Errorf("with spaces around it: status %d, %q\n%s", r.status, r.errors, r.out)
	}
}

// TestNearly: the ID that was meant differs in case or in one character.
func TestNearly(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"i-abcdef", "I-ABCDEF"}: true, {"i-abcdef", "i-abcdxf"}: true, {"i-abcdef", "i-abcdefg"}: true, {"i-abcdef", "i-bcdef"}: true,
		{"i-abcdef", "i-abcd"}: false, {"i-abcdef", "i-abxyef"}: false, {"i-1", "i-2"}: false, {"i-abcdef", "i-abcdef"}: true, {"", ""}: true,
	} {
		if nearly(pair[0], pair[1]) != want || nearly(pair[1], pair[0]) != want {
			t.Errorf("%q: %v", pair, !want)
		}
	}
}

// TestAddresses: an address that one file lists is joined to a server of
// another, in either order.
func TestAddresses(t *testing.T) {
	server := file(t, "ecs.json", `{"Instances": {"Instance": [{"InstanceId": "i-1", "RegionId": "cn-hangzhou", "InstanceChargeType": "PostPaid",
		"Status": "Running", "NetworkInterfaces": {"NetworkInterface": [{"NetworkInterfaceId": "eni-1"}, {"NetworkInterfaceId": "eni-2"}]},
		"PublicIpAddress": {"IpAddress": []}, "EipAddress": {"IpAddress": ""}, "OperationLocks": {"LockReason": []}}]}}`)
	eip := file(t, "eip.json", `{"EipAddresses": {"EipAddress": [{"AllocationId": "eip-1", "IpAddress": "47.96.1.180", "Status": "InUse",
		"InstanceType": "NetworkInterface", "InstanceId": "eni-2", "OperationLocks": {"LockReason": []}}]}}`)
	if r := runIt("precheck", server, "-explain", "i-1"); strings.Contains(r.out, "47.96.1.180") {
		t.Fatalf("the address is there without its list:\n%s", r.out)
	}
	for _, files := range [][]string{{server, eip}, {eip, server}} {
		r := runIt(append([]string{"precheck", "-explain", "i-1"}, files...)...)
		if !strings.Contains(r.out, "from a list of addresses: ips: unknown -> 47.96.1.180") {
			t.Errorf("%q:\n%s%s", files, r.out, r.errors)
		}
	}
}

// servers is an inventory of n servers, made as it is read.
type servers struct {
	n, at int
	rest  string
}

func (s *servers) Read(b []byte) (int, error) {
	if s.rest == "" {
		if s.at == s.n {
			return 0, io.EOF
		}
		region := [...]string{"cn-hangzhou", "cn-hongkong", "cn-nowhere"}[s.at%3]
		s.rest = fmt.Sprintf(`{"id":"i-%017d","name":"server %[1]d","product":"ECS","provider":"alibaba","region":%[2]q,"billing":"subscription","status":"running","expires":"%[3]d-%02[4]d-%02[5]d","public_ip":true}`+"\n",
			s.at, region, 2027+s.at%7, 1+s.at%12, 1+s.at%28)
		s.at++
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// held is what the heap holds once it is swept.
func held() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// counted watches the memory, every so many writes, while it throws away what
// is written.
type counted struct {
	every, n int
	peak     uint64
}

func (c *counted) Write(b []byte) (int, error) {
	if c.n++; c.n%c.every == 0 {
		c.peak = max(c.peak, held())
	}
	return len(b), nil
}

// TestMemory: what is held of a large fleet is its IDs, in a few bytes each,
// whichever way it is printed.
func TestMemory(t *testing.T) {
	const more, perServer = 12_000, 96 // bytes; a hash takes some 40 where the table has just grown
	peak := func(n, every int, args ...string) uint64 {
		s, out := machine(nil), &counted{every: every}
		s.stdin, s.stdout, s.stderr = &servers{n: n}, out, io.Discard
		if status := run(append([]string{"precheck", "-"}, args...), s); status != exitNo {
			t.Fatalf("%q: status %d", args, status)
		}
		if out.n < 2*every {
			t.Fatalf("%q: the memory was looked at less than twice in %d writes", args, out.n)
		}
		return out.peak
	}
	for _, test := range []struct {
		every int
		args  []string
	}{{1, nil}, {32, []string{"-json"}}, {32, []string{"-csv"}}} {
		few, many := peak(4_000, test.every, test.args...), peak(4_000+more, test.every, test.args...)
		if grown := int64(many) - int64(few); grown > more*perServer {
			t.Errorf("%q: %d servers more take %d KiB more", test.args, more, grown>>10)
		}
	}
	// Had the answers been kept, this would have seen it.
	before := held()
	q := asking(t, "2026-11-22 10:00", nil)
	var kept []*answer
	for range more {
		kept = append(kept, answerOf(t, q, nil))
	}
	if grown := held() - before; grown < 2*more*perServer {
		t.Errorf("%d answers take only %d bytes: the bound above is no proof", len(kept), grown)
	}
	runtime.KeepAlive(kept)
}

// TestStdinIsLeftAlone: a command that reads no inventory does not wait for
// standard input.
func TestStdinIsLeftAlone(t *testing.T) {
	s := machine(nil)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() }) // nothing was written
	s.stdin = r
	if got := runOn(s, "rules"); got.status != exitYes {
		t.Errorf("status %d, %s", got.status, got.errors)
	}
}

// TestRenewOnce: what to do with one server says once that it is to be renewed.
func TestRenewOnce(t *testing.T) {
	for _, c := range [][2][]string{
		{{"renew until A", "bind", "renew until B"}, {"renew until A and B", "bind"}},
		{{"renew until A", "renew; pay"}, {"renew until A", "pay"}},
		{{"renew; pay", "renew until A"}, {"pay", "renew until A"}},
		{{"renew; pay"}, {"renew; pay"}},
		{{"bind"}, {"bind"}},
	} {
		if got := renewOnce(c[0], "renew until ", " and ", "renew; "); !slices.Equal(got, c[1]) {
			t.Errorf("%q: %q, want %q", c[0], got, c[1])
		}
	}
}
