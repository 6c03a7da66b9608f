package inventory

import (
	"bytes"

	"github.com/icpcode/icpcode"
)

var (
	natStatus = words[icpcode.Status]{
		{"Available", icpcode.StatusRunning},
		{"Creating", icpcode.StatusPending},
		{"Initiating", icpcode.StatusPending},
		{"Modifying", changing},
		{"Converting", changing},
		{"Deleting", icpcode.StatusReleased},
	}
	nat64Billing = words[icpcode.Billing]{
		{"Prepay", icpcode.Subscription},
		{"Postpay", icpcode.PayAsYouGo},
	}
	nat64Status = words[icpcode.Status]{{"active", icpcode.StatusRunning}}
)

// nat: NAT gateway. Its public addresses are the EIPs that are bound to it,
// all of which the list gives.
func (b *builder) nat() (problem error) {
	if problem := b.id(keyNatGatewayID); problem != nil {
		return problem
	}
	b.s.Instance.Product, b.s.Instance.Provider = icpcode.NAT, alibaba
	b.name(keyName)
	b.place()
	b.network(b.t.member(keyVpcID)) // while it has no address yet
	b.billing(keyInstanceChargeType, alibabaBilling)
	b.s.Instance.Created = b.instant(keyCreationTime)
	b.expires(keyExpiredTime)
	b.status(keyStatus, natStatus)
	b.needs(b.restriction(keyBusinessStatus, "Normal", nil), keyBusinessStatus)
	if string(b.word(keyNetworkType)) == "intranet" {
		b.settleAddresses(true)
		return nil
	}
	b.settleAddresses(b.natAddresses())
	return nil
}

// natAddresses reads {"IpList": [{"IpAddress": "…"}]}.
func (b *builder) natAddresses() (known bool) {
	t := b.t
	n := b.member(keyIPLists)
	if n == 0 {
		return false
	}
	if c := t.child(n, keyIPList); c > 0 {
		n = c
	}
	b.found = b.found[:0]
	odd := b.findTexts(n, 0)
	if odd {
		b.s.note(NoteUnreadable, "IpLists", nil)
	}
	return b.useAddresses("IpLists", 0) && !odd
}

// nat64: IPv6 translation. Its two IPv4 addresses are in one text.
func (b *builder) nat64() (problem error) {
	if problem := b.id(keyIpv6TranslatorID); problem != nil {
		return problem
	}
	b.s.Instance.Product, b.s.Instance.Provider = icpcode.NAT64, alibaba
	b.name(keyName)
	b.place()
	b.billing(keyPayType, nat64Billing)
	b.s.Instance.Created = b.instant(keyCreateTime)
	b.expires(keyEndTime)
	b.status(keyStatus, nat64Status)
	b.needs(b.restriction(keyBusinessStatus, "Normal", nil), keyBusinessStatus)
	known := false
	for _, k := range [...]key{keyAllocateIpv4Addr, keyAllocateIpv6Addr} {
		v := b.word(k)
		if k == keyAllocateIpv4Addr {
			known = b.member(k) > 0
		}
		for ip := range bytes.SplitSeq(v, []byte{','}) {
			known = b.address(keyNames[k], ip, 0) && known
		}
	}
	b.settleAddresses(known)
	return nil
}
