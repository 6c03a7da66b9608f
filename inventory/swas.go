package inventory

import "github.com/icpcode/icpcode"

var (
	swasStatus = words[icpcode.Status]{
		{"Running", icpcode.StatusRunning},
		{"Stopped", icpcode.StatusStopped},
		{"Pending", icpcode.StatusPending},
		{"Starting", icpcode.StatusPending},
		{"Stopping", icpcode.StatusStopped},
		{"Resetting", changing},
		{"Upgrading", changing},
		{"Disabled", icpcode.StatusLocked},
	}
	swasRestriction = words[icpcode.Status]{
		{"Expired", icpcode.StatusExpired},
		{"EXPIRED", icpcode.StatusExpired},
	}
)

// swas: Simple Application Server. Its addresses are plain texts, and what
// restricts it is in two fields, of which one alone may tell.
func (b *builder) swas() (problem error) {
	if problem := b.id(keyInstanceID); problem != nil {
		return problem
	}
	b.s.Instance.Product, b.s.Instance.Provider = icpcode.SWAS, alibaba
	b.name(keyInstanceName)
	b.place()
	b.billing(keyChargeType, alibabaBilling)
	b.s.Instance.Created = b.instant(keyCreationTime)
	b.expires(keyExpiredTime)
	b.status(keyStatus, swasStatus)
	given := b.restriction(keyBusinessStatus, "Normal", swasRestriction)
	given = b.restriction(keyDisableReason, "", swasRestriction) || given
	b.needs(given, keyBusinessStatus)
	b.settleAddresses(b.addresses(keyPublicIPAddress, 0))
	return nil
}
