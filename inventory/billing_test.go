package inventory_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/icpcode/icpcode/inventory"
)

// TestBilling: what a billing centre says of a server is joined to what its own
// list says, in whichever order they come, and its owner buys only if told so.
func TestBilling(t *testing.T) {
	const bill = `{"Code":"Success","Data":{"PageNum":1,"TotalCount":2,"InstanceList":[` +
		`{"OwnerId":1001,"ProductCode":"ecs","SubscriptionType":"Subscription","InstanceID":"i-1","Region":"cn-hangzhou","CreateTime":"2025-03-01T02:00:00Z","EndTime":"2027-03-01T16:00:00Z","Status":"Normal","RenewStatus":"AutoRenewal"},` +
		`{"OwnerId":1001,"ProductCode":"yundisk","SubscriptionType":"Subscription","InstanceID":"d-1","Region":"cn-hangzhou","Status":"Normal","RenewStatus":"AutoRenewal"}]}}`
	const renewals = `{"PageNumber":1,"TotalCount":1,"InstanceRenewAttributes":{"InstanceRenewAttribute":[{"InstanceId":"i-1","RenewalStatus":"NotRenewal","AutoRenewEnabled":false}]}}`
	const known = "i-1 ECS cn-hangzhou subscription running created 2025-03-01T02:00:00Z expires 2027-03-01T16:00:00Z ip [47.96.1.180]"
	own := inList(server())
	for _, c := range []struct {
		name   string
		buys   bool
		files  []string
		want   string
		owner  string
		format inventory.Format
	}{
		{"no billing list", false, []string{own}, known, "", inventory.AlibabaECS},
		{"the server's list first", false, []string{own, bill}, known + " renews yes", "", inventory.AlibabaECS},
		{"the billing list first", false, []string{bill, own}, known + " renews yes", "", inventory.AlibabaECS},
		{"the owner buys", true, []string{bill, own}, known + " renews yes", "1001", inventory.AlibabaECS},
		{"two that contradict each other", false, []string{bill, renewals, own}, known + " renews no", "", inventory.AlibabaECS},
		{"renewals", false, []string{renewals, own}, known + " renews no", "", inventory.AlibabaECS},
		{"by use, says the billing list", false, []string{strings.ReplaceAll(bill, `"Subscription"`, `"PayAsYouGo"`), own},
			strings.Replace(strings.Replace(known, "subscription", "pay-as-you-go", 1), "2027-03-01T16:00:00Z", "-", 1), "", inventory.AlibabaECS},
		{"expired, says the billing list", false, []string{own, strings.Replace(bill, `"Normal"`, `"Expired"`, 1)}, strings.Replace(known, "running", "expired", 1) + " renews yes", "", inventory.AlibabaECS},
		{"a billing list alone", true, []string{bill}, "i-1 ECS cn-hangzhou subscription status? created 2025-03-01T02:00:00Z expires 2027-03-01T16:00:00Z ip? [] renews yes", "1001", inventory.AlibabaBilling},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := inventory.Survey{OwnerBuys: c.buys, Mainland: mainland}
			for i, text := range c.files {
				for err := range v.Read(fmt.Sprint(i), strings.NewReader(text)) {
					t.Error(err)
				}
			}
			var servers []inventory.Server
			for i, text := range c.files {
				for s, err := range inventory.Read(strings.NewReader(text), &inventory.Options{Survey: &v, File: fmt.Sprint(i)}) {
					if err != nil {
						t.Error(err)
					}
					servers = append(servers, s)
				}
			}
			if lacks := v.Missing(); len(servers) != 1 || len(lacks) > 0 {
				t.Fatalf("%v, %v", servers, lacks)
			}
			if s := servers[0]; facts(s) != c.want || string(s.Instance.Owner) != c.owner || s.Format != c.format {
				t.Errorf("%s of %q, %v\nwant %s of %q, %v", facts(s), s.Instance.Owner, s.Format, c.want, c.owner, c.format)
			}
		})
	}
	// Alone, and cut short.
	for _, c := range []struct{ text, want string }{
		{strings.Replace(bill, `"TotalCount":2`, `"TotalCount":3`, 1), "incomplete: 2 of 3"},
		{`{"InstanceList":[{"InstanceId":"ins-1","ProductCode":"p_cvm","RenewFlag":"NOTIFY_AND_AUTO_RENEW"}],"NextToken":"x"}`, "incomplete: 1 server"},
		{`{"InstanceList":[{"InstanceId":"x-1","Engine":"MySQL"}]}`, "not an inventory of a known format"},
		{`{"InstanceRenewAttributes":{"InstanceRenewAttribute":[{"InstanceId":"i-1","AutoRenewal":false}]}}`, "not an inventory of a known format"}, // of ENS
	} {
		if _, errs := readAny(c.text, nil); len(errs) != 1 || !strings.Contains(errs[0].Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.text, errs, c.want)
		}
	}
	if servers, errs := readAny(bill, &inventory.Options{OwnerBuys: true}); len(errs) > 0 || len(servers) != 1 || servers[0].Instance.Owner != "1001" {
		t.Error(servers, errs)
	}
	sample, err := os.ReadFile("../testdata/inventory/ecs/describeinstanceautorenewattribute_doc2021.json")
	if err != nil {
		t.Fatal(err)
	}
	if servers, errs := readAny(string(sample), nil); len(errs) > 0 || len(servers) != 1 || facts(servers[0]) != "i-bp18x3z4hc7bixhx**** ECS  subscription status? created - expires - ip? [] renews yes" {
		t.Error(servers, errs)
	}
}

// TestRenewalWords: a word that is not documented is none of the others.
func TestRenewalWords(t *testing.T) {
	for _, c := range []struct{ members, want, note string }{
		{`RenewFlag:"NOTIFY_AND_AUTO_RENEW"`, " renews yes", ""},
		{`RenewFlag:"NOTIFY_AND_MANUAL_RENEW"`, " renews no", ""},
		{`RenewFlag:"DISABLE_NOTIFY_AND_MANUAL_RENEW"`, " renews no", ""},
		{`RenewFlag:"PERHAPS"`, "", `RenewFlag "PERHAPS" cannot be read`},
		{`RenewFlag:null`, "", ""},
	} {
		text := `{"InstanceSet":[` + object([][2]string{
			{"InstanceId", `"ins-1"`}, {"Placement", `{"Zone":"ap-guangzhou-3"}`}, {"InstanceChargeType", `"PREPAID"`},
			{"ExpiredTime", `"2026-09-22T00:00:00Z"`}, {"RestrictState", `"NORMAL"`}, {"PublicIpAddresses", `["123.207.11.190"]`},
		}, ":", []string{c.members}) + `]}`
		s := oneOf(t, inventory.TencentCVM, text)
		if got := facts(s); !strings.HasSuffix(got, "[123.207.11.190]"+c.want) || !strings.Contains(notes(s), c.note) || c.note == "" && notes(s) != "" {
			t.Errorf("%s: %s, %s", c.members, got, notes(s))
		}
	}
}
