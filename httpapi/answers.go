package httpapi

import (
	"slices"
	"time"

	"github.com/icpcode/icpcode"
)

// What answers hold: the engine's values in their JSON forms, but for the
// codes in them. Each type hides the members that hold a code behind its own.
type (
	// codeRef stands for a code.
	codeRef struct {
		Handle string `json:"handle"`
		Masked string `json:"masked"`
		// Code is whole, and only in the answer that made the code.
		Code string `json:"code,omitempty"`
	}
	record struct {
		icpcode.Record

		Code     codeRef   `json:"code"`
		Lapsed   bool      `json:"lapsed,omitempty"` // Invalid until its instance is renewed
		Progress *progress `json:"progress,omitempty"`
	}
	progress struct {
		icpcode.Progress

		Successor *codeRef `json:"successor,omitempty"`
	}
	event struct {
		icpcode.Event

		Code codeRef `json:"code"`
		Step *step   `json:"step,omitempty"`
	}
	step struct {
		icpcode.Step

		Successor *codeRef `json:"successor,omitempty"`
	}
	result struct {
		icpcode.Result

		Codes       []codeRef         `json:"codes"`
		Candidates  []codeRef         `json:"candidates,omitempty"` // of an approval, to operators
		Resting     []codeRef         `json:"resting,omitempty"`    // of a closed instance, to operators
		Advice      []icpcode.Rule    `json:"advice,omitempty"`     // of a filing, and of a closed instance
		Replayed    bool              `json:"replayed"`
		PhoneNeeded bool              `json:"phone_needed,omitempty"` // of a dry run
		Decision    *icpcode.Decision `json:"decision,omitempty"`     // of a dry run, and with advice
	}
	assessment struct {
		Record   record           `json:"record"`
		Decision icpcode.Decision `json:"decision"`
	}
	recordPage struct {
		Records []record `json:"records"`
		Next    string   `json:"next"` // "" after the last page
	}
	assessmentPage struct {
		Assessments []assessment `json:"assessments"`
		Next        string       `json:"next"`
	}
	eventPage struct {
		Events []event `json:"events"`
		Next   string  `json:"next"`
	}
	grantQuota struct {
		Year   int           `json:"year"`
		Out    icpcode.Quota `json:"out"`
		In     icpcode.Quota `json:"in"`
		Resets time.Time     `json:"resets"`
	}
	grantees struct {
		Accounts []icpcode.AccountID `json:"accounts"`
	}
	instances struct {
		Instances []icpcode.Instance `json:"instances"`
	}
	revealed struct {
		Code string `json:"code"` // whole
	}
)

// ref returns what stands for a code in an answer to this account.
func (c *call) ref(code icpcode.Code) codeRef {
	return codeRef{Handle: c.h.handles.Seal(c.account, code), Masked: code.Masked()}
}

// optionalRef is ref of a code that may be none.
func (c *call) optionalRef(code icpcode.Code) *codeRef {
	if code.IsZero() {
		return nil
	}
	r := c.ref(code)
	return &r
}

func (c *call) record(r icpcode.Record) record {
	shown := record{Record: r, Code: c.ref(r.Code), Lapsed: r.Lapsed}
	if r.Progress != nil {
		shown.Progress = &progress{*r.Progress, c.optionalRef(r.Progress.Successor)}
	}
	return shown
}

func (c *call) event(e icpcode.Event) event {
	shown := event{Event: e, Code: c.ref(e.Code)}
	if e.Step != nil {
		shown.Step = &step{*e.Step, c.optionalRef(e.Step.Successor)}
	}
	return shown
}

// result shows what a request did; whole says that it made its codes.
func (c *call) result(r icpcode.Result, whole bool) result {
	shown := result{Result: r, Codes: []codeRef{}, Replayed: r.Replayed, PhoneNeeded: r.PhoneNeeded, Decision: r.Decision}
	shown.Advice = slices.Collect(r.Advice.All())
	for _, code := range r.Codes {
		ref := c.ref(code)
		if whole && !c.dry {
			ref.Code = code.String()
		}
		shown.Codes = append(shown.Codes, ref)
	}
	for _, code := range r.Candidates {
		shown.Candidates = append(shown.Candidates, c.ref(code))
	}
	for _, code := range r.Resting {
		shown.Resting = append(shown.Resting, c.ref(code))
	}
	return shown
}
