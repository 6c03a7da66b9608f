package presets

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// want is a preset as its sources have it, transcribed by hand apart from the
// data.
type want struct {
	products  map[icpcode.Product][3]int // months bought, days left, quota; -1: no source gives it
	account   icpcode.AccountRule
	mainland  string // a region on each side
	elsewhere string
	reusable  bool // a code after an abandoned filing
	noted     []icpcode.Rule
}

var wants = map[string]want{
	// 5 per server, EIP bound, dedicated hosts 1 year.
	"huawei": {
		map[icpcode.Product][3]int{"ECS": {3, 0, 5}, "FlexusL": {3, 0, 5}, "DedicatedHost": {12, 0, 5}},
		icpcode.AccountAny, "cn-north-4", "ap-southeast-1", true,
		[]icpcode.Rule{icpcode.ELGProduct, icpcode.ELGPublicIP},
	},
	// CVM 5, Lighthouse 0, at least 3 months bought and 1 month left, which is
	// 31 days at most, enterprise only, reusable after an abandoned filing.
	"tencent": {
		map[icpcode.Product][3]int{"CVM": {3, 31, 5}},
		icpcode.AccountAll, "ap-guangzhou", "ap-hongkong", true,
		[]icpcode.Rule{icpcode.ELGProduct, icpcode.ELGRemaining},
	},
	// More than 90 days left; how many codes is not public.
	"baidu": {
		map[icpcode.Product][3]int{"BCC": {0, 90, -1}},
		icpcode.AccountAny, "bj", "hkg", true,
		[]icpcode.Rule{icpcode.ELGRemaining, icpcode.ELGQuota},
	},
	// 5, more than 24 hours left.
	"volcengine": {
		map[icpcode.Product][3]int{"ECS": {0, 1, 5}},
		icpcode.AccountAny, "cn-beijing", "cn-hongkong", true,
		[]icpcode.Rule{icpcode.ELGRemaining, icpcode.GRTOwner},
	},
}

func TestPresets(t *testing.T) {
	if names := Names(); !slices.Equal(names, []string{"alibaba", "baidu", "huawei", "tencent", "volcengine"}) {
		t.Errorf("the presets are %q", names)
	}
	for name, w := range wants {
		p, err := Lookup(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sets := p.Book.Sets()
		if len(sets) != 1 {
			t.Errorf("%s: %d sets", name, len(sets))
		}
		s := sets[0]
		got := make(map[icpcode.Product][3]int)
		for _, q := range s.Products {
			got[q.Product] = [3]int{q.TermMonths, q.RemainingDays, q.Quota}
			if q.QuotaUnknown {
				got[q.Product] = [3]int{q.TermMonths, q.RemainingDays, -1}
			}
			if !q.Subscription || !q.Mainland || !q.PublicIP {
				t.Errorf("%s: %s: %+v", name, q.Product, q)
			}
		}
		if len(got) != len(w.products) {
			t.Errorf("%s: %d products", name, len(got))
		}
		for product, numbers := range w.products {
			if got[product] != numbers {
				t.Errorf("%s: %s: %v, want %v", name, product, got[product], numbers)
			}
		}
		if s.Account != w.account || s.Life.ReleaseTo == icpcode.StateAvailable != w.reusable {
			t.Errorf("%s: account %q, released to %v", name, s.Account, s.Life.ReleaseTo)
		}
		if !slices.Contains(s.MainlandRegions, w.mainland) || !slices.Contains(s.OtherRegions, w.elsewhere) {
			t.Errorf("%s: %q, %q", name, s.MainlandRegions, s.OtherRegions)
		}
		for _, r := range w.noted {
			if !slices.ContainsFunc(p.Notes, func(n Note) bool { return n.Rule == r }) {
				t.Errorf("%s: nothing is noted about %s", name, r)
			}
		}
	}
}

// TestOrigin: every preset says of itself what it is and where it comes from.
func TestOrigin(t *testing.T) {
	for _, name := range Names() {
		p, err := Lookup(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p.Name != name || p.Title(icpcode.English) == "" || p.Title(icpcode.Chinese) == "" {
			t.Errorf("%s: %+v", name, p)
		}
		for _, n := range p.Notes {
			if n.Rule == 0 || n.Text(icpcode.English) == "" || n.Text(icpcode.Chinese) == "" {
				t.Errorf("%s: note %+v", name, n)
			}
		}
		for _, s := range p.Book.Sets() {
			if s.Provider != name || s.Source == "" || s.AsOf == "" || !strings.HasPrefix(s.Version, name+"-") {
				t.Errorf("%s: version %s of %s, as of %s", name, s.Version, s.Provider, s.AsOf)
			}
			if named := s.Filing.Refuse | s.Filing.Advise; name != "alibaba" && named != 0 {
				t.Errorf("%s: the server is judged for a filing by %v, and no source of ours says so", s.Version, named)
			}
			if s.Effective.In(time.FixedZone("", 8*60*60)).Format(time.DateOnly) != strings.TrimPrefix(s.Version, name+"-") {
				t.Errorf("%s: in force from %v", s.Version, s.Effective)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	for _, name := range []string{"", "aws", "huawei.json", "../go.mod", "Huawei"} {
		if p, err := Lookup(name); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v, %v", name, p, err)
		}
	}
	a, _ := Lookup("huawei")
	a.Notes[0].English = ""
	b, err := Lookup("huawei")
	if err != nil || b.Notes[0].English == "" {
		t.Error("a preset that was changed stays changed")
	}
}

// TestStrict: a slip of the pen in a file is an error, not a rule left out.
func TestStrict(t *testing.T) {
	files, err := filepath.Glob("*.json")
	if err != nil || len(files) != len(wants) {
		t.Fatalf("%q, %v", files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for was, is := range map[string]string{
			`"mainland": `: `"mainlands": `,
			`"en"`:         `"english"`,
			`"rule"`:       `"rules"`,
			`"risk": {`:    `"risk": [`,
			`"ELG-`:        `"ELG-X`,
			`"effective"`:  `"Effective"`,
		} {
			changed := strings.Replace(string(data), was, is, 1)
			if changed == string(data) {
				t.Errorf("%s: there is no %s", name, was)
			}
			if _, err := parse([]byte(changed)); err == nil {
				t.Errorf("%s: with %s in place of %s it is read", name, is, was)
			}
		}
		if _, err := parse(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
