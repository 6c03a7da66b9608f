package icpcode_test

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

// worded is a value that is written as a word.
type worded[T any] interface {
	*T
	encoding.TextUnmarshaler
}

func checkNames[T comparable, P worded[T]](t *testing.T, values ...T) {
	t.Helper()
	seen := map[string]bool{}
	for _, v := range values {
		text := must[[]byte](t)(any(v).(encoding.TextMarshaler).MarshalText())
		if string(text) != fmt.Sprint(v) || len(text) < 2 || seen[string(text)] {
			t.Errorf("%T %v is written %q", v, v, text)
		}
		seen[string(text)] = true
		var back T
		if err := P(&back).UnmarshalText(text); err != nil || back != v {
			t.Errorf("%q is read back as %v, %v", text, back, err)
		}
	}
	var none T
	for _, bad := range []string{"", "nonsense", "RUNNING", "?"} {
		if err := P(&none).UnmarshalText([]byte(bad)); !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("%T reads %q: %v", none, bad, err)
		}
	}
}

func TestNames(t *testing.T) {
	checkNames[icpcode.Tri](t, icpcode.Unknown, icpcode.No, icpcode.Yes)
	checkNames[icpcode.Billing](t, icpcode.BillingUnknown, icpcode.Subscription, icpcode.PayAsYouGo)
	checkNames[icpcode.Status](t, icpcode.StatusUnknown, icpcode.StatusRunning, icpcode.StatusPending, icpcode.StatusStopped,
		icpcode.StatusExpired, icpcode.StatusLocked, icpcode.StatusRefunded, icpcode.StatusReleased)
	checkNames[icpcode.Certification](t, icpcode.CertificationUnknown, icpcode.Personal, icpcode.SelfEmployed, icpcode.SoleTrader, icpcode.Enterprise)
	checkNames[icpcode.Origin](t, icpcode.OriginNone, icpcode.OriginFree, icpcode.OriginAuto, icpcode.OriginPaid)
	checkNames[icpcode.FilingKind](t, icpcode.FilingNone, icpcode.FilingFirst, icpcode.FilingNewService, icpcode.FilingAccess, icpcode.FilingChange)
	checkNames[icpcode.State](t, icpcode.StateNone, icpcode.StateUnbound, icpcode.StateAvailable, icpcode.StateFiling, icpcode.StateFiled,
		icpcode.StateRefunded, icpcode.StateInvalid)
	checkNames[icpcode.Action](t, icpcode.ActionNone, icpcode.ActionIssue, icpcode.ActionCloseRelease)
	checkNames[icpcode.Operation](t, icpcode.OperationNone, icpcode.OperationIssue, icpcode.OperationServersFor)
	checkNames[icpcode.Relation](t, icpcode.RelationUnknown, icpcode.RelationAsker, icpcode.RelationAnother)
	checkNames[icpcode.Phone](t, icpcode.PhoneNone, icpcode.PhoneUnasked, icpcode.PhoneVerified, icpcode.PhoneRefused, icpcode.PhoneNoProof)
	checkNames[icpcode.Outcome](t, icpcode.OutcomePassed, icpcode.OutcomeFailed, icpcode.OutcomeUnknown, icpcode.OutcomeAssumed, icpcode.OutcomeAdvised)
	checkNames[icpcode.Fact](t, icpcode.FactOwner, icpcode.FactTermMonths, icpcode.FactFilingIPs)
	checkNames[icpcode.Rule](t, icpcode.ELGProduct, icpcode.RSKMove)
	for v := range icpcode.Outcome(5) {
		if len(v.String()) < 2 {
			t.Errorf("outcome %d has no name", v)
		}
	}
	for _, v := range []fmt.Stringer{icpcode.Tri(99), icpcode.Billing(99), icpcode.State(99), icpcode.Action(99)} {
		if v.String() == "" {
			t.Errorf("%T 99 prints as nothing", v)
		}
	}
	for _, v := range []fmt.Stringer{
		icpcode.Yes + 1, icpcode.PayAsYouGo + 1, icpcode.StatusReleased + 1, icpcode.Enterprise + 1, icpcode.OriginPaid + 1,
		icpcode.FilingChange + 1,
	} {
		if v.String() != "?" {
			t.Errorf("%T past its last value prints as %q", v, v)
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
