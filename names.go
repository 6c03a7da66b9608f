package icpcode

import (
	"encoding/json"
	"slices"
	"strings"
)

// The values that are written as words: in JSON, in databases and in logs.
var (
	triNames     = []string{"unknown", "no", "yes"}
	billingNames = []string{"unknown", "subscription", "pay-as-you-go"}
	statusNames  = []string{
		"unknown", "running", "pending", "stopped", "expired", "locked", "refunded", "released",
	}
	certificationNames = []string{"unknown", "personal", "self-employed", "sole-trader", "enterprise"}
	originNames        = []string{"None", "Free", "Auto", "Paid"}
	filingKindNames    = []string{"None", "First", "NewService", "Access", "Change"}
	stageNames         = []string{"None", "Verification", "SMS", "Review"}
	operationNames     = []string{
		"None", "Issue", "SubmitAuto", "Buy", "Bind", "Grant", "Submit", "Resubmit", "Approve", "Reject", "Stage", "Release", "Refund", "Void",
		"CloseRefund", "CloseRelease", "End", "Correct", "Import", "Pick", "Review", "PlanMove", "ServersFor",
	}
	relationNames = []string{"unknown", "Asker", "Owner", "Both", "Another"}
	categoryNames = []string{
		"None", "Refused", "Invalid", "NoCode", "Taken", "Conflict", "Unavailable", "UnknownOutcome", "Hook", "Setup", "Ended", "Other",
	}
	outcomeNames = []string{"passed", "failed", "unknown", "assumed", "advice"}
	phoneNames   = []string{"None", "Unasked", "Verified", "Refused", "NoProof"}
	roleNames    = []string{"Owner", "Grantee", "Holder", "Operator"}
	endNames     = []string{"None", "Deregistered", "Cancelled", "Moved"}
)

// name returns the i-th name.
func name[T ~uint8](names []string, i T) string {
	if int(i) >= len(names) {
		return "?"
	}
	return names[i]
}

// noneOf begins the problem of a name that is not known.
const noneOf = "is none of "

// parseName finds b among the names.
func parseName[T ~uint8](p *T, field string, names []string, b []byte) error {
	for i, n := range names {
		if n == string(b) {
			*p = T(i)
			return nil
		}
	}
	if names[0] == "None" {
		names = names[1:] // it says that there is none, and is no choice
	}
	return invalid(field, noneOf+strings.Join(names, ", "))
}

// String returns "unknown", "no" or "yes".
func (t Tri) String() string { return name(triNames, t) }

// MarshalText returns the value's name.
func (t Tri) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a value's name.
func (t *Tri) UnmarshalText(b []byte) error { return parseName(t, "Tri", triNames, b) }

// String returns the value's name, "subscription".
func (v Billing) String() string { return name(billingNames, v) }

// MarshalText returns the value's name.
func (v Billing) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *Billing) UnmarshalText(b []byte) error { return parseName(v, "Billing", billingNames, b) }

// String returns the value's name, "running".
func (v Status) String() string { return name(statusNames, v) }

// MarshalText returns the value's name.
func (v Status) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *Status) UnmarshalText(b []byte) error { return parseName(v, "Status", statusNames, b) }

// String returns the value's name, "enterprise".
func (v Certification) String() string { return name(certificationNames, v) }

// MarshalText returns the value's name.
func (v Certification) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *Certification) UnmarshalText(b []byte) error {
	return parseName(v, "Certification", certificationNames, b)
}

// String returns the value's name, "Paid".
func (v Origin) String() string { return name(originNames, v) }

// MarshalText returns the value's name.
func (v Origin) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *Origin) UnmarshalText(b []byte) error { return parseName(v, "Origin", originNames, b) }

// String returns the value's name, "First".
func (v FilingKind) String() string { return name(filingKindNames, v) }

// MarshalText returns the value's name.
func (v FilingKind) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *FilingKind) UnmarshalText(b []byte) error {
	return parseName(v, "FilingKind", filingKindNames, b)
}

// String returns the value's name, "Verification".
func (v Stage) String() string { return name(stageNames, v) }

// MarshalText returns the value's name.
func (v Stage) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *Stage) UnmarshalText(b []byte) error { return parseName(v, "Stage", stageNames, b) }

// String returns the value's name, "Deregistered".
func (v End) String() string { return name(endNames, v) }

// MarshalText returns the value's name.
func (v End) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *End) UnmarshalText(b []byte) error { return parseName(v, "End", endNames, b) }

// String returns the value's name, "SubmitAuto".
func (v Operation) String() string { return name(operationNames, v) }

// MarshalText returns the value's name.
func (v Operation) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *Operation) UnmarshalText(b []byte) error {
	return parseName(v, "Operation", operationNames, b)
}

// String returns the value's name, "Asker".
func (v Relation) String() string { return name(relationNames, v) }

// MarshalText returns the value's name.
func (v Relation) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *Relation) UnmarshalText(b []byte) error { return parseName(v, "Relation", relationNames, b) }

// String returns the value's name, "UnknownOutcome".
func (c Category) String() string { return name(categoryNames, c) }

// String returns the value's name, "Verified".
func (v Phone) String() string { return name(phoneNames, v) }

// MarshalText returns the value's name.
func (v Phone) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *Phone) UnmarshalText(b []byte) error { return parseName(v, "Phone", phoneNames, b) }

// String lists the parts, separated by ", ", "" for none.
func (r Role) String() string { return strings.Join(r.list(), ", ") }

func (r Role) list() []string {
	parts := []string{}
	for i, n := range roleNames {
		if r>>i&1 != 0 {
			parts = append(parts, n)
		}
	}
	return parts
}

// MarshalJSON writes the parts as a list of names.
func (r Role) MarshalJSON() ([]byte, error) { return json.Marshal(r.list()) }

// UnmarshalJSON reads what [Role.MarshalJSON] wrote.
func (r *Role) UnmarshalJSON(b []byte) error {
	var parts []string
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	*r = 0
	for _, p := range parts {
		i := slices.Index(roleNames, p)
		if i < 0 {
			return invalid("Role", "is not the name of a part")
		}
		*r |= 1 << i
	}
	return nil
}
