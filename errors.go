package icpcode

import (
	"errors"
	"fmt"
)

// Errors of requests. A request that meets one of them changed nothing and
// cost no quota. [Category] says what to do about each.
var (
	// ErrRefused is matched by every [*RefusedError]: the rules say no. It is
	// an answer, not a failure.
	ErrRefused = errors.New("icpcode: refused")
	// ErrInvalid is matched by every [*InvalidError]: the request could not
	// be read as one.
	ErrInvalid = errors.New("icpcode: invalid request")
	// ErrNoCode answers every actor but a code's owner, its grantee and
	// operators, whatever the code's state, and whether or not it
	// exists (FIL-HOLDER).
	ErrNoCode = errors.New("icpcode: no such code for this account")
	// ErrRequestReused says that this actor used the request ID before, for
	// another request.
	ErrRequestReused = errors.New("icpcode: request ID was used for another request")
	// ErrNoRules says that no rule set is in force at that instant.
	ErrNoRules = errors.New("icpcode: no rule set is in force at that time")
	// ErrRuleBook is matched by every [*RuleBookError]: a rule book that
	// could not be read.
	ErrRuleBook = errors.New("icpcode: invalid rule book")
	// ErrNoPrice says that codes cannot be bought because Options.Price is
	// not set (PAY-PRICE).
	ErrNoPrice = errors.New("icpcode: no price is configured")
	// ErrDiffers says that a code to import is known already, with other
	// facts, or with a history that was purged (LIF-IMPORT).
	ErrDiffers = errors.New("icpcode: the code is known already and differs")
	// ErrEntropy says that the source of randomness failed, ended early or
	// kept repeating itself (COD-UNGUESSABLE).
	ErrEntropy = errors.New("icpcode: entropy source failed")
	// ErrHook is matched by every [*HookError]: a function given in Options
	// or a request failed or panicked.
	ErrHook = errors.New("icpcode: hook failed")
	// ErrNotVerified is what Options.VerifyPhone returns to refuse a first
	// grant (GRT-FIRST).
	ErrNotVerified = errors.New("icpcode: phone was not verified")
)

// Errors of stores.
var (
	// ErrConflict is returned by Store.Commit when an expectation of the
	// Change did not hold, and by the Engine when every retry met one.
	ErrConflict = errors.New("icpcode: conflict")
	// ErrUnavailable is matched by the error of a store's Load, List or Events,
	// and by that of a Commit in a transaction of the caller's: nothing was
	// done. It also matches what the store returned.
	ErrUnavailable = errors.New("icpcode: the store is unavailable")
	// ErrUnknownOutcome is matched by every [*UnknownOutcomeError]: the store
	// could not say whether the Change took effect.
	ErrUnknownOutcome = errors.New("icpcode: unknown outcome")
)

// RefusedError is a refusal: the rules were asked and said no, or a fact that
// they need is unknown. It matches [ErrRefused]. Decision.Reasons lists every
// reason with what was required, what was found and what to do.
type RefusedError struct {
	Decision Decision
	// Err is what Options.VerifyPhone returned, where that refused; else nil.
	// It is not part of the text.
	Err error
}

// Unwrap returns what the phone hook returned, or nil.
func (e *RefusedError) Unwrap() error { return e.Err }

// Error lists the IDs of the rules that refused. It names no code.
func (e *RefusedError) Error() string {
	d := e.Decision
	s := "icpcode: refused"
	if !d.Decided {
		return s + ": nothing was decided"
	}
	if d.Fail != 0 {
		s += ": " + d.Fail.String()
	}
	if u := d.Unknown &^ d.Assumed; u != 0 {
		if d.Fail != 0 {
			s += ";"
		} else {
			s += ":"
		}
		s += " unknown: " + u.String()
	}
	return s
}

// Is makes the error match [ErrRefused].
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

// InvalidError says which field of a request is out of its range. It matches
// [ErrInvalid].
type InvalidError struct {
	Field   string // "Quantity", "Instance.TermMonths"
	Problem string // "is negative"
}

func invalid(field, problem string) error { return &InvalidError{field, problem} }

// Error names the field and the problem, never the value.
func (e *InvalidError) Error() string {
	return "icpcode: invalid request: " + e.Field + " " + e.Problem
}

// Is makes the error match [ErrInvalid].
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// HookError is the failure of a function that the caller supplied. It matches
// [ErrHook] and unwraps to the function's error.
type HookError struct {
	Hook string // "VerifyPhone", "Clock"
	// Panic is what it panicked with, or nil: a text, a number or an error,
	// rows of digits that can be a code masked, and of anything else its type.
	Panic any
	Err   error // the error it returned, or nil
}

// Error names the hook and what it returned or panicked with.
func (e *HookError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("icpcode: hook %s: %v", e.Hook, e.Err)
	}
	return fmt.Sprintf("icpcode: hook %s panicked: %v", e.Hook, e.Panic)
}

// Is makes the error match [ErrHook].
func (e *HookError) Is(target error) bool { return target == ErrHook }

// Unwrap returns the hook's error.
func (e *HookError) Unwrap() error { return e.Err }

// UnknownOutcomeError says that a commit may or may not have taken effect.
// The same request, sent again by the same actor with RequestID, settles it:
// it returns the first result if that took effect, and otherwise is decided
// now. It matches [ErrUnknownOutcome].
type UnknownOutcomeError struct {
	RequestID string // the request's, or the one that the engine drew
	Err       error  // the store's error
}

// Error includes the request ID and the store's error.
func (e *UnknownOutcomeError) Error() string {
	return fmt.Sprintf("icpcode: unknown outcome of request %q: %v", e.RequestID, e.Err)
}

// Is makes the error match [ErrUnknownOutcome].
func (e *UnknownOutcomeError) Is(target error) bool { return target == ErrUnknownOutcome }

// Unwrap returns the store's error.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// storeError is the failure of a store that has changed nothing. It matches
// [ErrUnavailable].
type storeError struct {
	method string
	err    error
}

func (e *storeError) Error() string        { return "icpcode: " + e.method + ": " + e.err.Error() }
func (e *storeError) Is(target error) bool { return target == ErrUnavailable }
func (e *storeError) Unwrap() error        { return e.err }
