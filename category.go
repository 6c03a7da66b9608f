package icpcode

import "errors"

// Category says what to do about an error. [CategoryOf] finds it. Whatever the
// category, nothing was done and no quota was used, except where the outcome is
// unknown. The last column is the HTTP status that suits a service, which
// Status of module httpapi returns.
//
//	category                what to do                                                              status
//	None                    nothing: there is no error                                              200
//	Refused                 show the reasons of the *RefusedError; the same may pass later          422
//	Invalid                 mend the request: the *InvalidError names the field                     400
//	NoCode                  say that there is no such code, and no more                             404
//	Taken                   do not repeat: use another request ID, or look at what is there         409
//	Conflict                repeat later with the same request ID                                   503
//	Unavailable             repeat later with the same request ID; if it lasts, page an operator    503
//	UnknownOutcome          repeat with the same request ID until the answer is another             503
//	Hook                    look into the function that failed; repeat with the same request ID     502
//	Setup                   page an operator: rules, a price or randomness are missing              500
//	Ended                   nothing: the caller's context has ended                                 504
//	Other                   page an operator: it is none of this package's errors                   500
//
// In a transaction of the caller's ([Engine.InTx]), to repeat is to roll the
// whole transaction back and begin it again.
type Category uint8

// The categories. The zero value is that of no error.
const (
	CategoryNone           Category = iota
	CategoryRefused                 // ErrRefused, ErrNotVerified
	CategoryInvalid                 // ErrInvalid
	CategoryNoCode                  // ErrNoCode
	CategoryTaken                   // ErrRequestReused, ErrDiffers
	CategoryConflict                // ErrConflict
	CategoryUnavailable             // ErrUnavailable
	CategoryUnknownOutcome          // ErrUnknownOutcome
	CategoryHook                    // ErrHook
	CategorySetup                   // ErrNoRules, ErrRuleBook, ErrNoPrice, ErrEntropy
	CategoryEnded                   // context.Canceled, context.DeadlineExceeded
	CategoryOther
)

// categories are in the order in which they are looked for: what an error is
// comes before what it was caused by. An unknown outcome can be caused by
// anything, a refusal by what a hook said.
var categories = [...]struct {
	of       error
	category Category
}{
	{ErrUnknownOutcome, CategoryUnknownOutcome},
	{ErrRefused, CategoryRefused},
	{ErrHook, CategoryHook},
	{ErrInvalid, CategoryInvalid},
	{ErrNoCode, CategoryNoCode},
	{ErrRequestReused, CategoryTaken},
	{ErrDiffers, CategoryTaken},
	{ErrConflict, CategoryConflict},
	{ErrUnavailable, CategoryUnavailable},
	{ErrNotVerified, CategoryRefused},
	{ErrNoRules, CategorySetup},
	{ErrRuleBook, CategorySetup},
	{ErrNoPrice, CategorySetup},
	{ErrEntropy, CategorySetup},
}

// CategoryOf returns the category of an error that this package returned,
// wrapped or not; CategoryNone of nil, CategoryOther of an error of others.
func CategoryOf(err error) Category {
	if err == nil {
		return CategoryNone
	}
	ofStore := ofStore(err)
	for _, c := range categories {
		if ofStore && c.category != CategoryConflict && c.category != CategoryUnavailable {
			continue // callers are not told what a store claims its failure to be
		}
		if errors.Is(err, c.of) {
			return c.category
		}
	}
	if hasEnded(err) {
		return CategoryEnded
	}
	return CategoryOther
}

// ofStore reports whether an error is what a store said when it had done
// nothing, and not that of a hook which asked an engine.
func ofStore(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		switch err.(type) { //nolint:errorlint // it goes through them one by one
		case *storeError:
			return true
		case *HookError, *RefusedError, *UnknownOutcomeError:
			return false
		}
	}
	return false
}

// Repeat reports whether the same request, sent again later with the same
// request ID, may be answered otherwise without anything being changed by hand.
func (c Category) Repeat() bool {
	return c == CategoryConflict || c == CategoryUnavailable || c == CategoryUnknownOutcome || c == CategoryHook || c == CategoryEnded
}
