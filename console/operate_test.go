package console

import (
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// filed has 1001 file for domains, and returns the codes.
func (s *stand) filed(domains ...string) []icpcode.Code {
	s.t.Helper()
	var all []icpcode.Code
	for _, d := range domains {
		code := s.issue(1)[0]
		filing := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: d, Subject: "s"}
		if _, err := s.eng.Submit(s.t.Context(), icpcode.SubmitRequest{Actor: "1001", Code: code, Filing: filing}); err != nil {
			s.t.Fatal(err)
		}
		all = append(all, code)
	}
	return all
}

// approved has the filings of codes approved.
func (s *stand) approved(codes ...icpcode.Code) {
	s.t.Helper()
	for _, code := range codes {
		if _, err := s.eng.Approve(s.t.Context(), icpcode.ApproveRequest{Actor: ops, Code: code, ICPNumber: "浙ICP备1号"}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestFindAndEnd: what is filed is found by all that it has, put right and
// ended, each once.
func TestFindAndEnd(t *testing.T) {
	s := newStand(t)
	s.approved(s.filed("example.cn", "example.cn")...)
	for _, by := range []string{"by=domain&q=EXAMPLE.cn", "by=number&q=浙ICP备1号", "by=server&q=i-hangzhou", "by=account&q=1001"} {
		s.get("/console/find?"+by, ops).shows(200, "example.cn", "浙ICP备1号")
		s.get("/console/find?"+by, "1001").shows(404)
	}
	s.get("/console/find?by=app&q=<b>", ops).shows(200, "Nothing was found", `value="<b>"`)
	s.get("/console/find?by=account&q=2002", ops).shows(200, "Nothing was found")
	path := s.get("/console/find?by=domain&q=example.cn", ops).link("/console/review/")
	one := s.get(path, ops).shows(200, "End the filing")

	s.send(one, "/correct", ops, "icp_number", "").shows(400, "ICP number")
	confirm := s.send(one, "/correct", ops, "icp_number", "浙ICP备2号").shows(200, "浙ICP备2号")
	for range 2 {
		s.follow(s.send(confirm, "/correct", ops), ops).shows(200, "浙ICP备2号")
	}
	s.send(one, "/end", ops, "end", "Moved", "reason", "it moved").shows(400)
	s.send(one, "/end", ops, "end", "x", "reason", "it moved").shows(400)
	s.send(one, "/end", ops, "end", "Moved", "successor", "x", "reason", "it moved").shows(404)
	successor := part(one, `<option value="([A-Za-z0-9_-]{40,})"`)
	confirm = s.send(one, "/end", ops, "end", "Moved", "successor", successor, "reason", "<i>moved").shows(200, "moved to another code", "<i>moved")
	if n := s.ended(); n != 0 {
		t.Fatalf("%d filings ended before it was confirmed", n)
	}
	for range 2 {
		s.follow(s.send(confirm, "/end", ops), ops).shows(200, "The filing ended")
	}
	if n := s.ended(); n != 1 {
		t.Errorf("%d filings ended", n)
	}
	form := url.Values{"request_id": {"r"}, "end": {"Deregistered"}, "reason": {"x"}, "icp_number": {"x"}, "confirmed": {"1"}}
	for _, to := range []string{"/end", "/correct", "/void"} {
		s.do("POST", path+to, "1001", "en", form).shows(404)
	}
}

func (s *stand) ended() (n int) {
	for _, r := range s.codes("1001") {
		if r.Progress != nil && r.Progress.End != icpcode.EndNone {
			n++
		}
	}
	return n
}

func (s *stand) count(state icpcode.State) (n int) {
	for _, r := range s.codes("1001") {
		if r.State == state {
			n++
		}
	}
	return n
}

// TestVoidAndClose: a code is voided, and a server closed, once what rests on
// it was seen.
func TestVoidAndClose(t *testing.T) {
	s := newStand(t)
	s.filed("a.cn", "b.cn")
	path := s.get("/console/find?by=domain&q=a.cn", ops).link("/console/review/")
	one := s.get(path, ops)
	s.send(one, "/void", ops, "reason", "").shows(400, "Reason")
	confirm := s.send(one, "/void", ops, "reason", "stolen").shows(200, "nothing is paid back", "stolen")
	for range 2 {
		s.follow(s.send(confirm, "/void", ops), ops).shows(200, "Invalid", "stolen")
	}
	s.get("/console/close", "1001").shows(404)
	form := s.get("/console/close", ops).shows(200)
	s.send(form, "/close", ops, "server", "i-hangzhou", "reason", "").shows(400, "Reason", `value="i-hangzhou"`)
	look := s.send(form, "/close", ops, "server", "i-hangzhou", "reason", "<b>refunded", "refunded", "1").
		shows(200, "About to be closed", "b.cn", "must move (1)", "<b>refunded")
	if n := s.count(icpcode.StateInvalid); n != 1 || strings.Contains(look.body, "<b>refunded") {
		t.Fatalf("%d codes are invalid, or the page has markup: %s", n, look.body)
	}
	for range 2 {
		s.send(look, "/close", ops).shows(200, "Closed:", "b.cn")
	}
	if n := s.count(icpcode.StateInvalid); n != 2 {
		t.Errorf("%d codes are invalid", n)
	}
	s.do("POST", "/console/close", "1001", "en", url.Values{"request_id": {"r"}, "server": {"i-hangzhou"}}).shows(404)
}

// numbers are those of what was approved, sorted.
func (s *stand) numbers() (all []string) {
	for r, err := range s.eng.Owned(s.t.Context(), icpcode.ListRequest{Actor: ops, State: icpcode.StateFiled}) {
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, r.ICPNumber())
	}
	slices.Sort(all)
	return all
}

// TestSeveral: several filings are counted, and then staged, sent back and
// approved; the form sent again does none of it twice.
func TestSeveral(t *testing.T) {
	s := newStand(t)
	s.filed("a.cn", "b.cn", "c.cn")
	review := s.get("/console/review", ops).shows(200, "a.cn", "b.cn", "c.cn")
	if strings.Contains(review.body, " checked") {
		t.Error("something is ticked")
	}
	tick := s.get("/console/review"+html.UnescapeString(part(review, `href="(\?[^"]*tick=all[^"]*)"`)), ops).shows(200)
	if strings.Count(tick.body, " checked") != 3 {
		t.Errorf("not all are ticked: %s", tick.body)
	}
	path, fields := review.form("/review/several")
	all := regexp.MustCompile(`name="filing" value="([^"]*)"`).FindAllStringSubmatch(review.body, -1)
	ask := func(do string, n int, more ...string) seen {
		form := url.Values{"request_id": {newRequestID()}, "do": {do}, "stage": {"SMS"}, "rejection": {fields.Get("rejection")}}
		for i := range n {
			form.Add("filing", all[i][1])
		}
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return s.do("POST", path, ops, "en", form)
	}
	ask("stage", 0).shows(400, "ticked")
	ask("x", 1).shows(400, "What to do")
	ask("reject", 1).shows(400, "What is to be corrected")
	ask("stage", 1, "filing", "x").shows(404)
	ask("stage", 1, "stage", "x").shows(400, "Stage")
	again := func(p seen, more ...string) seen {
		p.shows(200)
		_, form := p.form("/review/several")
		form.Del("filing")
		for _, m := range regexp.MustCompile(`name="filing" value="([^"]*)"`).FindAllStringSubmatch(p.body, -1) {
			form.Add("filing", m[1])
		}
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		s.do("POST", path, "1001", "en", form).shows(404)
		return s.do("POST", path, ops, "en", form)
	}
	p := ask("stage", 3).shows(200, "3", "the regulator's SMS check")
	again(p).shows(200, "Done: 3, not done: 0")
	again(p).shows(200, "Done: 3, not done: 0", "before")
	s.get("/console/review?stage=SMS", ops).shows(200, "a.cn")
	s.get("/console/review?stage=Review", ops).shows(200, "No filing")
	s.get("/console/review?stage=SMS&days=3", ops).shows(200, "No filing")
	s.now = s.now.AddDate(0, 0, 3)
	s.get("/console/review?stage=SMS&days=3", ops).shows(200, "a.cn", "b.cn", "c.cn")
	s.get("/console/review?stage=SMS&days=x", ops).shows(400, "Days")
	s.get("/console/review?stage=x", ops).shows(400, "Stage")
	s.get("/console/review?days=3", ops).shows(400, "Stage is empty")
	again(ask("reject", 2, "rejection", "<b>name")).shows(200, "Done: 2")
	s.get("/console/review?stage=rejected", ops).shows(200, "sent back")
	p = ask("approve", 2).shows(200, "sent back")
	half := again(p, "icp_number_1", "浙ICP备1号", "icp_number_2", "").shows(200, "Done: 1, not done: 1", "ICP number")
	if strings.Contains(half.body, "<b>") || s.count(icpcode.StateFiled) != 1 {
		t.Errorf("half of it is: %s", half.body)
	}
	p = again(p, "numbers", "c.cn\t浙ICP备1号\n B.CN， 浙ICP备3号 \nx.cn 浙ICP备4号\nb.cn 浙ICP备5号\n\n浙ICP备6号").
		shows(200, "Done: 2, not done: 0", "before", "<li>x.cn 浙ICP备4号", "<li>b.cn 浙ICP备5号", "<li>浙ICP备6号")
	if strings.Count(p.body, "<li>") != 5 {
		t.Errorf("the page has other lines, too: %s", p.body)
	}
	if got := s.numbers(); !slices.Equal(got, []string{"浙ICP备1号", "浙ICP备3号"}) {
		t.Errorf("the numbers are %q", got)
	}
	if n := s.count(icpcode.StateFiled); n != 2 {
		t.Errorf("%d filings were approved", n)
	}
}
