package inventory

import "github.com/icpcode/icpcode"

var (
	ensBilling = words[icpcode.Billing]{
		{"EnsInstance", icpcode.Subscription},
		{"EnsPostPaidInstance", icpcode.PayAsYouGo},
		{"EnsService", icpcode.PayAsYouGo},
		{"BuildMachine", icpcode.PayAsYouGo},
	}
	ensStatus = words[icpcode.Status]{
		{"Running", icpcode.StatusRunning},
		{"Stopped", icpcode.StatusStopped},
		{"Expired", icpcode.StatusExpired},
	}
)

// ens: Edge Node Service. How it is paid for shows from its kind. An EIP that
// is bound to it is in a list of ENS's own, which is not read.
func (b *builder) ens() (problem error) {
	if problem := b.id(keyInstanceID); problem != nil {
		return problem
	}
	b.s.Instance.Product, b.s.Instance.Provider = icpcode.ENS, alibaba
	b.name(keyInstanceName)
	b.placeIs(b.word(keyEnsRegionID), "EnsRegionId")
	b.billing(keyInstanceResourceType, ensBilling)
	b.s.Instance.Created = b.instant(keyCreationTime)
	b.expires(keyExpiredTime)
	b.status(keyStatus, ensStatus)
	b.addresses(keyPublicIPAddress, 0)
	b.settleAddresses(false)
	if b.s.Instance.PublicIP == icpcode.Unknown {
		b.s.note(NoteEIPUnlisted, keyNames[keyInstanceID], b.word(keyInstanceID))
	}
	b.autoRelease(keyAutoReleaseTime)
	return nil
}
