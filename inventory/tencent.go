package inventory

import (
	"bytes"

	"github.com/icpcode/icpcode"
)

// The products of Tencent Cloud, in the spelling of a rule set for it.
const (
	CVM        icpcode.Product = "CVM"        // 云服务器
	Lighthouse icpcode.Product = "Lighthouse" // 轻量应用服务器
)

// The providers, as Instance.Provider names them.
const (
	alibaba    = "alibaba"
	tencent    = "tencent"
	huawei     = "huawei"
	baidu      = "baidu"
	volcengine = "volcengine"
)

var (
	tencentBilling = words[icpcode.Billing]{
		{"PREPAID", icpcode.Subscription},
		{"POSTPAID_BY_HOUR", icpcode.PayAsYouGo},
		{"SPOTPAID", icpcode.PayAsYouGo},
	}
	tencentStatus = words[icpcode.Status]{
		{"RUNNING", icpcode.StatusRunning},
		{"STOPPED", icpcode.StatusStopped},
		{"PENDING", icpcode.StatusPending},
		{"STARTING", icpcode.StatusPending},
		{"STOPPING", icpcode.StatusStopped},
		{"REBOOTING", changing},
		{"SHUTDOWN", icpcode.StatusLocked}, // stopped, waiting to be destroyed
		{"TERMINATING", icpcode.StatusReleased},
		{"LAUNCH_FAILED", icpcode.StatusReleased},
		{"FREEZING", icpcode.StatusLocked},
	}
	cvmRestriction = words[icpcode.Status]{
		{"EXPIRED", icpcode.StatusExpired},
	}
	cvmIsolation = words[icpcode.Status]{
		{"EXPIRE", icpcode.StatusExpired},
		{"MANMADE", icpcode.StatusRefunded}, // returned by its owner
	}
)

// cvm: Cloud Virtual Machine. A server that is locked for money still reads
// RUNNING: what restricts it is in two other fields. Its region is its zone
// without the number.
func (b *builder) cvm() (problem error) {
	if problem := b.tencent(b.t.child(b.t.member(keyPlacement), keyZone)); problem != nil {
		return problem
	}
	b.s.Instance.Product = CVM
	defer func() { b.network(b.t.child(b.t.member(keyVirtualPrivateCloud), keyVpcID)) }()
	given := b.restriction(keyRestrictState, "NORMAL", cvmRestriction)
	b.restriction(keyIsolatedSource, "NOTISOLATED", cvmIsolation)
	b.needs(given, keyRestrictState)
	known := b.tencentAddresses(keyPublicIPAddresses)
	if string(b.word(keyStopChargingMode)) == "STOP_CHARGING" && b.s.Instance.PublicIP == icpcode.Yes {
		b.s.note(NoteMaybeReleasedIP, "StopChargingMode", b.word(keyStopChargingMode))
		b.s.Instance.PublicIP, b.s.Instance.IPs = icpcode.Unknown, nil
		return nil
	}
	b.settleAddresses(known)
	return nil
}

// lighthouse: TencentCloud Lighthouse. IsolatedTime is null unless it waits to
// be destroyed.
func (b *builder) lighthouse() (problem error) {
	if problem := b.tencent(b.t.member(keyZone)); problem != nil {
		return problem
	}
	b.s.Instance.Product = Lighthouse
	b.needs(b.restriction(keyInstanceRestrictState, "NORMAL", nil), keyInstanceRestrictState)
	b.restriction(keyIsolatedTime, "", nil)
	b.settleAddresses(b.tencentAddresses(keyPublicAddresses))
	b.s.note(NoteFilesDirectly, "InstanceId", b.word(keyInstanceID))
	return nil
}

// tencent reads what the two have in common.
func (b *builder) tencent(zone int32) (problem error) {
	if problem := b.id(keyInstanceID); problem != nil {
		return problem
	}
	b.s.Instance.Provider = tencent
	b.name(keyInstanceName)
	if v := b.wordOf(zone, keyZone); len(v) > 0 {
		b.placeIs(regionOfZone(v), "Zone")
	}
	if v := b.word(keyInstanceChargeType); string(v) == "CDHPAID" || string(v) == "CDCPAID" {
		b.s.note(NoteHostBilling, "InstanceChargeType", v)
	} else {
		b.billingIs(v, keyInstanceChargeType, tencentBilling)
	}
	b.s.Instance.Created = b.instant(keyCreatedTime)
	b.expires(keyExpiredTime)
	b.renewal(keyRenewFlag, tencentRenewal)
	b.status(keyInstanceState, tencentStatus)
	return nil
}

// tencentAddresses reads a list, which is null if it is empty.
func (b *builder) tencentAddresses(k key) (known bool) {
	if n := b.t.member(k); n > 0 && b.t.nodes[n].kind == null {
		return true
	}
	return b.addresses(k, 0)
}

// regionOfZone turns "ap-guangzhou-3" into "ap-guangzhou". Of a text that does
// not end in a number nothing is left.
func regionOfZone(zone []byte) []byte {
	i := bytes.LastIndexByte(zone, '-')
	if i < 0 || i == len(zone)-1 || digits(zone[i+1:]) < 0 {
		return nil
	}
	return zone[:i]
}
