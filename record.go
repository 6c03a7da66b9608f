package icpcode

import (
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// Origin is how a code came to be. The zero value is unknown.
type Origin uint8

// The origins of a code.
const (
	OriginNone Origin = iota
	OriginFree        // issued under an instance's quota
	OriginAuto        // issued by filing straight with an instance
	OriginPaid        // bought (LIF-BUY)
)

// FilingKind is what a filing asks for (FIL-WHAT). The zero value is none.
type FilingKind uint8

// The kinds of filing.
const (
	FilingNone       FilingKind = iota
	FilingFirst                 // 首次备案
	FilingNewService            // 新增
	FilingAccess                // 接入备案
	FilingChange                // 变更备案
)

// Stage is how far the review of a filing is (LIF-STAGE). The zero value is
// not known.
type Stage uint8

// The stages of a review.
const (
	StageNone         Stage = iota
	StageVerification       // 真实性核验
	StageSMS                // 管局短信核验
	StageReview             // 管局审核
)

// End is how the filing of a Filed code ended (LIF-END): the code stays
// Filed. The zero value is not at all.
type End uint8

// The ends of a filing.
const (
	EndNone         End = iota
	EndDeregistered     // 注销
	EndCancelled        // 取消接入
	EndMoved            // it moved to another code
)

// Filing is an application that uses a code: one code, one website or app, one
// subject, one domain (COD-ONE, FIL-WHAT).
type Filing struct {
	Kind FilingKind `json:"kind"`
	// Domain of a website, or App, the name of an app: exactly one of them.
	Domain string `json:"domain,omitempty"`
	App    string `json:"app,omitempty"`
	// Subject refers to the filing subject (主体) in the caller's system, for
	// example a row's key: never a name, phone or identity number.
	Subject string `json:"subject"`
	// IPs are the addresses that the service is served from. Where the
	// addresses of the instance are known, they must be among them.
	IPs []netip.Addr `json:"ips,omitempty"`
	// ICPNumber is the number (备案号) that approval yields; empty before.
	ICPNumber string `json:"icp_number,omitempty"`
}

func (f *Filing) clone() *Filing {
	if f == nil {
		return nil
	}
	c := *f
	c.IPs = slices.Clone(f.IPs)
	return &c
}

// entered returns a copy of the filing as records and events have it.
func (f *Filing) entered() *Filing {
	c := f.clone()
	if c != nil {
		c.IPs = unmapped(c.IPs)
	}
	return c
}

// problem says what is wrong with a filing, the first that there is.
func (f *Filing) problem() FilingProblem {
	if f.Kind == FilingNone || f.Kind > FilingChange {
		return filingProblem("Filing.Kind", "is not a known kind")
	}
	if (f.Domain == "") == (f.App == "") {
		return filingProblem("Filing", "must have either a domain or an app")
	}
	if f.Domain != "" {
		if p := domainProblem(f.Domain); p != "" {
			return filingProblem("Filing.Domain", p)
		}
	}
	if f.App != "" {
		if p := idProblem(f.App); p != "" {
			return filingProblem("Filing.App", p)
		}
	}
	if p := idProblem(f.Subject); p != "" {
		return filingProblem("Filing.Subject", p)
	}
	if p := ipsProblem(f.IPs); p != "" {
		return filingProblem("Filing.IPs", p)
	}
	if f.ICPNumber != "" {
		return filingProblem("Filing.ICPNumber", "is recorded by approval, not by the applicant")
	}
	return 0
}

// domainProblem says what is wrong with the domain of a website, or "". It
// accepts names in Chinese as they are typed, without looking anything up.
func domainProblem(d string) string {
	if len(d) > 253 {
		return "is longer than 253 bytes"
	}
	if !utf8.ValidString(d) {
		return "is not valid UTF-8"
	}
	labels := domainLabels(d)
	if len(labels) < 2 || slices.ContainsFunc(labels, badLabel) {
		return "is not one domain name, like example.cn"
	}
	if _, err := netip.ParseAddr(strings.Join(labels, ".")); err == nil {
		return "is an address, not a domain name"
	}
	return ""
}

// badLabel reports whether l is not what stands between the dots of a
// domain.
func badLabel(l string) bool {
	if l == "" || len(l) > 63*utf8.UTFMax || l[0] == '-' || l[len(l)-1] == '-' {
		return true
	}
	for _, r := range l {
		if r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return true
		}
	}
	return false
}

// Money is an amount of one currency, exact (PAY-EXACT). The zero value is no
// money.
type Money struct {
	Amount   decimal.Decimal `json:"amount"`
	Currency string          `json:"currency"` // ISO 4217, "CNY"
}

// IsZero reports whether m is no money: neither an amount nor a currency.
func (m Money) IsZero() bool { return m.Amount.IsZero() && m.Currency == "" }

// String returns "12.50 CNY".
func (m Money) String() string {
	if m.Currency == "" {
		return m.Amount.StringFixed(cents)
	}
	return m.Amount.StringFixed(cents) + " " + m.Currency
}

// Event is one thing that happened to one code. The events of a code are
// numbered 1, 2, 3 … without gaps; that order, not time, is what holds. The
// record of a code is the sum of its events: see [RecordOf].
type Event struct {
	Code      Code      `json:"code"`
	Seq       uint64    `json:"seq"`
	At        time.Time `json:"at"` // one reading of the clock per operation, to the microsecond
	Action    Action    `json:"action"`
	Actor     AccountID `json:"actor"`
	RequestID string    `json:"request_id"`
	From      State     `json:"from"`
	To        State     `json:"to"`
	// RuleSetVersion is the version of the rule set that decided.
	RuleSetVersion string `json:"rule_set"`
	// Assumed are the rules whose missing facts were assumed to pass.
	Assumed RuleIDs `json:"assumed,omitzero"`
	// Reason is what the actor said, for void, refund, release, close and end.
	Reason string `json:"reason,omitempty"`

	// What changed; zero where nothing did.
	Owner         AccountID  `json:"owner,omitempty"`   // birth
	Grantee       AccountID  `json:"grantee,omitempty"` // grant, import
	InstanceID    InstanceID `json:"instance,omitempty"`
	Product       Product    `json:"product,omitempty"`
	Origin        Origin     `json:"origin,omitempty"`
	ContractQuota int        `json:"contract_quota,omitempty"`
	Remark        string     `json:"remark,omitempty"`
	Issued        time.Time  `json:"issued,omitzero"`  // import: when it was issued elsewhere
	Granted       time.Time  `json:"granted,omitzero"` // import: when it was granted elsewhere
	Filing        *Filing    `json:"filing,omitempty"` // submit, resubmit, approve, correct, import
	Paid          Money      `json:"paid,omitzero"`    // buy, import
	Refund        Money      `json:"refund,omitzero"`  // refund, close

	// Step is what became of the filing; nil if the event says nothing of it.
	Step *Step `json:"step,omitempty"`
}

// Step is what an [Event] says of the progress of a filing, beside its state.
// It has at least one field set, and is never changed once an event has it.
type Step struct {
	Stage     Stage  `json:"stage,omitzero"`      // LIF-STAGE
	Rejection string `json:"rejection,omitempty"` // LIF-REJECT: what is to be corrected, at most 2,000 bytes
	End       End    `json:"end,omitzero"`        // LIF-END
	Successor Code   `json:"successor,omitzero"`  // LIF-END: the code that the filing moved to
	Corrected string `json:"corrected,omitempty"` // LIF-CORRECT: the number that was wrong; Filing has the right one
}

// LogValue shows the event in structured logs, its code masked.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Any("code", e.Code), slog.Uint64("seq", e.Seq), slog.Time("at", e.At), slog.Any("action", e.Action),
		slog.Any("actor", e.Actor), slog.String("request_id", e.RequestID), slog.Any("to", e.To))
}

// Clone returns a copy that shares no memory with e that either could change.
func (e Event) Clone() Event {
	e.Filing = e.Filing.clone()
	e.Step = copied(e.Step)
	return e
}

// Record is everything that is known of one code. Its document's version in
// the [Store] is the sequence of its last event. Records that the [Engine]
// returns show the state as it is now, in the viewer's words, and leave out
// what is not the viewer's to know.
type Record struct {
	Code    Code   `json:"code"`
	Version uint64 `json:"version"`
	State   State  `json:"state"`
	Last    Action `json:"last"` // the action that led to State
	Origin  Origin `json:"origin"`
	// Lapsed says that the code shows as Invalid only because its instance has
	// expired or gone by the facts that it was asked with: it is recorded as
	// Available (LIF-EFFECTIVE). It is never stored.
	Lapsed     bool       `json:"-"`
	Owner      AccountID  `json:"owner"`             // never changes (GRT-OWNER)
	Grantee    AccountID  `json:"grantee,omitempty"` // set at most once (GRT-ONCE)
	InstanceID InstanceID `json:"instance,omitempty"`
	Product    Product    `json:"product,omitempty"`
	// RuleSetVersion is the version of the rule set that decided the issue, or the
	// binding of a paid code; Assumed and ContractQuota belong to it.
	RuleSetVersion string    `json:"rule_set"`
	Assumed        RuleIDs   `json:"assumed,omitzero"`
	ContractQuota  int       `json:"contract_quota,omitempty"`
	Issued         time.Time `json:"issued"`
	Granted        time.Time `json:"granted,omitzero"`
	Updated        time.Time `json:"updated"`
	Filing         *Filing   `json:"filing,omitempty"` // the last one submitted by the holder, also after its release
	Paid           Money     `json:"paid,omitzero"`    // what was paid for this code
	Refunded       Money     `json:"refunded,omitzero"`
	Remark         string    `json:"remark,omitempty"`
	Reason         string    `json:"reason,omitempty"` // of Last: a void, refund, release, close or end

	// Progress is what became of the filing; nil if nothing is known of it.
	// Operators see all of it, and the holder all but Successor. An owner that
	// is not the holder sees End, Ended and EndReason.
	Progress *Progress `json:"progress,omitempty"`
}

// copied returns a copy of what p points to, or nil.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// Clone returns a copy that shares no memory with r that either could change.
func (r Record) Clone() Record {
	r.Filing = r.Filing.clone()
	r.Progress = copied(r.Progress)
	return r
}

func (r *Record) clone() Body {
	c := r.Clone()
	return &c
}

// LogValue shows the record in structured logs, its code masked.
func (r Record) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Any("code", r.Code), slog.Any("state", r.State), slog.Any("owner", r.Owner), slog.Any("grantee", r.Grantee),
		slog.Any("instance", r.InstanceID), slog.Uint64("version", r.Version))
}

// Holder returns the account that may file with the code: the grantee if it
// was granted, else the owner (FIL-HOLDER).
func (r *Record) Holder() AccountID {
	if r.Grantee != "" {
		return r.Grantee
	}
	return r.Owner
}

// ICPNumber returns the number that approval recorded, or "".
func (r *Record) ICPNumber() string {
	if r.Filing == nil {
		return ""
	}
	return r.Filing.ICPNumber
}

// Service returns what the last filing is for, as [Filing.Service] does, or
// "".
func (r *Record) Service() string { return r.Filing.Service() }

// Over returns since when nothing more can happen to the code, or the zero
// time: since it was Refunded or Invalid, or since the filing of a Filed code
// ended (LIF-END). Its history can then be purged.
func (r *Record) Over() time.Time {
	if r.State == StateFiled && r.Progress != nil && r.Progress.End != EndNone {
		return r.Progress.Ended
	}
	if r.State == StateRefunded || r.State == StateInvalid {
		return r.Updated
	}
	return time.Time{}
}

// roles returns the parts that actor plays towards the code.
func (r *Record) roles(actor AccountID, operator bool) Role {
	var role Role
	if operator {
		role |= RoleOperator
	}
	if actor == r.Owner {
		role |= RoleOwner
	}
	if r.Grantee != "" && actor == r.Grantee {
		role |= RoleGrantee
	}
	if actor == r.Holder() {
		role |= RoleHolder
	}
	return role
}

// Effective returns the state that the code has at t (LIF-EFFECTIVE), from
// today's facts about its instance: an Available code whose instance has
// expired or is gone reads Invalid, and Available again if it is renewed.
// Facts about another instance, or none, leave the recorded state.
func (r *Record) Effective(today Instance, t time.Time) State {
	if r.InstanceID != "" && today.ID == r.InstanceID && lapsed(r.State, &today, t) {
		return StateInvalid
	}
	return r.State
}

// lapses reports whether today's facts about its instance can change the state
// that the code shows (LIF-EFFECTIVE).
func (r *Record) lapses() bool { return r.InstanceID != "" && r.State == StateAvailable }

// view returns the record as an actor with the given roles may see it at t
// (LIF-VIEW, GRT-PRIVATE).
func (r *Record) view(role Role, today Instance, t time.Time) Record {
	v := r.Clone()
	v.State = r.seen(role)
	if r.Effective(today, t) != r.State {
		v.State, v.Lapsed = r.Effective(today, t), true
	}
	if role&(RoleOwner|RoleOperator) == 0 {
		v.Paid, v.Refunded, v.Remark = Money{}, Money{}, ""
		v.Assumed, v.ContractQuota = 0, 0
	}
	if role&(RoleHolder|RoleOperator) == 0 {
		v.Filing = nil
	}
	v.Progress = v.Progress.seen(role)
	if !r.Last.tells(role) {
		v.Reason = ""
	}
	return v
}

// seen returns the recorded state in the words of an actor with the given
// roles (LIF-VIEW).
func (r *Record) seen(role Role) State {
	// The code was not refunded: the granter's instance was. Nothing else
	// refunds a code that was not bought.
	if role&(RoleOwner|RoleOperator) == 0 && r.State == StateRefunded && (r.Last == ActionCloseRefund || r.Origin != OriginPaid) {
		return StateInvalid
	}
	return r.State
}

// tells reports whether an actor with the given roles may know the reason of
// the action: a holder's reasons are not the owner's to know, nor the other
// way round, and an operator's are meant for both.
func (a Action) tells(role Role) bool {
	if a == ActionRelease || a == ActionForfeit {
		return role&(RoleHolder|RoleOperator) != 0
	}
	if a == ActionRefund {
		return role&(RoleOwner|RoleOperator) != 0
	}
	return true
}

// apply makes r the record after e. It is the only place where records change.
func (r *Record) apply(e *Event) {
	if e.Seq == 1 {
		*r = Record{
			Code: e.Code, Origin: e.Origin, Owner: e.Owner, RuleSetVersion: e.RuleSetVersion, Assumed: e.Assumed,
			Issued: e.At, Paid: e.Paid, Remark: e.Remark,
		}
		if !e.Issued.IsZero() {
			r.Issued = e.Issued
		}
	}
	r.Version = e.Seq
	r.Updated = e.At
	r.State = e.To
	r.Last = e.Action
	if e.InstanceID != "" {
		r.InstanceID, r.Product, r.ContractQuota = e.InstanceID, e.Product, e.ContractQuota
		r.RuleSetVersion, r.Assumed = e.RuleSetVersion, e.Assumed
	}
	if e.Grantee != "" {
		if e.Action == ActionGrant {
			r.Filing = nil // what the owner filed before is not the grantee's to know
		}
		r.Grantee, r.Granted = e.Grantee, e.At
		if !e.Granted.IsZero() {
			r.Granted = e.Granted
		}
	}
	if e.Filing != nil {
		r.Filing = e.Filing
	}
	if !e.Refund.IsZero() {
		r.Refunded = e.Refund
	}
	r.Reason = e.Reason
	r.Progress = r.Progress.after(e)
}

// RecordOf returns the record that the events of one code add up to. They must
// be complete and in order; otherwise the error is an [*InvalidError], which
// says so if the first ones are missing because they were purged.
func RecordOf(events []Event) (Record, error) {
	var r Record
	if len(events) > 0 && events[0].Seq > 1 {
		return r, invalid("Events", "begin after the first one: what came before was purged")
	}
	for i := range events {
		e := &events[i]
		if e.Seq != uint64(i)+1 || e.Code != events[0].Code || e.From != r.State {
			return Record{}, invalid("Events", "are not the whole history of one code in order")
		}
		r.apply(e)
	}
	return r.Clone(), nil
}
