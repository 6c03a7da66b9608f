package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// The samples are real outputs and documented examples of the providers'
// tools; their sources are in the SOURCES.md beside them.
const (
	ecsSamples   = "../../testdata/inventory/ecs"
	otherSamples = "../../inventory/testdata"
)

// samples are all sample files, under short names.
func samples(t *testing.T) map[string]string {
	t.Helper()
	files := make(map[string]string)
	for _, pattern := range []string{ecsSamples + "/*.json", otherSamples + "/*/*.json"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			files[filepath.Base(filepath.Dir(f))+"/"+filepath.Base(f)] = f
		}
	}
	return files
}

// checked is one server of a sample, judged by hand on 22 November 2026.
type checked struct {
	id      string
	verdict string
	fails   string // the rules that fail, without ELG-
	tells   string // the facts that would tell
}

// The facts that no list of Alibaba Cloud's tells; of a subscription it does
// not tell either whether it is a trial.
const (
	never = "owner ip_held issued"
	trial = "owner trial ip_held issued"
)

// byHand says of each server of each sample what the rules of domain say,
// looked up in the file by hand. PostPaid is pay-as-you-go (ELG-BILLING), of
// which ExpiredTime means nothing; an empty PublicIpAddress and EipAddress of
// a server with one network interface is no public IP, with several unknown.
var byHand = map[string][]checked{
	// PostPaid, running, no address.
	"ecs/describeinstanceattribute_cn-hangzhou_2024.json": {{"i-bp19trejji1vzvjr1qq1", "no", "BILLING PUBLICIP", never}},
	// The second one has 123.56.82.191.
	"ecs/describeinstances_cn-beijing_2024.json": {
		{"i-2zeehjnfm8c0saa4oz8f", "no", "BILLING PUBLICIP", never},
		{"i-2zebej68ipknxhx10qy0", "no", "BILLING", never},
	},
	"ecs/describeinstances_cn-hangzhou_2024.json": {
		{"i-bp1h4adlltjc1d48goaq", "no", "BILLING PUBLICIP", never},
		{"i-bp12wb21245k9ratqxuq", "no", "BILLING PUBLICIP", never},
		{"i-bp1fg08f2vz469rafhzo", "no", "BILLING PUBLICIP", never},
		{"i-bp1c9jzchxjophi6pbo4", "no", "BILLING PUBLICIP", never},
		{"i-bp15f4112atpjn24efck", "no", "BILLING PUBLICIP STATUS", never}, // Stopped
		{"i-bp16gx6r8ykwfd0ogyzb", "no", "BILLING PUBLICIP STATUS", never}, // Stopped
		{"i-bp175juabkzcprwsqdxy", "no", "BILLING PUBLICIP STATUS", never}, // Stopped
		{"i-bp13op1xah7fy6q06388", "no", "BILLING PUBLICIP STATUS", never}, // Stopped
		{"i-bp15f4112atp0kfd78i0", "no", "BILLING PUBLICIP", never},
		{"i-bp1bf78j96c6ky07ju8s", "no", "BILLING PUBLICIP STATUS", never}, // Stopped
		{"i-bp1jfq2w26txcw6d8qzn", "no", "BILLING PUBLICIP STATUS", never}, // Stopped
		{"i-bp19trejji1vzvjr1qq1", "no", "BILLING PUBLICIP", never},
		{"i-bp19trejji1vzvjr1qps", "no", "BILLING PUBLICIP", never},
		{"i-bp19trejji1vzvjr1qq0", "no", "BILLING PUBLICIP", never},
		{"i-bp19trejji1vzvjr1qpy", "no", "BILLING PUBLICIP", never},
		{"i-bp19y1z08hlzzldsdod2", "no", "BILLING", never},                            // EIP 47.96.1.180
		{"i-bp18hf5w2tc6o4irxm7l", "no", "BILLING", "owner public_ip ip_held issued"}, // two interfaces
		{"i-bp18hf5w2tc6o4irxm7m", "no", "BILLING", "owner public_ip ip_held issued"}, // three
		{"i-bp1gteyhxk1nh83qdyjj", "no", "BILLING PUBLICIP", never},
		{"i-bp11yd336sck89b8kjzv", "no", "BILLING PUBLICIP", never},
		{"i-bp18ncx6mrfqom5acq8s", "no", "BILLING PUBLICIP", never},
		{"i-bp11tkv4nbrkqg0uo5qu", "no", "BILLING PUBLICIP STATUS", never}, // Stopped
		{"i-bp1e52qwj8vkp0j4gqf7", "no", "BILLING PUBLICIP STATUS", never}, // Stopped
		{"i-bp1e52qwj8vkp0j4gqf4", "no", "BILLING PUBLICIP STATUS", never}, // Stopped, StopCharging
	},
	// Not mainland, although it begins with cn-.
	"ecs/describeinstances_cn-hongkong_2024.json": {{"i-j6cftv4731g8gu8jrmmh", "no", "BILLING REGION PUBLICIP STATUS", never}},
	// The last one has 47.123.5.55.
	"ecs/describeinstances_cn-shanghai_2024.json": {
		{"i-uf62gcx2e4n6cnigoc15", "no", "BILLING PUBLICIP", never},
		{"i-uf61mtifcttfljyf37m1", "no", "BILLING PUBLICIP", never},
		{"i-uf6g5nhezj6qvqi8h8br", "no", "BILLING PUBLICIP", never},
		{"i-uf659o9rxxey22fpw1do", "no", "BILLING", never},
	},
	// Running, but locked as Recycling: the restrictive one wins. Its EIP is
	// masked, so present.
	"ecs/describeinstances_doc2026_locked.json": {{"i-bp67acfmxazb4p****", "no", "BILLING STATUS", never}},
	"ecs/describeinstances_empty_2024.json":     {},
	"ecs/doc_classic_2020.json":                 {{"i-bp1j4i2jdf3owlhe****", "no", "BILLING", never}}, // masked address
	"ecs/doc_vpc_eip_2021.json":                 {{"i-bp67acfmxazb4p****", "no", "BILLING", never}},   // masked addresses
	// A week bought in 2018: certainly under three months, and over.
	"ecs/prepaid_1week_cn-beijing_2018.json": {{"i-2ze57isp1ali72tzkjow", "no", "TERM REMAINING PUBLICIP STATUS", trial}},
	// Nothing but that they renew themselves, or are paid for.
	"ecs/describeinstanceautorenewattribute_doc2021.json": {{"i-bp18x3z4hc7bixhx****", "unknown", "", "owner trial term_months expires region public_ip status ip_held issued"}},
	"billing/queryavailableinstances_schema.json": {
		{"i-made-up", "no", "REMAINING", "owner trial term_months public_ip status ip_held issued"}, // 44 days left
		{"lb-made-up", "no", "BILLING", "owner public_ip status ip_held issued"},
		{"0a000000000000000000000000000001", "no", "REMAINING STATUS", "owner trial term_months public_ip ip_held issued"},
	},
	// Tencent asks for 30 days.
	"billing/describerenewinstances_schema.json": {
		{"ins-madeup01", "unknown", "", "owner trial term_months public_ip status issued certification"},
		{"ins-madeup02", "no", "REMAINING STATUS", "owner trial term_months public_ip issued certification"},
	},
	"billing/describerenewinstances_doc_ex1.json": {},

	// Addresses are no servers.
	"eip/describeeipaddresses_available_2019.json":    {},
	"eip/describeeipaddresses_doc2026_assembled.json": {},
	"eip/describeeipaddresses_nat_bound_doc2020.json": {},
	"tencent/vpc_describeaddresses_doc_ex1.json":      {},
	"huawei/eip_publicips_v3_schema.json":             {},

	// The presets of these two providers have codes for neither gateways nor
	// load balancers, whatever else is known of them.
	"huawei/nat_gateways_v2_schema.json":      {{"55555555-0000-4000-8000-000000000001", "no", "PRODUCT", "owner billing trial term_months region public_ip"}},
	"huawei/elb_loadbalancers_v3_schema.json": {{"77777777-0000-4000-8000-000000000001", "no", "PRODUCT", "owner trial term_months"}},
	// By the hour.
	"tencent/clb_describeloadbalancers_doc_ex1.json": {{"lb-rbw5****", "no", "PRODUCT BILLING", "owner certification"}},
	// The second one has no address.
	"tencent/vpc_describenatgateways_doc_ex1.json": {
		{"nat-3isn9hr0", "no", "PRODUCT", "owner billing trial term_months expires certification"},
		{"nat-mxkohguo", "no", "PRODUCT PUBLICIP", "owner billing trial term_months expires certification"},
	},
	// The set of 2026 does not list ENS. It ends 44 days later, and its region
	// is one of ENS's own.
	"ens/describeinstances_schema.json": {{"i-made-up", "no", "PRODUCT REMAINING", "owner trial term_months region ip_held"}},

	// Pay-per-use. ACTIVE, but stopped says vm_state, which the rules there
	// allow. Its zone is in Hong Kong; the list says no addresses.
	"huawei/ecs_cloudservers_detail_active_2025.json": {{"bac642b0-a9ca-4a13-b6b9-9e41b35905b6", "no", "BILLING REGION", "owner public_ip issued"}},

	// PostPaid and Creating, with an address that is masked.
	"nat/describenatgateways_doc2026.json": {{"ngw-bp1047e2d4z7kf2ki****", "no", "BILLING STATUS", never}},
	// A month, over since October 2020, and no address.
	"nat/describenatgateways_prepaid_1month_cn-shanghai_2020_printed.json": {{"ngw-uf6htj15rgyp8ivix****", "no", "TERM REMAINING PUBLICIP STATUS", trial}},
	// Four months of 2018. The set of 2026 does not list the product, which
	// has no quota then, so that how many were issued does not matter.
	"nat64/describeipv6translators_prepay_2018.json": {
		{"ipv6trans-bp1bfkv90v1a3h14y8900", "no", "PRODUCT TERM REMAINING STATUS", "owner trial ip_held"},
		{"ipv6trans-bp1tkg5he8yg8dc872ut3", "no", "PRODUCT TERM REMAINING STATUS", "owner trial ip_held"},
		{"ipv6trans-bp1k41ey4z25dstw69w19", "no", "PRODUCT TERM REMAINING STATUS", "owner trial ip_held"},
		{"ipv6trans-bp1s7u98sqx0j3319jibk", "no", "PRODUCT TERM REMAINING STATUS", "owner trial ip_held"},
	},

	// PostPay, internal, locked; its name tells the region.
	"slb/alb_listloadbalancers_doc2026.json": {{"alb-o9ulmq5hgn68jk****", "no", "BILLING PUBLICIP STATUS", "owner ip_held issued"}},
	// PrePay with the expiry of pay-as-you-go, 2999: unknown. Nothing fails.
	"slb/clb_describeloadbalancerattribute_prepay_doc2021.json": {{"lb-bp1o94dp5i6ea*******", "unknown", "", "owner trial term_months expires ip_held issued"}},
	// PayOnDemand and internal; whether an EIP is bound the list does not say.
	"slb/clb_describeloadbalancers_doc2025.json":          {{"lb-bp1b6c719dfa****", "no", "BILLING", "owner public_ip ip_held issued"}},
	"slb/clb_describeloadbalancers_intranet_doc2021.json": {{"lb-bp1b6c719d******exfuca5", "no", "BILLING", "owner public_ip ip_held issued"}},
	// PostPay, locked, masked address.
	"slb/nlb_listloadbalancers_doc2026.json": {{"nlb-83ckzc8d4xlp8o****", "no", "BILLING STATUS", never}},
	// Two months of 2021, Running, but disabled as expired.
	"swas/listinstances_doc2026.json": {{"2ad1ae67295445f598017499dc****", "no", "TERM REMAINING STATUS", trial}},

	// Postpaid, isolated, with an address; Tencent asks for an enterprise.
	"tencent/cvm_describeinstances_doc_ex1.json": {{"ins-xlsyru2j", "no", "BILLING STATUS", "owner issued certification"}},
	"tencent/cvm_describeinstances_doc_ex2.json": {{"ins-xlsyru2j", "no", "BILLING STATUS", "owner issued certification"}},
	// Supplies no codes there; a month of 2020.
	"tencent/lighthouse_describeinstances_doc_ex1.json": {{"lhins-ruy9d2tw", "no", "PRODUCT TERM REMAINING STATUS", "owner trial certification"}},
}

// TestByHand compares each verdict on the samples with what was found by hand.
func TestByHand(t *testing.T) {
	files := samples(t)
	if len(files) != len(byHand) {
		t.Errorf("there are %d samples, and %d were looked at by hand", len(files), len(byHand))
	}
	for name, path := range files {
		want, ok := byHand[name]
		if !ok {
			t.Errorf("%s was not looked at by hand", name)
			continue
		}
		r := runIt("precheck", "-json", "-keep-going", path)
		var doc struct {
			Servers []struct {
				ID, Verdict string
				Reasons     []struct{ Rule, Outcome string }
				Tells       []string `json:"facts_that_would_tell"`
			}
		}
		if err := json.Unmarshal([]byte(r.out), &doc); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []checked
		for _, s := range doc.Servers {
			c := checked{id: s.ID, verdict: s.Verdict, tells: strings.Join(s.Tells, " ")}
			var fails []string
			for _, r := range s.Reasons {
				if r.Outcome == "failed" {
					fails = append(fails, strings.TrimPrefix(r.Rule, "ELG-"))
				}
			}
			c.fails = strings.Join(fails, " ")
			got = append(got, c)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want)
		}
	}
}

// TestSamples shows all samples in both languages, file by file, as a user
// sees them.
func TestSamples(t *testing.T) {
	files := samples(t)
	for _, lang := range []string{"en", "zh"} {
		var b strings.Builder
		for _, name := range sortedKeys(files) {
			r := runIt("precheck", files[name], "-keep-going", "-lang", lang)
			text := strings.ReplaceAll(r.errors, files[name], name)
			within(t, name+" "+lang, r.out, 80)
			fmt.Fprintf(&b, "$ icpcode precheck %s -keep-going -lang %s\n%s%sexit status %d\n\n", name, lang, r.out, text, r.status)
		}
		golden(t, "testdata/samples_"+lang+".txt", b.String())
	}
}

// tour are flags under which the sample of 24 servers shows everything that
// there is: its facts are made up.
var tour = []string{
	ecsSamples + "/describeinstances_cn-hangzhou_2024.json", "-facts", "../../testdata/tour/facts.csv", "-at", "2026-03-01 10:00",
	"-account", "id=1001", "-issued", "0",
}

// TestTour shows a fleet with yes, no and cannot tell, in every form.
func TestTour(t *testing.T) {
	for name, args := range map[string][]string{
		"table_en.txt":   {"-lang", "en"},
		"table_zh.txt":   {"-lang", "zh"},
		"assumed_en.txt": {"-lang", "en", "-assume", "ELG-TERM,ELG-IPINUSE"},
		"csv.csv":        {"-lang", "en", "-csv", "-assume", "ELG-TERM"},
		"json.json":      {"-lang", "zh", "-json", "-assume", "ELG-TERM"},
		"explain_en.txt": {"-lang", "en", "-explain", "i-bp12wb21245k9ratqxuq"},
		"explain_zh.txt": {"-lang", "zh", "-explain", "i-bp12wb21245k9ratqxuq"},
		"explain.json":   {"-json", "-explain", "i-bp19trejji1vzvjr1qpy", "-assume", "ELG-TERM"},
	} {
		t.Run(name, func(t *testing.T) {
			r := runIt(slices.Concat([]string{"precheck"}, tour, args)...)
			golden(t, filepath.Join("testdata", "tour_"+name), r.out)
			if strings.HasSuffix(name, ".txt") {
				within(t, name, r.out, 80)
			}
			if strings.HasSuffix(name, ".json") && !json.Valid([]byte(r.out)) {
				t.Error("that is no JSON")
			}
		})
	}
}

// TestRules shows the rules in both languages.
func TestRules(t *testing.T) {
	for name, args := range map[string][]string{
		"alibaba_en.txt": {"rules"},
		"alibaba_zh.txt": {"rules", "-lang", "zh"},
		"tencent_en.txt": {"rules", "-rules", "tencent"},
		"one_en.txt":     {"rules", "ELG-TERM", "fil-foreign", "GRT-OUT", "COD-ONE", "-rules", "huawei"},
		"one_zh.txt":     {"rules", "ELG-QUOTA", "ELG-REMAINING", "-rules", "volcengine", "-lang", "zh"},
		"one.json":       {"rules", "ELG-QUOTA", "-json"},
		"diff_en.txt":    append([]string{"rules", "-diff", "alibaba-2024-02-01", "alibaba-2026-01-06"}, tour...),
		"diff_zh.txt":    append([]string{"rules", "-diff", "alibaba-2024-02-01", "alibaba-2026-01-06", "-lang", "zh"}, tour...),
		"diff.json":      append([]string{"rules", "-diff", "alibaba-2024-02-01", "alibaba-2026-01-06", "-json"}, tour...),
		"clouds_en.txt":  {"rules", "-diff", "tencent", "huawei"},
	} {
		t.Run(name, func(t *testing.T) {
			r := runIt(args...)
			if r.status != exitYes || r.errors != "" {
				t.Errorf("status %d, %s", r.status, r.errors)
			}
			golden(t, filepath.Join("testdata", "rules_"+name), r.out)
			if strings.HasSuffix(name, ".txt") {
				within(t, name, r.out, 80)
			} else if !json.Valid([]byte(r.out)) {
				t.Error("that is no JSON")
			}
		})
	}
}

// TestRulesJSON: what rules -json prints is what -rules reads.
func TestRulesJSON(t *testing.T) {
	printed := runIt("rules", "-json")
	if _, err := icpcode.ParseRuleBook([]byte(printed.out)); err != nil {
		t.Fatal(err)
	}
	own := file(t, "own.json", printed.out)
	sample := ecsSamples + "/describeinstances_cn-beijing_2024.json"
	a, b := runIt("precheck", sample, "-rules", own), runIt("precheck", sample, "-rules", "alibaba")
	if a != b {
		t.Errorf("by the printed book:\n%s\nby the preset:\n%s", a.out, b.out)
	}
}
