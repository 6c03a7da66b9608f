package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/icpcode/icpcode/internal/spoken"
)

// What terraform show -json prints of a plan or a state. Both hold passwords in
// clear, so nothing of them but the facts below reaches an output or an error.

// terraformHead is how such a document begins.
var terraformHead = regexp.MustCompile(`^\x{FEFF}?\s*\{\s*"format_version"\s*:`)

// maxTerraform bounds memory.
const maxTerraform = 128 << 20

// terraformDoc is as much of a document as is read.
type terraformDoc struct {
	Changes *[]struct {
		Address  string
		Mode     string
		Type     string
		Provider string `json:"provider_name"`
		Change   struct {
			Actions   []string
			After     map[string]any
			Unknown   any `json:"after_unknown"`
			Sensitive any `json:"after_sensitive"`
		}
	} `json:"resource_changes"`
	Values *struct {
		Root terraformModule `json:"root_module"`
	}
	Configuration struct {
		Providers map[string]struct {
			Name        string
			FullName    string `json:"full_name"`
			Module      string `json:"module_address"`
			Expressions struct {
				Region struct {
					Constant any `json:"constant_value"`
				}
			}
		} `json:"provider_config"`
	}
}

// terraformModule is a module of a state.
type terraformModule struct {
	Resources []struct {
		Address   string
		Mode      string
		Type      string
		Provider  string `json:"provider_name"`
		Values    map[string]any
		Sensitive any `json:"sensitive_values"`
	}
	Children []terraformModule `json:"child_modules"`
}

// terraformKind says which facts of a type of resource stand where.
type terraformKind struct {
	provider, product  string
	name               string
	billing            []string // the member, in a block where there are two
	zone               string   // tells the region without what ends it
	region             string
	status             string
	created, expires   string
	ip, public         string // an address, and a member that is true, positive or a word for it
	period, periodUnit string
	renew              string // says whether it renews itself
}

// zoneEnd is what a zone has behind its region: -b of Alibaba Cloud, -6 of Tencent
// Cloud, a letter of Huawei Cloud.
var zoneEnd = map[string]*regexp.Regexp{
	"alibaba": regexp.MustCompile(`-[a-z]$`), "tencent": regexp.MustCompile(`-\d+$`), "huawei": regexp.MustCompile(`[a-z]$`),
}

// terraformKinds are the types of resources that are read.
var terraformKinds = map[string]terraformKind{
	"alicloud_instance": {
		provider: "alibaba", product: "ECS", name: "instance_name", billing: []string{"instance_charge_type"}, zone: "availability_zone",
		status: "status", created: "create_time", expires: "expired_time", ip: "public_ip", public: "internet_max_bandwidth_out",
		period: "period", periodUnit: "period_unit", renew: "renewal_status",
	},
	"alicloud_simple_application_server_instance": {
		provider: "alibaba", product: "SWAS", name: "instance_name", billing: []string{"payment_type"}, status: "status", ip: "public_ip_address", period: "period", renew: "auto_renew",
	},
	"alicloud_slb_load_balancer": {
		provider: "alibaba", product: "SLB", name: "load_balancer_name", billing: []string{"payment_type"}, zone: "master_zone_id", public: "address_type", period: "period",
	},
	"alicloud_alb_load_balancer": {
		provider: "alibaba", product: "SLB", name: "load_balancer_name", billing: []string{"load_balancer_billing_config", "pay_type"}, created: "create_time", public: "address_type",
	},
	"alicloud_nlb_load_balancer": {
		provider: "alibaba", product: "SLB", name: "load_balancer_name", billing: []string{"payment_type"}, created: "create_time", region: "region_id", public: "address_type",
	},
	"alicloud_nat_gateway": {provider: "alibaba", product: "NAT", name: "nat_gateway_name", billing: []string{"payment_type"}, period: "period"},
	"tencentcloud_instance": {
		provider: "tencent", product: "CVM", name: "instance_name", billing: []string{"instance_charge_type"}, zone: "availability_zone",
		status: "instance_status", created: "create_time", expires: "expired_time", ip: "public_ip", public: "allocate_public_ip", period: "instance_charge_type_prepaid_period",
		renew: "instance_charge_type_prepaid_renew_flag",
	},
	"tencentcloud_lighthouse_instance": {provider: "tencent", product: "Lighthouse", name: "instance_name", zone: "zone"},
	"tencentcloud_clb_instance":        {provider: "tencent", product: "CLB", name: "clb_name", public: "network_type"},
	"tencentcloud_nat_gateway":         {provider: "tencent", product: "NAT", name: "name", zone: "zone"},
	"huaweicloud_compute_instance": {
		provider: "huawei", product: "ECS", name: "name", billing: []string{"charging_mode"}, zone: "availability_zone", region: "region",
		status: "status", created: "created_at", expires: "expired_time", ip: "public_ip", period: "period", periodUnit: "period_unit", renew: "auto_renew",
	},
	"huaweicloud_nat_gateway":      {provider: "huawei", product: "NAT", name: "name", billing: []string{"charging_mode"}, region: "region", renew: "auto_renew"},
	"huaweicloud_elb_loadbalancer": {provider: "huawei", product: "ELB", name: "name", billing: []string{"charging_mode"}, region: "region", renew: "auto_renew"},
}

// The words for billing, renewal and status that are read; all others are unknown.
var (
	terraformBilling = map[string]string{
		"prepaid": "subscription", "subscription": "subscription", "postpaid": "pay-as-you-go", "payasyougo": "pay-as-you-go",
		"postpaidbyhour": "pay-as-you-go", "spotpaid": "pay-as-you-go", "spot": "pay-as-you-go", "payondemand": "pay-as-you-go",
	}
	terraformRenews = map[string]string{
		"autorenewal": "yes", "notifyandautorenew": "yes", "true": "yes",
		"normal": "no", "notrenewal": "no", "notifyandmanualrenew": "no", "disablenotifyandmanualrenew": "no", "false": "no",
	}
	terraformStatus = map[string]string{"running": "running", "active": "running", "stopped": "stopped", "shutoff": "stopped"}
)

// terraformServers makes objects of the inventories' own format of a document,
// one a line. Unknown lists what is known only after apply.
func terraformServers(r io.Reader) (out []byte, unknown spoken.List, err error) {
	text, err := io.ReadAll(io.LimitReader(r, maxTerraform+1))
	if err != nil {
		return nil, nil, err
	}
	if len(text) > maxTerraform {
		return nil, nil, errorf("Terraform's document is larger than %d MiB", "Terraform文档超过%d MiB", maxTerraform>>20)
	}
	var d terraformDoc
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\uFEFF")), &d); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, nil, errorf("Terraform's document ends early or is damaged at byte %d: print it again with terraform show -json",
				"Terraform文档在第%d字节处不完整或已损坏：请用 terraform show -json 重新输出", syntax.Offset)
		}
		return nil, nil, errorf("it is not of the form that terraform show -json prints", "不是 terraform show -json 的输出格式")
	}
	t := terraformReader{doc: &d}
	switch {
	case d.Changes != nil:
		for _, c := range *d.Changes {
			actions := strings.Join(c.Change.Actions, " ")
			if c.Mode != "managed" || actions == "delete" || actions == "read" || actions == "forget" || c.Change.After == nil {
				continue
			}
			t.resource(c.Type, c.Provider, c.Address, c.Change.After, c.Change.Unknown, c.Change.Sensitive)
		}
	case d.Values != nil:
		t.module(&d.Values.Root)
	default:
		return nil, nil, errorf("Terraform's document has neither resource_changes nor values: it is empty", "Terraform文档中既没有resource_changes也没有values：内容为空")
	}
	return t.out.Bytes(), t.unknown, nil
}

type terraformReader struct {
	doc     *terraformDoc
	out     bytes.Buffer
	unknown spoken.List
}

func (t *terraformReader) module(m *terraformModule) {
	for _, r := range m.Resources {
		if r.Mode == "managed" {
			t.resource(r.Type, r.Provider, r.Address, r.Values, nil, r.Sensitive)
		}
	}
	for i := range m.Children {
		t.module(&m.Children[i])
	}
}

// marked reports whether after_unknown or sensitive_values mark a member.
func marked(marks any, name string) bool {
	if all, ok := marks.(bool); ok {
		return all
	}
	m, _ := marks.(map[string]any)
	switch v := m[name].(type) {
	case bool:
		return v
	case map[string]any:
		return len(v) > 0
	case []any:
		for _, e := range v {
			if inside, ok := e.(map[string]any); e == true || ok && len(inside) > 0 {
				return true
			}
		}
	}
	return false
}

// terraformText is a member that is a text, number or truth.
func terraformText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// resource writes a server, gateway or balancer; other resources are none.
func (t *terraformReader) resource(kind, providerName, address string, values map[string]any, unknown, sensitive any) {
	k, found := terraformKinds[kind]
	if !found {
		return
	}
	get := func(name, fact string) string {
		if name == "" || marked(sensitive, name) {
			return ""
		}
		if marked(unknown, name) {
			t.later(address, fact)
			return ""
		}
		return terraformText(values[name])
	}
	o := map[string]string{"provider": k.provider, "product": k.product, "name": get(k.name, "")}
	if o["id"] = get("id", ""); o["id"] == "" || checkID(o["id"]) != nil {
		o["id"] = address
	}
	if len(k.billing) == 1 {
		o["billing"] = terraformBilling[unspaced(get(k.billing[0], "billing"))]
	} else if len(k.billing) == 2 {
		list, _ := values[k.billing[0]].([]any)
		if len(list) == 1 && !marked(unknown, k.billing[0]) && !marked(sensitive, k.billing[0]) {
			block, _ := list[0].(map[string]any)
			o["billing"] = terraformBilling[unspaced(terraformText(block[k.billing[1]]))]
		}
	}
	o["region"] = get(k.region, "region")
	if zone := get(k.zone, "region"); o["region"] == "" && zoneEnd[k.provider].MatchString(zone) {
		o["region"] = zoneEnd[k.provider].ReplaceAllString(zone, "")
	}
	if o["region"] == "" {
		o["region"] = t.region(providerName)
	}
	o["status"] = terraformStatus[strings.ToLower(get(k.status, "status"))]
	o["created"], o["expires"] = get(k.created, "created"), ""
	if o["billing"] == "subscription" {
		o["expires"] = get(k.expires, "expires")
		o["auto_renew"] = terraformRenews[unspaced(get(k.renew, "auto_renew"))]
		o["first_term_months"] = months(get(k.period, "first_term_months"), get(k.periodUnit, ""))
	}
	if ip := get(k.ip, "public_ip"); ip != "" {
		if _, err := netip.ParseAddr(ip); err == nil {
			o["ips"] = ip
		}
	}
	if o["ips"] == "" {
		o["public_ip"] = publicWords[strings.ToLower(get(k.public, "public_ip"))]
		if n, err := strconv.Atoi(get(k.public, "")); err == nil && n > 0 {
			o["public_ip"] = "yes"
		}
	}
	line, err := json.Marshal(compactStrings(o))
	if err != nil {
		return // texts have a JSON form
	}
	t.out.Write(append(line, '\n'))
}

// publicWords say whether a resource gets a public address. Without one it can be
// given one that the resource does not show, so no word is a no.
var publicWords = map[string]string{"true": "yes", "internet": "yes", "open": "yes"}

// months is a first term in months, or "".
func months(period, unit string) string {
	n, err := strconv.Atoi(period)
	if err != nil || n <= 0 || n > 1200 {
		return ""
	}
	switch strings.ToLower(unit) {
	case "", "month":
		return strconv.Itoa(n)
	case "year":
		if n <= 100 {
			return strconv.Itoa(12 * n)
		}
	}
	return ""
}

func compactStrings(m map[string]string) map[string]string {
	for k, v := range m {
		if v == "" {
			delete(m, k)
		}
	}
	return m
}

// maxLater bounds how many facts are told to be known only after apply.
const maxLater = 200

func (t *terraformReader) later(address, fact string) {
	if fact == "" || len(t.unknown) > maxLater {
		return
	}
	name := address + "." + fact
	if slices.Contains(t.unknown, name) {
		return
	}
	t.unknown = append(t.unknown, name)
}

// region is the constant that the configuration gives a provider, if it gives
// all of that provider's configurations the same: a resource does not say which
// of them is its own.
func (t *terraformReader) region(providerName string) string {
	region := ""
	for _, key := range sortedKeys(t.doc.Configuration.Providers) {
		p := t.doc.Configuration.Providers[key]
		if p.FullName != providerName && !strings.HasSuffix(providerName, "/"+p.Name) {
			continue
		}
		constant, _ := p.Expressions.Region.Constant.(string)
		if constant == "" || region != "" && region != constant {
			return ""
		}
		region = constant
	}
	return region
}
