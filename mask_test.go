package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// That every type masks its codes is shown by package internal/masking. Here
// is what they print besides.
func TestMaskedTypesPrintTheRest(t *testing.T) {
	code := must[icpcode.Code](t)(icpcode.ParseCode("012345678901"))
	rec := icpcode.Record{
		Code: code, Version: 3, State: icpcode.StateFiling, Owner: "1001", Filing: &icpcode.Filing{Domain: "example.cn"},
	}
	doc := icpcode.Document{Key: icpcode.Key{Kind: icpcode.KindRecord, Code: code}, Version: 3, Body: &rec}
	for _, tt := range []struct {
		format string
		value  any
		want   []string
	}{
		{"%v", rec, []string{"**********01", "1001", " 3 "}},
		{"%+v", rec, []string{"Code:**********01", "Owner:1001", "State:Filing"}},
		{"%+v", &rec, []string{"Code:**********01"}},
		{"%#v", rec, []string{`icpcode.Record{Code:icpcode.Code(**********01)`, `Owner:"1001"`}},
		{"%v", (*icpcode.Record)(nil), []string{"<nil>"}},
		{"%v", icpcode.GrantRequest{Codes: []icpcode.Code{code}, GrantTo: "2002"}, []string{"[**********01]", "2002"}},
		{"%+v", icpcode.Put{Expect: 2, Document: doc}, []string{"Expect:2", "**********01"}},
		{"%v", icpcode.Record{}, []string{"{ 0 None"}},
	} {
		got := fmt.Sprintf(tt.format, tt.value)
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s of %T is %s, want it to have %s", tt.format, tt.value, got, want)
			}
		}
	}
	if rec.Code != code || doc.Key.Code != code || doc.Body != icpcode.Body(&rec) {
		t.Error("printing changed what was printed")
	}
}

// TestHookPanicsWithACode shows that no error hands on a whole code that a
// hook, a source of randomness or a store panicked with. Package internal/panicked
// has the shapes that it can have.
func TestHookPanicsWithACode(t *testing.T) {
	const digits = "012345678901"
	code := must[icpcode.Code](t)(icpcode.ParseCode(digits))
	for hook, spoil := range map[string]func(*world, *icpcode.Options, any){
		"VerifyPhone": func(w *world, _ *icpcode.Options, v any) { w.phone = func(icpcode.Verification) error { panic(v) } },
		"Clock":       func(_ *world, o *icpcode.Options, v any) { o.Clock = func() time.Time { panic(v) } },
		"Operator": func(_ *world, o *icpcode.Options, v any) {
			o.Operator = func(context.Context, icpcode.AccountID) (bool, error) { panic(v) }
		},
		"Facts": func(_ *world, o *icpcode.Options, v any) {
			o.Facts = func(context.Context, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) { panic(v) }
		},
		"Entropy": func(_ *world, o *icpcode.Options, v any) { o.Entropy = panics{v} },
	} {
		for _, v := range []any{code, &code, []icpcode.Code{code}, map[icpcode.Code]bool{code: true}, digits, fmt.Errorf("no %v", code)} {
			w := newWorld(t)
			must[icpcode.Result](t)(w.submit("1001", w.issue(w.server("1001"), 1)[0]))
			w.with(func(o *icpcode.Options) { spoil(w, o, v) })
			_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{
				Actor: "1001", Instance: w.server("1001"), Quantity: 1, GrantTo: "2002", Certification: icpcode.Enterprise, Proof: "1234",
			})
			if hook == "Facts" {
				for _, failed := range w.eng.Review(w.ctx, icpcode.ListRequest{Actor: "1001"}) {
					err = failed
				}
			}
			var failed *icpcode.HookError
			if hook == "Entropy" && !errors.Is(err, icpcode.ErrEntropy) || hook != "Entropy" && (!errors.As(err, &failed) || failed.Hook != hook || failed.Panic == nil) {
				t.Fatalf("%s: the panic ended as %v", hook, err)
			}
			for _, format := range []string{"%v", "%+v", "%#v", "%q", "%d"} {
				if got := fmt.Sprintf(format, err); strings.Contains(got, digits[1:]) {
					t.Errorf("%s, a %T, under %s shows %s", hook, v, format, got)
				}
			}
		}
	}
}

// panics is a source of randomness that panics.
type panics struct{ v any }

func (p panics) Read([]byte) (int, error) { panic(p.v) }
