package icpcode

import (
	"context"
	"crypto/rand"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/icpcode/icpcode/internal/merge"
)

// Options configures an [Engine]. The zero value is Alibaba's rules, the real
// clock and entropy, no price, no operators, and first grants refused.
type Options struct {
	// RuleBook decides; nil means [Alibaba].
	RuleBook *RuleBook
	// Clock tells the time; nil means time.Now. It is read once per operation
	// and may go back.
	Clock func() time.Time
	// Entropy is what codes and request IDs are drawn from; nil means
	// crypto/rand. It need not be safe for concurrent use, and is read ahead,
	// under a lock: it must not call the engine.
	Entropy io.Reader
	// Price is the unit price of a paid code. No official price is public, so
	// there is no default: without one, Buy answers ErrNoPrice (PAY-PRICE).
	Price Money
	// VerifyPhone checks the proof of a first grant (GRT-FIRST), and is the
	// place to ask for the grantee's consent: a hostile granter could
	// otherwise use up the few granters that a grantee may have in a year.
	// It runs at most once per operation, after everything else has passed
	// and outside of retries. nil error: verified; an error matching
	// ErrNotVerified: refused, and the *RefusedError unwraps to it; any other:
	// a *HookError. nil: first grants are refused.
	//
	// It must accept again what it accepted before for the same
	// Verification.RequestID, also a proof that can be used only once: when
	// the outcome of a commit is unknown, the same request comes again, and if
	// the commit did not take effect it is verified again. The example
	// TwoRequests shows how. It may call the engine; one that is so asked again
	// without end gets a *HookError.
	VerifyPhone func(context.Context, Verification) error
	// Operator reports whether an actor is one of the provider's own staff
	// or systems. It only looks up: dry runs call it too. Its error is a
	// *HookError, and the operation ends with that. It may call the engine,
	// which asks it again; one that does so without end gets a *HookError.
	// nil: there are no operators.
	Operator func(context.Context, AccountID) (bool, error)
	// Facts returns today's facts about instances, as far as known: about each
	// of those given, 1 to 1000 different ones, a value of the map, or none if
	// nothing is known. It serves every operation whose facts are optional and
	// which brings none: Submit, Resubmit, Grant, Lookup, and the lists. A
	// request that states any fact itself is judged by its own alone. It only
	// looks up: dry runs call it too.
	//
	// A request asks it once, outside of retries, and not if it was done
	// before. A list asks once for each page that it reads from the store, and
	// only about codes for which facts make a difference. An error of it, or
	// facts that are not those of the instance or out of their range, is a
	// *HookError: the operation ends with that, and nothing was done.
	// nil: nothing is known.
	Facts func(context.Context, []InstanceID) (map[InstanceID]Instance, error)
	// Observe is told the events of each operation after they were
	// committed, on the goroutine of the request. It may be called
	// concurrently, and may call the engine; requests of its own are observed,
	// too, and where that has no end it ends with a panic. A panic of it passes through to the caller, whose
	// request has been done. It is not told of replays, of a commit of
	// unknown outcome, nor by an engine of InTx: what must be complete is
	// read with Store.Events.
	Observe func(context.Context, []Event)
	// ImportFormat is the format of the codes that Import accepts; zero means
	// TwelveDigits.
	ImportFormat Format
	// CursorKey seals the cursors of pages: 32 bytes from a source of
	// randomness, kept like a password, and the same in every process that may
	// be asked for the next page. Zero: a random one, so that cursors end with
	// the engine.
	CursorKey [32]byte
	// Unmerged makes each request commit alone, also where it could share a
	// commit with others that arrive at the same time. It is for a store that
	// is told something by the values of its contexts, such as a tenant: the
	// context of a shared Load or Commit has none.
	Unmerged bool
}

// Verification is a first grant that the phone of the granter must confirm.
type Verification struct {
	Granter, Grantee AccountID
	Proof            string // what the request carries, such as the code of a text message
	RequestID        string
}

// Engine decides and commits. All of its methods are safe for concurrent use,
// and any number of engines and processes may share one [Store]. An Engine
// needs no closing: it has a goroutine only while a commit is under way that
// several requests share.
type Engine struct {
	store    Store
	opt      Options
	entropy  *source
	cursors  *cursors
	inHooks  *atomic.Int64 // calls of hooks that are under way
	capacity capacity
	scratch  *sync.Pool // of *scratch
	queue    *merge.Queue[Key, *pending]
	alone    bool // nothing goes through queue: each request commits by itself
	dry      bool
	inTx     bool // store is bound to a transaction of the caller's
}

// New returns an engine over s. Nil options mean the zero Options. The
// options are copied. New panics if s is nil, or [Limited] to less than 64.
func New(s Store, o *Options) *Engine {
	if s == nil {
		panic("icpcode: New needs a Store")
	}
	e := &Engine{store: s, scratch: &sync.Pool{New: func() any { return new(scratch) }}}
	if o != nil {
		e.opt = *o
	}
	if e.opt.RuleBook == nil {
		e.opt.RuleBook = Alibaba()
	}
	if e.opt.Clock == nil {
		e.opt.Clock = time.Now
	}
	if e.opt.Entropy == nil {
		e.opt.Entropy = rand.Reader
	}
	e.entropy = newSource(e.opt.Entropy)
	e.cursors = newCursors(e.opt.CursorKey)
	e.inHooks = new(atomic.Int64)
	e.alone = e.opt.Unmerged
	e.capacity = capacityOf(s)
	e.queue = merge.New[Key, *pending](merging(e.capacity), e.fly)
	return e
}

// DryRun returns an engine over the same store whose operations answer
// exactly as those of e would and change nothing (GRT-VERIFY, 验证): they draw
// nothing, verify no phone and tell no observer. A request that was done
// already is answered with its first result, Replayed. Otherwise
// Result.Decision has every rule that was asked, and where the real operation
// would verify the phone first, the result says PhoneNeeded. So a service that
// needs two requests for a grant asks
//
//	got, err := eng.DryRun().Grant(ctx, r)
//
// and, if got.PhoneNeeded, sends a text message and comes back with r.Proof.
func (e *Engine) DryRun() *Engine {
	dry := *e
	dry.dry, dry.alone = true, true
	return &dry
}

// InTx returns an engine with the options of e over s, a store that is bound
// to a transaction of the caller's, such as package sqlstore makes one of a
// *sql.Tx. What the engine does then commits together with what the caller
// writes beside it, or not at all:
//
//   - Each operation is tried once. A conflict is [ErrConflict]: roll the whole
//     transaction back and do all of it again, in a new one, as InTx of a
//     sqlstore.Store does.
//   - An error of Store.Commit is returned wrapped and is no
//     [UnknownOutcomeError]: what can be unknown is the outcome of the caller's
//     own commit. The same requests again, with their IDs and in a new
//     transaction, settle that.
//   - Options.Observe is not told. [Result.Events] are the events of the
//     operation, for the caller to observe after its commit.
//   - Options.VerifyPhone is called as ever, while the transaction is open.
//
// A refusal leaves the transaction as it was. Several operations see what
// those before them did, and are as safe for concurrent use as s is. InTx
// panics if s is nil. Over the engine of a DryRun the result is one too.
func (e *Engine) InTx(s Store) *Engine {
	if s == nil {
		panic("icpcode: InTx needs a Store")
	}
	tx := *e
	tx.store, tx.inTx, tx.alone, tx.capacity = s, true, true, capacityOf(s)
	return &tx
}

// Issue issues codes for an instance, free of charge under its quota
// (LIF-ISSUE). With GrantTo all of them are granted in the same action, or
// none is issued (GRT-ATOMIC).
func (e *Engine) Issue(ctx context.Context, r IssueRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &issuing{IssueRequest: r})
}

// SubmitAuto files straight with an instance of the actor's own, which issues
// the code by itself in the same commit.
func (e *Engine) SubmitAuto(ctx context.Context, r SubmitAutoRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &automatic{SubmitAutoRequest: r})
}

// Buy buys codes at Options.Price (LIF-BUY). They are not tied to an instance
// yet: see [Engine.Bind]. Taking the money is the caller's part.
func (e *Engine) Buy(ctx context.Context, r BuyRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &buying{BuyRequest: r})
}

// Bind ties a paid code to an instance of its owner, for good (LIF-BIND).
func (e *Engine) Bind(ctx context.Context, r BindRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &binding{BindRequest: r})
}

// Grant grants the right to use codes to another account, all or none. It
// cannot be undone (GRT-ONCE).
func (e *Engine) Grant(ctx context.Context, r GrantRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &granting{GrantRequest: r})
}

// Submit submits a filing with a code (LIF-SUBMIT). The actor is its holder.
func (e *Engine) Submit(ctx context.Context, r SubmitRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &submission{filingRequest{SubmitRequest: r}})
}

// Resubmit sends a corrected filing again (LIF-RESUBMIT).
func (e *Engine) Resubmit(ctx context.Context, r SubmitRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &resubmission{filingRequest{SubmitRequest: r}})
}

// Approve records that a filing was approved; its code is used for good
// (LIF-APPROVE, FIL-SUCCESS). With Replaces the older filings that it replaces
// end in the same commit, all or none (LIF-END). Result.Candidates are the
// codes of others for the same service that go on. The actor is an operator.
func (e *Engine) Approve(ctx context.Context, r ApproveRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &approval{ApproveRequest: r})
}

// Reject sends a filing back to its holder, who corrects it with Resubmit or
// withdraws it with Release (LIF-REJECT). It can also be approved as it is.
// [Record.Progress] has what is to be corrected, until the filing is sent again
// or its review ends. The actor is an operator.
func (e *Engine) Reject(ctx context.Context, r RejectRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &rejection{RejectRequest: r})
}

// Stage records how far the review of a filing is, in any order (LIF-STAGE).
// The stage that it has already changes nothing. [Record.Progress] has the
// stage, and since when, until the filing is sent again or its review ends.
// The actor is an operator.
func (e *Engine) Stage(ctx context.Context, r StageRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &staging{StageRequest: r})
}

// End records that the filing of a Filed code ended: deregistered, its access
// cancelled, or moved to another code (LIF-END). The code stays Filed, for
// good; the filing is at no risk any more (RSK-ENDED). It ends once: the same
// end again changes nothing, another one is refused, and nothing undoes it.
// [Record.Progress] has the end. The actor is an operator.
func (e *Engine) End(ctx context.Context, r EndRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &filingEnd{EndRequest: r})
}

// Correct puts an ICP number right that was recorded wrongly, also once the
// filing ended (LIF-CORRECT). The history has both numbers. The same number
// again changes nothing. The actor is an operator.
func (e *Engine) Correct(ctx context.Context, r CorrectRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &correction{CorrectRequest: r})
}

// Release takes a code out of a filing that its holder withdrew or an
// operator rejected for good (LIF-RELEASE).
func (e *Engine) Release(ctx context.Context, r ReleaseRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &ending{ReleaseRequest: r, action: ActionRelease})
}

// Refund refunds a paid code that is not in use; Result.Money is what was
// actually paid for it (LIF-REFUND, PAY-REFUND). Paying it is the caller's
// part, once for the request.
func (e *Engine) Refund(ctx context.Context, r RefundRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &ending{ReleaseRequest: ReleaseRequest(r), action: ActionRefund})
}

// Void makes a code invalid by administrative act; nothing is paid back
// (LIF-VOID, PAY-REFUND). The actor is an operator.
func (e *Engine) Void(ctx context.Context, r VoidRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &ending{ReleaseRequest: ReleaseRequest(r), action: ActionVoid})
}

// CloseInstance records that an instance was refunded or released, and ends
// every code attached to it that is Available or Filing, at once (LIF-CLOSE). Result.Codes are those that
// changed. Result.Money is what is to be paid back for paid codes together;
// it is zero if they were paid in different currencies. The actor is an
// operator.
func (e *Engine) CloseInstance(ctx context.Context, r CloseRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &closing{CloseRequest: r})
}

// Import takes over a code that was issued elsewhere (LIF-IMPORT). The same
// again is a no-op, different facts are [ErrDiffers], and so is anything for a
// code whose history was purged, but [ErrConflict] in a transaction of the
// caller's. The actor is an operator.
func (e *Engine) Import(ctx context.Context, r ImportRequest) (Result, error) {
	return e.do(ctx, r.Actor, r.RequestID, &importing{ImportRequest: r})
}
