package inventory

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/spoken"
	"github.com/shopspring/decimal"
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
		"auto_renew",
		func(i *icpcode.Instance, s string) error { return parseNamed(&i.AutoRenew, s, triNames[:]) },
		func(i *icpcode.Instance) string { return named(triNames[:], int(i.AutoRenew)) },
		func(to, from *icpcode.Instance) { to.AutoRenew = from.AutoRenew },
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
	{
		"order_amount",
		func(i *icpcode.Instance, s string) error { return parseAmount(&i.OrderAmount, s) },
		func(i *icpcode.Instance) string { return amount(i.OrderAmount) },
		func(to, from *icpcode.Instance) { to.OrderAmount = from.OrderAmount },
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

func columnNames() spoken.List {
	var names spoken.List
	for i := range columnTable {
		names = append(names, columnTable[i].name)
	}
	return names
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
		return errorf("%q is not %v or unknown", "%q 应为以下之一：%v、unknown", s, spoken.List(names[1:]))
	}
	*v = T(i)
	return nil
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
		return errorf("%q is not no or yes", "%q 应为yes或no", s)
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
	if p := idProblem(s); p != nil {
		return p
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
		return errorf("%q is not a number from 1 to %d", "%q 应为1至%d的数字", s, limit)
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

// amounts are what is read as an amount of money, less than 10^15.
var amounts = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,2})?$`)

func parseAmount(v *decimal.Decimal, s string) error {
	if !amounts.MatchString(s) {
		return errorf("%q is not an amount in yuan with at most two decimals", "%q 应为人民币金额，至多两位小数", s)
	}
	d, err := decimal.NewFromString(s)
	*v = d
	return err
}

func amount(d decimal.Decimal) string {
	if d.IsZero() {
		return "unknown"
	}
	return d.String()
}

func contract(n int) string {
	if n == 0 {
		return "none"
	}
	return strconv.Itoa(n)
}

// china is China's time.
var china = icpcode.Shanghai()

func parseDate(v *time.Time, s string) error {
	t, err := ParseTime(s)
	*v = t
	return err
}

// ParseTime reads an instant of the years 2000 to 9998 in any spelling of the
// columns created and expires that can mean one thing: a date, which is its
// first instant in China, or a date and time, in China where there is no
// offset. 2026-03-01, 2026/3/1, 2026.3.1, 20260301, 2026年3月1日 and the number
// of days of a spreadsheet, 46082, are one date; an order without the year in
// front is none. The result is in UTC.
func ParseTime(s string) (time.Time, error) {
	for _, layout := range [...]string{time.DateOnly, "2006-01-02 15:04", time.DateTime, "20060102"} {
		if t, err := time.ParseInLocation(layout, s, china); err == nil && plausible(t) {
			return t.UTC(), nil
		}
	}
	t, ok := parseInstant(s)
	if m := spacedInstant.FindStringSubmatch(s); !ok && m != nil {
		t, ok = parseInstant(m[1] + "T" + m[2] + m[3])
	}
	if !ok {
		t, ok = looseDate(s)
	}
	if !ok {
		return time.Time{}, errorf("%q is not a date like 2026-03-01, a time like 2026-03-01 10:00, both in China, or an RFC 3339 instant",
			"%q 应为日期（如2026-03-01）、时间（如2026-03-01 10:00，均为北京时间）或RFC 3339时刻", s)
	}
	return t, nil
}

// spacedInstant is an instant with its offset and spaces in it.
var spacedInstant = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:?\d\d)$`)

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
			return errorf("%q is not an address", "%q 不是IP地址", f)
		}
		if ip = ip.Unmap(); !public(ip) {
			return errorf("%q is not a public address", "%q 不是公网地址", f)
		}
		if slices.Contains(*v, ip) {
			return errorf("%q is there twice", "%q 出现两次", f)
		}
		if len(*v) == maxAddresses {
			return errorf("there are more than %d addresses", "地址多于%d个", maxAddresses)
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
