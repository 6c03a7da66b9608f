package icpcode_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// TestListsOfReviews: by stage and rejection, with age, and only for those who
// may know of the filing.
func TestListsOfReviews(t *testing.T) {
	w := newPassed(t)
	i := w.server("5005")
	codes := w.issue(i, 4)
	for _, c := range codes {
		w.file("5005", c, "example.cn")
	}
	tell := func(c icpcode.Code, s icpcode.Stage) {
		t.Helper()
		must[icpcode.Result](t)(w.eng.Stage(w.ctx, icpcode.StageRequest{Actor: ops, Code: c, Stage: s}))
	}
	reject := func(c icpcode.Code) {
		t.Helper()
		must[icpcode.Result](t)(w.eng.Reject(w.ctx, icpcode.RejectRequest{Actor: ops, Code: c, Rejection: "the photo is dark"}))
	}
	begin := w.now
	tell(codes[0], icpcode.StageSMS)
	tell(w.next, icpcode.StageSMS)
	reject(codes[1])
	w.now = w.now.Add(time.Hour)
	tell(codes[2], icpcode.StageSMS)
	reject(codes[2])
	tell(codes[3], icpcode.StageReview)
	for _, tt := range []struct {
		name  string
		actor icpcode.AccountID
		ask   icpcode.ListRequest
		want  []icpcode.Code
	}{
		{"in the SMS check", "5005", icpcode.ListRequest{Stage: icpcode.StageSMS}, []icpcode.Code{codes[0], codes[2]}},
		{"for longer", "5005", icpcode.ListRequest{Stage: icpcode.StageSMS, Before: w.now}, codes[:1]},
		{"not that long", "5005", icpcode.ListRequest{Stage: icpcode.StageSMS, Before: begin}, nil},
		{"sent back", "5005", icpcode.ListRequest{Rejected: true}, codes[1:3]},
		{"sent back before", "5005", icpcode.ListRequest{Rejected: true, Before: w.now}, codes[1:2]},
		{"both", "5005", icpcode.ListRequest{Rejected: true, Stage: icpcode.StageSMS}, codes[2:3]},
		{"of all accounts", ops, icpcode.ListRequest{Stage: icpcode.StageSMS}, []icpcode.Code{codes[0], codes[2], w.next}},
		{"of one domain", ops, icpcode.ListRequest{Stage: icpcode.StageSMS, Domain: "例子.cn"}, []icpcode.Code{w.next}},
		{"of the grantee's", "3003", icpcode.ListRequest{Stage: icpcode.StageSMS}, nil},
		{"in another state", "5005", icpcode.ListRequest{Stage: icpcode.StageSMS, State: icpcode.StateFiled}, nil},
	} {
		tt.ask.Actor = tt.actor
		var got []icpcode.Code
		for r, err := range w.eng.Owned(w.ctx, tt.ask) {
			if err != nil {
				t.Fatal(tt.name, err)
			}
			got = append(got, r.Code)
		}
		want := slices.SortedFunc(slices.Values(tt.want), icpcode.Code.Compare)
		if slices.SortFunc(got, icpcode.Code.Compare); !slices.Equal(got, want) {
			t.Errorf("%s are %v, want %v", tt.name, got, want)
		}
	}
	// A page goes on only in the list that it is of.
	page := must[icpcode.Page](t)(w.eng.OwnedPage(w.ctx, icpcode.ListRequest{Actor: "5005", Stage: icpcode.StageSMS, Limit: 1}))
	for name, other := range map[string]icpcode.ListRequest{
		"another stage": {Stage: icpcode.StageReview}, "sent back": {Stage: icpcode.StageSMS, Rejected: true},
		"older": {Stage: icpcode.StageSMS, Before: w.now}, "any": {},
	} {
		other.Actor, other.Limit, other.After = "5005", 1, page.Next
		if _, err := w.eng.OwnedPage(w.ctx, other); page.Next == "" || !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("a page of another list, %s, answers %v", name, err)
		}
	}
	for field, bad := range map[string]icpcode.ListRequest{
		"Stage": {Stage: icpcode.StageReview + 1}, "Before": {Before: w.now},
	} {
		bad.Actor = ops
		var invalid *icpcode.InvalidError
		if _, err := w.eng.OwnedPage(w.ctx, bad); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// dead is one way in which a code dies, and what its owner and its grantee are
// told of it.
type dead struct {
	name                                     string
	w                                        *world
	code                                     func(w *world) icpcode.Code
	end                                      func(w *world, c icpcode.Code)
	today                                    icpcode.Status
	owner, grantee, ownersPart, granteesPart string
}

func deaths(t *testing.T) []dead {
	t.Helper()
	w := newWorld(t)
	forfeits := newWorld(t).rules(func(s *icpcode.RuleSet) { s.Life.ReleaseTo = icpcode.StateInvalid })
	granted := func(w *world) icpcode.Code { return must[icpcode.Result](t)(w.grant("1001", "2002")).Codes[0] }
	paid := func(w *world) icpcode.Code {
		c := w.buy("1001", 1)[0]
		must[icpcode.Result](t)(w.eng.Grant(w.ctx, icpcode.GrantRequest{Actor: "1001", Codes: []icpcode.Code{c}, GrantTo: "2002", Certification: icpcode.Enterprise}))
		return c
	}
	imported := func(w *world) icpcode.Code {
		c := must[icpcode.Code](t)(icpcode.ParseCode("077777777777"))
		must[icpcode.Result](t)(w.eng.Import(w.ctx, icpcode.ImportRequest{
			Actor: ops, Code: c, State: icpcode.StateInvalid, Owner: "1001", Grantee: "2002", InstanceID: "i-9", Product: icpcode.ECS,
			Origin: icpcode.OriginFree, Issued: w.now, Granted: w.now,
		}))
		return c
	}
	lives := func(*world, icpcode.Code) {}
	closed := func(refunded bool) func(*world, icpcode.Code) {
		return func(w *world, c icpcode.Code) {
			must[icpcode.Result](t)(w.eng.CloseInstance(w.ctx, icpcode.CloseRequest{Actor: ops, InstanceID: w.record(c).InstanceID, Refunded: refunded, Reason: "x"}))
		}
	}
	refund := func(w *world, c icpcode.Code) {
		must[icpcode.Result](t)(w.eng.Refund(w.ctx, icpcode.RefundRequest{Actor: "1001", Code: c}))
	}
	void := func(w *world, c icpcode.Code) {
		must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, Code: c, Reason: "x"}))
	}
	withdraw := func(w *world, c icpcode.Code) {
		must[icpcode.Result](t)(w.submit("2002", c))
		must[icpcode.Result](t)(w.eng.Release(w.ctx, icpcode.ReleaseRequest{Actor: "2002", Code: c}))
	}
	const other, ask = "请使用其他备案服务码", "请联系授权账号另行授权备案服务码"
	return []dead{
		{"living", w, granted, lives, icpcode.StatusRunning, "", "", "", ""},
		{"refunded", w, paid, refund, 0, "该备案服务码已退费", "授权账号已将该备案服务码退费", other, ask},
		{"instance refunded", w, granted, closed(true), 0, "其实例已退费", "授权账号的实例已退费", other, ask},
		{"instance released", w, granted, closed(false), 0, "其实例已释放", "授权账号的实例已释放", other, ask},
		{"expired", w, granted, lives, icpcode.StatusExpired, "其实例已到期", "授权账号的实例已到期",
			"为实例续费，续费后该备案服务码可再次使用", "请联系授权账号为实例续费，续费后该备案服务码可再次使用"},
		{"gone, refunded", w, granted, lives, icpcode.StatusRefunded, "其实例已退费", "授权账号的实例已退费", other, ask},
		{"gone, released", w, granted, lives, icpcode.StatusReleased, "其实例已释放", "授权账号的实例已释放", other, ask},
		{"imported alive, and expired", w, func(w *world) icpcode.Code {
			c := must[icpcode.Code](t)(icpcode.ParseCode("077777777778"))
			must[icpcode.Result](t)(w.eng.Import(w.ctx, icpcode.ImportRequest{
				Actor: ops, Code: c, State: icpcode.StateAvailable, Owner: "1001", Grantee: "2002", InstanceID: "i-8", Product: icpcode.ECS,
				Origin: icpcode.OriginFree, Issued: w.now, Granted: w.now,
			}))
			return c
		}, lives, icpcode.StatusExpired, "其实例已到期", "授权账号的实例已到期",
			"为实例续费，续费后该备案服务码可再次使用", "请联系授权账号为实例续费，续费后该备案服务码可再次使用"},
		{"voided", w, granted, void, 0, "该备案服务码已被作废", "该备案服务码已被作废", other, ask},
		{"forfeited", forfeits, granted, withdraw, 0, "其备案已撤回或最终驳回，该备案服务码随之失效", "其备案已撤回或最终驳回，该备案服务码随之失效", other, ask},
		{"imported", w, imported, lives, 0, "导入时已失效", "导入时已失效", other, ask},
	}
}

// tellsWhy: a dead code tells why, and to each viewer what it can do (LIF-VIEW).
func tellsWhy(t *testing.T) {
	t.Helper()
	for _, d := range deaths(t) {
		c := d.code(d.w)
		d.end(d.w, c)
		today := icpcode.Instance{ID: d.w.record(c).InstanceID, Status: d.today}
		for viewer, want := range map[icpcode.AccountID][2]string{
			"1001": {d.owner, d.ownersPart}, ops: {d.owner, d.ownersPart}, "2002": {d.grantee, d.granteesPart},
		} {
			r := must[icpcode.Record](t)(d.w.eng.Lookup(d.w.ctx, viewer, c, today))
			cause, remedy := r.Why(icpcode.Chinese, viewer, today)
			if cause != want[0] || remedy != want[1] {
				t.Errorf("%s: %s is told %q, %q, want %q", d.name, viewer, cause, remedy, want)
			}
			if blind, _ := r.Why(icpcode.Chinese, viewer, icpcode.Instance{}); d.today != 0 && d.today != icpcode.StatusRunning && !strings.Contains(blind, "已到期，或已不存在") {
				t.Errorf("%s: without facts %s is told %q", d.name, viewer, blind)
			}
			en, does := r.Why(icpcode.English, viewer, today)
			if (en == "") != (cause == "") || (does == "") != (remedy == "") {
				t.Errorf("%s: in English %s is told %q, %q", d.name, viewer, en, does)
			}
		}
	}
}

// TestRefusedDeadCodeSaysWhy: a refusal of a dead code and its place in Pick say
// why it died, and what the viewer can do about it, as Record.Why does.
func TestRefusedDeadCodeSaysWhy(t *testing.T) {
	for _, d := range deaths(t) {
		c := d.code(d.w)
		d.end(d.w, c)
		today := icpcode.Instance{ID: d.w.record(c).InstanceID, Status: d.today}
		now := each(func(i icpcode.InstanceID) icpcode.Instance { return icpcode.Instance{ID: i, Status: d.today} })
		rule := icpcode.LIFSubmit
		if d.today != 0 {
			rule = icpcode.LIFEffective
		}
		for viewer, want := range map[icpcode.AccountID][2]string{"1001": {d.owner, d.ownersPart}, "2002": {d.grantee, d.granteesPart}} {
			_, err := d.w.eng.Submit(d.w.ctx, icpcode.SubmitRequest{Actor: viewer, Code: c, Filing: d.w.site(), Instance: today})
			decisions := []icpcode.Decision{}
			var no *icpcode.RefusedError
			if errors.As(err, &no) {
				decisions = append(decisions, no.Decision)
			}
			for a, err := range d.w.eng.Pick(d.w.ctx, icpcode.ListRequest{Actor: viewer, Facts: now}) {
				if err != nil {
					t.Fatal(err)
				}
				if a.Record.Code == c {
					decisions = append(decisions, a.Decision)
				}
			}
			if want[0] == "" {
				continue // it lives
			}
			picked := 0
			if viewer == "2002" {
				picked = 1 // the party that may file with it
			}
			if len(decisions) != 1+picked {
				t.Errorf("%s: %s is shown %d decisions: %v", d.name, viewer, len(decisions), err)
			}
			for _, of := range decisions {
				said := false
				for r := range of.Reasons(icpcode.Chinese) {
					if r.Rule == rule && strings.Contains(r.Found, want[0]) && r.Remedy == want[1] {
						said = true
					}
				}
				if !said {
					t.Errorf("%s: %s is told %v of %+v, want %q", d.name, viewer, of.Fail, of.Case.Code, want)
				}
				back := icpcode.Decision{}
				if text, err := json.Marshal(of); err != nil || json.Unmarshal(text, &back) != nil || back.Case.Code != of.Case.Code {
					t.Errorf("%s: %+v comes back as %+v, %v", d.name, of.Case.Code, back.Case.Code, err)
				}
				again := must[icpcode.Decision](t)(must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(d.w.now)).Decide(of.Case))
				if again.Fail != of.Fail {
					t.Errorf("%s: decided again it is refused by %v, and was by %v", d.name, again.Fail, of.Fail)
				}
			}
		}
	}
}

// TestDeadCodeSentAgain: so does a filing that is sent again, and it says once
// that a code was refunded.
func TestDeadCodeSentAgain(t *testing.T) {
	for _, d := range deaths(t) {
		c := d.code(d.w)
		d.end(d.w, c)
		today := icpcode.Instance{ID: d.w.record(c).InstanceID, Status: d.today}
		for viewer, want := range map[icpcode.AccountID][2]string{"1001": {d.owner, d.ownersPart}, "2002": {d.grantee, d.granteesPart}} {
			_, err := d.w.eng.Resubmit(d.w.ctx, icpcode.SubmitRequest{Actor: viewer, Code: c, Filing: d.w.site(), Instance: today})
			var no *icpcode.RefusedError
			if want[0] == "" {
				continue // it lives
			}
			if !errors.As(err, &no) || !no.Decision.Fail.Has(icpcode.LIFResubmit) {
				t.Fatalf("%s: sent again by %s: %v", d.name, viewer, err)
			}
			for r := range no.Decision.Reasons(icpcode.Chinese) {
				if r.Rule == icpcode.LIFResubmit && (!strings.Contains(r.Found, want[0]) || r.Remedy != want[1] || strings.Contains(r.Found, "状态为已退费；该备案服务码已退费")) {
					t.Errorf("%s: sent again, %s is told %q, %q", d.name, viewer, r.Found, r.Remedy)
				}
			}
		}
	}
}
