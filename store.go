package icpcode

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Store keeps the documents of an [Engine]. It knows no rule: it compares
// versions, writes and lists. Package memstore is one; a complete one of your
// own is in the package's CustomStore example; package storetest proves any.
//
// The contract, sentence by sentence, is written at the methods. In all of it:
//
//   - A store MUST be safe for concurrent use.
//   - A store MUST NOT retry: that is the engine's part.
//   - Keys MUST be compared byte for byte: no case folding, no trimming, no
//     normalisation.
//   - Instants MUST keep at least microseconds, and money every cent.
//   - What a store was given and what it returns MUST NOT share memory that
//     either side may change later.
//   - A method MUST return promptly with an error that matches the context's
//     when the context is done before it begins.
type Store interface {
	// Load returns the documents of keys, in the order of keys.
	//
	// A key that was never written MUST yield a Document of that key with
	// version 0 and a nil body, and no error.
	// Load MUST see every Commit that was acknowledged before Load began.
	// Load MUST read receipts no earlier than any other key of the same call;
	// one statement or one snapshot does that.
	// Documents of one call need not be of one moment otherwise.
	Load(ctx context.Context, keys ...Key) ([]Document, error)

	// Commit writes a Change.
	//
	// Commit MUST write all of the Change or nothing.
	// Commit MUST write nothing and return an error matching ErrConflict if a
	// Put expects another version than the stored one, where an absent
	// document has version 0, or if an event exists already.
	// Two Commits of which each expects what the other writes MUST NOT both
	// succeed.
	// A Change of at least 1,024 Puts, with an event for each record among
	// them, MUST be accepted, unless the store is Limited.
	// Commit MUST return nil only when the Change is as durable as the store
	// makes anything.
	//
	// After any other error than a conflict the engine does not know whether
	// the Change was written.
	// A Change of one request is then not tried again: the request is told
	// that its outcome is unknown, and sent again it finds its receipt or is
	// decided anew.
	// One that several requests share is tried again in parts. That is safe:
	// each request has a receipt that expects version 0, so no request can be
	// written twice.
	Commit(ctx context.Context, c Change) error

	// List returns a page of the records that match the query.
	//
	// List is for the engine, not for viewers: its records are whole. What an
	// account may see is what Engine.Owned and its like return.
	//
	// Following Page.Next until it is "" MUST return every record that matched
	// throughout exactly once, whatever is written meanwhile.
	// With Query.Newest records MUST come in the order of Record.Issued, the
	// latest first, and those of one instant in the order of the bytes of
	// their codes' text, the last first.
	// Otherwise the order of records is the store's own.
	// List MUST return no record that did not match when it was read.
	// List MUST see every Commit that was acknowledged before List began.
	// A page MUST hold at most Query.Limit records and MAY hold fewer, even
	// none, while Next is not "".
	// Next MUST be at most 256 bytes.
	// A store SHOULD look at no more than 1,000 records for a page, and at
	// none that another Value has. One that grows needs an index for each
	// Index, in the order of Newest.
	List(ctx context.Context, q Query) (Page, error)

	// Events returns the events of one code in the order of their sequence.
	//
	// Events MUST return those after EventQuery.After, at most Limit, without
	// a gap, and none for a code that it does not know.
	// Events MUST see every Commit that was acknowledged before Events began.
	Events(ctx context.Context, q EventQuery) ([]Event, error)
}

// Limited is a [Store] that takes fewer writes in one Change than others, as
// etcd (128 operations) and key-value services (100) do. The engine then
// refuses what does not fit, before anything is written, and lets an instance
// have no more codes than closing it can write.
type Limited interface {
	Store
	// MaxWrites is how many Puts and Events together one Change can have.
	// It does not change.
	//
	// MaxWrites MUST be at least 64, or 0: then the store is not limited.
	// A Change of MaxWrites Puts and events together MUST be accepted.
	MaxWrites() int
}

// capacityOf asks a store. It panics if the store takes less than the contract
// asks for: an engine could not keep what it promises.
func capacityOf(s Store) capacity {
	l, ok := s.(Limited)
	if !ok {
		return 0
	}
	n := l.MaxWrites()
	if n != 0 && n < leastWrites {
		panic("icpcode: the store takes " + strconv.Itoa(n) + " writes in a Change, and must take 64")
	}
	return capacity(n)
}

// Purger is a [Store] that can forget the histories of codes that nothing can
// happen to any more: see [Record.Over]. Codes themselves are never
// forgotten, so that none is drawn again.
type Purger interface {
	Store
	// PurgeEvents forgets the whole histories of at most limit codes (1 to
	// 1000) that were over before an instant, and returns of how many: fewer
	// than limit when no more were left.
	//
	// PurgeEvents MUST NOT forget an event of a code that is not over, or was
	// over only later.
	// After a purge Commit MUST accept the events that follow the record's
	// version, and Events MUST return them.
	PurgeEvents(ctx context.Context, before time.Time, limit int) (int, error)
}

// Kind is a kind of document.
type Kind uint8

// The kinds, in the order in which a Change lists them.
const (
	KindLedger        Kind = iota + 1 // A is an instance; the body is a *Ledger
	KindAccountLedger                 // A is an account, B a product; the body is a *Ledger
	KindGrantees                      // A is a granter, Year a natural year; the body is a *Partners
	KindGranters                      // A is a grantee, Year a natural year; the body is a *Partners
	KindAcquaintance                  // A is a granter, B a grantee; the body is nil, and it is written once
	KindRecord                        // Code is a code; the body is a *Record
	KindReceipt                       // A is an actor, B a request ID; the body is a *Receipt
)

var kindNames = []string{
	"none", "ledger", "account ledger", "grantees", "granters", "acquaintance", "record", "receipt",
}

// String returns the kind's name, "account ledger".
func (k Kind) String() string { return name(kindNames, k) }

// Key names one document. It is comparable: equal keys are the same document.
// Fields that its kind does not use are zero.
type Key struct {
	Kind Kind
	Year int
	A, B string
	Code Code
}

// String describes the key, for messages: "ledger i-bp1abc". The code of a
// record is masked.
func (k Key) String() string {
	parts := []string{k.Kind.String()}
	for _, part := range [...]string{k.A, k.B, k.Code.Masked()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if k.Year != 0 {
		parts = append(parts, strconv.Itoa(k.Year))
	}
	return strings.Join(parts, " ")
}

// Compare orders keys by kind, A, B, year and code. Changes list their
// documents in this order, so that two of them lock in the same order.
func (k Key) Compare(l Key) int {
	if c := cmp.Compare(k.Kind, l.Kind); c != 0 {
		return c
	}
	if c := strings.Compare(k.A, l.A); c != 0 {
		return c
	}
	if c := strings.Compare(k.B, l.B); c != 0 {
		return c
	}
	if c := cmp.Compare(k.Year, l.Year); c != 0 {
		return c
	}
	return k.Code.Compare(l.Code)
}

// Document is one versioned document. A store keeps it whole.
type Document struct {
	Key Key
	// Version is 0 for a document that does not exist. It only grows, not
	// always by one.
	Version uint64
	Body    Body // of the type that Key.Kind says; nil if absent
}

// Clone returns a copy of d that shares no memory with it that either could
// change.
func (d Document) Clone() Document {
	if d.Body != nil {
		d.Body = d.Body.clone()
	}
	return d
}

// Body is what a document holds: a *[Ledger], *[Partners], *[Record] or
// *[Receipt].
type Body interface {
	clone() Body
}

// NewBody returns an empty body of kind k, for a store to decode into: all of
// them have a JSON form that reads back the same. Acquaintances have none:
// NewBody returns nil.
func NewBody(k Kind) Body {
	switch k {
	case KindLedger, KindAccountLedger:
		return new(Ledger)
	case KindGrantees, KindGranters:
		return new(Partners)
	case KindRecord:
		return new(Record)
	case KindReceipt:
		return new(Receipt)
	}
	return nil
}

// Put writes a document if the stored one has the expected version.
type Put struct {
	Expect uint64 // the version that must be stored now; 0: must be absent
	// Document.Version is the new one, above Expect. An acquaintance is only
	// ever put with Expect 0, Version 1 and no body.
	Document
}

// Change is what one Commit writes, all or nothing. It holds only writes:
// each version that it expects is of a document that it writes.
type Change struct {
	// Puts are sorted by Key.Compare, and no key is named twice.
	Puts []Put
	// Events are sorted by code and sequence, and follow each code's last.
	Events []Event
}

// Ledger counts the codes of one instance, or of one product of one account
// where a rule set counts so. The quota is judged by Issued alone.
type Ledger struct {
	Issued   int       `json:"issued"`   // codes ever issued under the quota; never falls
	Attached int       `json:"attached"` // codes ever tied to the instance, paid ones too
	Closed   Action    `json:"closed"`   // ActionCloseRefund or ActionCloseRelease once closed
	ClosedAt time.Time `json:"closed_at,omitzero"`
	Reason   string    `json:"reason,omitempty"` // of the close
}

func (l *Ledger) clone() Body { c := *l; return &c }

// Partners lists the different accounts that an account granted to, or was
// granted by, in one natural year, sorted.
type Partners struct {
	Accounts []AccountID `json:"accounts"`
}

func (p *Partners) clone() Body { return &Partners{slices.Clone(p.Accounts)} }

// Receipt is the memory of one request, so that the same one again returns
// the same result.
type Receipt struct {
	Fingerprint [sha256.Size]byte `json:"fingerprint"`
	Result      Result            `json:"result"`
}

func (r *Receipt) clone() Body {
	c := *r
	c.Result.Codes = slices.Clone(r.Result.Codes)
	c.Result.Candidates = slices.Clone(r.Result.Candidates)
	c.Result.Resting = slices.Clone(r.Result.Resting)
	return &c
}

// Index is what a List goes by.
type Index uint8

// The indexes that a store keeps over its records.
const (
	ByOwner     Index = iota + 1 // Record.Owner
	ByHolder                     // Record.Holder
	ByGrantee                    // Record.Grantee, where it was granted
	ByInstance                   // Record.InstanceID, where it has one
	ByICPNumber                  // Record.ICPNumber, where it has one
	ByService                    // Record.Service, where it has one
	Everything                   // every record; Query.Value is ""
)

var indexNames = []string{"none", "owner", "holder", "grantee", "instance", "ICP number", "service", "everything"}

// String returns the index's name, "ICP number".
func (i Index) String() string { return name(indexNames, i) }

// Of returns what r has under the index: "" where r has nothing, and under
// [Everything].
func (i Index) Of(r *Record) string {
	switch i {
	case ByOwner:
		return string(r.Owner)
	case ByHolder:
		return string(r.Holder())
	case ByGrantee:
		return string(r.Grantee)
	case ByInstance:
		return string(r.InstanceID)
	case ByICPNumber:
		return r.ICPNumber()
	case ByService:
		return r.Service()
	}
	return ""
}

// Query asks for the records that have Value under the index By and, unless
// State is StateNone, the recorded state State.
type Query struct {
	By     Index
	Value  string // what Index.Of returns of the records wanted
	State  State
	Newest bool   // the latest issued first; false: in any order
	After  string // the Next of the page before, of the same query; "" for the first
	Limit  int    // 1 to 1000
}

// maxCursor is how many bytes a store's Page.Next can have.
const maxCursor = 256

// Page is one page of a List.
type Page struct {
	Records []Record
	Next    string // "" after the last page
}

// EventQuery asks for the events of Code after sequence After.
type EventQuery struct {
	Code  Code
	After uint64
	Limit int // 1 to 1000
}
