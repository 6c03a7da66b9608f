package icpcode_test

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
)

// Check and Review decide by instants to the microsecond and by addresses that
// are not mapped, as Decide and the engine do: what they decided is decided
// alike from their cases, at the very edge of a rule.
func TestShortFormsDecideInTheNormalForm(t *testing.T) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 900, time.FixedZone("", 3600))
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(at))
	mapped := []netip.Addr{netip.MustParseAddr("::ffff:47.96.1.180")}
	facts := icpcode.Instance{
		ID: "i-1", Owner: "1001", Product: icpcode.ECS, Region: "cn-hangzhou", Billing: icpcode.Subscription, Status: icpcode.StatusRunning,
		TermMonths: 12, Trial: icpcode.No, PublicIP: icpcode.Yes, IPHeld: icpcode.No, IPs: mapped,
	}
	for name, decide := range map[string]func() (d icpcode.Decision, edge icpcode.RuleIDs){
		"Check": func() (icpcode.Decision, icpcode.RuleIDs) {
			i := facts
			i.Expires = at.Add(90*24*time.Hour - 800) // 800 ns short of 90 days, which is not a microsecond
			d := set.Check(icpcode.IssueRequest{Actor: "1001", Quantity: 1, Instance: i}, 0, at)
			return d, d.Pass & icpcode.MakeRuleIDs(icpcode.ELGRemaining)
		},
		"Review": func() (icpcode.Decision, icpcode.RuleIDs) {
			at := at.Add(-800)
			i := facts
			i.Expires = at.AddDate(0, 0, set.Risk.ExpiringDays).Add(800) // 800 ns more than is near
			r := icpcode.Record{
				Code: must[icpcode.Code](t)(icpcode.ParseCode("012345678901")), State: icpcode.StateFiled, Owner: "1001", InstanceID: "i-1",
				Product: icpcode.ECS, Filing: &icpcode.Filing{IPs: mapped},
			}
			d := set.Review(r, i, at)
			return d, d.Fail & icpcode.MakeRuleIDs(icpcode.RSKExpiring)
		},
	} {
		d, edge := decide()
		if edge.Len() != 1 {
			t.Errorf("%s: less than a microsecond decides: it passes %v, fails %v, and %v is unknown", name, d.Pass, d.Fail, d.Unknown)
		}
		again := must[icpcode.Decision](t)(set.Decide(d.Case))
		if diff := cmp.Diff(asJSON(t, d), asJSON(t, again)); diff != "" {
			t.Errorf("%s: its case is decided otherwise: %s", name, diff)
		}
		if d.Case.Instance.IPs[0] != mapped[0].Unmap() {
			t.Errorf("%s: its case has the address %v", name, d.Case.Instance.IPs)
		}
	}
	if mapped[0].Is4() {
		t.Error("what was asked with was written to")
	}
}

// A case has no room for a code, a proof or the name of an account: whose an
// instance is, which it must not say, is the only field of such a type.
func TestCaseHasNoRoom(t *testing.T) {
	looked := 0
	for _, f := range roomsOf("Case", reflect.TypeFor[icpcode.Case]()) {
		looked++
		owner := strings.HasSuffix(f.path, "Instance.Owner") || strings.HasSuffix(f.path, "Instances.Owner")
		switch {
		case f.of == reflect.TypeFor[icpcode.Code](), strings.HasSuffix(f.path, ".Proof"), f.of == reflect.TypeFor[icpcode.AccountID]() && !owner:
			t.Errorf("%s is of type %v", f.path, f.of)
		}
	}
	if looked < 70 {
		t.Errorf("only %d fields were looked at", looked)
	}
}

// room is a field, and of what type it is, its elements or what it points to.
type room struct {
	path string
	of   reflect.Type
}

// roomsOf are the fields of a type, also of those within.
func roomsOf(path string, t reflect.Type) []room {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	rooms := []room{{path, t}}
	if holds(t) {
		for i := range t.NumField() {
			rooms = append(rooms, roomsOf(path+"."+t.Field(i).Name, t.Field(i).Type)...)
		}
	}
	return rooms
}

// A set is known again by what it answers, not by what it cites.
func TestDigestLeavesCitationsOut(t *testing.T) {
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)))
	answers := map[string]bool{"Source": false, "AsOf": false, "Cites": false, "Documents": false}
	for i := range reflect.TypeFor[icpcode.RuleSet]().NumField() {
		f := reflect.TypeFor[icpcode.RuleSet]().Field(i)
		if !f.IsExported() {
			continue
		}
		other := icpcode.Alibaba().Sets()[2] // a copy that can be changed
		if other.Digest() != set.Digest() {
			t.Fatal("a copy has another digest")
		}
		field := reflect.ValueOf(&other).Elem().Field(i)
		switch {
		case f.Type.Kind() == reflect.Bool:
			field.SetBool(!field.Bool()) // BatchUnknown
		case field.IsZero():
			field.Set(reflect.ValueOf(icpcode.MakeRuleIDs(icpcode.ELGTerm)).Convert(f.Type)) // Assume
		default:
			field.SetZero()
		}
		_, silent := answers[f.Name]
		if same := other.Digest() == set.Digest(); same != silent {
			t.Errorf("with another %s the digest is the same: %v", f.Name, same)
		}
	}
}

// What other packages ask of a set is what the set decides by.
func TestWhatASetTellsOfItself(t *testing.T) {
	set := must[*icpcode.RuleSet](t)(icpcode.Alibaba().At(at(2026, 6, 1, 0, 0, 0)))
	facts := icpcode.Instance{Owner: "1001"}
	for region, want := range map[string]icpcode.Tri{"cn-hangzhou": icpcode.Yes, "cn-hongkong": icpcode.No, "mars": icpcode.Unknown} {
		facts.Region = region
		d := set.Check(icpcode.IssueRequest{Actor: "1001", Quantity: 1, Instance: facts}, 0, at(2026, 6, 1, 0, 0, 0))
		decided := map[icpcode.Tri]bool{icpcode.Yes: d.Pass.Has(icpcode.ELGRegion), icpcode.No: d.Fail.Has(icpcode.ELGRegion), icpcode.Unknown: d.Unknown.Has(icpcode.ELGRegion)}
		if got := set.Mainland(region); got != want || !decided[want] {
			t.Errorf("%s is mainland: %v, want %v; decided %v", region, got, want, decided)
		}
	}
	if q, listed := set.Requirements(icpcode.NAT); !listed || q.Quota != 5 {
		t.Errorf("NAT is listed: %v, and requires %+v", listed, q)
	}
	if q, listed := set.Requirements("Other"); listed || q != set.Base {
		t.Errorf("another product is listed: %v, and requires %+v", listed, q)
	}
	for r := range icpcode.Assumable.All() {
		facts.Owner, facts.Product = "", icpcode.ECS
		c := icpcode.Case{Operation: icpcode.OperationIssue, At: at(2026, 6, 1, 0, 0, 0), Instance: facts, Assume: icpcode.Assumable, IssuedInstance: -1, Grant: &icpcode.CaseGrant{}}
		if d := must[icpcode.Decision](t)(set.Decide(c)); d.Unknown.Has(r) && !d.Assumed.Has(r) {
			t.Errorf("%v is not assumed", r)
		}
	}
	if _, ahead := time.Date(2026, 7, 1, 0, 0, 0, 0, icpcode.Shanghai()).Zone(); ahead != 8*60*60 {
		t.Errorf("Shanghai is %d s ahead", ahead)
	}
}
