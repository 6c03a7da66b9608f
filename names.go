package icpcode

// The values that are written as words: in JSON, in databases and in logs.
var (
	triNames     = []string{"Unknown", "No", "Yes"}
	billingNames = []string{"Unknown", "Subscription", "PayAsYouGo"}
	statusNames  = []string{
		"Unknown", "Running", "Pending", "Stopped", "Expired", "Locked", "Refunded", "Released",
	}
	certificationNames = []string{"Unknown", "Personal", "SelfEmployed", "SoleTrader", "Enterprise"}
	originNames        = []string{"None", "Free", "Auto", "Paid"}
	filingKindNames    = []string{"None", "First", "NewService", "Access", "Change"}
	stageNames         = []string{"None", "Verification", "SMS", "Review"}
	endNames           = []string{"None", "Deregistered", "Cancelled", "Moved"}
)

// name returns the i-th name.
func name[T ~uint8](names []string, i T) string {
	if int(i) >= len(names) {
		return "?"
	}
	return names[i]
}

// parseName finds b among the names.
func parseName[T ~uint8](p *T, field string, names []string, b []byte) error {
	for i, n := range names {
		if n == string(b) {
			*p = T(i)
			return nil
		}
	}
	return invalid(field, "is not the name of a value")
}

// String returns "Unknown", "No" or "Yes".
func (t Tri) String() string { return name(triNames, t) }

// MarshalText returns the value's name.
func (t Tri) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a value's name.
func (t *Tri) UnmarshalText(b []byte) error { return parseName(t, "Tri", triNames, b) }

// String returns the value's name, "Subscription".
func (v Billing) String() string { return name(billingNames, v) }

// MarshalText returns the value's name.
func (v Billing) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *Billing) UnmarshalText(b []byte) error { return parseName(v, "Billing", billingNames, b) }

// String returns the value's name, "Running".
func (v Status) String() string { return name(statusNames, v) }

// MarshalText returns the value's name.
func (v Status) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a value's name.
func (v *Status) UnmarshalText(b []byte) error { return parseName(v, "Status", statusNames, b) }

// String returns the value's name, "Enterprise".
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
