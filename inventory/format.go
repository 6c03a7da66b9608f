package inventory

import (
	"bytes"
	"fmt"
	"strings"
)

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
	AlibabaNAT64                        // VPC DescribeIPv6Translators
	AlibabaEIP                          // VPC DescribeEipAddresses; see Addresses
	TencentCVM                          // CVM DescribeInstances
	TencentLighthouse                   // Lighthouse DescribeInstances
	TencentEIP                          // VPC DescribeAddresses; see Addresses
	HuaweiECS                           // ECS cloudservers/detail, cloudservers/{id}
	OwnJSON                             // objects with the columns of ReadFacts
	OwnCSV                              // a CSV with the columns of ReadFacts
)

var formatNames = [...]string{
	"unknown", "Alibaba Cloud ECS", "Alibaba Cloud SWAS", "Alibaba Cloud CLB", "Alibaba Cloud ALB", "Alibaba Cloud NLB",
	"Alibaba Cloud NAT gateway", "Alibaba Cloud IPv6 translation", "Alibaba Cloud EIP",
	"Tencent Cloud CVM", "Tencent Cloud Lighthouse", "Tencent Cloud address", "Huawei Cloud ECS", "JSON", "CSV",
}

// String returns a name for people, "Alibaba Cloud ECS".
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return formatNames[0]
}

// record is what messages call a record.
func (f Format) record() string {
	if f.isAddress() {
		return "address"
	}
	return "server"
}

// isAddress reports whether the records are addresses and not servers.
func (f Format) isAddress() bool { return f == AlibabaEIP || f == TencentEIP }

// isList reports whether the value of a key is a list of records, or holds one
// under an inner key.
func (k key) isList() bool { return keyInstances <= k && k <= keyServer }

// innerKeys are the keys under which the elements of a list are. If there is
// none, the list is the value itself.
var innerKeys = [keyServer + 1]key{
	keyInstances:       keyInstance,
	keyLoadBalancers:   keyLoadBalancer,
	keyNatGateways:     keyNatGateway,
	keyIpv6Translators: keyIpv6Translator,
	keyEipAddresses:    keyEipAddress,
}

// formatIn returns the format of a record in a list. Nested says that the list
// was the value of the inner key. It is a guess only where a record has too
// little in it to be read anyway.
func (t *tree) formatIn(list key, nested bool) Format {
	switch list {
	case keyInstances:
		if nested || t.has(keyInstanceChargeType) {
			return AlibabaECS
		}
		return AlibabaSWAS
	case keyLoadBalancers:
		if nested {
			return AlibabaCLB
		}
		return t.balancer()
	case keyNatGateways:
		return AlibabaNAT
	case keyIpv6Translators:
		return AlibabaNAT64
	case keyEipAddresses:
		return AlibabaEIP
	case keyInstanceSet:
		if t.isLighthouse() {
			return TencentLighthouse
		}
		return TencentCVM
	case keyAddressSet:
		return TencentEIP
	}
	return HuaweiECS
}

func (t *tree) isLighthouse() bool {
	return t.has(keyBundleID) || t.has(keyPublicAddresses) || t.has(keyInstanceRestrictState)
}

// balancer tells the load balancers apart. ALB and NLB have a configuration of
// billing where CLB has a word, and no address beside their type. NLB has a
// type, and spells what ALB misspells.
func (t *tree) balancer() Format {
	if t.has(keyPayType) || t.has(keyAddress) {
		return AlibabaCLB
	}
	if t.has(keyLoadBalancerType) || t.has(keyOperationLocks) || t.has(keyLoadBalancerBusinessStatus) {
		return AlibabaNLB
	}
	return AlibabaALB
}

// formatAlone returns the format of an object outside of a list, or 0: what a
// request for one server returns, or what a filter leaves of a list. It asks
// for more than an ID, so that what is something else is not read as a server.
func (t *tree) formatAlone() Format {
	if t.has(keyInstanceID) {
		if t.has(keyInstanceChargeType) && t.has(keyRegionID) {
			return AlibabaECS
		}
		if t.has(keyChargeType) && t.has(keyRegionID) && t.has(keyStatus) {
			return AlibabaSWAS
		}
		if t.has(keyInstanceChargeType) && t.isLighthouse() {
			return TencentLighthouse
		}
		if t.has(keyInstanceChargeType) && t.has(keyPlacement) {
			return TencentCVM
		}
	}
	if t.has(keyLoadBalancerID) && t.has(keyLoadBalancerStatus) {
		return t.balancer()
	}
	if t.has(keyNatGatewayID) && t.has(keyInstanceChargeType) {
		return AlibabaNAT
	}
	if t.has(keyIpv6TranslatorID) && t.has(keyPayType) {
		return AlibabaNAT64
	}
	if t.has(keyAllocationID) && t.has(keyIPAddress) {
		return AlibabaEIP
	}
	if t.has(keyAddressID) && t.has(keyAddressIP) {
		return TencentEIP
	}
	if t.has(keyID) && t.has(keyMetadata) && t.has(keyOwnStatus) {
		return HuaweiECS
	}
	if t.isOwn() {
		return OwnJSON
	}
	return 0
}

// isOwn reports whether the object has an id and nothing but columns of a CSV
// of facts.
func (t *tree) isOwn() bool {
	if !t.has(keyID) || len(t.strange) > 0 {
		return false
	}
	for n := t.first(0); n > 0; n = t.nodes[n].next {
		if k := t.nodes[n].key; k < keyID || k > keyContractQuota {
			return false
		}
	}
	return true
}

// errFormat says what an object of no known format looks like.
func (t *tree) errFormat() error {
	code := t.word(t.member(keyCode))
	if len(code) == 0 {
		code = t.word(t.child(t.member(keyError), keyCode))
	}
	if len(code) > 0 {
		return fmt.Errorf("%w: the provider answered with the error %.64q", ErrFormat, code)
	}
	var names []string
	for n := t.first(0); n > 0 && len(names) < maxStrange; n = t.nodes[n].next {
		names = append(names, keyNames[t.nodes[n].key])
	}
	for name := range bytes.SplitSeq(t.strange, []byte{0}) {
		if len(name) > 0 && len(names) < maxStrange {
			names = append(names, fmt.Sprintf("%q", name))
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("%w: it is an empty object", ErrFormat)
	}
	return fmt.Errorf("%w: an object with %s", ErrFormat, strings.Join(names, ", "))
}
