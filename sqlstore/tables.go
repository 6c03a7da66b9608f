package sqlstore

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/icpcode/icpcode"
)

// kind is what a column holds.
type kind uint8

const (
	text     kind = iota
	integer       // 64 bits
	instant       // to the microsecond, UTC
	amount        // of money, two decimals
	document      // JSON
)

type column struct {
	name string
	kind kind
	// most is how many characters a text may have on MySQL, or small for an
	// integer of 32 bits there; 0: as many as there are, and 64 bits.
	most int
}

const small = 32

// table is one table: the columns of its key first, then its version if it
// has one, then the others.
type table struct {
	name    string
	place   uint // in the order of the tables, from 0
	keys    int  // how many columns are its key
	columns []column
}

// The tables, in the order in which a Commit writes them.
var (
	ledgers = &table{"icp_ledgers", 0, 1, []column{
		{"instance", text, 128}, {"version", integer, 0}, {"issued", integer, small}, {"attached", integer, small},
		{"closed", text, 256}, {"closed_at", instant, 0}, {"reason", text, 256},
	}}
	accountLedgers = &table{"icp_account_ledgers", 1, 2, []column{
		{"account", text, 128}, {"product", text, 128}, {"version", integer, 0}, {"issued", integer, small}, {"attached", integer, small},
		{"closed", text, 256}, {"closed_at", instant, 0}, {"reason", text, 256},
	}}
	partners = &table{"icp_partners", 2, 3, []column{
		{"account", text, 128}, {"direction", text, 128}, {"year", integer, small}, {"version", integer, 0}, {"accounts", document, 0},
	}}
	acquaintances = &table{"icp_acquaintances", 3, 2, []column{{"granter", text, 128}, {"grantee", text, 128}}}
	codes         = &table{"icp_codes", 4, 1, []column{
		{"code", text, 128}, {"version", integer, 0}, {"state", text, 32}, {"action", text, 32}, {"origin", text, 32},
		{"owner", text, 128}, {"grantee", text, 128}, {"holder", text, 128}, {"instance", text, 128}, {"product", text, 256},
		{"rule_set", text, 256}, {"assumed", text, 1024}, {"contract_quota", integer, small},
		{"issued", instant, 0}, {"granted", instant, 0}, {"updated", instant, 0}, {"ended", instant, 0},
		{"filing_kind", text, 256}, {"filing_domain", text, 256}, {"filing_app", text, 256}, {"filing_subject", text, 256},
		{"filing_ips", document, 0}, {"icp_number", text, 128},
		{"paid", amount, 0}, {"paid_currency", text, 256}, {"refunded", amount, 0}, {"refunded_currency", text, 256},
		{"remark", text, 256}, {"reason", text, 256},
		{"service", text, 257}, {"stage", text, 32}, {"staged", instant, 0}, {"rejection", text, 2000}, {"rejected", instant, 0},
		{"filing_end", text, 32}, {"filing_ended", instant, 0},
		{"end_reason", text, 256}, {"successor", text, 128},
	}}
	receipts = &table{"icp_receipts", 5, 2, []column{
		{"actor", text, 128}, {"request_id", text, 128}, {"version", integer, 0},
		{"at", instant, 0}, {"fingerprint", text, 64}, {"result", document, 0},
	}}
	events = &table{"icp_events", 6, 2, []column{
		{"code", text, 128}, {"seq", integer, 0}, {"at", instant, 0}, {"action", text, 32}, {"actor", text, 128}, {"request_id", text, 128},
		{"from_state", text, 32}, {"to_state", text, 32}, {"rule_set", text, 256}, {"assumed", text, 1024}, {"reason", text, 256},
		{"owner", text, 128}, {"grantee", text, 128}, {"instance", text, 128}, {"product", text, 256}, {"origin", text, 256},
		{"contract_quota", integer, small}, {"remark", text, 256}, {"issued", instant, 0}, {"granted", instant, 0},
		{"filing_kind", text, 256}, {"filing_domain", text, 256}, {"filing_app", text, 256}, {"filing_subject", text, 256},
		{"filing_ips", document, 0}, {"icp_number", text, 256},
		{"paid", amount, 0}, {"paid_currency", text, 256}, {"refund", amount, 0}, {"refund_currency", text, 256},
		{"stage", text, 32}, {"rejection", text, 2000}, {"filing_end", text, 32}, {"successor", text, 128}, {"corrected", text, 256},
	}}
)

const numTables = 7

// The words of icp_partners.direction, sorted as their kinds are.
const (
	grantees = "grantees"
	granters = "granters"
)

// tableOf returns the table of a kind of document, or nil.
func tableOf(k icpcode.Kind) *table {
	switch k {
	case icpcode.KindLedger:
		return ledgers
	case icpcode.KindAccountLedger:
		return accountLedgers
	case icpcode.KindGrantees, icpcode.KindGranters:
		return partners
	case icpcode.KindAcquaintance:
		return acquaintances
	case icpcode.KindRecord:
		return codes
	case icpcode.KindReceipt:
		return receipts
	}
	return nil
}

// row is the values of one row, in the order of the table's columns: nil, an
// int64 or a string.
type row []any

// appendKey appends the columns of a key.
func appendKey(r row, k *icpcode.Key) row {
	switch k.Kind {
	case icpcode.KindLedger:
		return append(r, k.A)
	case icpcode.KindGrantees:
		return append(r, k.A, grantees, int64(k.Year))
	case icpcode.KindGranters:
		return append(r, k.A, granters, int64(k.Year))
	case icpcode.KindRecord:
		return append(r, k.Code.String())
	default:
		return append(r, k.A, k.B)
	}
}

// appendPut appends the row of a document.
func appendPut(r row, p *icpcode.Put) (row, error) {
	r = appendKey(r, &p.Key)
	if p.Key.Kind == icpcode.KindAcquaintance && p.Body == nil {
		return r, nil
	}
	r = append(r, int64(p.Version))
	switch b := p.Body.(type) {
	case *icpcode.Ledger:
		return append(r, int64(b.Issued), int64(b.Attached), word(b.Closed), moment(b.ClosedAt), maybe(b.Reason)), nil
	case *icpcode.Partners:
		accounts, err := jsonArray(b.Accounts)
		return append(r, accounts), err
	case *icpcode.Record:
		return appendRecord(r, b)
	case *icpcode.Receipt:
		result, err := json.Marshal(b.Result)
		return append(r, moment(b.Result.At), hex.EncodeToString(b.Fingerprint[:]), string(result)), err
	}
	return nil, fmt.Errorf("sqlstore: a document of kind %d has a body of type %T", p.Key.Kind, p.Body)
}

func appendRecord(r row, b *icpcode.Record) (row, error) {
	r = append(r,
		b.State.String(), b.Last.String(), b.Origin.String(),
		maybe(b.Owner), maybe(b.Grantee), maybe(b.Holder()), maybe(b.InstanceID), maybe(b.Product),
		maybe(b.RuleSetVersion), rules(b.Assumed), count(b.ContractQuota),
		issued(b), moment(b.Granted), moment(b.Updated), moment(b.Over()))
	r, err := appendFiling(r, b.Filing)
	r = appendMoney(r, b.Paid)
	r = appendMoney(r, b.Refunded)
	p := orZero(b.Progress)
	return append(r, maybe(b.Remark), maybe(b.Reason),
		maybe(b.Service()), word(p.Stage), moment(p.Staged), maybe(p.Rejection), moment(p.Rejected), word(p.End), moment(p.Ended),
		maybe(p.EndReason), maybe(p.Successor.String())), err
}

// never stands for no instant where lists go by it.
const never = "1000-01-01 00:00:00.000000"

func issued(r *icpcode.Record) any {
	if r.Issued.IsZero() {
		return never
	}
	return moment(r.Issued)
}

func appendEvent(r row, e *icpcode.Event) (row, error) {
	r = append(r,
		e.Code.String(), int64(e.Seq), moment(e.At), e.Action.String(), maybe(e.Actor), maybe(e.RequestID),
		e.From.String(), e.To.String(), maybe(e.RuleSetVersion), rules(e.Assumed), maybe(e.Reason),
		maybe(e.Owner), maybe(e.Grantee), maybe(e.InstanceID), maybe(e.Product), word(e.Origin),
		count(e.ContractQuota), maybe(e.Remark), moment(e.Issued), moment(e.Granted))
	r, err := appendFiling(r, e.Filing)
	r = appendMoney(r, e.Paid)
	r = appendMoney(r, e.Refund)
	s := orZero(e.Step)
	return append(r, word(s.Stage), maybe(s.Rejection), word(s.End), maybe(s.Successor.String()), maybe(s.Corrected)), err
}

// orZero returns what p points to, or the zero value, of which every column is
// null.
func orZero[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

// orNil is the reverse of orZero.
func orNil[T comparable](v T) *T {
	if v == *new(T) {
		return nil
	}
	return &v
}

func appendFiling(r row, f *icpcode.Filing) (row, error) {
	if f == nil {
		return append(r, nil, nil, nil, nil, nil, nil), nil
	}
	ips, err := jsonArray(f.IPs)
	return append(r, f.Kind.String(), maybe(f.Domain), maybe(f.App), maybe(f.Subject), ips, maybe(f.ICPNumber)), err
}

func appendMoney(r row, m icpcode.Money) row {
	if m.IsZero() {
		return append(r, nil, nil)
	}
	return append(r, m.Amount.StringFixed(2), m.Currency)
}

// The values of columns that are NULL where the field has no value.

func maybe[T ~string](s T) any {
	if s == "" {
		return nil
	}
	return string(s)
}

func count(n int) any {
	if n == 0 {
		return nil
	}
	return int64(n)
}

// word returns the name of an enumeration's value.
func word[T interface {
	~uint8
	String() string
}](v T) any {
	if v == 0 {
		return nil
	}
	return v.String()
}

func rules(r icpcode.RuleIDs) any {
	if r == 0 {
		return nil
	}
	return strings.ReplaceAll(r.String(), ",", "") // as MarshalText does
}

// layout is how instants are written, in UTC.
const layout = "2006-01-02 15:04:05.000000"

func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(layout)
}

func jsonArray[T any](all []T) (any, error) {
	if len(all) == 0 {
		return nil, nil
	}
	b, err := json.Marshal(all)
	return string(b), err
}

// cells reads the columns of one row, all of them read as text, one after the
// other.
type cells struct {
	left []sql.NullString
	err  error
}

func (c *cells) next() sql.NullString {
	v := c.left[0]
	c.left = c.left[1:]
	return v
}

// fail keeps the first error.
func (c *cells) fail(err error) {
	if c.err == nil && err != nil {
		c.err = fmt.Errorf("sqlstore: a row does not read back: %w", err)
	}
}

// unpack reads the columns of a row out of one, a JSON array.
func (c *cells) unpack() {
	var all []*string
	c.json(&all)
	c.left = make([]sql.NullString, len(codes.columns))
	for i := range min(len(all), len(c.left)) {
		if all[i] != nil {
			c.left[i] = sql.NullString{String: *all[i], Valid: true}
		}
	}
}

func (c *cells) text() string { return c.next().String }

func (c *cells) integer() int64 {
	v := c.next()
	if !v.Valid {
		return 0
	}
	n, err := strconv.ParseInt(v.String, 10, 64)
	c.fail(err)
	return n
}

func (c *cells) instant() time.Time {
	v := c.next()
	if !v.Valid || v.String == never {
		return time.Time{}
	}
	t, err := time.Parse(layout, v.String)
	c.fail(err)
	return t
}

func (c *cells) money() icpcode.Money {
	amount, currency := c.next(), c.next()
	if !amount.Valid {
		return icpcode.Money{}
	}
	d, err := decimal.NewFromString(amount.String)
	c.fail(err)
	return icpcode.Money{Amount: d, Currency: currency.String}
}

// into reads a value that has a text form.
func (c *cells) into(v interface{ UnmarshalText([]byte) error }) {
	if s := c.next(); s.Valid {
		c.fail(v.UnmarshalText([]byte(s.String)))
	}
}

func (c *cells) json(v any) {
	if s := c.next(); s.Valid {
		c.fail(json.Unmarshal([]byte(s.String), v))
	}
}

func (c *cells) filing() *icpcode.Filing {
	if !c.left[0].Valid {
		c.left = c.left[6:]
		return nil
	}
	var f icpcode.Filing
	c.into(&f.Kind)
	f.Domain, f.App, f.Subject = c.text(), c.text(), c.text()
	var ips []netip.Addr
	c.json(&ips)
	f.IPs = ips
	f.ICPNumber = c.text()
	return &f
}

// key reads the columns of a key of kind k.
func (c *cells) key(k icpcode.Kind) icpcode.Key {
	key := icpcode.Key{Kind: k}
	switch k {
	case icpcode.KindRecord:
		c.into(&key.Code)
	case icpcode.KindGrantees, icpcode.KindGranters:
		key.A = c.text()
		if c.text() == granters {
			key.Kind = icpcode.KindGranters
		} else {
			key.Kind = icpcode.KindGrantees
		}
		key.Year = int(c.integer())
	case icpcode.KindLedger:
		key.A = c.text()
	default:
		key.A, key.B = c.text(), c.text()
	}
	return key
}

// document reads a row of the table of kind k.
func (c *cells) document(k icpcode.Kind) icpcode.Document {
	d := icpcode.Document{Key: c.key(k), Version: 1}
	if k == icpcode.KindAcquaintance {
		return d
	}
	d.Version = uint64(c.integer())
	d.Body = icpcode.NewBody(d.Key.Kind)
	switch b := d.Body.(type) {
	case *icpcode.Ledger:
		b.Issued, b.Attached = int(c.integer()), int(c.integer())
		c.into(&b.Closed)
		b.ClosedAt, b.Reason = c.instant(), c.text()
	case *icpcode.Partners:
		c.json(&b.Accounts)
	case *icpcode.Record:
		b.Code, b.Version = d.Key.Code, d.Version
		c.record(b)
	case *icpcode.Receipt:
		c.next() // its instant is in the result too
		n, err := hex.Decode(b.Fingerprint[:], []byte(c.text()))
		if err == nil && n != len(b.Fingerprint) {
			err = fmt.Errorf("a fingerprint of %d bytes", n)
		}
		c.fail(err)
		c.json(&b.Result)
	}
	return d
}

// record reads what follows code and version.
func (c *cells) record(r *icpcode.Record) {
	c.into(&r.State)
	c.into(&r.Last)
	c.into(&r.Origin)
	r.Owner, r.Grantee = icpcode.AccountID(c.text()), icpcode.AccountID(c.text())
	c.next() // the holder follows from them
	r.InstanceID, r.Product = icpcode.InstanceID(c.text()), icpcode.Product(c.text())
	r.RuleSetVersion = c.text()
	c.into(&r.Assumed)
	r.ContractQuota = int(c.integer())
	r.Issued, r.Granted, r.Updated = c.instant(), c.instant(), c.instant()
	c.next() // since when it is over follows too
	r.Filing = c.filing()
	r.Paid, r.Refunded = c.money(), c.money()
	r.Remark, r.Reason = c.text(), c.text()
	c.next() // and so does the service
	var p icpcode.Progress
	c.into(&p.Stage)
	p.Staged, p.Rejection, p.Rejected = c.instant(), c.text(), c.instant()
	c.into(&p.End)
	p.Ended, p.EndReason = c.instant(), c.text()
	c.into(&p.Successor)
	r.Progress = orNil(p)
}

func (c *cells) event() icpcode.Event {
	var e icpcode.Event
	c.into(&e.Code)
	e.Seq = uint64(c.integer())
	e.At = c.instant()
	c.into(&e.Action)
	e.Actor, e.RequestID = icpcode.AccountID(c.text()), c.text()
	c.into(&e.From)
	c.into(&e.To)
	e.RuleSetVersion = c.text()
	c.into(&e.Assumed)
	e.Reason = c.text()
	e.Owner, e.Grantee = icpcode.AccountID(c.text()), icpcode.AccountID(c.text())
	e.InstanceID, e.Product = icpcode.InstanceID(c.text()), icpcode.Product(c.text())
	c.into(&e.Origin)
	e.ContractQuota = int(c.integer())
	e.Remark = c.text()
	e.Issued, e.Granted = c.instant(), c.instant()
	e.Filing = c.filing()
	e.Paid, e.Refund = c.money(), c.money()
	var s icpcode.Step
	c.into(&s.Stage)
	s.Rejection = c.text()
	c.into(&s.End)
	c.into(&s.Successor)
	s.Corrected = c.text()
	e.Step = orNil(s)
	return e
}
