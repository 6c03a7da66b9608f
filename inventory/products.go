package inventory

import (
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
)

// productWords are the products by the words for them, folded, and by the
// provider that has such a product.
var productWords = map[string]map[string]icpcode.Product{
	"ecs":     {alibaba: icpcode.ECS, huawei: icpcode.ECS, volcengine: icpcode.ECS},
	"云服务器":    {alibaba: icpcode.ECS, tencent: CVM, huawei: icpcode.ECS, baidu: bcc, volcengine: icpcode.ECS},
	"云主机":     {alibaba: icpcode.ECS, tencent: CVM, huawei: icpcode.ECS, baidu: bcc, volcengine: icpcode.ECS},
	"云服务器ecs": {alibaba: icpcode.ECS, volcengine: icpcode.ECS}, "elasticcomputeservice": {alibaba: icpcode.ECS, volcengine: icpcode.ECS},
	"弹性云服务器": {huawei: icpcode.ECS}, "弹性云服务器ecs": {huawei: icpcode.ECS}, "elasticcloudserver": {huawei: icpcode.ECS},
	"cvm": {tencent: CVM}, "云服务器cvm": {tencent: CVM}, "cloudvirtualmachine": {tencent: CVM},
	"bcc": {baidu: bcc}, "云服务器bcc": {baidu: bcc}, "cloudcomputebcc": {baidu: bcc},
	"轻量应用服务器": {alibaba: icpcode.SWAS, tencent: Lighthouse}, "轻量服务器": {alibaba: icpcode.SWAS, tencent: Lighthouse}, "轻量": {alibaba: icpcode.SWAS, tencent: Lighthouse},
	"swas": {alibaba: icpcode.SWAS}, "轻量应用服务器swas": {alibaba: icpcode.SWAS}, "simpleapplicationserver": {alibaba: icpcode.SWAS}, "swasopen": {alibaba: icpcode.SWAS},
	"lighthouse": {tencent: Lighthouse}, "轻量应用服务器lighthouse": {tencent: Lighthouse},
	"flexusl": {huawei: flexusL}, "flexusl实例": {huawei: flexusL}, "flexus应用服务器l实例": {huawei: flexusL}, "dedicatedhost": {huawei: dedicatedHost}, "专属主机": {huawei: dedicatedHost}, "deh": {huawei: dedicatedHost},
	"slb": {alibaba: icpcode.SLB}, "负载均衡slb": {alibaba: icpcode.SLB}, "alb": {alibaba: icpcode.SLB}, "nlb": {alibaba: icpcode.SLB},
	"clb": {alibaba: icpcode.SLB, tencent: CLB}, "负载均衡": {alibaba: icpcode.SLB, tencent: CLB, huawei: ELB}, "负载均衡clb": {tencent: CLB},
	"elb": {huawei: ELB}, "弹性负载均衡": {huawei: ELB}, "弹性负载均衡elb": {huawei: ELB},
	"nat": {alibaba: icpcode.NAT, tencent: icpcode.NAT, huawei: icpcode.NAT}, "nat网关": {alibaba: icpcode.NAT, tencent: icpcode.NAT, huawei: icpcode.NAT}, "natgateway": {alibaba: icpcode.NAT, tencent: icpcode.NAT, huawei: icpcode.NAT},
	"nat64": {alibaba: icpcode.NAT64}, "ipv6转换服务": {alibaba: icpcode.NAT64}, "ens": {alibaba: icpcode.ENS}, "边缘节点服务": {alibaba: icpcode.ENS}, "边缘节点服务ens": {alibaba: icpcode.ENS},
	"webhosting": {alibaba: icpcode.WebHosting}, "云虚拟主机": {alibaba: icpcode.WebHosting}, "虚拟主机": {alibaba: icpcode.WebHosting},
	"elasticweb": {alibaba: icpcode.ElasticWeb}, "弹性web托管": {alibaba: icpcode.ElasticWeb}, "弹性web": {alibaba: icpcode.ElasticWeb}, "elasticwebhosting": {alibaba: icpcode.ElasticWeb},
	"marketplace": {alibaba: icpcode.Marketplace}, "云市场建站": {alibaba: icpcode.Marketplace}, "云市场": {alibaba: icpcode.Marketplace},
}

// Products that presets have and no list gives.
const (
	bcc           icpcode.Product = "BCC"           // 云服务器 of Baidu AI Cloud
	flexusL       icpcode.Product = "FlexusL"       // Flexus应用服务器L实例 of Huawei Cloud
	dedicatedHost icpcode.Product = "DedicatedHost" // 专属主机 of Huawei Cloud
)

// providers are those of the preset rule books.
var providers = [...]string{alibaba, tencent, huawei, baidu, volcengine}

// Products returns the products of a provider that the package has a word for,
// in the order of their names: those that its lists are read as, and those of
// the preset rule books. A rule set may name others.
func Products(provider string) []icpcode.Product {
	var out []icpcode.Product
	for _, meanings := range productWords {
		if p, ok := meanings[provider]; ok {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Providers returns the providers that the package knows, in the spelling of
// the rule books.
func Providers() []string { return slices.Clone(providers[:]) }

// productOf returns the product that a word means for a provider, and the
// provider where none was given and only one has such a product. A word that it
// does not know stays as it is: a rule set may know it. The error says that it
// means several things.
func productOf(word icpcode.Product, provider string) (icpcode.Product, string, error) {
	meanings := productWords[fold(string(word))]
	if provider != "" || meanings == nil {
		if p, ok := meanings[provider]; ok {
			return p, provider, nil
		}
		return word, provider, nil
	}
	var has []string
	same := true
	for _, name := range providers {
		if p, ok := meanings[name]; ok {
			has = append(has, name)
			same = same && p == meanings[has[0]]
		}
	}
	if !same {
		return word, "", errorf("%q means another product with each provider: state the provider too; known: %s",
			"各云服务商的%q不是同一种产品：请同时给出provider，可用的有：%s", string(word), strings.Join(has, ", "))
	}
	if len(has) == 1 {
		provider = has[0]
	}
	return meanings[has[0]], provider, nil
}

// fold takes away what people spell in several ways: case, spaces, hyphens,
// underscores and brackets.
func fold(text string) string { return strings.ToLower(folded.Replace(text)) }

var folded = strings.NewReplacer(" ", "", "\u3000", "", "\u00A0", "", "-", "", "_", "", "（", "", "）", "", "(", "", ")", "")
