package icpcode

import (
	"iter"
	"math/bits"
	"strings"
)

// Rule names one rule of the domain. Its String is the ID under which the
// rule is documented in docs/rules.md, tested and explained: "ELG-TERM". The
// zero Rule is no rule.
type Rule uint8

// The rules. ELG: may this instance issue a code? COD: the code itself. LIF:
// the life of a code. GRT: granting to another account. PAY: paid codes. FIL:
// filing with a code. RSK: what happens to filings when servers change.
const (
	_ Rule = iota
	ELGProduct
	ELGOwner
	ELGBilling
	ELGTerm
	ELGRemaining
	ELGRegion
	ELGPublicIP
	ELGStatus
	ELGIPInUse
	ELGQuota
	ELGBatch
	ELGAccount
	CODFormat
	CODOpaque
	CODUnique
	CODUnguessable
	CODInput
	CODInstant
	CODOne
	LIFIssue
	LIFBuy
	LIFImport
	LIFBind
	LIFSubmit
	LIFResubmit
	LIFApprove
	LIFRelease
	LIFRefund
	LIFVoid
	LIFClose
	LIFEffective
	LIFView
	GRTEnterprise
	GRTOut
	GRTIn
	GRTFirst
	GRTAtomic
	GRTVerify
	GRTOnce
	GRTState
	GRTRepeat
	GRTOwner
	GRTPrivate
	PAYWhen
	PAYPrice
	PAYExact
	PAYRefund
	PAYQuota
	FILHolder
	FILWhat
	FILSuccess
	FILPick
	FILForeign
	RSKExpiring
	RSKReleased
	RSKBilling
	RSKDowngraded
	RSKOwner
	RSKIP
	RSKMove

	numRules = iota
)

// allRules are all that there are.
const allRules = RuleIDs(1<<numRules - 2)

// ruleIDs is indexed by Rule.
var ruleIDs = [numRules]string{
	"", "ELG-PRODUCT", "ELG-OWNER", "ELG-BILLING", "ELG-TERM", "ELG-REMAINING", "ELG-REGION",
	"ELG-PUBLICIP", "ELG-STATUS", "ELG-IPINUSE", "ELG-QUOTA", "ELG-BATCH", "ELG-ACCOUNT",
	"COD-FORMAT", "COD-OPAQUE", "COD-UNIQUE", "COD-UNGUESSABLE", "COD-INPUT", "COD-INSTANT", "COD-ONE",
	"LIF-ISSUE", "LIF-BUY", "LIF-IMPORT", "LIF-BIND", "LIF-SUBMIT", "LIF-RESUBMIT", "LIF-APPROVE",
	"LIF-RELEASE", "LIF-REFUND", "LIF-VOID", "LIF-CLOSE", "LIF-EFFECTIVE", "LIF-VIEW",
	"GRT-ENTERPRISE", "GRT-OUT", "GRT-IN", "GRT-FIRST", "GRT-ATOMIC", "GRT-VERIFY", "GRT-ONCE",
	"GRT-STATE", "GRT-REPEAT", "GRT-OWNER", "GRT-PRIVATE",
	"PAY-WHEN", "PAY-PRICE", "PAY-EXACT", "PAY-REFUND", "PAY-QUOTA",
	"FIL-HOLDER", "FIL-WHAT", "FIL-SUCCESS", "FIL-PICK", "FIL-FOREIGN",
	"RSK-EXPIRING", "RSK-RELEASED", "RSK-BILLING", "RSK-DOWNGRADED", "RSK-OWNER", "RSK-IP", "RSK-MOVE",
}

// String returns the rule's ID, "ELG-TERM", or "" for no rule.
func (r Rule) String() string {
	if r >= numRules {
		return ""
	}
	return ruleIDs[r]
}

// MarshalText returns the rule's ID.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a rule's ID. An unknown one is an [*InvalidError].
func (r *Rule) UnmarshalText(b []byte) error {
	for i := Rule(1); i < numRules; i++ {
		if ruleIDs[i] == string(b) {
			*r = i
			return nil
		}
	}
	return invalid("Rule", "is not the ID of a rule")
}

// RuleIDs is a set of rules. The zero value is the empty set.
type RuleIDs uint64

// MakeRuleIDs returns the set of the given rules.
func MakeRuleIDs(rules ...Rule) RuleIDs {
	var s RuleIDs
	for _, r := range rules {
		s |= 1 << r
	}
	return s &^ 1
}

// Has reports whether r is in the set.
func (s RuleIDs) Has(r Rule) bool { return s&(1<<r)&^1 != 0 }

// Len returns how many rules are in the set.
func (s RuleIDs) Len() int { return bits.OnesCount64(uint64(s)) }

// All iterates over the set in the order in which the rules are declared.
func (s RuleIDs) All() iter.Seq[Rule] {
	return func(yield func(Rule) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(Rule(bits.TrailingZeros64(uint64(s)))) {
				return
			}
		}
	}
}

// String lists the IDs, separated by ", ".
func (s RuleIDs) String() string {
	ids := make([]string, 0, s.Len())
	for r := range s.All() {
		ids = append(ids, r.String())
	}
	return strings.Join(ids, ", ")
}

// MarshalText lists the IDs, separated by spaces.
func (s RuleIDs) MarshalText() ([]byte, error) {
	return []byte(strings.ReplaceAll(s.String(), ",", "")), nil
}

// UnmarshalText reads what [RuleIDs.MarshalText] wrote. An unknown ID is an
// [*InvalidError].
func (s *RuleIDs) UnmarshalText(b []byte) error {
	var set RuleIDs
	for id := range strings.FieldsSeq(string(b)) {
		var r Rule
		if err := r.UnmarshalText([]byte(id)); err != nil {
			return err
		}
		set |= 1 << r
	}
	*s = set
	return nil
}
