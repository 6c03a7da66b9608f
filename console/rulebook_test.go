package console

import (
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// TestRules: the set in force is said in words with its documents, and what
// differs from the next.
func TestRules(t *testing.T) {
	s := newStand(t)
	s.get("/console/rules", "1001").shows(404)
	s.get("/console/rules", ops).shows(200, "alibaba-2026-01-06", "days left until expiry, at least: 90", "at most 10 grantees", "[1]", `<li id="d1">`, "No later set")
	s.do("GET", "/console/rules", ops, "zh", nil).shows(200, "距到期不少于90天", "最多授权给10个账号", "没有已知的下一版规则")

	sets := icpcode.Alibaba().Sets()
	next := icpcode.Alibaba().Sets()[len(sets)-1]
	next.Version, next.Effective = "next", time.Date(2100, 1, 1, 0, 0, 0, 0, china)
	next.Products[0].RemainingDays = 30
	next.Grant.VerifyFirst = false
	next.Products = next.Products[:len(next.Products)-1]
	next.Cites, next.Documents = nil, nil
	book, err := icpcode.NewRuleBook(append(sets, next)...)
	if err != nil {
		t.Fatal(err)
	}
	s.o.RuleBook = book
	s.mount()
	s.get("/console/rules", ops).shows(200, "2100-01-01 00:00",
		"<del>days left until expiry, at least: 90</del> → <ins>days left until expiry, at least: 30</ins>",
		"<del>the first grant to an account verifies the phone</del></li>")

	empty := &icpcode.RuleBook{}
	s.o.RuleBook = empty
	s.mount()
	if p := s.get("/console/rules", ops); p.status < 500 || len(s.failed) != 1 {
		t.Errorf("without rules it is answered %d, and the service told %v", p.status, s.failed)
	}
}
