package icpcode_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

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
// hook panicked with.
func TestHookPanicsWithACode(t *testing.T) {
	w := newWorld(t)
	code := must[icpcode.Code](t)(icpcode.ParseCode("012345678901"))
	w.phone = func(icpcode.Verification) error { panic(code) }
	_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{
		Actor: "1001", Instance: w.server("1001"), Quantity: 1, GrantTo: "2002", Certification: icpcode.Enterprise, Proof: "1234",
	})
	var hook *icpcode.HookError
	if !errors.As(err, &hook) || hook.Panic == nil {
		t.Fatalf("the panic ended as %v", err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(format, hook) + fmt.Sprintf(format, *hook); strings.Contains(got, "12345678901") {
			t.Errorf("%s shows %s", format, got)
		}
	}
}
