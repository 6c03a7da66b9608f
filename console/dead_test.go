package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// TestDeadCodes: the page of a code that died says why, and what its reader can
// do: its owner renews, a grantee asks. A code that lives says neither.
func TestDeadCodes(t *testing.T) {
	s := newStand(t)
	_, err := s.eng.Issue(t.Context(), icpcode.IssueRequest{
		Actor: "1001", Instance: s.server("i-hangzhou", "cn-hangzhou"), Quantity: 1, GrantTo: "2002", Proof: "834211", Certification: icpcode.Enterprise,
	})
	if err != nil {
		t.Fatal(err)
	}
	owns := s.get("/console/codes", "1001").link("/console/codes/")
	holds := s.get("/console/received", "2002").link("/console/codes/")
	found := s.get("/console/find?by=account&q=1001", ops).link("/console/review/")
	lacks := func(p seen, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if strings.Contains(p.body, text) {
				t.Errorf("the page has %q: %s", text, p.body)
			}
		}
	}
	for path, as := range map[string]icpcode.AccountID{owns: "1001", holds: "2002", found: ops} {
		lacks(s.get(path, as).shows(200, "Available"), "<dt>Why", "What to do")
	}
	s.lapsed = true
	for path, as := range map[string]icpcode.AccountID{owns: "1001", found: ops} {
		lacks(s.get(path, as).shows(200, "Invalid", "its instance has expired or is gone", "if it has expired, renew it"), "ask the granter")
	}
	s.get(holds, "2002").shows(200, "Invalid", "the instance of the account that granted it has expired", "ask the granter to renew")
	s.do(http.MethodGet, holds, "2002", "zh", nil).shows(200, "失效原因", "授权账号的实例已到期", "处理方法", "请联系授权账号续费")
	s.lapsed = false
	lacks(s.get(holds, "2002").shows(200, "Available"), "<dt>Why", "What to do")
}

// TestAssetsAreNotListed: the style sheet is served, and no list of what there is.
func TestAssetsAreNotListed(t *testing.T) {
	s := newStand(t)
	s.get("/console/assets/style.css", "").shows(200)
	s.get("/console/assets/", "").shows(404)
}

// TestActionsHaveWords: a history has words of people for every action.
func TestActionsHaveWords(t *testing.T) {
	n := 0
	for a := icpcode.ActionIssue; a.Rule() != 0; a++ {
		if n++; actionWords[a.String()] == "" {
			t.Errorf("%v has no words", a)
		}
	}
	if n != len(actionWords) {
		t.Errorf("there are words of %d actions, of which there are %d", len(actionWords), n)
	}
}
