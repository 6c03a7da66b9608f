package inventory

import (
	"bytes"
	"errors"
	"io"
	"math"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	bufferSize = 32 << 10
	maxToken   = 64 << 10 // the longest string that is kept
	maxDepth   = 100      // of nesting
)

var (
	errDepth = errorf("values are nested deeper than %d levels", "嵌套超过%d层", maxDepth)
	errUTF16 = errorf("the text is UTF-16; convert it to UTF-8", "文件为UTF-16编码，请转换为UTF-8")
	errStop  = errors.New("stop")
)

// scanner reads JSON from a stream by pulling values. It holds one buffer and
// the token that is being read, whatever the input. It checks the grammar of
// all that it reads or skips.
//
// Unlike encoding/json it matches keys exactly, knows the offset of all it
// reads, and skips what nobody wants without keeping it. The first error
// sticks: every method then does nothing and returns a zero value, so that
// callers need to look at err only where they would act.
type scanner struct {
	r        io.Reader
	buf      []byte
	pos, end int   // buf[pos:end] is unread
	keep     int   // buf[keep:pos] survives a refill; -1: nothing does
	base     int64 // offset of buf[0] in the input
	readErr  error
	err      error
	errAt    int64
	unquoted []byte // of the last string that had escapes
}

func newScanner(r io.Reader) *scanner {
	s := &scanner{r: r, buf: make([]byte, bufferSize), keep: -1}
	for s.end < 3 && s.fill() {
	}
	head := s.buf[:s.end]
	if bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")) {
		s.pos = 3
	}
	if bytes.HasPrefix(head, []byte("\xFE\xFF")) || bytes.HasPrefix(head, []byte("\xFF\xFE")) {
		s.fail(errUTF16)
	}
	return s
}

// isEOF reports whether err is the end of the input. An error that wraps
// io.EOF is a failure, after which the rest of the input is missing.
func isEOF(err error) bool {
	return err == io.EOF //nolint:errorlint // see above: io.Reader asks for io.EOF itself
}

func (s *scanner) offset() int64 { return s.base + int64(s.pos) }

func (s *scanner) fail(err error) { s.failAt(s.offset(), err) }

func (s *scanner) failAt(at int64, err error) {
	if s.err == nil {
		s.err, s.errAt = err, at
	}
}

// unexpected fails at the current byte, or at the end of the input.
func (s *scanner) unexpected(want string) {
	if s.pos < s.end {
		s.fail(errorf("found %q instead of %s", "JSON格式有误，此处不应出现%[1]q", s.buf[s.pos], want))
		return
	}
	if isEOF(s.readErr) {
		s.fail(cutShort(want))
		return
	}
	s.fail(s.readErr)
}

// fill reads more input behind what is unread or kept.
func (s *scanner) fill() bool {
	if s.err != nil || s.readErr != nil {
		return false
	}
	from := s.pos
	if s.keep >= 0 {
		from = s.keep
		s.keep = 0
	}
	if from > 0 {
		copy(s.buf, s.buf[from:s.end])
		s.base += int64(from)
		s.pos -= from
		s.end -= from
	}
	if s.end > maxToken {
		s.fail(ErrTooLong)
		return false
	}
	if s.end == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		if n < 0 || n > len(s.buf)-s.end {
			n, err = 0, errCount
		}
		s.end += n
		s.readErr = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	s.readErr = io.ErrNoProgress
	return false
}

// next returns the byte at the current position, or 0 at the end.
func (s *scanner) next() byte {
	if s.pos == s.end && !s.fill() {
		return 0
	}
	return s.buf[s.pos]
}

// peek returns the first byte that is not white space, or 0 at the end.
func (s *scanner) peek() byte {
	for s.err == nil {
		for s.pos < s.end {
			c := s.buf[s.pos]
			if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
				return c
			}
			s.pos++
		}
		if !s.fill() {
			return 0
		}
	}
	return 0
}

// done reports whether only white space is left.
func (s *scanner) done() bool {
	return s.peek() == 0 && s.pos == s.end && isEOF(s.readErr) && s.err == nil
}

// take consumes the byte c after white space.
func (s *scanner) take(c byte, want string) bool {
	if s.peek() != c || s.err != nil {
		s.unexpected(want)
		return false
	}
	s.pos++
	return true
}

// element moves to the next element of a list. If first, the current byte is
// its opening bracket. It returns false after the last.
func (s *scanner) element(first bool) bool {
	if first {
		s.pos++ // the caller has seen it
		if s.peek() == ']' {
			s.pos++
			return false
		}
		return s.err == nil
	}
	if s.peek() == ']' {
		s.pos++
		return false
	}
	return s.take(',', "a comma or the end of the list")
}

// member moves to the next value of an object, whose opening brace it consumes
// if first, and returns its key, valid until the next call. It returns false
// after the last.
func (s *scanner) member(first bool) (key []byte, ok bool) {
	if first {
		if !s.take('{', "an object") {
			return nil, false
		}
		if s.peek() == '}' {
			s.pos++
			return nil, false
		}
	} else {
		if s.peek() == '}' {
			s.pos++
			return nil, false
		}
		if !s.take(',', "a comma or the end of the object") {
			return nil, false
		}
	}
	if s.peek() != '"' || s.err != nil {
		s.unexpected("a key")
		return nil, false
	}
	s.keep = s.pos
	escaped := s.scanString()
	n := s.pos - s.keep
	s.take(':', "a colon")
	raw := s.keep
	s.keep = -1
	if s.err != nil {
		return nil, false
	}
	return s.unquote(s.buf[raw+1:raw+n-1], escaped), true
}

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
