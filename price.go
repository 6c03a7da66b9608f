package icpcode

import (
	"github.com/shopspring/decimal"
)

// cents is the number of decimal places of money.
const cents = 2

// maxAmount keeps every amount within the NUMERIC(18,2) of a database.
var maxAmount = decimal.New(1, 16)

// checkAmount checks that d is a non-negative amount of at most 10^16. The
// exponent is looked at first, since arithmetic on 1E1000000000 never ends.
func checkAmount(field string, d decimal.Decimal) error {
	if e := d.Exponent(); e > 32 || e < -32 || d.NumDigits() > 64 {
		return invalid(field, "is not an amount of money")
	}
	if d.IsNegative() {
		return invalid(field, "is negative")
	}
	if d.GreaterThanOrEqual(maxAmount) {
		return invalid(field, "is not below 10^16")
	}
	return nil
}

// shortest returns an amount, which was checked, as it is read back from its
// text: without zeros at the end, so that equal amounts are the same.
func shortest(d decimal.Decimal) decimal.Decimal {
	e := d.Exponent()
	if e == 0 || e < 0 && d.NumDigits() < 19 && d.CoefficientInt64()%10 != 0 {
		return d
	}
	s, err := decimal.NewFromString(d.String())
	if err != nil {
		return d // which no text of an amount is
	}
	return s
}

// checkCents is checkAmount for an amount that was paid.
func checkCents(field string, d decimal.Decimal) error {
	if err := checkAmount(field, d); err != nil {
		return err
	}
	if !d.Equal(d.Truncate(cents)) {
		return invalid(field, "has a fraction of a cent")
	}
	return nil
}

// Split divides total over n parts to the cent with nothing lost (PAY-EXACT):
// the parts differ by at most one cent, the larger ones first, and add up to
// total. Total must be a whole number of cents, 0 or more and below 10^16,
// and n from 1 to 1000; otherwise the error is an [*InvalidError].
func Split(total decimal.Decimal, n int) ([]decimal.Decimal, error) {
	if n < 1 || n > maxGrantCodes {
		return nil, invalid("Quantity", "is not between 1 and 1000")
	}
	if err := checkCents("Total", total); err != nil {
		return nil, err
	}
	fen := total.Shift(cents).IntPart()
	share, rest := fen/int64(n), fen%int64(n)
	parts := make([]decimal.Decimal, n)
	for i := range parts {
		part := share
		if int64(i) < rest {
			part++
		}
		parts[i] = decimal.New(part, -cents)
	}
	return parts, nil
}

// checkPrice checks Options.Price.
func checkPrice(p Money) error {
	if err := checkAmount("Options.Price", p.Amount); err != nil {
		return err
	}
	if p.Amount.IsZero() {
		return invalid("Options.Price", "is zero")
	}
	return checkCurrency("Options.Price", p.Currency)
}

// checkCurrency checks the form of an ISO 4217 code.
func checkCurrency(field, currency string) error {
	if len(currency) != 3 {
		return invalid(field, "has no currency of three capitals such as CNY")
	}
	for i := range currency {
		if currency[i] < 'A' || currency[i] > 'Z' {
			return invalid(field, "has no currency of three capitals such as CNY")
		}
	}
	return nil
}
