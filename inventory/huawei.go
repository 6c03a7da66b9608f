package inventory

import (
	"bytes"
	"slices"

	"github.com/icpcode/icpcode"
)

var (
	huaweiBilling = words[icpcode.Billing]{
		{"0", icpcode.PayAsYouGo},
		{"1", icpcode.Subscription},
		{"2", icpcode.PayAsYouGo}, // spot
	}
	huaweiStatus = words[icpcode.Status]{
		{"ACTIVE", icpcode.StatusRunning},
		{"SHUTOFF", icpcode.StatusStopped},
		{"PAUSED", icpcode.StatusStopped},
		{"SUSPENDED", icpcode.StatusStopped},
		{"SHELVED", icpcode.StatusStopped},
		{"SHELVED_OFFLOADED", icpcode.StatusStopped},
		{"BUILD", icpcode.StatusPending},
		{"REBOOT", changing},
		{"HARD_REBOOT", changing},
		{"REBUILD", changing},
		{"RESIZE", changing},
		{"REVERT_RESIZE", changing},
		{"VERIFY_RESIZE", changing},
		{"MIGRATING", changing},
		{"DELETED", icpcode.StatusReleased},
		{"SOFT_DELETED", icpcode.StatusReleased},
	}
	huaweiState = words[icpcode.Status]{
		{"stopped", icpcode.StatusStopped},
		{"paused", icpcode.StatusStopped},
		{"suspended", icpcode.StatusStopped},
		{"shelved", icpcode.StatusStopped},
		{"shelved_offloaded", icpcode.StatusStopped},
		{"deleted", icpcode.StatusReleased},
		{"soft-delete", icpcode.StatusReleased},
	}
)

// regionOfHuaweiZone turns "ap-southeast-1a" into "ap-southeast-1". Of a text
// that does not end in a number and a letter nothing is left.
func regionOfHuaweiZone(zone []byte) []byte {
	last := len(zone) - 1
	if last < 3 || zone[last] < 'a' || zone[last] > 'z' {
		return nil
	}
	i := bytes.LastIndexByte(zone, '-')
	if i <= 0 || i == last-1 || i == last || digits(zone[i+1:last]) < 0 {
		return nil
	}
	return zone[:last]
}

// huawei: Elastic Cloud Server. The list gives no expiry, and its zone for the
// region; a
// frozen server says so in its metadata, and one that was never frozen says
// nothing there.
func (b *builder) huawei() (problem error) {
	if problem := b.id(keyID); problem != nil {
		return problem
	}
	t := b.t
	b.s.Instance.Product, b.s.Instance.Provider = icpcode.ECS, huawei
	b.name(keyOwnName)
	if zone := b.word(keyAvailabilityZone); len(zone) > 0 {
		if region := regionOfHuaweiZone(zone); len(region) > 0 {
			b.placeIs(region, keyNames[keyAvailabilityZone])
		} else {
			b.s.note(NoteUnreadable, keyNames[keyAvailabilityZone], zone)
		}
	}
	metadata := t.member(keyMetadata)
	b.billingIs(b.wordOf(t.child(metadata, keyChargingMode), keyChargingMode), keyChargingMode, huaweiBilling)
	b.s.Instance.Created = b.instant(keyCreated)
	b.status(keyOwnStatus, huaweiStatus)
	if v := b.word(keyVMState); len(v) > 0 {
		if state, ok := huaweiState.meaning(v); ok {
			b.overrule(state, keyNames[keyVMState], v)
		}
	}
	if v := b.wordOf(t.child(metadata, keyEcmResStatus), keyEcmResStatus); len(v) > 0 && string(v) != "normal" {
		b.overrule(icpcode.StatusLocked, keyNames[keyEcmResStatus], v)
	}
	b.settleAddresses(b.huaweiAddresses())
	b.autoRelease(keyAutoTerminateTime)
	return nil
}

// huaweiAddresses reads {"net": [{"addr": "…", "OS-EXT-IPS:type": "floating"}]}.
// A floating address is an EIP, a fixed one is private.
func (b *builder) huaweiAddresses() (known bool) {
	t := b.t
	n := b.member(keyAddresses)
	if n == 0 || t.nodes[n].kind != object {
		return false
	}
	known = true
	b.found = b.found[:0]
	for net := t.first(n); net > 0; net = t.nodes[net].next {
		for c := t.first(net); c > 0; c = t.nodes[c].next {
			addr, kind := t.child(c, keyAddr), string(t.word(t.child(c, keyAddrType)))
			if port := t.word(t.child(c, keyPort)); len(port) > 0 && !slices.Contains(b.s.Interfaces, string(port)) {
				b.s.Interfaces = append(b.s.Interfaces, string(port))
			}
			if kind == "floating" && addr > 0 {
				b.found = append(b.found, addr)
				continue
			}
			if kind != "fixed" {
				known = false
			}
		}
	}
	return b.useAddresses(keyNames[keyAddresses], 0) && known
}
