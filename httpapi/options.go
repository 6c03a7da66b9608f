package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

// Options says who is asking and what is known. Account is needed; every other
// field has a zero value that tells nothing and allows nothing.
type Options struct {
	// Account says who is asking: the account that the service has authenticated, from its
	// session. "" is no account, and is answered 401. An error is answered 502 and
	// handed to Failed. It is called once for each request, and concurrently.
	Account func(*http.Request) (icpcode.AccountID, error)
	// Servers lists the servers of an account, with what is known of them. nil:
	// none.
	Servers func(context.Context, icpcode.AccountID) ([]icpcode.Instance, error)
	// Facts returns today's facts about instances, of those given, as far as
	// the asker may know them: the reasons of a refusal repeat them. So it
	// should tell nothing of a server of another account but its ID. It serves
	// Issue, SubmitAuto and Bind; all else asks the engine's own Options.Facts.
	// nil: nothing is known, and whatever needs a fact is refused.
	Facts func(ctx context.Context, asker icpcode.AccountID, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error)
	// Certification says how the real name of an account was verified
	// (ELG-ACCOUNT, GRT-ENTERPRISE). nil: unknown.
	Certification func(context.Context, icpcode.AccountID) (icpcode.Certification, error)
	// Assume names rules whose missing facts are assumed to pass for an
	// account. nil: none.
	Assume func(context.Context, icpcode.AccountID) (icpcode.RuleIDs, error)
	// Paid says of a purchase what was paid for it, or that it was the engine's
	// price (an invalid decimal), or [ErrNotPaid]. It only looks up, by account
	// and request ID, and answers the same again for the same purchase. nil:
	// nothing can be bought, as if the engine had no price.
	Paid func(context.Context, Purchase) (decimal.NullDecimal, error)
	// Reveal is told before a whole code is shown that was asked for. An error
	// of it keeps the code hidden and is answered 502. nil: no code is shown
	// but in the answer that made it.
	Reveal func(context.Context, Access) error
	// Failed is told of what an operator of the service should look at: each
	// answer of status 500 or above but those of a caller that left. The error
	// holds no whole code. nil: it is not told.
	Failed func(context.Context, error)
	// Key seals the handles of codes: 32 bytes from a source of randomness,
	// kept like a password, the same in every process. Zero: a random one, so
	// that handles end with the process.
	Key Key
	// CodeFormat is the engine's Options.ImportFormat: the form of codes that
	// are typed.
	CodeFormat icpcode.Format
	// TrustedOrigins may send changes from a page of theirs, beside the
	// handler's own origin: "https://console.example.com".
	TrustedOrigins []string
	// Timeout bounds one request, the reading of its body included. 0 means
	// 10 seconds.
	Timeout time.Duration
}

// Access is one whole code that is about to be shown to an account that asked
// for it.
type Access struct {
	Account icpcode.AccountID // who asked
	Owner   icpcode.AccountID // of the code
	Masked  string            // the code, as [icpcode.Code.Masked] shows it
	Version uint64            // of the code's record
}

// Purchase is a purchase of codes that is about to happen.
type Purchase struct {
	Account   icpcode.AccountID // who buys
	RequestID string            // "" in a dry run that has none
	Quantity  int               // as it was asked for: any number
	DryRun    bool              // nothing will be bought
}
