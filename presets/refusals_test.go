package presets

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// refusals asks every preset with facts that fail, one after the other, and
// returns what is said of each rule of each product that fails.
func refusals(s *icpcode.RuleSet, l icpcode.Lang) []icpcode.Reason {
	at := s.Effective.Add(24 * time.Hour)
	var out []icpcode.Reason
	seen := make(map[string]bool)
	for _, p := range s.Products {
		good := icpcode.Instance{
			ID: "i-1", Owner: "1001", Product: p.Product, Provider: s.Provider, Region: s.MainlandRegions[0], Billing: icpcode.Subscription,
			Status: icpcode.StatusRunning, TermMonths: 60, FirstTermMonths: 60, Created: at.AddDate(-1, 0, 0), Expires: at.AddDate(4, 0, 0),
			Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No, Downgraded: icpcode.No,
		}
		for _, spoil := range []func(*icpcode.IssueRequest){
			func(r *icpcode.IssueRequest) { r.Instance.Product = "other" },
			func(r *icpcode.IssueRequest) { r.Instance.Owner = "3003" },
			func(r *icpcode.IssueRequest) { r.Instance.Billing = icpcode.PayAsYouGo },
			func(r *icpcode.IssueRequest) { r.Instance.Trial = icpcode.Yes },
			func(r *icpcode.IssueRequest) { r.Instance.TermMonths, r.Instance.FirstTermMonths = 1, 1 },
			func(r *icpcode.IssueRequest) { r.Instance.Expires = at.Add(time.Hour) },
			func(r *icpcode.IssueRequest) { r.Instance.Region = s.OtherRegions[0] },
			func(r *icpcode.IssueRequest) { r.Instance.PublicIP = icpcode.No },
			func(r *icpcode.IssueRequest) { r.Instance.Status = icpcode.StatusReleased },
			func(r *icpcode.IssueRequest) { r.Instance.Status = icpcode.StatusExpired },
			func(r *icpcode.IssueRequest) { r.Instance.IPHeld = icpcode.Yes },
			func(r *icpcode.IssueRequest) { r.Quantity = 1000 },
			func(r *icpcode.IssueRequest) { r.Quantity = 0 },
			func(r *icpcode.IssueRequest) { r.GrantTo, r.Certification = "2002", icpcode.Personal },
			func(r *icpcode.IssueRequest) { r.Certification = icpcode.Personal },
			func(r *icpcode.IssueRequest) { r.Instance.Provider = "elsewhere" },
		} {
			r := icpcode.IssueRequest{Actor: "1001", Quantity: 1, Certification: icpcode.Enterprise, Instance: good}
			spoil(&r)
			d := s.Check(r, 0, at)
			for a := range d.Answers(l) {
				key := fmt.Sprint(a.Rule, a.Found)
				if a.Outcome == icpcode.OutcomeFailed && !seen[key] {
					seen[key] = true
					out = append(out, a)
				}
			}
		}
	}
	return out
}

// TestTenRefusals: ten refusals of every preset, and more, have citations with all
// that a stranger can look for: publisher, title and date, and the address or a
// note on why there is none; what is inferred says from what. Whether the document
// is found by that a reader must try: -v prints them.
func TestTenRefusals(t *testing.T) {
	for _, name := range Names() {
		p, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		sets := p.Book.Sets()
		set, err := p.Book.At(sets[len(sets)-1].Effective)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
			all := refusals(set, l)
			if len(all) < 10 {
				t.Errorf("%s: only %d refusals", name, len(all))
			}
			for i, a := range all {
				lines := []string{fmt.Sprintf("%s %d. %v: %s | %s | %s", name, i+1, a.Rule, a.Required, a.Found, a.Remedy)}
				for _, c := range a.Citations {
					lines = append(lines, "    "+c.Text(l))
					if c.Inferred() && c.Note.Text(l) == "" || !c.Inferred() && (c.Publisher.Text(l) == "" || c.Title == "" || c.Date == "" || c.Address == "" && c.Note.Text(l) == "") {
						t.Errorf("%s: %v: a stranger does not find %q", name, a.Rule, c.Text(l))
					}
				}
				if len(a.Citations) == 0 {
					t.Errorf("%s: %v cites nothing", name, a.Rule)
				}
				t.Log(strings.Join(lines, "\n"))
			}
		}
	}
}

// TestCitationsShowAll: the text of every document of every set of every preset
// shows its publisher, its exact title, its date and its whole address, or where
// there is none how to look for it.
func TestCitationsShowAll(t *testing.T) {
	documents := 0
	for _, name := range Names() {
		p, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Book.Sets() {
			for key, c := range s.Documents {
				if c.Inferred() {
					continue
				}
				documents++
				for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
					text := c.Text(l)
					shown := []string{c.Publisher.Text(l), c.Title, c.Date, c.Address}
					if c.Address == "" {
						shown[3] = c.Note.Text(l)
					} else if u, err := url.Parse(c.Address); err != nil || u.Host == "" || u.Path == "" || u.Scheme != "https" && u.Scheme != "http" {
						t.Errorf("%s: %s has the address %q", s.Version, key, c.Address)
					}
					for _, part := range shown {
						if part == "" || !strings.Contains(text, part) {
							t.Errorf("%s: %s shows no %q: %s", s.Version, key, part, text)
						}
					}
					if how := map[icpcode.Lang]string{icpcode.English: "look", icpcode.Chinese: "找"}[l]; c.Address == "" &&
						!strings.Contains(text, how) && !strings.Contains(text, map[icpcode.Lang]string{icpcode.English: "search", icpcode.Chinese: "搜索"}[l]) {
						t.Errorf("%s: %s does not say how to look for it: %s", s.Version, key, text)
					}
				}
			}
		}
	}
	if documents < 20 {
		t.Errorf("only %d documents", documents)
	}
}
