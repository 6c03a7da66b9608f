package inventory

import (
	"math"
	"unicode/utf16"
	"unicode/utf8"
)

// str reads a string, valid until the next call.
func (s *scanner) str() []byte {
	s.keep = s.pos
	escaped := s.scanString()
	raw := s.keep
	s.keep = -1
	if s.err != nil {
		return nil
	}
	return s.unquote(s.buf[raw+1:s.pos-1], escaped)
}

// plain reports whether c stands for itself in a string.
func plain(c byte) bool { return c >= ' ' && c != '"' && c != '\\' }

// scanString consumes a string and reports whether it has escapes.
func (s *scanner) scanString() (escaped bool) {
	s.pos++
	for {
		rest := s.buf[s.pos:s.end]
		i := 0
		for i < len(rest) && plain(rest[i]) {
			i++
		}
		s.pos += i
		switch c := s.next(); c {
		case '"':
			s.pos++
			return escaped
		case '\\':
			escaped = true
			s.pos++
			s.scanEscape()
		default:
			// Either the buffer ran out, and next filled it.
			if s.pos < s.end && plain(c) {
				continue
			}
			s.unexpected("the rest of a string")
		}
		if s.err != nil {
			return escaped
		}
	}
}

func (s *scanner) scanEscape() {
	switch s.next() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.pos++
	case 'u':
		s.pos++
		for range 4 {
			if hexDigit(s.next()) < 0 {
				s.unexpected("a hexadecimal digit")
				return
			}
			s.pos++
		}
	default:
		s.unexpected("an escape sequence")
	}
}

func hexDigit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c - 'a' + 10)
	case 'A' <= c && c <= 'F':
		return rune(c - 'A' + 10)
	}
	return -1
}

// unquote resolves the escapes of a string that scanString accepted.
func (s *scanner) unquote(raw []byte, escaped bool) []byte {
	if !escaped {
		return raw
	}
	out := s.unquoted[:0]
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		i++
		switch raw[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(raw[i+1:])
			i += 4
			if utf16.IsSurrogate(r) {
				pair := rune(utf8.RuneError)
				if i+6 < len(raw) && raw[i+1] == '\\' && raw[i+2] == 'u' {
					pair = utf16.DecodeRune(r, hex4(raw[i+3:]))
				}
				if r = pair; r != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default: // a quotation mark, backslash or slash
			out = append(out, raw[i])
		}
	}
	s.unquoted = out
	return out
}

func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		r = r<<4 | hexDigit(c)
	}
	return r
}

// number reads a number, valid until the next call.
func (s *scanner) number() []byte {
	s.keep = s.pos
	s.scanNumber()
	raw := s.keep
	s.keep = -1
	if s.err != nil {
		return nil
	}
	return s.buf[raw:s.pos]
}

func (s *scanner) scanNumber() {
	if s.next() == '-' {
		s.pos++
	}
	if s.next() == '0' {
		s.pos++
	} else {
		s.digits()
	}
	if s.next() == '.' {
		s.pos++
		s.digits()
	}
	if c := s.next(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.next(); c == '+' || c == '-' {
			s.pos++
		}
		s.digits()
	}
}

func (s *scanner) digits() {
	n := 0
	for c := s.next(); '0' <= c && c <= '9'; c = s.next() {
		s.pos++
		n = 1
	}
	if n == 0 {
		s.unexpected("a digit")
	}
}

func (s *scanner) literal(word string) {
	for i := range len(word) {
		if s.next() != word[i] || s.err != nil {
			s.unexpected(word)
			return
		}
		s.pos++
	}
}

// valueKind is the kind of a JSON value.
type valueKind uint8

const (
	noValue valueKind = iota // after an error
	null
	text
	number
	boolean
	list
	object
)

// kind returns the kind of the value at the current position.
func (s *scanner) kind() valueKind {
	c := s.peek()
	if s.err != nil {
		return noValue
	}
	switch c {
	case '"':
		return text
	case '{':
		return object
	case '[':
		return list
	case 't', 'f':
		return boolean
	case 'n':
		return null
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return number
	}
	s.unexpected("a value")
	return noValue
}

// scalar reads a value. Of a text it returns the content, of a number the
// spelling; lists, objects and the other kinds are skipped.
func (s *scanner) scalar() (valueKind, []byte) {
	k := s.kind()
	switch k {
	case text:
		return k, s.str()
	case number:
		return k, s.number()
	}
	s.skip(0)
	return k, nil
}

// skip reads a value and keeps nothing of it but keys.
func (s *scanner) skip(depth int) {
	if depth > maxDepth {
		s.fail(errDepth)
		return
	}
	switch s.kind() {
	case text:
		s.scanString()
	case number:
		s.scanNumber()
	case boolean:
		if s.buf[s.pos] == 't' {
			s.literal("true")
		} else {
			s.literal("false")
		}
	case null:
		s.literal("null")
	case list:
		for first := true; s.element(first); first = false {
			s.skip(depth + 1)
		}
	case object:
		for first := true; ; first = false {
			if _, ok := s.member(first); !ok {
				return
			}
			s.skip(depth + 1)
		}
	}
}

// count reads a number that may be given as a text; null, "" and nothing are
// -1. Fractions, negative numbers and numbers above 2^31 are errors.
func (s *scanner) count(field string) int {
	at := s.offset()
	k, b := s.scalar()
	if s.err != nil || k == null || k == text && len(b) == 0 {
		return -1
	}
	n, ok := atoi(b)
	if !ok {
		s.failAt(at, errorf("%s is not a whole number", "%s不是整数", field))
		return -1
	}
	return n
}

func atoi(b []byte) (int, bool) {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n > (math.MaxInt32-9)/10 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}
