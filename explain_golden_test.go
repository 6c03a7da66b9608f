package icpcode

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReasonsGolden(t *testing.T) {
	short := func(r *IssueRequest) { r.Instance.Expires = explainNow.Add(97*24*time.Hour - time.Second) }
	tests := []struct {
		name   string
		d      teller
		rule   Rule
		en, zh Reason
	}{
		{
			"ELG-REMAINING, one second short", checkOf(short), ELGRemaining,
			saying(
				ELGRemaining, OutcomeFailed, "at least 97 full days left",
				"96 days 23 hours left, until 2026-04-12 23:59:59 +08:00",
				"renew until at least 97 full days are left (a server just bought for the shortest term may still fail by a day or two)",
			),
			saying(
				ELGRemaining, OutcomeFailed, "距到期不少于97天（按每24小时计1天）",
				"剩余96天23小时，2026-04-12 23:59:59到期",
				"续费至距到期不少于97天（刚按最短时长购买的服务器也可能差一两天）",
			),
		},
		{
			"ELG-TERM, proven short", checkOf(func(r *IssueRequest) {
				r.Instance.TermMonths, r.Instance.FirstTermMonths, r.Instance.Expires = 0, 0, shanghaiTime("2025-06-30 00:00:00")
			}), ELGTerm,
			saying(
				ELGTerm, OutcomeFailed, "bought for at least 4 calendar months, renewals included",
				"too short, for it lasts from 2025-03-01 00:00:00 +08:00 to 2025-06-30 00:00:00 +08:00",
				"renew until 4 calendar months are bought",
			),
			saying(
				ELGTerm, OutcomeFailed, "购买时长至少4个月（含续费）",
				"自2025-03-01 00:00至2025-06-30 00:00，时长不足",
				"续费至购满4个月",
			),
		},
		{
			"ELG-TERM, unknown", checkOf(func(r *IssueRequest) { r.Instance.TermMonths = 0 }), ELGTerm,
			saying(
				ELGTerm, OutcomeUnknown, "bought for at least 4 calendar months, renewals included",
				"not known: the term bought, in months",
				"state the term bought, in months",
			),
			saying(
				ELGTerm, OutcomeUnknown, "购买时长至少4个月（含续费）", "未说明购买月数",
				"请说明购买月数",
			),
		},
		{
			"ELG-TERM, assumed", checkOf(func(r *IssueRequest) {
				r.Instance.TermMonths, r.Assume = 0, MakeRuleIDs(ELGTerm)
			}), ELGTerm,
			saying(
				ELGTerm, OutcomeAssumed, "bought for at least 4 calendar months, renewals included",
				"not known; assumed to pass: the term bought, in months",
				"state the term bought, in months",
			),
			saying(
				ELGTerm, OutcomeAssumed, "购买时长至少4个月（含续费）", "未说明购买月数，假定通过",
				"请说明购买月数",
			),
		},
		{
			"ELG-ACCOUNT does not bind this request", checkOf(func(r *IssueRequest) { r.Certification = 0 }), ELGAccount,
			saying(ELGAccount, OutcomePassed, "nothing", "not known", ""),
			saying(ELGAccount, OutcomePassed, "无要求", "未知", ""),
		},
		{
			"ELG-QUOTA", checkOf(func(r *IssueRequest) { r.Quantity = 7 }), ELGQuota,
			saying(
				ELGQuota, OutcomeFailed, "at most 6 codes ever, for the instance", "1 issued, 7 requested",
				"request at most 5; use another instance, or buy a paid code",
			),
			saying(
				ELGQuota, OutcomeFailed, "该实例累计最多申请6个备案服务码", "已申请1个，本次申请7个",
				"本次最多申请5个；改用其他实例，或购买收费备案服务码",
			),
		},
		{
			"ELG-STATUS, stopped and past its expiry", checkOf(func(r *IssueRequest) {
				r.Instance.Status, r.Instance.Expires = StatusStopped, explainNow
			}), ELGStatus,
			saying(
				ELGStatus, OutcomeFailed, "running, not expired", "stopped; expired at 2026-01-06 00:00:00 +08:00", "renew",
			),
			saying(
				ELGStatus, OutcomeFailed, "正常运行，未到期", "已停止；已于2026-01-06 00:00到期", "续费",
			),
		},
		{
			"GRT-OUT", situation{At: explainNow, set: oddRules()}, GRTOut,
			saying(
				GRTOut, OutcomeFailed, "different grantees of one granter in the natural year 2026: at most 11",
				"the cap of 11 is reached, and this grantee would be another one",
				"grant to an account that has a grant of this year, or wait until 2027-01-01 00:00:00 +08:00",
			),
			saying(
				GRTOut, OutcomeFailed, "2026自然年内，一个账号最多授权至11个不同的账号", "本自然年已授权至11个账号，达到上限，且目标账号不在其中",
				"授权给本自然年内已授权过的账号，或等到2027-01-01 00:00再授权",
			),
		},
		{
			"LIF-SUBMIT of a used code", situation{
				At: explainNow, set: oddRules(), action: ActionSubmit, state: StateFiled,
				roles: RoleOwner | RoleHolder,
			}, LIFSubmit,
			saying(
				LIFSubmit, OutcomeFailed, "the code is Available", "the code is Filed", "use another code: this one is spent",
			),
			saying(
				LIFSubmit, OutcomeFailed, "备案服务码状态为可使用", "备案服务码状态为已备案", "该备案服务码已不可再用，请换用其他备案服务码",
			),
		},
		{
			"LIF-REFUND of a free code", situation{
				At: explainNow, set: oddRules(), action: ActionRefund, state: StateAvailable,
				roles: RoleOwner | RoleHolder,
			}, LIFRefund,
			saying(
				LIFRefund, OutcomeFailed, "a paid code; the code is Unbound or Available; done by the owner",
				"a code that was not bought; the code is Available; asked by the owner",
				"nothing was paid for it, so nothing can be paid back",
			),
			saying(
				LIFRefund, OutcomeFailed, "收费备案服务码；备案服务码状态为未绑定实例或可使用；由购买账号操作",
				"不是购买的收费备案服务码；备案服务码状态为可使用；操作账号为购买账号", "该备案服务码未付费，无费用可退",
			),
		},
		{
			"LIF-CLOSE of an issue", situation{
				At: explainNow, set: oddRules(), action: ActionIssue, closed: ActionCloseRefund,
			}, LIFClose,
			saying(
				LIFClose, OutcomeFailed, "an instance that was not closed", "the instance was refunded and closed",
				"use another instance",
			),
			saying(LIFClose, OutcomeFailed, "实例未退费、未释放", "实例已退费", "改用其他实例"),
		},
		{
			"FIL-HOLDER", situation{
				At: explainNow, set: oddRules(), action: ActionSubmit, state: StateAvailable,
				roles: RoleOwner,
			}, FILHolder,
			saying(
				FILHolder, OutcomeFailed, "the holder: the grantee if the code was granted, else its owner",
				"asked by the owner, who granted it to another account", "have the holder file, or use a code of your own",
			),
			saying(
				FILHolder, OutcomeFailed, "持有账号（已授权的为被授权账号，未授权的为购买账号）", "操作账号为购买账号，但该码已授权给其他账号",
				"由持有账号备案，或使用自己的备案服务码",
			),
		},
		{
			"RSK-EXPIRING during a review", oddRules().Review(
				Record{State: StateFiling, InstanceID: "i-1", Product: ECS, Owner: explainAsker},
				func() Instance { i := goodInstance(); i.Expires = explainNow.Add(43 * day); return i }(), explainNow,
			), RSKExpiring,
			saying(
				RSKExpiring, OutcomeFailed, "no expiry within 43 days, before the review can end",
				"43 days left, until 2026-02-18 00:00:00 +08:00", "renew the instance",
			),
			saying(
				RSKExpiring, OutcomeFailed, "43天内（审核结束前）不到期", "剩余43天，2026-02-18 00:00到期", "为实例续费",
			),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for l, want := range []Reason{tt.en, tt.zh} {
				got := tt.d.tell(t, Lang(l), tt.rule)
				got.Facts = nil
				if d := cmp.Diff(want, got); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

// The states and the parts that a rule of LIF requires are those that
// [State.Next] allows, for every action, state and part.
func TestReasonsOfSteps(t *testing.T) {
	for a := ActionIssue; a < numActions; a++ {
		r := a.Rule()
		if r == LIFClose || r == LIFImport {
			continue // about the instance and the operator, not about a state
		}
		for s := range State(numStates) {
			for roles := range Role(16) {
				d := situation{At: explainNow, set: oddRules(), action: a, state: s, roles: roles, paid: true}
				got := d.reason(English, r, OutcomeFailed)
				_, may := s.Next(a, roles)
				_, could := s.Next(a, RoleOwner|RoleGrantee|RoleHolder|RoleOperator)
				for from := StateUnbound; from < numStates; from++ {
					_, allowed := from.Next(a, RoleOwner|RoleGrantee|RoleHolder|RoleOperator)
					if strings.Contains(got.Required, from.String()) != allowed {
						t.Fatalf("%v from %v: requires %q", a, from, got.Required)
					}
				}
				if s != StateNone && !strings.Contains(got.Found, s.String()) && a != ActionIssue && a != ActionBuy {
					t.Fatalf("%v of a code that is %v: found %q", a, s, got.Found)
				}
				if could && !may && !strings.HasPrefix(got.Remedy, "have it done by ") {
					t.Fatalf("%v of a code that is %v by %v: remedy %q", a, s, roles, got.Remedy)
				}
				if !could && (a == ActionEnd || a == ActionCorrect) {
					if got.Remedy != "none is needed: only a filing that was approved ends or has a number" {
						t.Fatalf("%v of a code that is %v: remedy %q", a, s, got.Remedy)
					}
					continue
				}
				if !could && s.Terminal() && got.Remedy != "use another code: this one is spent" {
					t.Fatalf("%v of a code that is %v: remedy %q", a, s, got.Remedy)
				}
			}
		}
	}
	tests := []struct {
		a                       Action
		s                       State
		roles                   Role
		required, found, remedy string
	}{
		{ActionBind, StateAvailable, RoleOwner | RoleHolder, "the code is Unbound; done by the owner", "the code is Available; asked by the owner", "none is needed: it is tied to its instance, for good"},
		{ActionSubmit, StateUnbound, RoleOwner | RoleHolder, "the code is Available", "the code is Unbound", "bind it to an instance first"},
		{ActionResubmit, StateAvailable, RoleGrantee | RoleHolder, "the code is Filing", "the code is Available", "submit a filing with it first"},
		{ActionApprove, StateFiling, RoleOwner | RoleHolder, "the code is Filing; done by an operator", "the code is Filing; asked by the owner", "have it done by an operator"},
		{ActionRelease, StateFiling, RoleOwner, "the code is Filing; done by the holder or an operator", "the code is Filing; asked by the owner, who granted it to another account", "have it done by the holder or an operator"},
		{ActionForfeit, StateAvailable, RoleOperator, "the code is Filing; done by the holder or an operator", "the code is Available; asked by an operator", "ask the holder to submit a filing with it first"},
		{ActionVoid, StateFiled, RoleOperator | RoleOwner | RoleHolder, "the code is Unbound or Available or Filing; done by an operator", "the code is Filed; asked by the owner or an operator", "use another code: this one is spent"},
		{ActionRefund, StateFiling, RoleOwner | RoleHolder, "a paid code; the code is Unbound or Available; done by the owner", "the code is Filing; asked by the owner", "wait until its filing ends, or withdraw the filing"},
		{ActionImport, StateFiled, 0, "done by an operator", "asked by an account that is no operator", "have an operator import it"},
		{ActionCloseRelease, StateNone, 0, "an instance that was not closed; done by an operator", "not closed; asked by an account that is no operator", "have an operator close it"},
		{ActionIssue, StateNone, 0, "done by the owner", "asked by neither owner, grantee nor operator", "have it done by the owner"},
	}
	for _, tt := range tests {
		d := situation{At: explainNow, set: oddRules(), action: tt.a, state: tt.s, roles: tt.roles, paid: true}
		got := d.reason(English, tt.a.Rule(), OutcomeFailed)
		if got.Required != tt.required || got.Found != tt.found || got.Remedy != tt.remedy {
			t.Errorf("%v of %v\n got %q %q %q\nwant %q %q %q", tt.a, tt.s, got.Required, got.Found, got.Remedy, tt.required, tt.found, tt.remedy)
		}
	}
	// A rule is explained by its own action where the decision is of another.
	other := situation{At: explainNow, set: oddRules(), action: ActionIssue, state: StateFiling, roles: RoleOwner | RoleHolder}
	if got := other.reason(English, LIFApprove, OutcomeFailed); got.Required != "the code is Filing; done by an operator" {
		t.Errorf("LIF-APPROVE of an issue: %+v", got)
	}
	if got := other.reason(English, LIFIssue, OutcomePassed); got.Found != "asked by the owner" {
		t.Errorf("LIF-ISSUE: %+v", got)
	}
	closed := situation{At: explainNow, set: oddRules(), action: ActionCloseRefund, roles: RoleOperator, closed: ActionCloseRelease}
	if got := closed.reason(English, LIFClose, OutcomeFailed); got.Found != "the instance was released and closed; asked by an operator" ||
		got.Remedy != "none is needed: it is closed already" {
		t.Errorf("closing twice: %+v", got)
	}
	closed.action = ActionImport
	if got := closed.reason(English, LIFClose, OutcomeFailed); got.Remedy != "import it in the state in which the closing left it" {
		t.Errorf("importing into a closed instance: %+v", got)
	}
}

func TestReasonsOfTheEffectiveState(t *testing.T) {
	expired, gone, paygo := goodInstance(), goodInstance(), goodInstance()
	expired.Expires = explainNow
	paygo.Billing = PayAsYouGo
	gone.Status = StatusReleased
	tests := []struct {
		i             Instance
		o             Outcome
		found, remedy string
	}{
		{expired, OutcomeFailed, "its instance has expired; running; expired at 2026-01-06 00:00:00 +08:00", "renew the instance: the code can then be used again"},
		{paygo, OutcomeFailed, "its instance has expired; running", "renew the instance: the code can then be used again"},
		{gone, OutcomeFailed, "its instance was released; 146 days left, until 2026-06-01 00:00:00 +08:00", "use another code"},
		{Instance{}, OutcomeFailed, "its instance has expired or is gone", "if it has expired, renew it: the code can then be used again; if it is gone, use another code"},
		{Instance{}, OutcomePassed, "nothing against it is known", ""},
		{goodInstance(), OutcomePassed, "running; 146 days left, until 2026-06-01 00:00:00 +08:00", ""},
	}
	for _, tt := range tests {
		d := situation{At: explainNow, set: oddRules(), instance: tt.i}
		if got := d.reason(English, LIFEffective, tt.o); got.Found != tt.found || got.Remedy != tt.remedy {
			t.Errorf("\n got %q %q\nwant %q %q", got.Found, got.Remedy, tt.found, tt.remedy)
		}
	}
}
