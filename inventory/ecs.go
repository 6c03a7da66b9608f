package inventory

import (
	"fmt"
	"io"
	"iter"

	"github.com/icpcode/icpcode"
)

// ECS reads Alibaba Cloud ECS servers alone, as [Read] does, and takes any
// other format for an error that ends the sequence and matches [ErrFormat].
func ECS(r io.Reader) iter.Seq2[Server, error] {
	return func(yield func(Server, error) bool) {
		d := decoder{scanner: newScanner(r), yield: yield, only: AlibabaECS, lists: newPages()}
		d.run()
	}
}

var (
	alibabaBilling = words[icpcode.Billing]{{"PrePaid", icpcode.Subscription}, {"PostPaid", icpcode.PayAsYouGo}}
	ecsStatus      = words[icpcode.Status]{
		{"Running", icpcode.StatusRunning},
		{"Stopped", icpcode.StatusStopped},
		{"Pending", icpcode.StatusPending},
		{"Starting", icpcode.StatusPending},
		{"Stopping", icpcode.StatusStopped},
	}
)

// ecs: Elastic Compute Service. ExpiredTime of a pay-as-you-go server is a
// placeholder, and an expired or locked server reads Stopped or even Running:
// what restricts it is in OperationLocks.
func (b *builder) ecs() (problem error) {
	if problem := b.id(keyInstanceID); problem != nil {
		return problem
	}
	b.s.Instance.Product, b.s.Instance.Provider = icpcode.ECS, alibaba
	b.name(keyInstanceName)
	b.place()
	b.billing(keyInstanceChargeType, alibabaBilling)
	b.s.Instance.Created = b.instant(keyCreationTime)
	b.expires(keyExpiredTime)
	b.status(keyStatus, ecsStatus)
	b.needs(b.locks(keyOperationLocks), keyOperationLocks)
	b.ecsNetwork()
	b.autoRelease(keyAutoReleaseTime)
	b.network(b.t.child(b.t.member(keyVpcAttributes), keyVpcID))
	return nil
}

// ecsNetwork: PublicIpAddress, EipAddress and what takes them away again. An
// EIP on a NAT gateway or load balancer is not in the server's record.
func (b *builder) ecsNetwork() {
	dropped := NoteKind(0)
	if string(b.word(keyInternetMaxBandwidthOut)) == "0" {
		dropped = NoteNoBandwidth
	}
	released := string(b.word(keyStoppedMode)) == "StopCharging"
	if released {
		dropped = NoteReleasedIP
	}
	known := b.addresses(keyPublicIPAddress, dropped) || released
	known = b.addresses(keyEipAddress, 0) && known
	eip := b.t.member(keyEipAddress)
	if id := b.t.child(eip, keyAllocationID); b.t.nodes[id].kind == text && len(b.t.word(id)) > 0 && b.blank(b.t.child(eip, keyIPAddress)) {
		known = false
		b.s.note(NoteEIPWithoutAddress, "EipAddress", b.t.word(id))
	}
	if interfaces := b.interfaces(b.s.Instance.PublicIP != icpcode.Yes); interfaces > 1 && known && b.s.Instance.PublicIP != icpcode.Yes {
		known = false
		b.s.note(NoteInterfaces, "NetworkInterfaces", fmt.Append(nil, interfaces))
	}
	b.settleAddresses(known)
}

// blank reports whether a value holds no text.
func (b *builder) blank(n int32) bool {
	if n <= 0 {
		return true
	}
	b.found = b.found[:0]
	b.findTexts(n, 0)
	for _, n := range b.found {
		if len(b.t.word(n)) > 0 {
			return false
		}
	}
	return true
}

// interfaces counts the elements of {"NetworkInterface": [{…}]}. If there are
// several, or if the only one is wanted, it keeps their IDs, by which EIPs are
// bound to them.
func (b *builder) interfaces(wanted bool) int {
	t := b.t
	n := t.child(t.member(keyNetworkInterfaces), keyNetworkInterface)
	if n == 0 || t.nodes[n].kind != list || t.first(n) == 0 || t.nodes[t.first(n)].next == 0 && !wanted {
		return 0
	}
	count := 0
	for c := t.first(n); c > 0; c = t.nodes[c].next {
		count++
		if id := t.word(t.child(c, keyNetworkInterfaceID)); len(id) > 0 {
			b.s.Interfaces = append(b.s.Interfaces, string(id))
		}
	}
	return count
}
