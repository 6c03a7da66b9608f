package icpcode_test

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"go/constant"
	"go/importer"
	"go/token"
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

// enums has every exported type of small numbers that have names. A type that is
// not in it fails the test.
var enums = map[string]func(uint8) (value, pointer any){
	"Action": enum[icpcode.Action], "Billing": enum[icpcode.Billing], "Category": enum[icpcode.Category], "Certification": enum[icpcode.Certification],
	"DNSCase": enum[icpcode.DNSCase], "End": enum[icpcode.End], "Fact": enum[icpcode.Fact], "FilingKind": enum[icpcode.FilingKind],
	"FilingProblem": enum[icpcode.FilingProblem], "Format": enum[icpcode.Format], "Index": enum[icpcode.Index], "Kind": enum[icpcode.Kind], "Lang": enum[icpcode.Lang],
	"Operation": enum[icpcode.Operation], "Origin": enum[icpcode.Origin], "Outcome": enum[icpcode.Outcome], "Phone": enum[icpcode.Phone],
	"Relation": enum[icpcode.Relation], "Role": enum[icpcode.Role], "Rule": enum[icpcode.Rule], "Stage": enum[icpcode.Stage], "State": enum[icpcode.State],
	"Status": enum[icpcode.Status], "Tri": enum[icpcode.Tri],
}

func enum[T ~uint8](v uint8) (value, pointer any) {
	p := new(T)
	*p = T(v)
	return *p, p
}

// constants are those of each exported type of small numbers of the root package, by their names.
func constants(t *testing.T) map[string]map[string]uint8 {
	t.Helper()
	set := token.NewFileSet()
	pkg, err := importer.ForCompiler(set, "source", nil).Import(modulePath)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]uint8{}
	for _, name := range pkg.Scope().Names() {
		o := pkg.Scope().Lookup(name)
		basic, _ := o.Type().Underlying().(*types.Basic)
		if !o.Exported() || basic == nil || basic.Kind() != types.Uint8 {
			continue
		}
		typ := o.Type().(*types.Named).Obj().Name()
		if all[typ] == nil {
			all[typ] = map[string]uint8{}
		}
		if c, ok := o.(*types.Const); ok {
			n, _ := constant.Uint64Val(c.Val())
			all[typ][name] = uint8(n)
		}
	}
	return all
}

// TestNames reads every value of every type back from its name. What is not
// known has one name, and what is no value at all another.
func TestNames(t *testing.T) {
	all := constants(t)
	if len(all) < 20 {
		t.Errorf("only the types %v were found", slices.Collect(maps.Keys(all)))
	}
	for typ, values := range all {
		of := enums[typ]
		if of == nil {
			t.Errorf("icpcode.%s is not looked at: add it to enums", typ)
			continue
		}
		seen := map[string]bool{}
		past := uint8(0)
		for c, n := range values {
			past = max(past, n+1)
			named(t, c, of, n, seen)
		}
		zero, none := of(0)
		if text, ok := none.(encoding.TextUnmarshaler); ok {
			for _, bad := range []string{"nonsense", "RUNNING", "?", "Unknown"} {
				if err := text.UnmarshalText([]byte(bad)); !errors.Is(err, icpcode.ErrInvalid) {
					t.Errorf("%T reads %q: %v", zero, bad, err)
				}
			}
		}
		if typ == "Role" || typ == "FilingProblem" { // a set, and one without constants
			continue
		}
		for _, n := range []uint8{past, 255} {
			v, _ := of(n)
			if s, ok := v.(fmt.Stringer); ok && s.String() != "?" && typ != "Rule" {
				t.Errorf("%T past its last value prints as %q", v, v)
			}
		}
	}
	if r := icpcode.RSKEnded + 1; r.String() != "" {
		t.Errorf("a rule past the last prints as %q", r)
	}
	// A set has the rules that decisions answer, and no other.
	if s := icpcode.MakeRuleIDs(icpcode.ELGProduct, icpcode.RSKMove, icpcode.CODFormat, icpcode.FILPick, 255); s.String() != "ELG-PRODUCT, RSK-MOVE" || s.Has(icpcode.CODFormat) {
		t.Errorf("a set of rules is %v", s)
	}
}

// named checks the name of constant c, which is n.
func named(t *testing.T, c string, of func(uint8) (value, pointer any), n uint8, seen map[string]bool) {
	t.Helper()
	v, _ := of(n)
	said, ok := v.(fmt.Stringer)
	if !ok {
		return
	}
	text := said.String()
	if text == "?" || seen[text] || text == "" && n > 0 {
		t.Errorf("%s is named %q, as another is, or not", c, text)
	}
	seen[text] = true
	if (strings.HasSuffix(c, "Unknown") || strings.EqualFold(text, "unknown")) && text != "unknown" {
		t.Errorf("%s is named %q", c, text)
	}
	_, back := of(0)
	reads, ok := back.(encoding.TextUnmarshaler)
	if !ok || text == "" {
		return
	}
	written, err := v.(encoding.TextMarshaler).MarshalText()
	if err != nil || string(written) != text {
		t.Errorf("%s is named %q and written %q, %v", c, text, written, err)
	}
	if err := reads.UnmarshalText(written); err != nil || reflect.ValueOf(back).Elem().Interface() != v {
		t.Errorf("%q is read back as %v, %v", written, back, err)
	}
}

// A record reads back from its JSON form, in which values are words.
func TestRecordJSON(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	w.filed("1001", c)
	rec := w.record(c)
	data := must[[]byte](t)(json.Marshal(rec))
	var back icpcode.Record
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rec, back, byValue); diff != "" {
		t.Errorf("%s\n%s", data, diff)
	}
	var words struct{ State, Last, Origin string }
	if err := json.Unmarshal(data, &words); err != nil || words.State != "Filed" || words.Last != "Approve" || words.Origin != "Free" {
		t.Errorf("%+v, %v in %s", words, err, data)
	}
}

// TestWrongNamesAreToldTheRightOnes: a mistyped name of a value is answered with
// all that there are, and not what it typed.
func TestWrongNamesAreToldTheRightOnes(t *testing.T) {
	var k icpcode.FilingKind
	var bad *icpcode.InvalidError
	err := k.UnmarshalText([]byte("first"))
	if !errors.As(err, &bad) || bad.Field != "FilingKind" || bad.Problem != "is none of First, NewService, Access, Change" {
		t.Errorf("the error is %v", err)
	}
}
