package icpcode

import (
	"net/netip"
	"testing"
	"time"
)

// TestContradictions: of two stated facts that contradict each other the
// restrictive one wins, and the reason shows both. Each pair of facts that can
// is here.
func TestContradictions(t *testing.T) {
	public, private := netip.MustParseAddr("47.96.1.7"), netip.MustParseAddr("10.0.0.1")
	first := func(i *Instance) { i.Product = Marketplace } // whose first purchase must be of 14 months
	for _, c := range []struct {
		what    string
		change  func(*Instance)
		rule    Rule
		outcome Outcome
		en, zh  string
	}{
		{
			"first purchase and renewals, the first asked", func(i *Instance) { first(i); i.TermMonths, i.FirstTermMonths = 12, 15 }, ELGTerm, OutcomeFailed,
			"15 calendar months; but 12 calendar months are stated with renewals included", "15个月；但含续费的购买时长记为12个月",
		},
		{
			"first purchase and renewals, all asked", func(i *Instance) { i.TermMonths, i.FirstTermMonths = 3, 15 }, ELGTerm, OutcomeFailed,
			"3 calendar months; but 15 calendar months are stated for the first purchase alone", "3个月；但首次购买时长记为15个月",
		},
		{
			"first purchase and dates, all asked", func(i *Instance) { i.TermMonths, i.Created = 0, shanghaiTime("2026-04-01 00:00:00") }, ELGTerm, OutcomeFailed,
			"too short, for it lasts from 2026-04-01 00:00:00 +08:00 to 2026-06-01 00:00:00 +08:00; but 15 calendar months are stated for the first purchase alone",
			"自2026-04-01 00:00至2026-06-01 00:00，时长不足；但首次购买时长记为15个月",
		},
		{
			"first purchase and dates, the first asked", func(i *Instance) { first(i); i.Created = shanghaiTime("2025-05-01 00:00:00") }, ELGTerm, OutcomeFailed,
			"15 calendar months; but it lasts from 2025-05-01 00:00:00 +08:00 to 2026-06-01 00:00:00 +08:00 only", "15个月；但自2025-05-01 00:00至2026-06-01 00:00，不足此时长",
		},
		{
			"renewals and dates, the first asked", func(i *Instance) {
				first(i)
				i.FirstTermMonths, i.Created = 0, shanghaiTime("2025-04-01 12:00:00")
			}, ELGTerm, OutcomeFailed,
			"15 calendar months, renewals included; but it lasts from 2025-04-01 12:00:00 +08:00 to 2026-06-01 00:00:00 +08:00 only", "15个月（含续费）；但自2025-04-01 12:00至2026-06-01 00:00，不足此时长",
		},
		{
			"renewals and dates, all asked", func(i *Instance) { i.Created = shanghaiTime("2026-04-01 00:00:00") }, ELGTerm, OutcomeFailed,
			"15 calendar months; but it lasts from 2026-04-01 00:00:00 +08:00 to 2026-06-01 00:00:00 +08:00 only", "15个月；但自2026-04-01 00:00至2026-06-01 00:00，不足此时长",
		},
		{
			"created and expires", func(i *Instance) { i.Created = shanghaiTime("2027-06-01 00:00:00") }, ELGTerm, OutcomeFailed,
			"15 calendar months; it was created at 2027-06-01 00:00:00 +08:00, after its expiry at 2026-06-01 00:00:00 +08:00", "15个月；创建时间2027-06-01 00:00晚于到期时间2026-06-01 00:00",
		},
		{
			"created and expires, no term stated", func(i *Instance) {
				i.TermMonths, i.FirstTermMonths, i.Created = 0, 0, shanghaiTime("2027-06-01 00:00:00")
			}, ELGTerm, OutcomeFailed,
			"it was created at 2027-06-01 00:00:00 +08:00, after its expiry at 2026-06-01 00:00:00 +08:00", "创建时间2027-06-01 00:00晚于到期时间2026-06-01 00:00",
		},
		{ // ELG-BILLING refuses
			"pay-as-you-go and a term", func(i *Instance) { i.Billing = PayAsYouGo }, ELGTerm, OutcomeUnknown,
			"pay-as-you-go, which has no term; but 15 calendar months are stated", "按量付费，无购买时长；但记有购买时长15个月",
		},
		{"subscription and a trial", func(i *Instance) { i.Trial = Yes }, ELGBilling, OutcomeFailed, "subscription; a trial", "包年/包月；试用"},
		{
			"expired and days left", func(i *Instance) { i.Status = StatusExpired }, ELGRemaining, OutcomeFailed,
			"expired; 146 days left, until 2026-06-01 00:00:00 +08:00", "已到期；剩余146天，2026-06-01 00:00到期",
		},
		{
			"expired and days left, of the status", func(i *Instance) { i.Status = StatusExpired }, ELGStatus, OutcomeFailed,
			"expired; 146 days left, until 2026-06-01 00:00:00 +08:00", "已到期；剩余146天，2026-06-01 00:00到期",
		},
		{"expired, no date stated", func(i *Instance) { i.Status, i.Expires = StatusExpired, time.Time{} }, ELGRemaining, OutcomeFailed, "expired", "已到期"},
		{
			"running and no days left", func(i *Instance) { i.Expires = explainNow }, ELGStatus, OutcomeFailed,
			"running; expired at 2026-01-06 00:00:00 +08:00", "运行中；已于2026-01-06 00:00到期",
		},
		{
			"no public IP and a public address", func(i *Instance) { i.PublicIP, i.IPs = No, []netip.Addr{private, public} }, ELGPublicIP, OutcomeFailed,
			"stated to have none, but 47.96.1.7 is listed", "记为无公网IP，但公网IP列表中有47.96.1.7",
		},
		{
			"a public IP and private addresses", func(i *Instance) { i.IPs = []netip.Addr{private} }, ELGPublicIP, OutcomeFailed,
			"stated to have one, but 10.0.0.1 is not public", "记为有公网IP，但10.0.0.1不是公网地址",
		},
		{
			"a public IP of the provider's and a partner's", func(i *Instance) { i.PartnerIP = true }, ELGPublicIP, OutcomeFailed,
			"stated to have one, but it is a partner's own IP", "记为有公网IP，但属于合作伙伴的自有IP，不是提供商分配的公网IP",
		},
		{
			"no public IP and the filed one", func(i *Instance) { i.PublicIP, i.IPs = No, []netip.Addr{public} }, RSKIP, OutcomeFailed,
			"the filed IP is gone; stated to have none, but 47.96.1.7 is listed", "备案IP已不在实例上；记为无公网IP，但公网IP列表中有47.96.1.7",
		},
		{
			"expired and renewing itself", func(i *Instance) { i.Expires, i.AutoRenew = explainNow, Yes }, RSKExpiring, OutcomeFailed,
			"expired at 2026-01-06 00:00:00 +08:00; although auto-renewal is stated to be on", "已于2026-01-06 00:00到期；但记为已开启自动续费",
		},
	} {
		i := goodInstance()
		c.change(&i)
		d := oddRules().Check(IssueRequest{Actor: explainAsker, Quantity: 1, Certification: Enterprise, Instance: i}, 0, explainNow)
		if rskRules.Has(c.rule) {
			d = oddRules().Review(Record{
				State: StateFiled, InstanceID: "i-1", Product: ECS, Owner: explainAsker, Filing: &Filing{IPs: []netip.Addr{public}},
			}, i, explainNow)
		}
		if !d.Refused() && d.Fail == 0 {
			t.Errorf("%s: the restrictive one does not win", c.what)
		}
		en, zh := answerOf(t, &d, English, c.rule), answerOf(t, &d, Chinese, c.rule)
		if en.Outcome != c.outcome || en.Found != c.en || zh.Found != c.zh {
			t.Errorf("%s: %v\n got %q\nwant %q\n got %q\nwant %q", c.what, en.Outcome, en.Found, c.en, zh.Found, c.zh)
		}
	}
}
