package inventory

import (
	"bytes"
	"errors"
	"io"
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
