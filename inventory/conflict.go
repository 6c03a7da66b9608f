package inventory

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// Conflict is a fact about which the records of one server contradict each
// other. The restrictive one counts: the worse status, the shorter term, no
// public address. Where none is, as between two owners, the fact is unknown.
type Conflict struct {
	Fact  string // the name of the column of [ReadFacts], "status"
	Taken string // what counts, "locked"; "unknown" if none of them does
	Said  []Said // at least two, each value once
}

// Said is what a record says of a fact that others contradict.
type Said struct {
	Value  string
	File   string // as it was given to [Survey.Read]
	Record int    // its number in the file, counted from 1
}

// String returns the conflict in English.
func (c Conflict) String() string { return c.Text(icpcode.English) }

// Text returns the conflict in language l, with every value and where it
// stands. It is safe to print.
func (c Conflict) Text(l icpcode.Lang) string {
	form, sep := "%s: the records of this server contradict each other: %s; taken as %s", ", "
	if l == icpcode.Chinese {
		form, sep = "该服务器的多条记录中%s互相矛盾：%s；以 %s 为准", "，"
		if c.Taken == "unknown" {
			form = "该服务器的多条记录中%s互相矛盾：%s；视为未知"
		}
	}
	var said []string
	for _, s := range c.Said {
		said = append(said, quiet(s.Value)+s.place(l))
	}
	if l == icpcode.Chinese && c.Taken == "unknown" {
		return fmt.Sprintf(form, c.Fact, strings.Join(said, sep))
	}
	return fmt.Sprintf(form, c.Fact, strings.Join(said, sep), quiet(c.Taken))
}

// place is where it stands, in brackets.
func (s Said) place(l icpcode.Lang) string {
	form, zh := " (record %[2]d)", "（第%[2]d条记录）"
	if s.File != "" {
		form, zh = " (%s, record %d)", "（%s，第%d条记录）"
	}
	if l == icpcode.Chinese {
		form = zh
	}
	return fmt.Sprintf(form, quiet(s.File), s.Record)
}

// quiet quotes a text that has something to hide.
func quiet(s string) string {
	if q := strconv.Quote(s); q != `"`+s+`"` {
		return q
	}
	return s
}

// restrictive says which of two values of a fact that are known leaves less: a
// negative number for the first, a positive one for the second, and 0 if
// neither does.
var restrictive = map[string]func(a, b *icpcode.Instance) int{
	"billing":           func(a, b *icpcode.Instance) int { return int(b.Billing) - int(a.Billing) },
	"status":            func(a, b *icpcode.Instance) int { return int(b.Status) - int(a.Status) },
	"term_months":       func(a, b *icpcode.Instance) int { return a.TermMonths - b.TermMonths },
	"first_term_months": func(a, b *icpcode.Instance) int { return a.FirstTermMonths - b.FirstTermMonths },
	"created":           func(a, b *icpcode.Instance) int { return b.Created.Compare(a.Created) },
	"expires":           func(a, b *icpcode.Instance) int { return a.Expires.Compare(b.Expires) },
	"auto_renew":        func(a, b *icpcode.Instance) int { return int(a.AutoRenew) - int(b.AutoRenew) },
	"trial":             func(a, b *icpcode.Instance) int { return int(b.Trial) - int(a.Trial) },
	"public_ip":         func(a, b *icpcode.Instance) int { return int(a.PublicIP) - int(b.PublicIP) },
	"ip_held":           func(a, b *icpcode.Instance) int { return int(b.IPHeld) - int(a.IPHeld) },
	"downgraded":        func(a, b *icpcode.Instance) int { return int(b.Downgraded) - int(a.Downgraded) },
	"partner_ip":        func(*icpcode.Instance, *icpcode.Instance) int { return 0 }, // only yes is a statement
	"contract_quota":    func(a, b *icpcode.Instance) int { return a.ContractQuota - b.ContractQuota },
	"order_amount":      func(a, b *icpcode.Instance) int { return a.OrderAmount.Cmp(b.OrderAmount) },
}

// silent reports whether the text of a column says nothing.
func silent(text string) bool { return text == "unknown" || text == "none" }

// merge makes s what it and other records of the server say together.
func merge(s *Server, file string, others []statement, mainland func(provider, region string) icpcode.Tri) {
	all := append([]statement{{*s, file}}, others...)
	for n := range columnTable {
		col := &columnTable[n]
		if col.name == "ips" {
			continue // with public_ip
		}
		mergeColumn(s, col, all, mainland)
	}
	mergeAddresses(s, all)
	if i := &s.Instance; i.Billing != icpcode.Subscription && s.Format != OwnCSV && s.Format != OwnJSON {
		i.Expires = time.Time{} // it means something only for a subscription
	}
	for _, o := range others {
		for _, n := range o.server.Notes {
			if !slices.Contains(s.Notes, n) {
				s.Notes = append(s.Notes, n)
			}
		}
		for _, id := range o.server.Interfaces {
			if !slices.Contains(s.Interfaces, id) {
				s.Interfaces = append(s.Interfaces, id)
			}
		}
		if s.Name == "" {
			s.Name = o.server.Name
		}
	}
	if s.masked() {
		s.Instance.IPs = nil
	}
}

func mergeColumn(s *Server, col *column, all []statement, mainland func(provider, region string) icpcode.Tri) {
	var said []Said
	var worst *icpcode.Instance
	open := false // none of the values counts
	for n := range all {
		i := &all[n].server.Instance
		text := col.format(i)
		doubt := all[n].server.doubts(col.name)
		if silent(text) && !doubt || col.name == "partner_ip" && !i.PartnerIP {
			continue
		}
		if !slices.ContainsFunc(said, func(o Said) bool { return o.Value == text }) {
			said = append(said, Said{text, all[n].file, all[n].server.Record})
		}
		if doubt {
			continue
		}
		if worst == nil || col.format(worst) == text {
			worst = i
			continue
		}
		switch k := worse(col.name, worst, i, mainland); {
		case k > 0:
			worst = i
		case k == 0:
			open = true
		}
	}
	if len(said) == 0 {
		return
	}
	unknown := icpcode.Instance{}
	if worst == nil || open || slices.ContainsFunc(said, func(o Said) bool { return silent(o.Value) }) && col.good(worst) {
		worst = &unknown
	}
	if col.name != "public_ip" {
		col.set(&s.Instance, worst)
	} else {
		s.Instance.PublicIP = worst.PublicIP
	}
	if len(said) > 1 {
		s.Conflicts = append(s.Conflicts, Conflict{col.name, col.format(&s.Instance), said})
	}
}

// worse is restrictive, for all columns.
func worse(name string, a, b *icpcode.Instance, mainland func(provider, region string) icpcode.Tri) int {
	if name == "region" && mainland != nil {
		x, y := mainland(a.Provider, a.Region), mainland(b.Provider, b.Region)
		if x == icpcode.No && y != icpcode.No {
			return -1
		}
		if y == icpcode.No && x != icpcode.No {
			return 1
		}
		if x == y && x != icpcode.Unknown {
			return -1 // either will do
		}
		return 0
	}
	if f := restrictive[name]; f != nil {
		return f(a, b)
	}
	return 0
}

// good reports whether the value of a fact is the one that passes rules, so
// that another record in which it cannot be read makes it doubtful.
func (c *column) good(i *icpcode.Instance) bool {
	switch c.name {
	case "status":
		return i.Status == icpcode.StatusRunning
	case "billing":
		return i.Billing == icpcode.Subscription
	case "public_ip":
		return i.PublicIP == icpcode.Yes
	}
	return false
}

// doubts reports whether the record has a value for the fact that leaves it
// unknown: a word that cannot be read, or a change that is under way. A fact
// that the record merely lacks is no doubt.
func (s *Server) doubts(fact string) bool {
	i := &s.Instance
	switch fact {
	case "status":
		return i.Status == icpcode.StatusUnknown && s.says("Status", "InstanceState", "status", "LoadBalancerStatus", "OperationLocks", "LoadBalancerOperationLocks", "State", "provisioning_status")
	case "billing":
		return i.Billing == icpcode.BillingUnknown && s.says("InstanceChargeType", "ChargeType", "PayType", "charging_mode", "InstanceResourceType", "billing_info")
	case "public_ip":
		return i.PublicIP == icpcode.Unknown && s.says(
			"PublicIpAddress", "EipAddress", "Address", "AddressType", "PublicIpAddresses", "PublicAddresses", "IpLists", "addresses", "AllocateIpv4Addr",
			"LoadBalancerType", "LoadBalancerVips", "PublicIpAddressSet", "eips",
		)
	}
	return false
}

// says reports whether a note says of one of the fields that it leaves its
// fact unknown.
func (s *Server) says(fields ...string) bool {
	return slices.ContainsFunc(s.Notes, func(n Note) bool {
		return (n.Kind == NoteUnreadable || n.Kind == NoteChanging) && slices.Contains(fields, n.Field)
	})
}

// mergeAddresses keeps the addresses that all records have which have any.
func mergeAddresses(s *Server, all []statement) {
	s.Instance.IPs = nil
	if s.Instance.PublicIP != icpcode.Yes {
		return
	}
	var common []netip.Addr
	var said []Said
	for n := range all {
		ips := all[n].server.Instance.IPs
		if len(ips) == 0 {
			continue
		}
		if said == nil {
			common = slices.Clone(ips)
		}
		common = slices.DeleteFunc(common, func(ip netip.Addr) bool { return !slices.Contains(ips, ip) })
		text := joinIPs(ips)
		if !slices.ContainsFunc(said, func(o Said) bool { return o.Value == text }) {
			said = append(said, Said{text, all[n].file, all[n].server.Record})
		}
	}
	s.Instance.IPs = common
	if len(said) > 1 {
		s.Conflicts = append(s.Conflicts, Conflict{"ips", joinIPs(common), said})
	}
}
