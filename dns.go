package icpcode

import "net/netip"

// DNS is where the domain of a filing points, as name servers answered
// (RSK-DNS). The library asks none: the caller does, of the domain itself and
// of the names below it from which the site is served, such as www. The zero
// value says that they were not asked.
type DNS struct {
	// Resolves is No where name servers answer that there is no such name, or
	// no address of it, and Unknown where they gave no answer (SERVFAIL, a
	// timeout) or the answer leads to a name that was not asked about.
	Resolves Tri
	// Addresses are those that it points to, of IPv4 and IPv6.
	Addresses []DNSAddress
	// Complete says that all addresses of servers, CDNs and proxies that may
	// serve the domain are known, so that one of none is a stranger's.
	Complete bool
}

// DNSAddress is one address that a domain points to, and whose it is.
type DNSAddress struct {
	IP netip.Addr
	// Instance is the listed server that has the address and Provider the cloud
	// that sold it, in the spelling of RuleSet.Provider; both are empty where none has.
	Instance InstanceID
	Provider string
	// Known says that it is no listed server's, but that of a CDN or proxy
	// that was stated: what stands behind it cannot be seen.
	Known bool
}

// DNSCase is what a domain pointing somewhere comes to (RSK-DNS). The zero
// value is that it cannot be told, because name servers gave no answer.
type DNSCase uint8

// The cases of RSK-DNS.
const (
	DNSUnanswered    DNSCase = iota // cannot be told: no answer
	DNSFiled                        // it passes: one address is the filed server's
	DNSNowhere                      // it fails: the domain does not resolve
	DNSOtherProvider                // it fails: a listed server of another provider
	DNSOtherServer                  // it fails: another listed server than the filed one
	DNSNotPublic                    // it fails: an address that is not public
	DNSStranger                     // it fails: an address of nothing that is known, though all is
	DNSUnlisted                     // cannot be told: an address of no listed server
	DNSHidden                       // cannot be told: a CDN or proxy
)

// DNSReview is what RSK-DNS answers about one filing. The zero value is that
// it cannot be told.
type DNSReview struct {
	Case DNSCase
	// Address is the one that the answer rests on; zero where there is none.
	// Others is how many more the domain points to.
	Address DNSAddress
	Others  int
}

// Outcome returns whether the rule passed, failed or is unknown.
func (r DNSReview) Outcome() Outcome {
	if r.Case == DNSFiled {
		return OutcomePassed
	}
	if r.Case >= DNSNowhere && r.Case <= DNSStranger {
		return OutcomeFailed
	}
	return OutcomeUnknown
}

// ReviewDNS answers whether the domain of a filing still points to the server
// that was filed (RSK-DNS). Of several addresses one of that server is enough.
// Today says what is known of the filed server: ID, Provider and IPs; filed are
// the addresses in the filing, which stand for the server's where those are not
// known. An address of no listed server cannot be told from the filed server's
// unless d is complete. It is pure and allocates nothing.
func (s *RuleSet) ReviewDNS(today *Instance, filed []netip.Addr, d *DNS) DNSReview {
	if d.Resolves == No && len(d.Addresses) == 0 {
		return DNSReview{Case: DNSNowhere}
	}
	found := DNSReview{Case: DNSUnanswered}
	for i := range d.Addresses {
		a := &d.Addresses[i]
		c := s.pointsTo(a, today, filed, d.Complete)
		if dnsRank[c] > dnsRank[found.Case] {
			found.Case, found.Address = c, *a
		}
	}
	found.Others = max(0, len(d.Addresses)-1)
	return found
}

// dnsRank says which of several cases counts: one filed address is enough, and
// what cannot be told may be one.
var dnsRank = [...]int{
	DNSUnanswered: 0, DNSNotPublic: 1, DNSStranger: 2, DNSOtherServer: 3, DNSOtherProvider: 4,
	DNSHidden: 5, DNSUnlisted: 6, DNSFiled: 7,
}

// pointsTo says what one address comes to.
func (s *RuleSet) pointsTo(a *DNSAddress, today *Instance, filed []netip.Addr, complete bool) DNSCase {
	provider := today.Provider
	if provider == "" {
		provider = s.Provider
	}
	if a.Instance != "" {
		if a.Provider != "" && a.Provider != provider {
			return DNSOtherProvider
		}
		if today.ID == "" {
			return DNSUnlisted // which server was filed is not known
		}
		if a.Instance == today.ID {
			return DNSFiled
		}
		return DNSOtherServer
	}
	if !isPublic(a.IP) {
		return DNSNotPublic
	}
	if hasIP(today.IPs, a.IP) || len(today.IPs) == 0 && today.PublicIP != No && hasIP(filed, a.IP) {
		return DNSFiled
	}
	if a.Known {
		return DNSHidden
	}
	if complete {
		return DNSStranger
	}
	return DNSUnlisted
}
