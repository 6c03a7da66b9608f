package console

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// TestApproveReplaces: an approval ends the older filings that are ticked, in
// one commit, and no other; a form that fails keeps what was ticked.
func TestApproveReplaces(t *testing.T) {
	s := newStand(t)
	codes := s.filed("example.cn", "example.cn", "other.cn", "example.cn")
	s.approved(codes[:3]...)
	one := s.get(s.get("/console/review", ops).link("/console/review/"), ops)
	path, fields := one.form("/approve")
	boxes := func(p seen) (all, ticked []string) {
		for _, m := range regexp.MustCompile(`name="replaces" value="([^"]*)"( checked)?`).FindAllStringSubmatch(p.body, -1) {
			if all = append(all, html.UnescapeString(m[1])); m[2] != "" {
				ticked = append(ticked, m[1])
			}
		}
		return all, ticked
	}
	all, ticked := boxes(one)
	if len(all) != 2 || len(ticked) != 0 {
		t.Fatalf("%d boxes, %d of them ticked, want the two of the website, unticked: %s", len(all), len(ticked), one.body)
	}
	send := func(number string, replaces ...string) seen {
		fields.Set("icp_number", number)
		fields["replaces"] = replaces
		return s.do(http.MethodPost, path, ops, "en", fields)
	}
	send("浙ICP备1号", "x").shows(404)
	send("浙ICP备1号", all[0], all[0]).shows(400, "Earlier filings that end")
	again := send("", all[1]).shows(400, "ICP number")
	if kept, ticked := boxes(again); len(kept) != 2 || len(ticked) != 1 || !strings.Contains(again.body, `value="`+ticked[0]+`" checked> `+codes[0].Masked()) {
		t.Errorf("what was ticked is lost: %s", again.body)
	}
	ended := func() (n int) {
		for _, r := range s.codes("1001") {
			if r.Progress != nil && r.Progress.End != icpcode.EndNone {
				n++
			}
		}
		return n
	}
	if n := ended(); n != 0 {
		t.Errorf("%d filings ended by forms that failed", n)
	}
	for range 2 { // the same form, sent twice
		send("浙ICP备1号", all[1]).shows(http.StatusSeeOther)
	}
	for i, want := range []icpcode.End{icpcode.EndMoved, icpcode.EndNone, icpcode.EndNone, icpcode.EndNone} {
		r, err := s.eng.Lookup(t.Context(), ops, codes[i], icpcode.Instance{})
		if err != nil {
			t.Fatal(err)
		}
		var end icpcode.End
		var next icpcode.Code
		if p := r.Progress; p != nil {
			end, next = p.End, p.Successor
		}
		if end != want || r.State != icpcode.StateFiled || (end == icpcode.EndMoved) != (next == codes[3]) {
			t.Errorf("filing %d is %v and ended as %v, moved to %s; want %v", i, r.State, end, next.Masked(), want)
		}
	}
	s.do(http.MethodPost, path, "1001", "en", url.Values{"request_id": {"r"}, "replaces": all}).shows(404)
}

// TestSeveralReplace: of several that are approved each ends the older filings
// that are ticked for it, and no others.
func TestSeveralReplace(t *testing.T) {
	s := newStand(t)
	codes := s.filed("a.cn", "a.cn", "b.cn", "a.cn", "b.cn", "c.cn")
	s.approved(codes[:3]...)
	review := s.get("/console/review", ops)
	form := url.Values{"request_id": {newRequestID()}, "do": {"approve"}}
	for _, m := range regexp.MustCompile(`name="filing" value="([^"]*)"`).FindAllStringSubmatch(review.body, -1) {
		form.Add("filing", m[1])
	}
	confirm := s.do(http.MethodPost, "/console/review/several", ops, "en", form).
		shows(200, "<dt>Filings</dt><dd class=\"text\">3</dd>", "<dt>With earlier filings of the same website or app</dt><dd class=\"text\">2</dd>")
	boxes := regexp.MustCompile(`name="(replaces_[0-9]+)" value="([^"]*)">`).FindAllStringSubmatch(confirm.body, -1)
	if len(boxes) != 3 {
		t.Fatalf("%d boxes, want two of a.cn and one of b.cn: %s", len(boxes), confirm.body)
	}
	form.Set("confirmed", "1")
	for i := range 3 {
		form.Set("icp_number_"+string(rune('1'+i)), "浙ICP备1号")
	}
	send := func() seen { return s.do(http.MethodPost, "/console/review/several", ops, "en", form) }
	box := func(i int) []string { return []string{html.UnescapeString(boxes[i][2])} }
	form["replaces_3"] = []string{"x"}
	send().shows(404)
	form["replaces_3"] = append(box(1), box(1)...)
	send().shows(400, "Earlier filings that end")
	if n := s.count(icpcode.StateFiled); n != 3 {
		t.Errorf("%d filings were approved by forms that failed", n-3)
	}
	form["replaces_3"] = box(0) // of another website
	send().shows(200, "Done: 2, not done: 1")
	if n := s.ended(); n != 0 {
		t.Errorf("%d filings ended that are not ticked", n)
	}
	form["replaces_3"] = box(1)
	for range 2 { // the same form, sent twice
		send().shows(200, "Done: 3, not done: 0")
	}
	for _, code := range codes {
		r, err := s.eng.Lookup(t.Context(), ops, code, icpcode.Instance{})
		if err != nil {
			t.Fatal(err)
		}
		ended, ticked := r.Progress != nil && r.Progress.End == icpcode.EndMoved, s.console.handles.Seal(ops, code) == box(1)[0]
		if r.State != icpcode.StateFiled || ended != ticked || ended && r.Progress.Successor != codes[3] {
			t.Errorf("%s is %v, ended %v", code.Masked(), r.State, ended)
		}
	}
}
