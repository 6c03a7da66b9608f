package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The documents below are made from the documented schemas of the providers
// (aliyun/alicloud, tencentcloudstack/tencentcloud, huaweicloud/huaweicloud) and
// of terraform show -json; they were never applied.

// secret stands for what plans hold in clear.
const secret = "S3cret-Passw0rd"

// planned is a resource before and after apply.
type planned struct {
	address, kind, provider string
	after, unknown          string // of the plan, members of an object
	values                  string // of the state
	fails                   string // rules that fail on the plan
}

var plannedResources = []planned{
	{
		"alicloud_instance.web", "alicloud_instance", "registry.terraform.io/aliyun/alicloud",
		`"instance_name":"web","instance_charge_type":"PostPaid","availability_zone":"cn-hangzhou-h","internet_max_bandwidth_out":5,"password":"` + secret + `"`,
		`"id":true,"public_ip":true,"status":true,"create_time":true,"expired_time":true`,
		`"id":"i-bp1a","instance_name":"web","instance_charge_type":"PostPaid","availability_zone":"cn-hangzhou-h","internet_max_bandwidth_out":5,"public_ip":"47.96.1.1","status":"Running","create_time":"2026-11-20T02:00Z","expired_time":"2099-12-31T15:59Z","password":"` + secret + `"`,
		"ELG-BILLING",
	},
	{
		`alicloud_instance.app["hk"]`, "alicloud_instance", "registry.terraform.io/aliyun/alicloud",
		`"instance_name":"hk","instance_charge_type":"PrePaid","period":12,"period_unit":"Month","availability_zone":"cn-hongkong-b","internet_max_bandwidth_out":5`,
		`"id":true,"public_ip":true,"status":true`,
		`"id":"i-bp1b","instance_name":"hk","instance_charge_type":"PrePaid","period":12,"period_unit":"Month","availability_zone":"cn-hongkong-b","public_ip":"47.96.1.2","status":"Running","create_time":"2026-11-20T02:00Z","expired_time":"2027-11-20T16:00Z"`,
		"ELG-REGION",
	},
	{
		"module.front[0].alicloud_instance.good", "alicloud_instance", "registry.terraform.io/aliyun/alicloud",
		`"instance_name":"good","instance_charge_type":"PrePaid","period":1,"period_unit":"Year","availability_zone":null,"internet_max_bandwidth_out":5`,
		`"id":true,"public_ip":true,"status":true,"availability_zone":true`,
		`"id":"i-bp1c","instance_name":"good","instance_charge_type":"PrePaid","period":1,"period_unit":"Year","availability_zone":"cn-hangzhou-h","public_ip":"47.96.1.3","status":"Running","create_time":"2026-11-20T02:00Z","expired_time":"2027-11-20T16:00Z","renewal_status":"AutoRenewal"`,
		"",
	},
	{
		"alicloud_alb_load_balancer.edge", "alicloud_alb_load_balancer", "registry.terraform.io/aliyun/alicloud",
		`"load_balancer_name":"edge","address_type":"Internet","load_balancer_billing_config":[{"pay_type":"PayAsYouGo"}]`, `"id":true`,
		`"id":"alb-1","load_balancer_name":"edge","address_type":"Internet","load_balancer_billing_config":[{"pay_type":"PayAsYouGo"}]`,
		"ELG-BILLING",
	},
	{
		"tencentcloud_instance.api", "tencentcloud_instance", "registry.terraform.io/tencentcloudstack/tencentcloud",
		`"instance_name":"api","instance_charge_type":"SPOTPAID","availability_zone":"ap-guangzhou-6","allocate_public_ip":true`, `"id":true,"public_ip":true`,
		`"id":"ins-1","instance_name":"api","instance_charge_type":"SPOTPAID","availability_zone":"ap-guangzhou-6","allocate_public_ip":true,"public_ip":"43.139.1.1","instance_status":"RUNNING"`,
		"ELG-BILLING",
	},
	{
		"tencentcloud_clb_instance.lb", "tencentcloud_clb_instance", "registry.terraform.io/tencentcloudstack/tencentcloud",
		`"clb_name":"lb","network_type":"OPEN"`, `"id":true`, `"id":"lb-1","clb_name":"lb","network_type":"OPEN"`, "ELG-PRODUCT",
	},
	{
		"huaweicloud_compute_instance.db", "huaweicloud_compute_instance", "registry.terraform.io/huaweicloud/huaweicloud",
		`"name":"db","charging_mode":"postPaid","availability_zone":"ap-southeast-1a","admin_pass":"` + secret + `"`, `"id":true,"public_ip":true,"region":true`,
		`"id":"00000000-0000-4000-8000-000000000001","name":"db","charging_mode":"postPaid","availability_zone":"ap-southeast-1a","region":"ap-southeast-1","status":"ACTIVE","admin_pass":"` + secret + `"`,
		"ELG-BILLING ELG-REGION",
	},
}

// planOf and stateOf make the documents.
func planOf(list []planned, more ...string) string {
	var changes []string
	for _, p := range list {
		changes = append(changes, fmt.Sprintf(`{"address":%q,"mode":"managed","type":%q,"provider_name":%q,"change":{"actions":["create"],"before":null,"after":{%s},"after_unknown":{%s},"after_sensitive":{"password":true}}}`,
			p.address, p.kind, p.provider, p.after, p.unknown))
	}
	return `{"format_version":"1.2","terraform_version":"1.9.5","variables":{"db":{"value":"` + secret + `"}},"resource_changes":[` + strings.Join(append(changes, more...), ",") +
		`],"configuration":{"provider_config":{"alicloud":{"name":"alicloud","full_name":"registry.terraform.io/aliyun/alicloud","expressions":{"region":{"constant_value":"cn-hangzhou"},"secret_key":{"constant_value":"` + secret + `"}}}}}}`
}

func stateOf(list []planned) string {
	var resources []string
	for _, p := range list {
		resources = append(resources, fmt.Sprintf(`{"address":%q,"mode":"managed","type":%q,"provider_name":%q,"values":{%s},"sensitive_values":{}}`, p.address, p.kind, p.provider, p.values))
	}
	return `{"format_version":"1.0","terraform_version":"1.9.5","values":{"outputs":{"p":{"sensitive":true,"value":"` + secret + `"}},"root_module":{"resources":[` + strings.Join(resources[:2], ",") +
		`],"child_modules":[{"address":"module.front[0]","resources":[` + strings.Join(resources[2:], ",") + `]}]}}}`
}

// failing are the rules that fail on each server, by its name.
func failing(t *testing.T, out string) map[string][]string {
	t.Helper()
	doc := decode[struct {
		Servers []struct {
			Name    string
			Reasons []struct{ Rule, Outcome string }
		}
	}](t, out)
	all := make(map[string][]string)
	for _, s := range doc.Servers {
		all[s.Name] = []string{}
		for _, r := range s.Reasons {
			if r.Outcome == "failed" {
				all[s.Name] = append(all[s.Name], r.Rule)
			}
		}
	}
	return all
}

// TestTerraform: of a plan, what can never give a code is found before it is
// bought, and what fails on a plan fails on the state after apply. Nothing
// repeats a secret.
func TestTerraform(t *testing.T) {
	plan := file(t, "plan.json", planOf(plannedResources,
		`{"address":"alicloud_instance.old","mode":"managed","type":"alicloud_instance","change":{"actions":["delete"],"before":{},"after":null}}`,
		`{"address":"data.alicloud_instances.x","mode":"data","type":"alicloud_instance","change":{"actions":["read"],"after":{"instance_name":"data"}}}`,
		`{"address":"alicloud_vpc.v","mode":"managed","type":"alicloud_vpc","change":{"actions":["create"],"after":{"vpc_name":"v"}}}`))
	at := []string{"-json", "-at", "2026-12-01", "-issued", "0"}
	before := runIt(append([]string{"precheck", plan}, at...)...)
	after := runIt(append([]string{"precheck", file(t, "state.json", stateOf(plannedResources))}, at...)...)
	if before.status != exitNo || after.status != exitNo {
		t.Fatalf("status %d and %d: %s%s", before.status, after.status, before.errors, after.errors)
	}
	was, is := failing(t, before.out), failing(t, after.out)
	if len(was) != len(plannedResources) || len(is) != len(plannedResources) {
		t.Fatalf("%d and %d servers", len(was), len(is))
	}
	for _, p := range plannedResources {
		name := ""
		for part := range strings.SplitSeq(p.after, ",") {
			if key, value, _ := strings.Cut(part, ":"); strings.HasSuffix(key, `name"`) && name == "" {
				name = strings.Trim(value, `"`)
			}
		}
		if got := strings.Join(was[name], " "); got != p.fails {
			t.Errorf("%s: %s fails on the plan, want %s", p.address, got, p.fails)
		}
		for _, r := range was[name] {
			if !slices.Contains(is[name], r) {
				t.Errorf("%s: %s fails on the plan, not on the state: %v", p.address, r, is[name])
			}
		}
	}
	for _, want := range []string{"known only after apply", "alicloud_instance.web.public_ip", "module.front[0].alicloud_instance.good.status"} {
		if !strings.Contains(before.errors, want) {
			t.Errorf("without %q: %s", want, before.errors)
		}
	}
	// The first term passes ELG-TERM where it is enough, and never fails it.
	short := strings.Replace(planOf(plannedResources[2:3]), `"period":1,"period_unit":"Year"`, `"period":1,"period_unit":"Month"`, 1)
	for doc, want := range map[string]string{planOf(plannedResources[2:3]): "", short: "unknown"} {
		got := ""
		for _, r := range decode[struct {
			Servers []struct {
				Reasons []struct{ Rule, Outcome string }
			}
		}](t, runIt(append([]string{"precheck", file(t, "plan.json", doc)}, at...)...).out).Servers[0].Reasons {
			if r.Rule == "ELG-TERM" {
				got = r.Outcome
			}
		}
		if got != want {
			t.Errorf("ELG-TERM is %q, want %q", got, want)
		}
	}
	s := machine(nil)
	s.stdin = strings.NewReader(planOf(plannedResources[:1]))
	if r := runOn(s, "precheck", "-"); r.status != exitNo || !strings.Contains(r.out, "alicloud_instance.web") {
		t.Errorf("standard input: status %d, %s", r.status, r.out)
	}
}

// TestTerraformSecrets: no output and no error repeats what was not to be read,
// whatever the document is like.
func TestTerraformSecrets(t *testing.T) {
	plan, state := planOf(plannedResources), stateOf(plannedResources)
	masked := strings.Replace(plan, `"after_sensitive":{"password":true}`, `"after_sensitive":{"instance_name":true}`, 1)
	masked = strings.Replace(masked, `"instance_name":"web"`, `"instance_name":"`+secret+`"`, 1)
	docs := []string{plan, state, masked, `{"format_version":"1.0"}`, `{"format_version":"1.0","resource_changes":{"a":"` + secret + `"}}`, `{"format_version":"1.0","values":"` + secret + `"}`}
	for _, doc := range []string{plan, state} {
		for n := 1; n < len(doc); n += len(doc)/8 + 1 {
			docs = append(docs, doc[:n], doc[:n]+`"`+secret+`!`+doc[n:])
		}
	}
	for _, doc := range docs {
		name := file(t, "show.json", doc)
		for _, args := range [][]string{{"precheck", name}, {"precheck", name, "-json"}, {"precheck", name, "-csv", "-lang", "zh"}} {
			if r := runIt(args...); strings.Contains(r.out+r.errors, secret) {
				t.Errorf("%v of %.60s: %s%s", args, doc, r.out, r.errors)
			}
		}
	}
	for doc, want := range map[string]string{
		`{"format_version":"1.0"}`: "has neither resource_changes nor values", plan[:len(plan)/2]: "ends early or is damaged",
		`{"format_version":"1.0","values":7}`: "not of the form that terraform show -json prints",
	} {
		if r := runIt("precheck", file(t, "show.json", doc)); r.status != exitInput || !strings.Contains(r.errors, want) {
			t.Errorf("%.40s: status %d, %s", doc, r.status, r.errors)
		}
	}
}

// TestTerraformRenews: whether a resource renews itself is read where it is a
// subscription, and what is known only after apply is named.
func TestTerraformRenews(t *testing.T) {
	for _, c := range []struct{ kind, provider, billing, renew, want string }{
		{"alicloud_instance", "aliyun/alicloud", `"instance_charge_type":"PrePaid"`, `"renewal_status":"AutoRenewal"`, "yes"},
		{"alicloud_instance", "aliyun/alicloud", `"instance_charge_type":"PrePaid"`, `"renewal_status":"Normal"`, "no"},
		{"alicloud_instance", "aliyun/alicloud", `"instance_charge_type":"PrePaid"`, `"renewal_status":"Perhaps"`, ""},
		{"alicloud_instance", "aliyun/alicloud", `"instance_charge_type":"PostPaid"`, `"renewal_status":"AutoRenewal"`, ""},
		{"alicloud_simple_application_server_instance", "aliyun/alicloud", `"payment_type":"Subscription"`, `"auto_renew":true`, "yes"},
		{"tencentcloud_instance", "tencentcloudstack/tencentcloud", `"instance_charge_type":"PREPAID"`, `"instance_charge_type_prepaid_renew_flag":"NOTIFY_AND_AUTO_RENEW"`, "yes"},
		{"tencentcloud_instance", "tencentcloudstack/tencentcloud", `"instance_charge_type":"PREPAID"`, `"instance_charge_type_prepaid_renew_flag":"NOTIFY_AND_MANUAL_RENEW"`, "no"},
		{"huaweicloud_compute_instance", "huaweicloud/huaweicloud", `"charging_mode":"prePaid"`, `"auto_renew":"true"`, "yes"},
		{"huaweicloud_elb_loadbalancer", "huaweicloud/huaweicloud", `"charging_mode":"prePaid"`, `"auto_renew":"false"`, "no"},
	} {
		p := planned{c.kind + ".x", c.kind, "registry.terraform.io/" + c.provider, c.billing + "," + c.renew, "", "", ""}
		out, _, err := terraformServers(strings.NewReader(planOf([]planned{p})))
		var o map[string]string
		if err := errors.Join(err, json.Unmarshal(out, &o)); err != nil || o["auto_renew"] != c.want {
			t.Errorf("%s with %s, %s: %q, %v; want %q", c.kind, c.billing, c.renew, o["auto_renew"], err, c.want)
		}
		name, _, _ := strings.Cut(strings.Trim(c.renew, `"`), `"`)
		p.after, p.unknown = c.billing, `"`+name+`":true`
		_, later, err := terraformServers(strings.NewReader(planOf([]planned{p})))
		if subscribed := !strings.Contains(c.billing, "PostPaid"); err != nil || slices.Contains(later, c.kind+".x.auto_renew") != subscribed {
			t.Errorf("%s: known after apply: %v, %v", c.kind, later, err)
		}
	}
}

// FuzzTerraform: whatever a document holds, reading it ends, and what comes of
// it are objects of the inventories' own format.
func FuzzTerraform(f *testing.F) {
	f.Add(planOf(plannedResources))
	f.Add(stateOf(plannedResources))
	f.Fuzz(func(t *testing.T, doc string) {
		out, _, err := terraformServers(strings.NewReader(doc))
		if err != nil && !isSpoken(err) {
			t.Errorf("no words for %v", err)
		}
		for line := range strings.Lines(string(out)) {
			var o map[string]string
			if err := json.Unmarshal([]byte(line), &o); err != nil || o["provider"] == "" {
				t.Errorf("%q: %v", line, err)
			}
		}
	})
}
