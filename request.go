package icpcode

import (
	"log/slog"
	"time"

	"github.com/shopspring/decimal"
)

// IssueRequest asks for codes for an instance (LIF-ISSUE), and with GrantTo
// to grant all of them to another account in the same action (GRT-ATOMIC).
type IssueRequest struct {
	// Actor, here and in every request, is the account that the caller has
	// authenticated, from its session, never from the payload.
	Actor AccountID
	// RequestID, here and in every request, makes the request repeatable: the
	// same actor sending the same request with the same ID again gets the
	// first result again, and nothing happens twice. It has the form of an
	// AccountID. If it is empty the engine draws one.
	RequestID string
	Instance  Instance // its facts, as of now
	Quantity  int      // 1 to RuleSet.Batch
	Remark    string   // 备注, at most 256 bytes

	GrantTo       AccountID     // "": no grant
	Certification Certification // of Actor
	// Proof is handed to Options.VerifyPhone if this is the first grant ever
	// from Actor to GrantTo.
	Proof string
	// Assume names rules whose missing facts are assumed to pass, in addition
	// to RuleSet.Assume. Like Actor it is the service's to say, never the
	// payload's. Naming a rule that cannot be assumed does nothing.
	Assume RuleIDs
}

// SubmitAutoRequest files straight with an instance of the actor's own, which
// issues its code by itself (LIF-ISSUE, auto).
type SubmitAutoRequest struct {
	Actor     AccountID
	RequestID string
	Instance  Instance
	Filing    Filing
	Remark    string
	Assume    RuleIDs
}

// BuyRequest buys codes that are not yet tied to an instance (LIF-BUY).
type BuyRequest struct {
	Actor     AccountID
	RequestID string
	Quantity  int // 1 to RuleSet.Batch
	Remark    string
	// Paid is what was actually paid for all of them, if a discount made it
	// differ from Quantity × Options.Price. It is in the price's currency.
	Paid decimal.NullDecimal
}

// BindRequest ties a paid code to an instance of its owner (LIF-BIND).
type BindRequest struct {
	Actor     AccountID
	RequestID string
	Code      Code
	Instance  Instance
	Assume    RuleIDs
}

// GrantRequest grants codes to another account, all or none (GRT).
type GrantRequest struct {
	Actor         AccountID
	RequestID     string
	Codes         []Code // 1 to 1000 different ones
	GrantTo       AccountID
	Certification Certification // of Actor
	Proof         string        // for Options.VerifyPhone
	Assume        RuleIDs       // GRT-ENTERPRISE can be assumed
	// Instances are today's facts about the codes' instances, as far as
	// known: a code whose instance has expired cannot be granted.
	Instances []Instance
}

// SubmitRequest files with a code, or corrects a filing (LIF-SUBMIT,
// LIF-RESUBMIT).
type SubmitRequest struct {
	Actor     AccountID
	RequestID string
	Code      Code
	Filing    Filing
	Instance  Instance // today's facts about the code's instance; optional
}

// ApproveRequest records the approval of a filing (LIF-APPROVE).
type ApproveRequest struct {
	Actor     AccountID // an operator
	RequestID string
	Code      Code
	ICPNumber string // 备案号, in the form of an AccountID
	// Replaces are the codes whose filings this one replaces, at most 16: all
	// of them Filed, not ended, and for the same service (FIL-SERVICE). They
	// end in the same commit, as moved to Code (LIF-END). Nothing ends by
	// itself: one site behind two servers is legal.
	Replaces []Code
}

// EndRequest ends the filing of a Filed code (LIF-END).
type EndRequest struct {
	Actor     AccountID // an operator
	RequestID string
	Code      Code
	End       End
	Successor Code   // the code that the filing moved to, with EndMoved; Filed, and for the same service
	Reason    string // 1 to 256 bytes, for owner and holder to read: it must name no other account
}

// CorrectRequest puts the ICP number of a Filed code right (LIF-CORRECT).
type CorrectRequest struct {
	Actor     AccountID // an operator
	RequestID string
	Code      Code
	ICPNumber string // the right one, in the form of an AccountID
}

// RejectRequest sends a filing back to be corrected (LIF-REJECT).
type RejectRequest struct {
	Actor     AccountID // an operator
	RequestID string
	Code      Code
	Rejection string // what is to be corrected, 1 to 2000 bytes in any number of lines, for the holder to read
}

// StageRequest tells how far the review of a filing is (LIF-STAGE).
type StageRequest struct {
	Actor     AccountID // an operator
	RequestID string
	Code      Code
	Stage     Stage
}

// ReleaseRequest takes a code out of a filing that was withdrawn, or rejected
// for good (LIF-RELEASE).
type ReleaseRequest struct {
	Actor     AccountID // the holder or an operator
	RequestID string
	Code      Code
	Reason    string // at most 256 bytes; optional
}

// RefundRequest refunds a paid code (LIF-REFUND).
type RefundRequest struct {
	Actor     AccountID // the owner
	RequestID string
	Code      Code
	Reason    string // at most 256 bytes; optional
}

// VoidRequest makes a code invalid (LIF-VOID).
type VoidRequest struct {
	Actor     AccountID // an operator
	RequestID string
	Code      Code
	Reason    string // 1 to 256 bytes
}

// CloseRequest closes an instance and with it every attached code that is
// Available or Filing (LIF-CLOSE).
type CloseRequest struct {
	Actor      AccountID // an operator
	RequestID  string
	InstanceID InstanceID
	Refunded   bool   // the instance was refunded; false: released
	Reason     string // at most 256 bytes; needed
}

// ImportRequest takes over a code that was issued elsewhere (LIF-IMPORT).
type ImportRequest struct {
	Actor      AccountID // an operator
	RequestID  string
	Code       Code // in the format of Options.ImportFormat
	State      State
	Owner      AccountID
	Grantee    AccountID // "": not granted
	InstanceID InstanceID
	Product    Product // of the instance
	Origin     Origin
	Issued     time.Time // when it was issued
	Granted    time.Time // when it was granted; needed with a grantee
	// Filing is the filing that the code is in or was used for, if known,
	// with its ICP number. It may lack any field.
	Filing *Filing
	Paid   Money // what was paid for it, if it was bought
	Remark string
}

// Result is what a request did. A repeated request returns the first result.
type Result struct {
	RequestID string    `json:"request_id"` // the request's, or the one that was drawn
	Action    Action    `json:"action"`
	At        time.Time `json:"at"`
	Codes     []Code    `json:"codes,omitempty"` // the codes that changed; none in a dry run of an issue
	State     State     `json:"state"`           // of the codes now; StateNone where they differ
	// Candidates are set by an approval: at most 16 codes, the latest issued
	// first, whose filings are for the same service and go on, as far as the
	// store listed them beforehand. Are they replaced, too, end them with
	// [Engine.End].
	Candidates []Code `json:"candidates,omitempty"`
	// Resting are the codes of a closed instance on which filings rest, Filed or
	// under review before the closing: their filings are at risk or ended with
	// it, and must move (RSK-MOVE). A dry run names them beforehand.
	Resting []Code `json:"resting,omitempty"`
	// Advice names the rules that advised: of a filing what its server lacks
	// and the set does not refuse for (FIL-CHECK), of a closed instance RSK-MOVE
	// where filings rest on it. A repeated request has it, too.
	Advice RuleIDs `json:"advice,omitzero"`
	// Quota is the count that decided an issue, after it.
	Quota Quota `json:"quota,omitzero"`
	// Money is what was paid for the codes bought, or is to be paid back.
	Money Money `json:"money,omitzero"`
	// PhoneNeeded is set only in a dry run: the real run asks
	// Options.VerifyPhone first.
	PhoneNeeded bool `json:"-"`
	// Decision is what the rules answered: in a dry run, and where there is
	// Advice, to say it in words. nil of a replay, as the facts that it rests
	// on are not kept.
	Decision *Decision `json:"-"`
	// Replayed says that the request was done before and did nothing now.
	Replayed bool `json:"-"`
	// Events is set only by an engine of [Engine.InTx]: what happened, for
	// the caller to observe once it has committed. None of a replay.
	Events []Event `json:"-"`
}

// LogValue shows the result in structured logs, its codes masked.
func (r Result) LogValue() slog.Value {
	codes := make([]string, len(r.Codes))
	for i, c := range r.Codes {
		codes[i] = c.Masked()
	}
	return slog.GroupValue(
		slog.String("request_id", r.RequestID), slog.Any("action", r.Action), slog.Any("state", r.State),
		slog.Any("codes", codes), slog.Bool("replayed", r.Replayed))
}
