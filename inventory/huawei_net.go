package inventory

import (
	"bytes"
	"time"

	"github.com/icpcode/icpcode"
)

// ELB is Huawei Cloud's load balancer (弹性负载均衡).
const ELB icpcode.Product = "ELB"

var (
	huaweiNATStatus = words[icpcode.Status]{
		{"ACTIVE", icpcode.StatusRunning},
		{"PENDING_CREATE", icpcode.StatusPending},
		{"PENDING_UPDATE", changing},
		{"PENDING_DELETE", icpcode.StatusReleased},
		{"EIP_FREEZED", icpcode.StatusLocked},
	}
	huaweiELBStatus = words[icpcode.Status]{
		{"ACTIVE", icpcode.StatusRunning},
		{"PENDING_CREATE", icpcode.StatusPending},
		{"PENDING_UPDATE", changing},
		{"PENDING_DELETE", icpcode.StatusReleased},
	}
	huaweiELBOperation = words[icpcode.Status]{
		{"OFFLINE", icpcode.StatusStopped},
		{"DISABLED", icpcode.StatusStopped},
		{"FROZEN", icpcode.StatusLocked},
	}
)

// huaweiOrder reads billing_info, which is "order:product:region:project" of a
// subscription and empty of what is paid for by use. It tells the region where
// nothing else does.
func (b *builder) huaweiOrder() {
	n := b.t.member(keyBillingInfo)
	if n == 0 || b.t.nodes[n].kind != text {
		return
	}
	v := b.t.word(n)
	if len(v) == 0 {
		b.s.Instance.Billing = icpcode.PayAsYouGo
		return
	}
	part := bytes.Split(v, []byte{':'})
	if len(part) != 4 {
		b.s.note(NoteUnreadable, keyNames[keyBillingInfo], v)
		return
	}
	b.s.Instance.Billing = icpcode.Subscription
	if b.s.Instance.Region == "" {
		b.placeIs(part[2], keyNames[keyBillingInfo])
	}
}

// huaweiGateway reads what NAT gateways and load balancers have in common. Their
// instants are UTC, also without a Z.
func (b *builder) huaweiGateway(p icpcode.Product) (problem error) {
	if problem := b.id(keyID); problem != nil {
		return problem
	}
	b.s.Instance.Product, b.s.Instance.Provider = p, huawei
	b.name(keyOwnName)
	if zones := b.t.member(keyAvailabilityZones); zones > 0 && b.t.nodes[zones].kind == list {
		b.placeIs(regionOfHuaweiZone(b.t.word(b.t.first(zones))), keyNames[keyAvailabilityZones])
	}
	b.huaweiOrder()
	b.s.Instance.Created = b.instantIn(keyCreatedAt, time.UTC)
	return nil
}

// huaweiNAT: NAT gateway. Its addresses are the EIPs of its rules, which a list
// of EIPs tells.
func (b *builder) huaweiNAT() (problem error) {
	if problem := b.huaweiGateway(icpcode.NAT); problem != nil {
		return problem
	}
	b.network(b.t.member(keyRouterID))
	b.status(keyOwnStatus, huaweiNATStatus)
	b.frozen(icpcode.StatusLocked)
	b.s.note(NoteEIPUnlisted, keyNames[keyID], b.word(keyID))
	return nil
}

// frozen overrules the status if admin_state_up is false, and makes running
// unknown if it is not there.
func (b *builder) frozen(worse icpcode.Status) {
	up := b.t.word(b.t.member(keyAdminStateUp))
	if string(up) == "false" {
		b.overrule(worse, keyNames[keyAdminStateUp], up)
	}
	b.needs(len(up) > 0, keyAdminStateUp)
}

// huaweiELB: Elastic Load Balance. Version 3 of the API lists its EIP, version 2
// the network interface to which one may be bound.
func (b *builder) huaweiELB() (problem error) {
	if problem := b.huaweiGateway(ELB); problem != nil {
		return problem
	}
	t := b.t
	b.status(keyProvisioningStatus, huaweiELBStatus)
	var given bool
	switch v := b.word(keyOperatingStatus); string(v) {
	case "DEGRADED", "NO_MONITOR": // about what is behind it
		given = true
	default:
		given = b.restriction(keyOperatingStatus, "ONLINE", huaweiELBOperation)
	}
	b.restriction(keyFrozenScene, "", nil)
	b.needs(given, keyOperatingStatus)
	b.frozen(icpcode.StatusStopped)
	if port := b.word(keyVipPortID); len(port) > 0 {
		b.s.Interfaces = append(b.s.Interfaces, string(port))
	}
	known := b.listed(keyEips, keyEIPAddressOf, 0)
	if !t.has(keyEips) {
		b.s.note(NoteEIPUnlisted, keyNames[keyID], b.word(keyID))
	}
	if bandwidth := b.member(keyIpv6Bandwidth); bandwidth > 0 { // its address of version 6 is public
		if v := b.word(keyIpv6VipAddress); len(v) > 0 {
			known = b.address(keyNames[keyIpv6VipAddress], v, 0) && known
		}
	}
	b.settleAddresses(known)
	return nil
}
