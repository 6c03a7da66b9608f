package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// htmlPage is a report as a browser parses it.
type htmlPage struct {
	root    *html.Node
	rows    [][]any // of the JSON: verdict, cells, reasons, notes
	reasons []pageReason
	scripts []string
}

// elements are the elements of that name below n.
func elements(n *html.Node, name string) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (d.Data == name || name == "") {
			out = append(out, d)
		}
	}
	return out
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// parsePage parses a report, and fails where it needs or runs anything besides
// itself.
func parsePage(t *testing.T, page string) *htmlPage {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	p := &htmlPage{root: root}
	policy := ""
	for _, n := range elements(root, "") {
		if slices.Contains([]string{"img", "iframe", "link", "object", "embed", "a", "base", "image", "use"}, n.Data) {
			t.Errorf("there is a %s: %v", n.Data, n.Attr)
		}
		for _, a := range n.Attr {
			if a.Key == "src" || a.Key == "href" || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "url(") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		switch {
		case n.Data == "meta" && attribute(n, "http-equiv") != "":
			policy = attribute(n, "content")
		case n.Data == "style" && (strings.Contains(textOf(n), "url(") || strings.Contains(textOf(n), "@import")):
			t.Error("the style needs other files")
		case n.Data == "script" && attribute(n, "id") == "about":
			var about struct{ Reasons []pageReason }
			if err := json.Unmarshal([]byte(textOf(n)), &about); err != nil {
				t.Fatal(err)
			}
			p.reasons = about.Reasons
		case n.Data == "script" && attribute(n, "id") == "rows":
			if err := json.Unmarshal([]byte(textOf(n)), &p.rows); err != nil {
				t.Fatal(err)
			}
		case n.Data == "script":
			p.scripts = append(p.scripts, n.FirstChild.Data)
		}
	}
	if len(p.scripts) != 1 {
		t.Fatalf("%d scripts", len(p.scripts))
	}
	sum := sha256.Sum256([]byte(p.scripts[0]))
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Errorf("the script is not allowed by %q", policy)
	}
	return p
}

// byID is the element with that id.
func (p *htmlPage) byID(t *testing.T, id string) *html.Node {
	t.Helper()
	for _, n := range elements(p.root, "") {
		if attribute(n, "id") == id {
			return n
		}
	}
	t.Fatalf("there is no #%s", id)
	return nil
}

// firstScreen are the lines of the first screen.
func (p *htmlPage) firstScreen(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, n := range elements(p.byID(t, "today"), "") {
		if n.Data == "p" || n.Data == "li" {
			lines = append(lines, textOf(n))
		}
	}
	if len(lines) == 0 || len(lines) > firstLines {
		t.Errorf("%d lines on the first screen: %q", len(lines), lines)
	}
	return lines
}

// bars are the numbers of the bars of the n-th chart: of one that stands from its
// titles, of one that lies by its labels.
func (p *htmlPage) bars(t *testing.T, n int) map[string][2]int {
	t.Helper()
	out := make(map[string][2]int)
	figure := elements(p.root, "figure")[n]
	for _, k := range elements(figure, "title") {
		label, numbers, _ := strings.Cut(textOf(k), ": ")
		out[label] = twoNumbers(numbers)
	}
	for _, k := range elements(figure, "li") {
		out[textOf(elements(k, "span")[0])] = twoNumbers(textOf(elements(k, "b")[0]))
	}
	return out
}

func twoNumbers(s string) (out [2]int) {
	a, b, _ := strings.Cut(s, " + ")
	_, _ = fmt.Sscan(a, &out[0]) // 0: there is none
	_, _ = fmt.Sscan(b, &out[1]) // 0: there is none
	return out
}

// serversDoc is what precheck -json says, as far as a report shows it.
type serversDoc struct {
	Servers []struct {
		ID, Name, Verdict string
		Codes             int
		Expires           *time.Time
		Reasons           []struct{ Rule, Outcome, Found, Required, Remedy string }
	}
	Fleet struct {
		Now     struct{ Codes int }
		Pending []struct{ Codes int }
		Expiry  []struct {
			Date    string `json:"date"`
			Fewer   struct{ Codes int }
			Pending struct{ Codes int } `json:"fewer_pending"`
		} `json:"by_expiry"`
	}
}

// TestHTML: what the report of a fleet shows is what -json says, with and without
// its script, and needs nothing from outside.
func TestHTML(t *testing.T) {
	verdicts := map[string]float64{"yes": 0, "no": 1, "unknown": 2}
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, china)
	for _, lang := range []string{"en", "zh"} {
		args := slices.Concat([]string{"precheck", "-lang", lang}, tour)
		doc := decode[serversDoc](t, runIt(append(args, "-json")...).out)
		page := parsePage(t, runIt(append(args, "-html")...).out)
		screen, _, _ := strings.Cut(runIt(args...).out, "\n\n")
		first := page.firstScreen(t)
		space := strings.NewReplacer("\n", "", " ", "")
		if head := space.Replace(first[0]); !strings.HasPrefix(space.Replace(screen), head) {
			t.Errorf("%s: the page says %q, the terminal\n%s", lang, first[0], screen)
		}
		if len(page.rows) != len(doc.Servers) || len(elements(page.byID(t, "body"), "tr")) != len(doc.Servers) {
			t.Fatalf("%s: %d rows, of which %d without a script, want %d", lang, len(page.rows), len(elements(page.byID(t, "body"), "tr")), len(doc.Servers))
		}
		static := elements(page.byID(t, "body"), "tr")
		frequency, weeks := make(map[string][2]int), 0
		for n, s := range doc.Servers {
			row, cells, reasons := page.rows[n], page.rows[n][1].([]any), page.rows[n][2].([]any)
			if row[0] != verdicts[s.Verdict] || cells[1] != s.ID || cells[2] != s.Name || cells[6] != fmt.Sprint(s.Codes) || len(reasons) != len(s.Reasons) {
				t.Errorf("%s: row %v, want %+v", lang, row, s)
				continue
			}
			for k, r := range s.Reasons {
				found := reasons[k].([]any)
				known := page.reasons[int(found[0].(float64))]
				if known.Rule != r.Rule || found[1] != r.Found || known.Required != r.Required || known.Remedy != r.Remedy {
					t.Errorf("%s: %s: reason %v %+v, want %+v", lang, s.ID, found, known, r)
				}
				if shown := textOf(static[n]); !strings.Contains(shown, r.Found) || !strings.Contains(shown, r.Remedy) || !strings.Contains(shown, s.ID) {
					t.Errorf("%s: without a script %s shows %q", lang, s.ID, shown)
				}
				count := frequency[r.Rule]
				switch r.Outcome {
				case "failed":
					count[0]++
				case "unknown":
					count[1]++
				}
				frequency[r.Rule] = count
			}
			if s.Expires != nil && s.Expires.After(at) && s.Expires.Before(midnight(at).AddDate(0, 0, 7*chartWeeks)) {
				weeks++
			}
		}
		// The charts.
		now := page.bars(t, 0)["2026-03-01"]
		if capacity := page.bars(t, 0); len(capacity) != chartMonths+1-1 && len(capacity) != chartMonths+1 || now[0] != doc.Fleet.Now.Codes {
			t.Errorf("%s: capacity %v, now %d", lang, capacity, doc.Fleet.Now.Codes)
		}
		last := [2]int{doc.Fleet.Now.Codes, 0}
		for _, k := range doc.Fleet.Pending {
			last[1] += k.Codes
		}
		for _, l := range doc.Fleet.Expiry {
			if l.Date <= "2027-03-01" {
				last[0] -= l.Fewer.Codes
				last[1] -= l.Pending.Codes
			}
		}
		if got := page.bars(t, 0)["2027-03-01"]; got != last || last[0] >= now[0] {
			t.Errorf("%s: in a year %v, want %v", lang, got, last)
		}
		for label, got := range page.bars(t, 1) {
			rule, _, _ := strings.Cut(label, " ")
			if got != frequency[rule] {
				t.Errorf("%s: %s: %v, want %v", lang, label, got, frequency[rule])
			}
		}
		total := 0
		for _, k := range page.bars(t, 2) {
			total += k[0]
		}
		if total != weeks || weeks < 5 || len(page.bars(t, 2)) != chartWeeks {
			t.Errorf("%s: %d expiries in the chart, want %d", lang, total, weeks)
		}
	}
}

// TestHTMLOfReview: the report of filings shows what review -json says.
func TestHTMLOfReview(t *testing.T) {
	filings, servers, dns, _ := fleetOfFaults(t, 480)
	verdicts := map[string]float64{"fine": 0, "risk": 1, "unknown": 2}
	for _, lang := range []string{"en", "zh"} {
		args := []string{"review", filings, servers, "-dns", dns, "-at", "2026-11-26", "-lang", lang}
		doc := decode[reviewDoc](t, runIt(append(args, "-json")...).out)
		r := runIt(append(args, "-html")...)
		page := parsePage(t, r.out)
		page.firstScreen(t)
		static := elements(page.byID(t, "body"), "tr")
		if r.status != exitNo || len(page.rows) != len(doc.Filings) || len(static) != staticRows || len(elements(page.root, "noscript")) != 1 {
			t.Fatalf("%s: status %d, %d rows of %d, %d without a script", lang, r.status, len(page.rows), len(doc.Filings), len(static))
		}
		risks, barred := 0, 0
		for n, f := range doc.Filings {
			row, cells, reasons := page.rows[n], page.rows[n][1].([]any), page.rows[n][2].([]any)
			if row[0] != verdicts[f.Verdict] || cells[2] != f.Domain || cells[1] != f.Customer || len(reasons) != len(f.Risks)+len(f.Unknowns) {
				t.Errorf("%s: row %v, want %+v", lang, row, f)
			}
			for k, risk := range f.Risks {
				if found := reasons[k].([]any); found[1] != risk.Found || found[3] != risk.Responsible || found[2] == "" {
					t.Errorf("%s: %s: %v, want %+v", lang, f.Domain, found, risk)
				}
			}
			risks += len(f.Risks)
		}
		for _, k := range page.bars(t, 1) {
			barred += k[0]
		}
		if barred != risks {
			t.Errorf("%s: %d risks in the chart, want %d", lang, barred, risks)
		}
	}
}

// TestHTMLOfDiff: the report of two versions shows what rules -diff -json says,
// of the rules and of the servers whose verdict changes.
func TestHTMLOfDiff(t *testing.T) {
	fleet := file(t, "fleet.csv", "id,name,owner,provider,product,region,billing,status,created,expires,public_ip,trial,term_months,ip_held\n"+
		"s-long,a,1001,alibaba,ECS,cn-hangzhou,subscription,running,2026-01-01,2027-12-31,yes,no,12,no\n"+
		"s-short,b,1001,alibaba,ECS,cn-hangzhou,subscription,running,2026-01-01,2026-12-31,yes,no,12,no\n"+
		"s-short2,</script>,1001,alibaba,ECS,cn-hangzhou,subscription,running,2026-01-01,2026-12-31,yes,no,12,no\n")
	for _, lang := range []string{"en", "zh"} {
		for _, files := range [][]string{nil, {fleet}} {
			args := slices.Concat([]string{"rules", "-diff", "alibaba-2024-02-01", "alibaba-2026-01-06"}, files, []string{"-at", "2026-11-26", "-issued", "0", "-account", "certification=enterprise", "-lang", lang})
			doc := decode[struct {
				Changes []struct{ Rule, From, To string }
				Servers []struct {
					ID, From, To string
					New          []struct{ Rule, Found string }
				}
				Changed int
			}](t, runIt(append(args, "-json")...).out)
			r := runIt(append(args, "-html")...)
			page := parsePage(t, r.out)
			first := page.firstScreen(t)
			if r.status != exitYes || len(doc.Changes) < 3 || !strings.Contains(first[0], fmt.Sprint(len(doc.Changes))) {
				t.Fatalf("%s: status %d, %q, %d changes: %s", lang, r.status, first, len(doc.Changes), r.errors)
			}
			if files == nil {
				if len(page.rows) != len(doc.Changes) {
					t.Errorf("%s: %d rows, want %d", lang, len(page.rows), len(doc.Changes))
				}
				for n, k := range doc.Changes {
					if cells := page.rows[n][1].([]any); cells[1] != k.Rule || cells[3] != safe(k.From) || cells[4] != safe(k.To) {
						t.Errorf("%s: row %v, want %+v", lang, cells, k)
					}
				}
				continue
			}
			if len(doc.Servers) != 2 || len(page.rows) != len(doc.Servers) || doc.Changed != len(doc.Servers) || !strings.Contains(first[1], "s-short") || !strings.Contains(strings.Join(first, " "), "alibaba-2026-01-06") {
				t.Fatalf("%s: %d servers, %d rows, %q", lang, len(doc.Servers), len(page.rows), first)
			}
			for n, s := range doc.Servers {
				reasons := page.rows[n][2].([]any)
				if cells := page.rows[n][1].([]any); cells[1] != s.ID || len(reasons) != len(s.New) {
					t.Errorf("%s: row %v, want %+v", lang, page.rows[n], s)
				}
				for k, r := range s.New {
					if found := reasons[k].([]any); found[1] != r.Found || page.reasons[int(found[0].(float64))].Rule != r.Rule {
						t.Errorf("%s: %s: %v, want %+v", lang, s.ID, found, r)
					}
				}
			}
			moved := 0
			for _, k := range page.bars(t, 0) {
				moved += k[0]
			}
			if basis := textOf(elements(page.root, "footer")[0]); moved != doc.Changed || strings.Count(basis, "ELG-REMAINING") == 0 {
				t.Errorf("%s: %d moves in the chart, want %d; %s", lang, moved, doc.Changed, basis)
			}
		}
	}
}

// Only differences have a report, and one form at a time.
func TestHTMLOfDiffUsage(t *testing.T) {
	for _, args := range [][]string{{"rules", "-html"}, {"rules", "-diff", "alibaba-2024-02-01", "alibaba-2026-01-06", "-html", "-json"}} {
		if r := runIt(args...); r.status != exitUsage || r.out != "" {
			t.Errorf("%q: status %d", args, r.status)
		}
	}
}

// TestHTMLIsHarmless: what stands in an inventory is text on the page, whatever
// it is, and a report that stops half way is not written.
func TestHTMLIsHarmless(t *testing.T) {
	hostile := []string{
		`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</td></table><svg onload=alert(1)>`, `{{.Title}}`, "\u202egnp.exe", `<!--`, `]]>`, `' onclick='x`, `\u003c/script\u003e`, `&lt;b&gt;`,
	}
	var b strings.Builder
	b.WriteString("id,name,provider,product,region,billing,status,expires,public_ip\n")
	for n, name := range hostile {
		fmt.Fprintf(&b, "s-%d,\"%s\",alibaba,ECS,\"%[2]s\",subscription,running,2027-12-31,no\n", n, strings.ReplaceAll(name, `"`, `""`))
	}
	fleet := file(t, "fleet.csv", b.String())
	for _, lang := range []string{"en", "zh"} {
		r := runIt("precheck", fleet, "-html", "-lang", lang)
		page := parsePage(t, r.out)
		if len(page.rows) != len(hostile) || strings.Contains(r.out, "\u202e") {
			t.Fatalf("%s: %d rows of %d", lang, len(page.rows), len(hostile))
		}
		for n, name := range hostile {
			if got := page.rows[n][1].([]any)[2]; got != safe(name) {
				t.Errorf("%s: %q is shown as %q", lang, name, got)
			}
			if row := elements(page.byID(t, "body"), "tr")[n]; !strings.Contains(textOf(row), safe(name)) {
				t.Errorf("%s: %q is shown as %q without a script", lang, name, textOf(row))
			}
		}
	}
	broken := file(t, "broken.csv", b.String()+"s-99,x\n")
	if r := runIt("precheck", broken, "-html"); r.status != exitInput || r.out != "" {
		t.Errorf("status %d, %d bytes of a report that is not complete", r.status, len(r.out))
	}
	r := runIt("precheck", broken, "-html", "-keep-going")
	if page := parsePage(t, r.out); r.status != exitInput || !strings.Contains(textOf(page.byID(t, "problems")), "broken.csv") {
		t.Errorf("status %d: the problem is not on the page", r.status)
	}
	for _, args := range [][]string{{"-json"}, {"-csv"}, {"-sites", "3"}, {"-explain", "s-1"}} {
		if r := runIt(append([]string{"precheck", fleet, "-html"}, args...)...); r.status != exitUsage || r.out != "" {
			t.Errorf("%q: status %d", args, r.status)
		}
	}
}
