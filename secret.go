package icpcode

import (
	"fmt"
	"log/slog"
)

// What is secret besides codes: the key of the cursors, and the proof of a
// first grant, such as the code of a text message that is still valid. Texts
// show only whether there is one.

// hidden stands for a secret in texts.
func hidden(set bool) string {
	if !set {
		return ""
	}
	return "***"
}

// plainOptions is what is printed of Options. What they call is an any here, so
// that this file has no part in it.
type plainOptions struct {
	RuleBook     *RuleBook
	Clock        any
	Entropy      any
	Price        Money
	VerifyPhone  any
	Operator     any
	Facts        any
	Observe      any
	ImportFormat Format
	CursorKey    string
	Unmerged     bool
}

func (o Options) plain() plainOptions {
	return plainOptions{
		o.RuleBook, o.Clock, o.Entropy, o.Price, o.VerifyPhone, o.Operator, o.Facts, o.Observe, o.ImportFormat,
		hidden(o.CursorKey != [32]byte{}), o.Unmerged,
	}
}

// Format prints the Options with the CursorKey hidden, under every verb.
func (o Options) Format(s fmt.State, verb rune) { show(s, verb, o.plain()) }

// LogValue hides the CursorKey in structured logs.
func (o Options) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", o.plain())) }

func (r IssueRequest) plain() plainIssueRequest {
	r.Proof = hidden(r.Proof != "")
	return plainIssueRequest(r)
}

// Format prints the IssueRequest with its proof hidden, under every verb.
func (r IssueRequest) Format(s fmt.State, verb rune) { show(s, verb, r.plain()) }

// LogValue hides the proof in structured logs.
func (r IssueRequest) LogValue() slog.Value { return slog.AnyValue(r.plain()) }

func (v Verification) plain() plainVerification {
	v.Proof = hidden(v.Proof != "")
	return plainVerification(v)
}

// Format prints the Verification with its proof hidden, under every verb.
func (v Verification) Format(s fmt.State, verb rune) { show(s, verb, v.plain()) }

// LogValue hides the proof in structured logs.
func (v Verification) LogValue() slog.Value { return slog.AnyValue(v.plain()) }
