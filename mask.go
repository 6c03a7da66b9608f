package icpcode

import (
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
)

// Whatever holds a Code shows it masked: under every verb of package fmt and
// in package log/slog, where a value is often printed whole without a thought
// of the codes in it. Only a Code that is printed by itself is whole
// under %v and %s, for its holder's eyes. JSON holds whole codes: stores and
// callers read it back.

var (
	codeType = reflect.TypeFor[Code]()
	bodyType = reflect.TypeFor[Body]() // the only interface that holds codes
)

// masked stands for a code in texts. It prints the same when masked again.
func (c Code) masked() Code {
	if c.IsZero() {
		return c
	}
	return Code{opaque: c.Masked()}
}

// mask returns a copy of v in which every code is masked. What cannot hold one
// is shared with v.
func mask[T any](v T) T {
	to := reflect.New(reflect.TypeFor[T]()).Elem()
	to.Set(reflect.ValueOf(&v).Elem())
	maskValue(to)
	return to.Interface().(T)
}

// maskValue masks the codes in v, which can be set, and copies first what v
// shares.
func maskValue(v reflect.Value) {
	if !v.CanSet() || !holdsCode(v.Type(), nil) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if c, ok := reflect.TypeAssert[*Code](v.Addr()); ok {
			*c = c.masked()
			return
		}
		for i := range v.NumField() {
			maskValue(v.Field(i))
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(c, v)
		for i := range c.Len() {
			maskValue(c.Index(i))
		}
		v.Set(c)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		c := reflect.New(v.Elem().Type()).Elem()
		c.Set(v.Elem())
		maskValue(c)
		if v.Kind() == reflect.Pointer {
			c = c.Addr()
		}
		v.Set(c)
	}
}

// holdsCode reports whether a value of type t may hold a code in a field, an
// element, behind a pointer or as a Body. Above are the types that it is
// looked for in.
func holdsCode(t reflect.Type, above []reflect.Type) bool {
	if t == codeType || t == bodyType {
		return true
	}
	if slices.Contains(above, t) {
		return false
	}
	above = append(above, t)
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if holdsCode(t.Field(i).Type, above) {
				return true
			}
		}
	case reflect.Pointer, reflect.Slice:
		return holdsCode(t.Elem(), above)
	}
	return false
}

// show prints a value whose codes were masked, as package fmt would.
func show(s fmt.State, verb rune, plain any) {
	text := fmt.Sprintf(fmt.FormatString(s, verb), plain)
	if s.Flag('#') {
		text = strings.ReplaceAll(text, "icpcode.plain", "icpcode.")
	}
	_, _ = s.Write([]byte(text))
}

// Format prints no more than the type: an engine holds the codes that are on
// their way through it, which change while they would be printed.
func (Engine) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("icpcode.Engine")) }

// The types that hold codes, without their methods: those of package fmt and
// log/slog would call themselves.
type (
	plainRecord         Record
	plainProgress       Progress
	plainEvent          Event
	plainStep           Step
	plainResult         Result
	plainAssessment     Assessment
	plainAssessmentPage AssessmentPage
	plainKey            Key
	plainDocument       Document
	plainReceipt        Receipt
	plainChange         Change
	plainPage           Page
	plainEventQuery     EventQuery
	plainBindRequest    BindRequest
	plainIssueRequest   IssueRequest
	plainGrantRequest   GrantRequest
	plainVerification   Verification
	plainSubmitRequest  SubmitRequest
	plainApproveRequest ApproveRequest
	plainRejectRequest  RejectRequest
	plainStageRequest   StageRequest
	plainEndRequest     EndRequest
	plainCorrectRequest CorrectRequest
	plainReleaseRequest ReleaseRequest
	plainRefundRequest  RefundRequest
	plainVoidRequest    VoidRequest
	plainImportRequest  ImportRequest
)

// Format prints the Record with its codes masked, under every verb.
func (r Record) Format(s fmt.State, verb rune) { show(s, verb, plainRecord(mask(r))) }

// Format prints the Event with its codes masked, under every verb.
func (e Event) Format(s fmt.State, verb rune) { show(s, verb, plainEvent(mask(e))) }

// Format prints the Progress with its codes masked, under every verb.
func (p Progress) Format(s fmt.State, verb rune) { show(s, verb, plainProgress(mask(p))) }

// LogValue masks the codes in structured logs.
func (p Progress) LogValue() slog.Value { return slog.AnyValue(plainProgress(mask(p))) }

// Format prints the Step with its codes masked, under every verb.
func (t Step) Format(s fmt.State, verb rune) { show(s, verb, plainStep(mask(t))) }

// LogValue masks the codes in structured logs.
func (t Step) LogValue() slog.Value { return slog.AnyValue(plainStep(mask(t))) }

// Format prints the Result with its codes masked, under every verb.
func (r Result) Format(s fmt.State, verb rune) { show(s, verb, plainResult(mask(r))) }

// Format prints the Assessment with its codes masked, under every verb.
func (a Assessment) Format(s fmt.State, verb rune) { show(s, verb, plainAssessment(mask(a))) }

// LogValue masks the codes in structured logs.
func (a Assessment) LogValue() slog.Value { return slog.AnyValue(plainAssessment(mask(a))) }

// Format prints what [Key.String] describes, and under %#v the fields, with the
// code masked.
func (k Key) Format(s fmt.State, verb rune) {
	if s.Flag('#') {
		show(s, verb, plainKey(mask(k)))
		return
	}
	show(s, verb, k.String())
}

// LogValue describes the key in structured logs, as [Key.String] does.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// Format prints the Document with its codes masked, under every verb.
func (d Document) Format(s fmt.State, verb rune) { show(s, verb, plainDocument(mask(d))) }

// LogValue masks the codes in structured logs.
func (d Document) LogValue() slog.Value { return slog.AnyValue(plainDocument(mask(d))) }

// Format prints the Receipt with its codes masked, under every verb.
func (r Receipt) Format(s fmt.State, verb rune) { show(s, verb, plainReceipt(mask(r))) }

// LogValue masks the codes in structured logs.
func (r Receipt) LogValue() slog.Value { return slog.AnyValue(plainReceipt(mask(r))) }

// plainPut is a Put that names its document, whose methods it would otherwise
// have.
type plainPut struct {
	Expect   uint64
	Document Document
}

func (p Put) plain() plainPut { return plainPut{p.Expect, mask(p.Document)} }

// Format prints the Put with its codes masked, under every verb.
func (p Put) Format(s fmt.State, verb rune) { show(s, verb, p.plain()) }

// LogValue masks the codes in structured logs.
func (p Put) LogValue() slog.Value { return slog.AnyValue(p.plain()) }

// Format prints the Change with its codes masked, under every verb.
func (c Change) Format(s fmt.State, verb rune) { show(s, verb, plainChange(mask(c))) }

// LogValue masks the codes in structured logs.
func (c Change) LogValue() slog.Value { return slog.AnyValue(plainChange(mask(c))) }

// Format prints the Page with its codes masked, under every verb.
func (p Page) Format(s fmt.State, verb rune) { show(s, verb, plainPage(mask(p))) }

// LogValue masks the codes in structured logs.
func (p Page) LogValue() slog.Value { return slog.AnyValue(plainPage(mask(p))) }

// Format prints the EventQuery with its codes masked, under every verb.
func (e EventQuery) Format(s fmt.State, verb rune) { show(s, verb, plainEventQuery(mask(e))) }

// LogValue masks the codes in structured logs.
func (e EventQuery) LogValue() slog.Value { return slog.AnyValue(plainEventQuery(mask(e))) }

// Format prints the BindRequest with its codes masked, under every verb.
func (r BindRequest) Format(s fmt.State, verb rune) { show(s, verb, plainBindRequest(mask(r))) }

// LogValue masks the codes in structured logs.
func (r BindRequest) LogValue() slog.Value { return slog.AnyValue(plainBindRequest(mask(r))) }

func (r GrantRequest) plain() plainGrantRequest {
	r = mask(r)
	r.Proof = hidden(r.Proof != "")
	return plainGrantRequest(r)
}

// Format prints the GrantRequest with its codes masked and its proof hidden,
// under every verb.
func (r GrantRequest) Format(s fmt.State, verb rune) { show(s, verb, r.plain()) }

// LogValue masks the codes and hides the proof in structured logs.
func (r GrantRequest) LogValue() slog.Value { return slog.AnyValue(r.plain()) }

// Format prints the SubmitRequest with its codes masked, under every verb.
func (r SubmitRequest) Format(s fmt.State, verb rune) { show(s, verb, plainSubmitRequest(mask(r))) }

// LogValue masks the codes in structured logs.
func (r SubmitRequest) LogValue() slog.Value { return slog.AnyValue(plainSubmitRequest(mask(r))) }

// Format prints the ApproveRequest with its codes masked, under every verb.
func (r ApproveRequest) Format(s fmt.State, verb rune) { show(s, verb, plainApproveRequest(mask(r))) }

// LogValue masks the codes in structured logs.
func (r ApproveRequest) LogValue() slog.Value { return slog.AnyValue(plainApproveRequest(mask(r))) }

// Format prints the RejectRequest with its codes masked, under every verb.
func (r RejectRequest) Format(s fmt.State, verb rune) { show(s, verb, plainRejectRequest(mask(r))) }

// LogValue masks the codes in structured logs.
func (r RejectRequest) LogValue() slog.Value { return slog.AnyValue(plainRejectRequest(mask(r))) }

// Format prints the StageRequest with its codes masked, under every verb.
func (r StageRequest) Format(s fmt.State, verb rune) { show(s, verb, plainStageRequest(mask(r))) }

// LogValue masks the codes in structured logs.
func (r StageRequest) LogValue() slog.Value { return slog.AnyValue(plainStageRequest(mask(r))) }

// Format prints the EndRequest with its codes masked, under every verb.
func (r EndRequest) Format(s fmt.State, verb rune) { show(s, verb, plainEndRequest(mask(r))) }

// LogValue masks the codes in structured logs.
func (r EndRequest) LogValue() slog.Value { return slog.AnyValue(plainEndRequest(mask(r))) }

// Format prints the CorrectRequest with its codes masked, under every verb.
func (r CorrectRequest) Format(s fmt.State, verb rune) { show(s, verb, plainCorrectRequest(mask(r))) }

// LogValue masks the codes in structured logs.
func (r CorrectRequest) LogValue() slog.Value { return slog.AnyValue(plainCorrectRequest(mask(r))) }

// Format prints the ReleaseRequest with its codes masked, under every verb.
func (r ReleaseRequest) Format(s fmt.State, verb rune) { show(s, verb, plainReleaseRequest(mask(r))) }

// LogValue masks the codes in structured logs.
func (r ReleaseRequest) LogValue() slog.Value { return slog.AnyValue(plainReleaseRequest(mask(r))) }

// Format prints the RefundRequest with its codes masked, under every verb.
func (r RefundRequest) Format(s fmt.State, verb rune) { show(s, verb, plainRefundRequest(mask(r))) }

// LogValue masks the codes in structured logs.
func (r RefundRequest) LogValue() slog.Value { return slog.AnyValue(plainRefundRequest(mask(r))) }

// Format prints the VoidRequest with its codes masked, under every verb.
func (r VoidRequest) Format(s fmt.State, verb rune) { show(s, verb, plainVoidRequest(mask(r))) }

// LogValue masks the codes in structured logs.
func (r VoidRequest) LogValue() slog.Value { return slog.AnyValue(plainVoidRequest(mask(r))) }

// Format prints the ImportRequest with its codes masked, under every verb.
func (r ImportRequest) Format(s fmt.State, verb rune) { show(s, verb, plainImportRequest(mask(r))) }

// LogValue masks the codes in structured logs.
func (r ImportRequest) LogValue() slog.Value { return slog.AnyValue(plainImportRequest(mask(r))) }

// Format prints the AssessmentPage with its codes masked, under every verb.
func (p AssessmentPage) Format(s fmt.State, verb rune) { show(s, verb, plainAssessmentPage(mask(p))) }

// LogValue masks the codes in structured logs.
func (p AssessmentPage) LogValue() slog.Value { return slog.AnyValue(plainAssessmentPage(mask(p))) }
