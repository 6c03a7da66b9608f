package icpcode

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// GRT-PRIVATE: what a granter is told of its target's cap does not depend on
// anything that belongs to somebody else.
func TestGrantInTellsOnlyTheCap(t *testing.T) {
	want := map[Lang]Reason{
		English: saying(
			GRTIn, OutcomeFailed, "different granters to one grantee in the natural year 2026: at most 2",
			"the target account has reached the cap of 2 in the natural year 2026",
			"wait until 2027-01-01 00:00:00 +08:00, or file with the purchasing account",
		),
		Chinese: saying(
			GRTIn, OutcomeFailed, "2026自然年内，一个账号最多接收2个不同账号的授权", "目标账号最多接收2个不同账号的授权，已达到2026自然年的上限",
			"等到2027-01-01 00:00再授权，或使用购买账号备案",
		),
	}
	n := 0
	explainWorld(func(d *situation) {
		if d.set == nil || d.set.Version != "odd" || NaturalYear(d.At) != NaturalYear(explainNow) {
			return
		}
		n++
		for l, w := range want {
			if got := d.reason(l, GRTIn, OutcomeFailed); !got.same(w) {
				t.Fatalf("\n got %+v\nwant %+v", got, w)
			}
		}
	})
	if n < 100 {
		t.Errorf("only %d decisions were looked at", n)
	}
}

func TestReasonsOfGrants(t *testing.T) {
	owned, granted, received := RoleOwner|RoleHolder, RoleOwner, RoleGrantee|RoleHolder
	decide := func(change func(*situation)) situation {
		d := situation{At: explainNow, set: oddRules(), action: ActionGrant, state: StateAvailable, roles: owned, forOthers: true}
		change(&d)
		return d
	}
	tests := []struct {
		d             situation
		rule          Rule
		o             Outcome
		found, remedy string
	}{
		{decide(func(d *situation) {}), GRTOut, OutcomePassed, "within the cap", ""},
		{decide(func(d *situation) {}), GRTIn, OutcomePassed, "within the cap", ""},
		{decide(func(d *situation) { d.set.Grant = GrantRules{} }), GRTOut, OutcomeFailed, "it allows none", "file with the purchasing account"},
		{decide(func(d *situation) { d.set.Grant = GrantRules{} }), GRTIn, OutcomeFailed, "it allows none", "file with the purchasing account"},
		{decide(func(d *situation) { d.phone = PhoneRefused }), GRTFirst, OutcomeFailed, "the first grant to this account, and the proof of the phone was not accepted", "verify the phone, then grant again"},
		{decide(func(d *situation) { d.phone = PhoneNoProof }), GRTFirst, OutcomeFailed, "the first grant to this account, and no proof of the phone was given", "verify the phone, then grant again"},
		{decide(func(d *situation) {}), GRTFirst, OutcomePassed, "verified, or granted to before", ""},
		{decide(func(d *situation) { d.PhoneNeeded = true }), GRTFirst, OutcomePassed, "the first grant to this account: the phone is yet to be verified", ""},
		{decide(func(d *situation) { d.certification = Personal }), GRTEnterprise, OutcomeFailed, "a personal account", "verify as an enterprise, or file with the purchasing account"},
		{decide(func(d *situation) {}), GRTEnterprise, OutcomeUnknown, "not known: how the account was verified", "state how the account was verified"},
		{decide(func(d *situation) {}), GRTOnce, OutcomePassed, "never granted", ""},
		{decide(func(d *situation) { d.forOthers = false }), GRTOnce, OutcomeFailed, "the target is the purchasing account itself", "choose another account: a code of your own needs no grant"},
		{decide(func(d *situation) { d.forOthers = false }), GRTFirst, OutcomePassed, "no other account is granted to", ""},
		{decide(func(d *situation) { d.roles = 0 }), GRTOnce, OutcomeFailed, "it was granted before", "choose codes that were never granted"},
		{decide(func(d *situation) { d.roles = granted }), GRTOnce, OutcomeFailed, "asked by the owner, who granted it to another account", "use a code of your own that was never granted"},
		{decide(func(d *situation) { d.roles = received }), GRTOnce, OutcomeFailed, "asked by the grantee", "use a code of your own that was never granted"},
		{decide(func(d *situation) { d.state = StateFiling }), GRTState, OutcomeFailed, "the code is Filing", "wait until its filing ends, or withdraw the filing"},
		{decide(func(d *situation) { d.state = StateInvalid }), GRTState, OutcomeFailed, "the code is Invalid", "use another code: this one is spent"},
		{decide(func(d *situation) { d.state = StateInvalid }), GRTState, OutcomePassed, "recorded so, and Invalid now", ""},
	}
	for _, tt := range tests {
		if got := tt.d.reason(English, tt.rule, tt.o); got.Found != tt.found || got.Remedy != tt.remedy {
			t.Errorf("%v %v\n got %q %q\nwant %q %q", tt.rule, tt.o, got.Found, got.Remedy, tt.found, tt.remedy)
		}
	}
	d := decide(func(d *situation) {
		d.set.Grant = GrantRules{Allowed: true, MaxGrantees: NoLimit, MaxGranters: NoLimit}
	})
	for _, r := range []Rule{GRTEnterprise, GRTOut, GRTIn, GRTFirst} {
		if got := d.reason(English, r, OutcomePassed).Required; got != "nothing" {
			t.Errorf("%v, which is not imposed, requires %q", r, got)
		}
	}
	if got := d.reason(English, GRTState, OutcomeFailed).Required; got != "the code is Unbound or Available" {
		t.Errorf("GRT-STATE requires %q", got)
	}
}

func TestReasonsOfRisks(t *testing.T) {
	rec := Record{
		State: StateFiled, InstanceID: "i-1", Product: ECS, Owner: explainAsker,
		Filing: &Filing{IPs: []netip.Addr{netip.MustParseAddr("47.96.1.7")}},
	}
	tests := []struct {
		change func(*Instance)
		rule   Rule
		o      Outcome
		found  string
	}{
		{func(i *Instance) {}, RSKExpiring, OutcomePassed, "146 days left, until 2026-06-01 00:00:00 +08:00"},
		{func(i *Instance) { i.Expires = explainNow.Add(31 * day) }, RSKExpiring, OutcomeFailed, "31 days left, until 2026-02-06 00:00:00 +08:00"},
		{func(i *Instance) { i.AutoRenew = Yes }, RSKExpiring, OutcomePassed, "146 days left, until 2026-06-01 00:00:00 +08:00; auto-renewal is on"},
		{func(i *Instance) { i.Expires, i.AutoRenew = explainNow.Add(31*day), No }, RSKExpiring, OutcomeFailed, "31 days left, until 2026-02-06 00:00:00 +08:00; auto-renewal is off"},
		{func(i *Instance) { i.Expires, i.AutoRenew = explainNow.Add(31*day), Yes }, RSKExpiring, OutcomeAdvised, "31 days left, until 2026-02-06 00:00:00 +08:00; auto-renewal is on"},
		{func(i *Instance) { i.Expires, i.AutoRenew = explainNow, No }, RSKExpiring, OutcomeFailed, "expired at 2026-01-06 00:00:00 +08:00"},
		{func(i *Instance) { i.Expires, i.Status = time.Time{}, StatusExpired }, RSKExpiring, OutcomeFailed, "expired"},
		{func(i *Instance) { i.Status = StatusExpired }, RSKExpiring, OutcomeFailed, "expired; 146 days left, until 2026-06-01 00:00:00 +08:00"},
		{func(i *Instance) { i.Expires = time.Time{} }, RSKExpiring, OutcomeAssumed, "not known; assumed to pass: when it expires"},
		{func(i *Instance) {}, RSKReleased, OutcomePassed, "running"},
		{func(i *Instance) { i.Status = StatusRefunded }, RSKReleased, OutcomeFailed, "refunded"},
		{func(i *Instance) { i.Status = 0 }, RSKReleased, OutcomeAssumed, "not known; assumed to pass: its status"},
		{func(i *Instance) { i.Billing = PayAsYouGo }, RSKBilling, OutcomeFailed, "pay-as-you-go"},
		{func(i *Instance) { i.Billing = 0 }, RSKBilling, OutcomeAssumed, "not known; assumed to pass: how it is paid for"},
		{func(i *Instance) {}, RSKDowngraded, OutcomePassed, "it is so"},
		{func(i *Instance) { i.Downgraded, i.PublicIP, i.Region = Yes, No, "cn-hongkong" }, RSKDowngraded, OutcomeFailed, "downgraded; no public IP; cn-hongkong, outside mainland China"},
		{func(i *Instance) { i.PublicIP, i.PartnerIP = 0, true }, RSKDowngraded, OutcomeFailed, "a partner's own IP"},
		{func(i *Instance) { i.Downgraded = 0 }, RSKDowngraded, OutcomeAssumed, "not known; assumed to pass: whether it was downgraded"},
		{func(i *Instance) {}, RSKOwner, OutcomePassed, "it has the same owner"},
		{func(i *Instance) { i.Owner = explainOther }, RSKOwner, OutcomeFailed, "another account owns it now"},
		{func(i *Instance) { i.Owner = "" }, RSKOwner, OutcomeAssumed, "not known; assumed to pass: who owns it"},
		{func(i *Instance) { i.IPs = []netip.Addr{netip.MustParseAddr("47.96.1.7")} }, RSKIP, OutcomePassed, "47.96.1.7"},
		{func(i *Instance) { i.IPs = []netip.Addr{netip.MustParseAddr("47.96.1.8")} }, RSKIP, OutcomeFailed, "the filed IP is gone; 47.96.1.8"},
		{func(i *Instance) { i.PublicIP = No }, RSKIP, OutcomeFailed, "the filed IP is gone; no public IP"},
		{func(i *Instance) {}, RSKIP, OutcomeAssumed, "not known; assumed to pass: its public IPs"},
		{func(i *Instance) { i.Status = StatusReleased }, RSKMove, OutcomeAdvised, "a filing rests on this server"},
	}
	for _, tt := range tests {
		i := goodInstance()
		tt.change(&i)
		d := oddRules().Review(rec, i, explainNow)
		for _, l := range []Lang{English, Chinese} {
			completeReason(t, l, answerOf(t, &d, l, tt.rule))
		}
		if got := answerOf(t, &d, English, tt.rule); got.Outcome != tt.o || got.Found != tt.found {
			t.Errorf("%v\n got %v %q\nwant %v %q", tt.rule, got.Outcome, got.Found, tt.o, tt.found)
		}
	}
	for l, want := range map[Lang]string{
		English: "before leaving it, ask the grantee to file an access or change filing with the new server's code; inside one cloud changing DNS is said to be enough",
		Chinese: "弃用旧服务器前，先请联系被授权账号用新服务器的备案服务码办理接入备案或变更备案；同一提供商内更换服务器，修改DNS解析即可",
	} {
		granted := situation{At: explainNow, set: oddRules(), instance: goodInstance(), state: StateFiled, roles: RoleOwner}
		if got := granted.reason(l, RSKMove, OutcomeAdvised).Remedy; got != want {
			t.Errorf("RSK-MOVE tells an owner that granted the code\n%s, want\n%s", got, want)
		}
	}
	i := goodInstance()
	i.IPs = []netip.Addr{netip.MustParseAddr("47.96.1.8")}
	rec.Filing = nil
	d := oddRules().Review(rec, i, explainNow)
	if got := answerOf(t, &d, English, RSKIP).Found; got != "not known; assumed to pass: the filed IPs" {
		t.Errorf("RSK-IP of a filing without IPs: %q", got)
	}
	horizons := []struct {
		s                State
		expiring, review int
		want             string
	}{
		{StateFiled, 31, 43, "no expiry within 31 days"},
		{StateFiling, 31, 43, "no expiry within 43 days, before the review can end"},
		{StateFiling, 43, 31, "no expiry within 43 days"},
		{StateFiling, 43, 43, "no expiry within 43 days"},
		{StateFiled, 1, 1, "no expiry within 1 day"},
	}
	for _, h := range horizons {
		set := oddRules()
		set.Risk = RiskRules{h.expiring, h.review}
		d := situation{set: set, state: h.s}
		if got := d.reason(English, RSKExpiring, OutcomeFailed).Required; got != h.want {
			t.Errorf("%v %d %d: %q, want %q", h.s, h.expiring, h.review, got, h.want)
		}
	}
}

// What is only the owner's to do a grantee is told to ask the granter for: the
// English and the Chinese of every rule that judges the instance.
func TestGranteesAreToldToAsk(t *testing.T) {
	does := regexp.MustCompile(`renew\b|convert|start it|upgrade|bind an EIP|public bandwidth`)
	own := regexp.MustCompile(`续费|转包月|启动实例|升配|绑定EIP|公网带宽`)
	seen := map[Rule]int{}
	explainWorld(func(d *situation) {
		if d.set == nil {
			return
		}
		set := *d.set
		set.Products = append(slices.Clone(set.Products), ProductRules{Product: NAT})
		d.set, d.roles = &set, RoleGrantee|RoleHolder
		for _, state := range []State{StateAvailable, StateFiling, StateFiled} {
			d.state = state
			for r := range (elgRules | rskRules | MakeRuleIDs(LIFEffective, RSKMove)).All() {
				for o := OutcomeFailed; o <= OutcomeAdvised; o++ {
					en, zh := d.reason(English, r, o).Remedy, d.reason(Chinese, r, o).Remedy
					if does.MatchString(en) {
						seen[r]++
						if !strings.Contains(en, "granter") || !strings.Contains(zh, "授权账号") || !own.MatchString(zh) {
							t.Fatalf("%v %v tells a grantee: %s, %s", r, o, en, zh)
						}
					}
					if strings.Contains(en, "apply with that") {
						t.Fatalf("%v tells a grantee to apply: %s", r, en)
					}
				}
			}
		}
	})
	for _, r := range []Rule{ELGBilling, ELGTerm, ELGRemaining, ELGPublicIP, ELGStatus, LIFEffective, RSKExpiring, RSKBilling, RSKDowngraded} {
		if seen[r] == 0 {
			t.Errorf("%v said nothing that is to be done", r)
		}
	}
}

// No text has a code in it: none is in a Decision to begin with.
func TestReasonsWithoutASet(t *testing.T) {
	d := situation{At: explainNow, instance: goodInstance(), action: ActionVoid, state: StateFiled}
	for r, want := range map[Rule]string{
		ELGTerm: "the instance was bought for long enough, it is not so",
		LIFVoid: "the code is Unbound or Available or Filing; done by an operator, the code is Filed; asked by neither owner, grantee nor operator",
	} {
		if a := d.reason(English, r, OutcomeFailed); a.Required+", "+a.Found != want {
			t.Errorf("got %q, %q", a.Required, a.Found)
		}
	}
}
