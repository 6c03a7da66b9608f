package inventory

import (
	"bytes"
	"time"

	"github.com/icpcode/icpcode"
)

// CLB is Tencent Cloud's load balancer (负载均衡).
const CLB icpcode.Product = "CLB"

var (
	tencentCLBStatus = words[icpcode.Status]{
		{"0", icpcode.StatusPending},
		{"1", icpcode.StatusRunning},
	}
	tencentNATStatus = words[icpcode.Status]{
		{"AVAILABLE", icpcode.StatusRunning},
		{"PENDING", icpcode.StatusPending},
		{"UPDATING", changing},
		{"DELETING", icpcode.StatusReleased},
		{"DENIED", icpcode.StatusReleased}, // it is being closed
		{"PENDFAILURE", icpcode.StatusReleased},
		{"FAILED", icpcode.StatusReleased}, // as older documents spell it
	}
	tencentNATNetwork = words[icpcode.Status]{
		{"UNAVAILABLE", icpcode.StatusStopped},
		{"INSUFFICIENT", icpcode.StatusLocked}, // in arrears
	}
)

// instantIn returns what a member says, also in words without a zone, which
// are taken for those of the zone; unknown: zero.
func (b *builder) instantIn(k key, zone *time.Location) time.Time {
	v := b.t.word(b.t.member(k))
	for _, layout := range [...]string{time.DateTime, "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, string(v), zone); err == nil && plausible(t) {
			return t.UTC()
		}
	}
	return b.instant(k)
}

// flag reports whether a member says that something is so.
func (b *builder) flag(k key) bool {
	v := b.t.word(b.t.member(k))
	return bytes.EqualFold(v, []byte("true")) || string(v) == "1"
}

// tencentCLB: Cloud Load Balancer. Its instants have no zone; they are China's.
// One inside a private network can have an EIP, which the list does not show.
func (b *builder) tencentCLB() (problem error) {
	if problem := b.id(keyLoadBalancerID); problem != nil {
		return problem
	}
	i := &b.s.Instance
	i.Product, i.Provider = CLB, tencent
	b.name(keyLoadBalancerName)
	zone := b.t.member(keyMasterZone)
	if region := b.wordOf(b.t.child(zone, keyZoneRegion), keyZoneRegion); len(region) > 0 {
		b.placeIs(region, "ZoneRegion")
	} else {
		b.placeIs(regionOfZone(b.wordOf(b.t.child(zone, keyZone), keyZone)), "Zone")
	}
	b.billing(keyChargeType, tencentBilling)
	i.Created = b.instantIn(keyCreateTime, china)
	if i.Billing == icpcode.Subscription {
		i.Expires = b.instantIn(keyExpireTime, china)
	}
	b.renewalIs(b.wordOf(b.t.child(b.t.member(keyPrepaidAttributes), keyRenewFlag), keyRenewFlag), keyRenewFlag, tencentRenewal)
	b.status(keyStatus, tencentCLBStatus)
	b.needs(b.restriction(keyIsolation, "0", nil), keyIsolation)
	if b.flag(keyIsBlock) {
		b.overrule(icpcode.StatusLocked, keyNames[keyIsBlock], []byte("true"))
	}
	switch kind := b.word(keyLoadBalancerType); string(kind) {
	case "OPEN":
		i.PublicIP = icpcode.Yes // whichever it is
		b.addresses(keyLoadBalancerVips, 0)
		if v := b.word(keyAddressIPv6); len(v) > 0 {
			b.address(keyNames[keyAddressIPv6], v, 0)
		}
		b.settleAddresses(false)
	case "INTERNAL":
		b.s.note(NoteEIPUnlisted, keyNames[keyLoadBalancerType], kind)
	case "":
	default:
		b.s.note(NoteUnreadable, keyNames[keyLoadBalancerType], kind)
	}
	return nil
}

// tencentNAT: NAT gateway. The list does not say how it is paid for.
func (b *builder) tencentNAT() (problem error) {
	if problem := b.id(keyNatGatewayID); problem != nil {
		return problem
	}
	b.s.Instance.Product, b.s.Instance.Provider = icpcode.NAT, tencent
	b.name(keyNatGatewayName)
	b.placeIs(regionOfZone(b.word(keyZone)), "Zone")
	b.network(b.t.member(keyVpcID)) // while it has no address yet
	b.s.Instance.Created = b.instantIn(keyCreatedTime, china)
	b.status(keyState, tencentNATStatus)
	if v := b.word(keyNetworkState); len(v) > 0 && string(v) != "AVAILABLE" && string(v) != "RUNNING" {
		state, known := tencentNATNetwork.meaning(v)
		if !known {
			state = icpcode.StatusLocked
		}
		b.overrule(state, keyNames[keyNetworkState], v)
	}
	b.needs(b.restriction(keyRestrictState, "NORMAL", nil), keyRestrictState)
	b.settleAddresses(b.listed(keyPublicIPAddressSet, keyPublicIPAddress, keyIsBlocked))
	return nil
}

// listed reads [{"PublicIpAddress": "…", "IsBlocked": false}], and reports
// whether it says all that there is to say.
func (b *builder) listed(k, address, blocked key) (known bool) {
	t := b.t
	n := t.member(k)
	if n == 0 || t.nodes[n].kind != list && t.nodes[n].kind != null {
		return false
	}
	known = true
	b.found = b.found[:0]
	for c := t.first(n); c > 0; c = t.nodes[c].next {
		a := t.child(c, address)
		if a == 0 || t.nodes[a].kind != text {
			known = false
			continue
		}
		if string(t.word(t.child(c, blocked))) == "true" {
			b.s.note(NoteEIPLocked, keyNames[blocked], t.word(a))
			known = false
			continue
		}
		b.found = append(b.found, a)
	}
	return b.useAddresses(keyNames[k], 0) && known
}
