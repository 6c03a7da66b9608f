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

// The rules. ELG: may this instance issue a code? LIF: the life of a code. GRT:
// granting to another account. PAY: paid codes. FIL: filing with a code. RSK:
// what happens to filings when servers change. COD: the code itself.
//
// First stand those that decisions answer, at most 63 so that they fit into
// [RuleIDs]; then those that say what the library is, not what it asks.
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
	LIFImport
	LIFBind
	LIFSubmit
	LIFResubmit
	LIFApprove
	LIFReject
	LIFStage
	LIFRelease
	LIFRefund
	LIFVoid
	LIFClose
	LIFEnd
	LIFCorrect
	LIFEffective
	GRTEnterprise
	GRTOut
	GRTIn
	GRTFirst
	GRTOnce
	GRTState
	PAYWhen
	FILHolder
	FILWhat
	FILForeign
	FILService
	RSKExpiring
	RSKReleased
	RSKBilling
	RSKDowngraded
	RSKOwner
	RSKIP
	RSKMove

	numAsked = iota
)

// The rules that no decision answers. RSK-DNS is answered by [RuleSet.ReviewDNS].
const (
	CODFormat Rule = iota + numAsked
	CODOpaque
	CODUnique
	CODUnguessable
	CODInput
	CODInstant
	CODOne
	LIFIssue
	LIFBuy
	LIFView
	GRTAtomic
	GRTVerify
	GRTRepeat
	GRTOwner
	GRTPrivate
	PAYPrice
	PAYExact
	PAYRefund
	PAYQuota
	FILSuccess
	FILCheck
	FILPick
	RSKDNS
	RSKEnded

	numRules = iota + numAsked
)

// askedRules are all that decisions answer.
const askedRules = RuleIDs(1<<numAsked - 2)

// ruleIDs is indexed by Rule.
var ruleIDs = [numRules]string{
	ELGProduct: "ELG-PRODUCT", ELGOwner: "ELG-OWNER", ELGBilling: "ELG-BILLING", ELGTerm: "ELG-TERM", ELGRemaining: "ELG-REMAINING",
	ELGRegion: "ELG-REGION", ELGPublicIP: "ELG-PUBLICIP", ELGStatus: "ELG-STATUS", ELGIPInUse: "ELG-IPINUSE", ELGQuota: "ELG-QUOTA",
	ELGBatch: "ELG-BATCH", ELGAccount: "ELG-ACCOUNT", LIFImport: "LIF-IMPORT", LIFBind: "LIF-BIND", LIFSubmit: "LIF-SUBMIT",
	LIFResubmit: "LIF-RESUBMIT", LIFApprove: "LIF-APPROVE", LIFReject: "LIF-REJECT", LIFStage: "LIF-STAGE", LIFRelease: "LIF-RELEASE", LIFRefund: "LIF-REFUND", LIFVoid: "LIF-VOID",
	LIFClose: "LIF-CLOSE", LIFEnd: "LIF-END", LIFCorrect: "LIF-CORRECT", LIFEffective: "LIF-EFFECTIVE", GRTEnterprise: "GRT-ENTERPRISE", GRTOut: "GRT-OUT", GRTIn: "GRT-IN",
	GRTFirst: "GRT-FIRST", GRTOnce: "GRT-ONCE", GRTState: "GRT-STATE", PAYWhen: "PAY-WHEN", FILHolder: "FIL-HOLDER",
	FILWhat: "FIL-WHAT", FILForeign: "FIL-FOREIGN", FILService: "FIL-SERVICE", RSKExpiring: "RSK-EXPIRING", RSKReleased: "RSK-RELEASED",
	RSKBilling: "RSK-BILLING", RSKDowngraded: "RSK-DOWNGRADED", RSKOwner: "RSK-OWNER", RSKIP: "RSK-IP", RSKMove: "RSK-MOVE",

	CODFormat: "COD-FORMAT", CODOpaque: "COD-OPAQUE", CODUnique: "COD-UNIQUE", CODUnguessable: "COD-UNGUESSABLE",
	CODInput: "COD-INPUT", CODInstant: "COD-INSTANT", CODOne: "COD-ONE", LIFIssue: "LIF-ISSUE", LIFBuy: "LIF-BUY",
	LIFView: "LIF-VIEW", GRTAtomic: "GRT-ATOMIC", GRTVerify: "GRT-VERIFY", GRTRepeat: "GRT-REPEAT", GRTOwner: "GRT-OWNER",
	GRTPrivate: "GRT-PRIVATE", PAYPrice: "PAY-PRICE", PAYExact: "PAY-EXACT", PAYRefund: "PAY-REFUND", PAYQuota: "PAY-QUOTA",
	FILSuccess: "FIL-SUCCESS", FILCheck: "FIL-CHECK", FILPick: "FIL-PICK", RSKDNS: "RSK-DNS", RSKEnded: "RSK-ENDED",
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

// RuleIDs is a set of rules that decisions answer; others cannot be in it. The
// zero value is the empty set.
type RuleIDs uint64

// MakeRuleIDs returns the set of those of the given rules that decisions
// answer.
func MakeRuleIDs(rules ...Rule) RuleIDs {
	var s RuleIDs
	for _, r := range rules {
		s |= 1 << r
	}
	return s & askedRules
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
		if r >= numAsked {
			return invalid("RuleIDs", "has a rule that no decision answers: "+id)
		}
		set |= 1 << r
	}
	*s = set
	return nil
}
