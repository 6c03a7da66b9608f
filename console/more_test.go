package console

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/memstore"
)

// TestFileWithServer: the server issues its code by itself, once.
func TestFileWithServer(t *testing.T) {
	s := newStand(t)
	form := s.get("/console/servers", "1001").shows(200, "File with it at once")
	path := part(form, `href="(/console/file\?server=[^"]*)"`)
	p := s.get(path, "1001").shows(200, "i-hangzhou")
	s.send(p, "/file", "1001", "kind", "First", "domain", "例子 .中国", "subject", "s1").shows(422)
	s.send(p, "/file", "1001", "kind", "First", "domain", "example.cn", "subject", "s1", "server", "i-hongkong").shows(422, "mainland")
	s.send(p, "/file", "1001", "kind", "x", "domain", "example.cn", "subject", "s1").shows(400, "Kind of filing")
	for range 2 {
		s.follow(s.send(p, "/file", "1001", "kind", "First", "domain", "例子.中国", "subject", "s1"), "1001").shows(200, "例子.中国", "Filing", "History")
	}
	if n := len(s.codes("1001")); n != 1 {
		t.Errorf("%d codes were issued", n)
	}
}

// part is the first group of a match in a page.
func part(p seen, pattern string) string {
	p.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(p.body)
	if m == nil {
		p.t.Fatalf("the page has no %s: %s", pattern, p.body)
	}
	return m[1]
}

// TestYear: the caps, and to whom was granted; a grantee is told its count only.
func TestYear(t *testing.T) {
	s := newStand(t)
	_, err := s.eng.Issue(t.Context(), icpcode.IssueRequest{
		Actor: "1001", Instance: s.server("i-hangzhou", "cn-hangzhou"), Quantity: 1, GrantTo: "2002", Proof: "834211", Certification: icpcode.Enterprise,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.get("/console/year", "1001").shows(200, "1 / 10", "0 / 3", "2027-01-01 00:00", "<li>2002</li>")
	p := s.get("/console/year", "2002").shows(200, "0 / 10", "1 / 3")
	if strings.Contains(p.body, "1001") {
		t.Errorf("a grantee is told who granted to it: %s", p.body)
	}
}

// TestRisk: an account sees its own filings at risk, an operator all; and the
// stage of a review is told.
func TestRisk(t *testing.T) {
	s := newStand(t)
	code := s.issue(1)[0]
	filing := icpcode.Filing{Kind: icpcode.FilingFirst, Domain: "example.cn", Subject: "s"}
	if _, err := s.eng.Submit(t.Context(), icpcode.SubmitRequest{Actor: "1001", Code: code, Filing: filing}); err != nil {
		t.Fatal(err)
	}
	s.get("/console/risk", "1001").shows(200, "No filing")
	s.lapsed = true
	s.get("/console/risk", "1001").shows(200, "example.cn", "expired", "renew")
	s.get("/console/risk", "2002").shows(200, "No filing")
	s.get("/console/risk", ops).shows(200, "No filing") // it has none of its own
	all := s.get("/console/risk/all", ops).shows(200, "example.cn", "1001")
	s.get("/console/risk/all", "1001").shows(404)
	one := s.get(part(all, `href="(/console/review/[^"]*)"`), ops).shows(200)
	s.follow(s.send(one, "/stage", ops, "stage", "SMS"), ops).shows(200, "the regulator's SMS check")
	s.send(one, "/stage", ops, "stage", "x").shows(400, "Stage")
	s.get(s.get("/console/codes", "1001").link("/console/codes/"), "1001").shows(200, "the regulator's SMS check")
}

// counted counts the records and documents that are asked of a store.
type counted struct {
	icpcode.Store
	asked int
}

func (c *counted) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	p, err := c.Store.List(ctx, q)
	c.asked += len(p.Records)
	return p, err
}

func (c *counted) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	c.asked += len(keys)
	return c.Store.Load(ctx, keys...)
}

// TestManyCodes compares the pages of an account with 10,000 codes with those
// of one with 20, by the records and documents that they ask the store for: one
// more at most, the first of the next page. Filings at risk are looked for among
// 200 codes for a page, as of an account that has 200. The ratio is printed.
func TestManyCodes(t *testing.T) {
	s := newStand(t)
	store := &counted{Store: memstore.New()}
	s.eng = icpcode.New(store, &icpcode.Options{
		Clock: func() time.Time { return s.now }, Operator: func(_ context.Context, a icpcode.AccountID) (bool, error) { return a == ops, nil },
	})
	s.mount()
	own := func(a, grantee icpcode.AccountID, n int) {
		for i := range n {
			code, err := icpcode.ParseCode(fmt.Sprintf("0%.2s%.1s%08d", a, grantee+"0", i))
			if err != nil {
				t.Fatal(err)
			}
			r := icpcode.ImportRequest{
				Actor: ops, Code: code, State: icpcode.StateAvailable, Owner: a, InstanceID: icpcode.InstanceID(fmt.Sprint("i-", a, i/5)), Product: icpcode.ECS,
				Origin: icpcode.OriginFree, Issued: s.now.Add(-time.Hour), Grantee: grantee,
			}
			if grantee != "" {
				r.Granted = r.Issued
			}
			if _, err := s.eng.Import(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	own("1010", "", 20)
	own("3030", "", riskLook-3)
	own("2020", "", 10_000)
	for _, a := range []icpcode.AccountID{"1010", "2020", "3030"} {
		own("9090", a, 3)
	}
	read := func(path string, as icpcode.AccountID) int {
		store.asked = 0
		s.get(path, as).shows(200)
		return store.asked
	}
	for _, path := range []string{
		"/console/codes", "/console/codes?state=Available", "/console/codes?server=i-%s0", "/console/received", "/console/servers", "/console/year", "/console/risk",
		"/console/find?by=account&q=%s", "/console/find?by=server&q=i-%s0",
	} {
		few, many := "1010", "2020"
		as := func(a string) icpcode.AccountID {
			if strings.Contains(path, "/find") {
				return ops
			}
			return icpcode.AccountID(a)
		}
		n, m := read(strings.ReplaceAll(path, "%s", few), as(few)), read(strings.ReplaceAll(path, "%s", many), as(many))
		if path == "/console/risk" {
			t.Logf("%s: %.2fx of one with 20", path, float64(m)/float64(n))
			n = read(path, "3030")
		}
		t.Logf("%s asks for %d records and documents of an account with few codes, %d of one with 10,000: %.2fx", path, n, m, float64(m)/float64(max(n, 1)))
		if m > n+1 { // the first of the next page
			t.Errorf("%s asks for %d records and documents of an account with 10,000 codes, and for %d of one with fewer", path, m, n)
		}
	}
}
