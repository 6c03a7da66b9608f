package inventory

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// column is one column: how it is read, written and set.
type column struct {
	name   string
	parse  func(i *icpcode.Instance, s string) error
	format func(i *icpcode.Instance) string
	set    func(to, from *icpcode.Instance)
}

// read reads the text of a cell that is not empty.
func (c *column) read(i *icpcode.Instance, text string) error {
	text = wordOf(c.name, text)
	if text == "unknown" && c.name != "partner_ip" {
		return nil
	}
	return c.parse(i, text)
}

// columnTable holds every column but id.
var columnTable = [...]column{
	{
		"owner",
		func(i *icpcode.Instance, s string) error {
			if err := damaged(s); err != nil {
				return err
			}
			return parseName(&i.Owner, s)
		},
		func(i *icpcode.Instance) string { return known(string(i.Owner)) },
		func(to, from *icpcode.Instance) { to.Owner = from.Owner },
	},
	{
		"product",
		func(i *icpcode.Instance, s string) error { return parseName(&i.Product, s) },
		func(i *icpcode.Instance) string { return known(string(i.Product)) },
		func(to, from *icpcode.Instance) { to.Product = from.Product },
	},
	{
		"provider",
		func(i *icpcode.Instance, s string) error { return parseName(&i.Provider, s) },
		func(i *icpcode.Instance) string { return known(i.Provider) },
		func(to, from *icpcode.Instance) { to.Provider = from.Provider },
	},
	{
		"region",
		func(i *icpcode.Instance, s string) error { return parseName(&i.Region, s) },
		func(i *icpcode.Instance) string { return known(i.Region) },
		func(to, from *icpcode.Instance) { to.Region = from.Region },
	},
	{
		"billing",
		func(i *icpcode.Instance, s string) error { return parseBilling(&i.Billing, s) },
		func(i *icpcode.Instance) string { return named(billingNames[:], int(i.Billing)) },
		func(to, from *icpcode.Instance) { to.Billing = from.Billing },
	},
	{
		"status",
		func(i *icpcode.Instance, s string) error { return parseNamed(&i.Status, s, statusNames[:]) },
		func(i *icpcode.Instance) string { return named(statusNames[:], int(i.Status)) },
		func(to, from *icpcode.Instance) { to.Status = from.Status },
	},
	{
		"term_months",
		func(i *icpcode.Instance, s string) error { return parseInt(&i.TermMonths, s, maxMonths) },
		func(i *icpcode.Instance) string { return countOf(i.TermMonths) },
		func(to, from *icpcode.Instance) { to.TermMonths = from.TermMonths },
	},
	{
		"first_term_months",
		func(i *icpcode.Instance, s string) error { return parseInt(&i.FirstTermMonths, s, maxMonths) },
		func(i *icpcode.Instance) string { return countOf(i.FirstTermMonths) },
		func(to, from *icpcode.Instance) { to.FirstTermMonths = from.FirstTermMonths },
	},
	{
		"created",
		func(i *icpcode.Instance, s string) error { return parseDate(&i.Created, s) },
		func(i *icpcode.Instance) string { return date(i.Created) },
		func(to, from *icpcode.Instance) { to.Created = from.Created },
	},
	{
		"expires",
		func(i *icpcode.Instance, s string) error { return parseDate(&i.Expires, s) },
		func(i *icpcode.Instance) string { return date(i.Expires) },
		func(to, from *icpcode.Instance) { to.Expires = from.Expires },
	},
	{
		"trial",
		func(i *icpcode.Instance, s string) error { return parseNamed(&i.Trial, s, triNames[:]) },
		func(i *icpcode.Instance) string { return named(triNames[:], int(i.Trial)) },
		func(to, from *icpcode.Instance) { to.Trial = from.Trial },
	},
	{
		"public_ip",
		func(i *icpcode.Instance, s string) error { return parseNamed(&i.PublicIP, s, triNames[:]) },
		func(i *icpcode.Instance) string { return named(triNames[:], int(i.PublicIP)) },
		func(to, from *icpcode.Instance) {
			to.PublicIP = from.PublicIP
			if to.PublicIP != icpcode.Yes {
				to.IPs = nil
			}
		},
	},
	{
		"ips",
		func(i *icpcode.Instance, s string) error { return parseIPs(&i.IPs, s) },
		func(i *icpcode.Instance) string { return joinIPs(i.IPs) },
		func(to, from *icpcode.Instance) {
			to.IPs = slices.Clone(from.IPs)
			if len(to.IPs) > 0 {
				to.PublicIP = icpcode.Yes
			}
		},
	},
	{
		"partner_ip",
		func(i *icpcode.Instance, s string) error { return parseBool(&i.PartnerIP, s) },
		func(i *icpcode.Instance) string { return yesNo(i.PartnerIP) },
		func(to, from *icpcode.Instance) { to.PartnerIP = from.PartnerIP },
	},
	{
		"ip_held",
		func(i *icpcode.Instance, s string) error { return parseNamed(&i.IPHeld, s, triNames[:]) },
		func(i *icpcode.Instance) string { return named(triNames[:], int(i.IPHeld)) },
		func(to, from *icpcode.Instance) { to.IPHeld = from.IPHeld },
	},
	{
		"downgraded",
		func(i *icpcode.Instance, s string) error { return parseNamed(&i.Downgraded, s, triNames[:]) },
		func(i *icpcode.Instance) string { return named(triNames[:], int(i.Downgraded)) },
		func(to, from *icpcode.Instance) { to.Downgraded = from.Downgraded },
	},
	{
		"contract_quota",
		func(i *icpcode.Instance, s string) error { return parseInt(&i.ContractQuota, s, maxQuota) },
		func(i *icpcode.Instance) string { return contract(i.ContractQuota) },
		func(to, from *icpcode.Instance) { to.ContractQuota = from.ContractQuota },
	},
}

// The largest values that the engine takes.
const (
	maxMonths = 1200
	maxQuota  = 1000
)

func columnNamed(name string) *column {
	for i := range columnTable {
		if columnTable[i].name == name {
			return &columnTable[i]
		}
	}
	return nil
}

func columnNames() string {
	var names []string
	for i := range columnTable {
		names = append(names, columnTable[i].name)
	}
	return strings.Join(names, ", ")
}

// The names of values, indexed by value. The first is that of the unknown.
var (
	triNames     = [...]string{"unknown", "no", "yes"}
	billingNames = [...]string{"unknown", "subscription", "pay-as-you-go"}
	statusNames  = [...]string{"unknown", "running", "pending", "stopped", "expired", "locked", "refunded", "released"}
)

func named(names []string, v int) string {
	return names[v]
}

func parseNamed[T ~uint8](v *T, s string, names []string) error {
	i := slices.Index(names, s)
	if i < 0 {
		return fmt.Errorf("%q is not %s", s, orList(names[1:]))
	}
	*v = T(i)
	return nil
}

func orList(names []string) string {
	return strings.Join(names, ", ") + " or unknown"
}

func parseBilling(v *icpcode.Billing, s string) error {
	switch s {
	case "PrePaid":
		s = "subscription"
	case "PostPaid":
		s = "pay-as-you-go"
	}
	return parseNamed(v, s, billingNames[:])
}

func parseBool(v *bool, s string) error {
	if s != "yes" && s != "no" {
		return fmt.Errorf("%q is not no or yes", s)
	}
	*v = s == "yes"
	return nil
}

func yesNo(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

func parseName[T ~string](v *T, s string) error {
	if p := idProblem(s); p != "" {
		return errors.New(p)
	}
	*v = T(s)
	return nil
}

func known(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func parseInt(v *int, s string, limit int) error {
	n, ok := atoi([]byte(s))
	if !ok || n < 1 || n > limit {
		return fmt.Errorf("%q is not a number from 1 to %d", s, limit)
	}
	*v = n
	return nil
}

func countOf(n int) string {
	if n == 0 {
		return "unknown"
	}
	return strconv.Itoa(n)
}

func contract(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

// china is China's time since 1992, without daylight saving.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

func parseDate(v *time.Time, s string) error {
	for _, layout := range [...]string{time.DateOnly, "2006-01-02 15:04", time.DateTime} {
		if t, err := time.ParseInLocation(layout, s, china); err == nil && plausible(t) {
			*v = t.UTC()
			return nil
		}
	}
	t, ok := parseInstant(s)
	if !ok {
		t, ok = looseDate(s)
	}
	if !ok {
		return fmt.Errorf("%q is not a date like 2026-03-01, a time like 2026-03-01 10:00, or an RFC 3339 instant", s)
	}
	*v = t
	return nil
}

func date(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	t = t.In(china)
	layout := time.DateTime
	if t.Second() == 0 {
		layout = "2006-01-02 15:04"
		if t.Hour() == 0 && t.Minute() == 0 {
			layout = time.DateOnly
		}
	}
	return t.Format(layout)
}

func parseIPs(v *[]netip.Addr, s string) error {
	for f := range strings.FieldsSeq(s) {
		ip, err := netip.ParseAddr(f)
		if err != nil || ip.Zone() != "" {
			return fmt.Errorf("%q is not an address", f)
		}
		if ip = ip.Unmap(); !public(ip) {
			return fmt.Errorf("%q is not a public address", f)
		}
		if slices.Contains(*v, ip) {
			return fmt.Errorf("%q is there twice", f)
		}
		if len(*v) == maxAddresses {
			return fmt.Errorf("there are more than %d addresses", maxAddresses)
		}
		*v = append(*v, ip)
	}
	return nil
}

func joinIPs(ips []netip.Addr) string {
	var names []string
	for _, ip := range ips {
		names = append(names, ip.String())
	}
	return known(strings.Join(names, " "))
}
