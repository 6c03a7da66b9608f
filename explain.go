package icpcode

// Lang is the language of explanations. The zero value is [English].
type Lang uint8

// The languages.
const (
	English Lang = iota
	Chinese
)

func (d *Decision) reason(l Lang, r Rule, o Outcome) Reason {
	return Reason{Rule: r, Outcome: o}
}
