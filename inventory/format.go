package inventory

// Format is what a record of an inventory was read from: one product's list,
// as the provider's tools print it, or one of this package's own. The zero
// value is none.
type Format uint8

// The formats.
const (
	AlibabaECS        Format = iota + 1 // ECS DescribeInstances, DescribeInstanceAttribute
	AlibabaSWAS                         // Simple Application Server ListInstances
	AlibabaCLB                          // CLB DescribeLoadBalancers, DescribeLoadBalancerAttribute
	AlibabaALB                          // ALB ListLoadBalancers, GetLoadBalancerAttribute
	AlibabaNLB                          // NLB ListLoadBalancers, GetLoadBalancerAttribute
	AlibabaNAT                          // VPC DescribeNatGateways
	AlibabaENS                          // ENS DescribeInstances
	AlibabaNAT64                        // VPC DescribeIPv6Translators
	AlibabaEIP                          // VPC DescribeEipAddresses; see Addresses
	TencentCVM                          // CVM DescribeInstances
	TencentLighthouse                   // Lighthouse DescribeInstances
	TencentCLB                          // CLB DescribeLoadBalancers
	TencentNAT                          // VPC DescribeNatGateways
	TencentEIP                          // VPC DescribeAddresses; see Addresses
	HuaweiECS                           // ECS cloudservers/detail, cloudservers/{id}
	HuaweiNAT                           // NAT nat_gateways of v2
	HuaweiELB                           // ELB loadbalancers of v2 and v3
	HuaweiEIP                           // EIP publicips of v1 and v3; see Addresses
	AlibabaBilling                      // BSS QueryAvailableInstances
	AlibabaRenewals                     // ECS DescribeInstanceAutoRenewAttribute
	TencentRenewals                     // Billing DescribeRenewInstances
	OwnJSON                             // objects with the columns of ReadFacts
	OwnCSV                              // a CSV with the columns of ReadFacts
)

var formatNames = [...]string{
	"unknown", "Alibaba Cloud ECS", "Alibaba Cloud SWAS", "Alibaba Cloud CLB", "Alibaba Cloud ALB", "Alibaba Cloud NLB",
	"Alibaba Cloud NAT gateway", "Alibaba Cloud ENS", "Alibaba Cloud IPv6 translation", "Alibaba Cloud EIP",
	"Tencent Cloud CVM", "Tencent Cloud Lighthouse", "Tencent Cloud CLB", "Tencent Cloud NAT gateway", "Tencent Cloud address", "Huawei Cloud ECS", "Huawei Cloud NAT gateway", "Huawei Cloud ELB", "Huawei Cloud EIP",
	"Alibaba Cloud billing", "Alibaba Cloud ECS renewals", "Tencent Cloud renewals", "JSON", "CSV",
}

// String returns a name for people, "Alibaba Cloud ECS".
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return formatNames[0]
}

// isAddress reports whether the records are addresses and not servers.
func (f Format) isAddress() bool { return f == AlibabaEIP || f == TencentEIP || f == HuaweiEIP }

// isBilling reports whether the records say how servers are paid for, and little
// else.
func (f Format) isBilling() bool {
	return f == AlibabaBilling || f == AlibabaRenewals || f == TencentRenewals
}

// isList reports whether the value of a key is a list of records, or holds one
// under an inner key.
func (k key) isList() bool { return keyInstances <= k && k <= keyServer }

// isOne reports whether the value of a key is one record and no list.
func (k key) isOne() bool {
	return k == keyServer || k == keyPublicip || k == keyHuaweiNAT || k == keyHuaweiELB
}

// innerKeys are the keys under which the elements of a list are. If there is
// none, the list is the value itself.
var innerKeys = [keyServer + 1]key{
	keyInstances:       keyInstance,
	keyLoadBalancers:   keyLoadBalancer,
	keyNatGateways:     keyNatGateway,
	keyIpv6Translators: keyIpv6Translator,
	keyEipAddresses:    keyEipAddress,

	keyInstanceRenewAttributes: keyInstanceRenewAttribute,
	keyInstanceList:            keyInstance, // of other products
}

// isOwn reports whether the object has an id and nothing but columns of a CSV
// of facts.
func (t *tree) isOwn() bool {
	if !t.has(keyID) || len(t.strange) > 0 {
		return false
	}
	for n := t.first(0); n > 0; n = t.nodes[n].next {
		if k := t.nodes[n].key; k < keyID || k > keyOrderAmount {
			return false
		}
	}
	return true
}
