package icpcode

import (
	"bufio"
	"cmp"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// codeSpace is how many twelve-digit codes there are: a fixed 0 and eleven
// digits (COD-FORMAT). It is 36.5 bits: see COD-UNGUESSABLE.
const codeSpace = 100_000_000_000

// maxOpaque is the longest opaque code in bytes (COD-INPUT).
const maxOpaque = 64

// Code is one ICP filing service code (备案服务码). It is a comparable value:
// two codes are equal if and only if their texts are. The zero value is no
// code. Whether a text is twelve digits or opaque, nothing is read out of it.
//
// String, and with it package fmt except under %#v, shows the whole code, for
// the holder's eyes. Package log/slog shows it masked, and so does package fmt
// for every type of this package that holds a code, such as a [Record]; use
// [Code.Masked] in messages of your own. JSON holds the whole code, also that
// of a slice of records in a log that is written as JSON.
type Code struct {
	n      uint64 // twelve-digit codes: the number plus one, and opaque is empty
	opaque string // every other code: its text, and n is 0
}

// Format says which texts are accepted as codes. The zero value is
// [TwelveDigits].
type Format uint8

const (
	// TwelveDigits accepts twelve decimal digits of which the first is 0
	// (COD-FORMAT), as people paste them: spaces, hyphens and surrounding
	// quotation marks or brackets are dropped, full-width digits are folded
	// (COD-INPUT).
	TwelveDigits Format = iota
	// Opaque accepts any 1 to 64 bytes of printable UTF-8 without spaces
	// inside, for codes that a provider issued (COD-OPAQUE). It only trims
	// surrounding space, and keeps case.
	Opaque
)

// ParseCode parses a twelve-digit code as a person pasted it. It is
// TwelveDigits.Parse. The error is an [*InvalidError], which does not echo
// the text. It is for what people type: a store reads back what it kept, also
// imported codes of any form, by [Code.UnmarshalText] or [Code.Scan].
func ParseCode(s string) (Code, error) { return TwelveDigits.Parse(s) }

// Parse parses s in format f. The error is an [*InvalidError], which does not
// echo the text (COD-INPUT).
func (f Format) Parse(s string) (Code, error) {
	if len(s) == 12 {
		if n, ok := parseDigits(s); ok {
			return Code{n: n + 1}, nil
		}
	}
	switch f {
	case TwelveDigits:
		return parsePasted(s)
	case Opaque:
		return parseOpaque(s)
	}
	return Code{}, invalid("Format", "is not a known format")
}

// accepts reports whether c, however it was made, is a code of format f.
func (f Format) accepts(c Code) bool {
	return c.n != 0 || f == Opaque && c.opaque != ""
}

// parseDigits reads a clean twelve-digit code, eight digits at a time: the
// high nibble of every byte must be 3 and the low one at most 9.
func parseDigits(s string) (uint64, bool) {
	_ = s[11]
	lo := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	hi := uint32(s[8]) | uint32(s[9])<<8 | uint32(s[10])<<16 | uint32(s[11])<<24
	const nibbles, threes, sixes = 0xF0F0F0F0F0F0F0F0, 0x3030303030303030, 0x0606060606060606
	bad := (lo&nibbles ^ threes) | ((lo+sixes)&nibbles ^ threes)
	bad |= uint64((hi&(nibbles>>32) ^ threes>>32) | ((hi+sixes>>32)&(nibbles>>32) ^ threes>>32))
	if bad != 0 || s[0] != '0' {
		return 0, false
	}
	// Pairs, then fours, then eight: each step multiplies the earlier digits.
	lo = (lo & 0x0F0F0F0F0F0F0F0F) * (10<<8 + 1) >> 8
	lo = (lo & 0x00FF00FF00FF00FF) * (100<<16 + 1) >> 16
	lo = (lo & 0x0000FFFF0000FFFF) * (10000<<32 + 1) >> 32
	hi = (hi & 0x0F0F0F0F) * (10<<8 + 1) >> 8
	hi = (hi & 0x00FF00FF) * (100<<16 + 1) >> 16
	return lo*10000 + uint64(hi), true
}

// parsePasted reads a twelve-digit code that is not clean.
func parsePasted(s string) (Code, error) {
	const field = "Code"
	if len(s) > 256 {
		return Code{}, invalid(field, "is longer than any pasted code")
	}
	if !utf8.ValidString(s) {
		return Code{}, invalid(field, "is not valid UTF-8")
	}
	s = strings.TrimFunc(s, surrounds)
	var digits [12]byte
	n := 0
	for _, r := range s {
		if r >= '０' && r <= '９' {
			r -= '０' - '0'
		}
		if r >= '0' && r <= '9' {
			if n == len(digits) {
				return Code{}, invalid(field, "has more than twelve digits")
			}
			digits[n] = byte(r)
			n++
			continue
		}
		if !separates(r) {
			return Code{}, invalid(field, "has a character that is neither a digit nor a space or hyphen")
		}
	}
	if n == 0 {
		return Code{}, invalid(field, "is empty")
	}
	if n < len(digits) {
		return Code{}, invalid(field, "has fewer than twelve digits")
	}
	num, ok := parseDigits(string(digits[:]))
	if !ok {
		return Code{}, invalid(field, "does not begin with 0")
	}
	return Code{n: num + 1}, nil
}

// surrounds reports the marks that people copy together with a code.
func surrounds(r rune) bool {
	return separates(r) || unicode.Is(unicode.Quotation_Mark, r) ||
		strings.ContainsRune("()[]{}<>（）［］｛｝【】〔〕〈〉《》`.,;:。，；：、", r)
}

// separates reports the characters that people write between digits.
func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Dash, r) || r == '−' || r == '\u200b' || r == '\ufeff'
}

func parseOpaque(s string) (Code, error) {
	const field = "Code"
	if len(s) > 256 {
		return Code{}, invalid(field, "is longer than any pasted code")
	}
	if !utf8.ValidString(s) {
		return Code{}, invalid(field, "is not valid UTF-8")
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return Code{}, invalid(field, "is empty")
	}
	if len(s) > maxOpaque {
		return Code{}, invalid(field, "is longer than 64 bytes")
	}
	for _, r := range s {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return Code{}, invalid(field, "has a space or a character that does not print")
		}
	}
	if len(s) == 12 {
		if n, ok := parseDigits(s); ok {
			return Code{n: n + 1}, nil
		}
	}
	return Code{opaque: strings.Clone(s)}, nil
}

// Draw draws one twelve-digit code, uniform over all of them, from entropy
// (COD-FORMAT, COD-UNGUESSABLE). It reads eight bytes, rarely more, and does
// not allocate. Nearly every caller lets the [Engine] draw; Draw is for tools
// that must not depend on one. The error matches [ErrEntropy]: a source that
// fails or ends early yields no code. Draw is as safe for concurrent use as
// entropy is.
func Draw(entropy *bufio.Reader) (Code, error) {
	for range maxRedraws {
		b, err := entropy.Peek(8)
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return Code{}, fmt.Errorf("%w: %w", ErrEntropy, err)
		}
		n := binary.LittleEndian.Uint64(b)
		// The buffered bytes are there, so Discard cannot fail.
		_, _ = entropy.Discard(8)
		if c, ok := codeFrom(n); ok {
			return c, nil
		}
	}
	return Code{}, fmt.Errorf("%w: %d draws in a row were out of range", ErrEntropy, maxRedraws)
}

// maxRedraws bounds the redraws against a broken entropy source; a sound one
// needs a second draw five times in 10^9.
const maxRedraws = 64

// codeFrom turns 64 random bits into a code. The top of the range, which
// would make small codes likelier, is refused.
func codeFrom(random uint64) (Code, bool) {
	const limit = 1<<64 - 1<<64%codeSpace
	if random >= limit {
		return Code{}, false
	}
	return Code{n: random%codeSpace + 1}, true
}

// IsZero reports whether c is no code.
func (c Code) IsZero() bool { return c.n == 0 && c.opaque == "" }

// String returns the whole code: "012345678901", or an opaque code's text.
// The zero Code is "".
func (c Code) String() string {
	if c.n == 0 {
		return c.opaque
	}
	var b [12]byte
	c.digits(&b)
	return string(b[:])
}

func (c Code) digits(b *[12]byte) {
	n := c.n - 1
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
}

// Display returns the code as people read it: "0123-4567-8901". An opaque
// code is shown as it is.
func (c Code) Display() string {
	if c.n == 0 {
		return c.opaque
	}
	var b [12]byte
	c.digits(&b)
	return string(b[:4]) + "-" + string(b[4:8]) + "-" + string(b[8:])
}

// Masked returns the code with all but its last two characters hidden, for
// logs and messages: "**********01". An opaque code of at most eight bytes is
// hidden whole.
func (c Code) Masked() string {
	if c.IsZero() {
		return ""
	}
	s := c.String()
	if len(s) <= 8 {
		return "********"
	}
	_, last := utf8.DecodeLastRuneInString(s)
	_, prev := utf8.DecodeLastRuneInString(s[:len(s)-last])
	return "**********" + s[len(s)-last-prev:]
}

// LogValue masks the code in structured logs.
func (c Code) LogValue() slog.Value { return slog.StringValue(c.Masked()) }

// GoString masks the code under %#v, which is what test failures print.
func (c Code) GoString() string { return "icpcode.Code(" + c.Masked() + ")" }

// Compare orders codes: twelve-digit ones by number, before all opaque ones,
// which are ordered byte by byte.
func (c Code) Compare(d Code) int {
	if (c.n == 0) != (d.n == 0) {
		if c.n == 0 {
			return 1
		}
		return -1
	}
	if c.n != d.n {
		return cmp.Compare(c.n, d.n)
	}
	return strings.Compare(c.opaque, d.opaque)
}

// MarshalText returns the whole code, so that JSON holds it as a string. The
// zero Code is the empty text.
func (c Code) MarshalText() ([]byte, error) { return c.AppendText(nil) }

// AppendText appends what [Code.MarshalText] returns.
func (c Code) AppendText(b []byte) ([]byte, error) {
	if c.n == 0 {
		return append(b, c.opaque...), nil
	}
	var d [12]byte
	c.digits(&d)
	return append(b, d[:]...), nil
}

// UnmarshalText reads back what [Code.MarshalText] wrote. It is strict: text
// from a person goes through [Format.Parse].
func (c *Code) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*c = Code{}
		return nil
	}
	s := string(b)
	d, err := Opaque.Parse(s)
	if err != nil {
		return err
	}
	if d.String() != s {
		return invalid("Code", "has space around it")
	}
	*c = d
	return nil
}

// Value stores the code in a database as its text; the zero Code is NULL.
func (c Code) Value() (driver.Value, error) {
	if c.IsZero() {
		return nil, nil
	}
	return c.String(), nil
}

// Scan reads what [Code.Value] stored.
func (c *Code) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*c = Code{}
		return nil
	case string:
		return c.UnmarshalText([]byte(v))
	case []byte:
		return c.UnmarshalText(v)
	}
	return invalid("Code", fmt.Sprintf("cannot be read from this type: %T", src))
}
