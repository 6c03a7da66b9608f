package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	utf16 "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/spoken"
)

// charset is how a text was written.
type charset uint8

const (
	charsetUTF8 charset = iota
	charsetGB18030
	charsetUTF16LE
	charsetUTF16BE
)

// String returns the name that editors and iconv know.
func (c charset) String() string {
	return [...]string{"UTF-8", "GB18030", "UTF-16LE", "UTF-16BE"}[c]
}

// textError says that a text is not of the character set that it seemed to be.
type textError struct {
	line  int // from 1
	byte  byte
	after charset // of the text before it
	mixed bool    // there is text of that set before it, besides ASCII
}

func (e *textError) Error() string { return e.Text(icpcode.English) }

// Text says in language l what happened and how to avoid it.
func (e *textError) Text(l icpcode.Lang) string { return spoken.Text(e.told(), l) }

func (e *textError) told() error {
	switch {
	case e.after == charsetGB18030:
		return errorf("line %d is neither UTF-8 nor GB18030 (GBK): save the file as UTF-8 and try again",
			"第%d行既不是UTF-8也不是GB18030（GBK）编码：请将文件另存为UTF-8后重试", e.line)
	case e.after != charsetUTF8:
		return errorf("line %d is not %v as the text before it is: the file was cut or put together; save it as UTF-8 and try again",
			"第%d行不是%v编码，与前文不一致：文件被截断或由不同编码拼接而成，请另存为UTF-8后重试", e.line, e.after)
	case e.mixed:
		return errorf("line %d is not UTF-8 (byte %#02x), but the text before it is: the file was put together from texts of two encodings, or cut; save it as UTF-8 and try again",
			"第%d行不是UTF-8编码（字节%#02x），而前文是：文件由不同编码拼接而成或被截断，请全部转为UTF-8后重试", e.line, e.byte)
	}
	return errorf("line %d is neither UTF-8 nor GB18030 (GBK): byte %#02x; save the file as UTF-8 and try again",
		"第%d行既不是UTF-8也不是GB18030（GBK）编码：字节%#02x；请将文件另存为UTF-8后重试", e.line, e.byte)
}

// textWindow is how much is looked at to tell UTF-8 from GB18030, and with it
// what is held of a text.
const textWindow = 128 << 10

// textReader turns text into UTF-8, whatever spreadsheets, shells and consoles
// wrote it in: UTF-8, UTF-16 with or without a byte order mark, or GB18030,
// which includes GBK and GB2312. It tells them apart so:
//
//   - A byte order mark says it. Without one, text with zero bytes at every
//     other place is UTF-16, as neither of the others has zero bytes.
//   - Up to the first byte beyond ASCII the rest is the same. From there on a
//     window of the text is looked at: valid UTF-8 is UTF-8, as GB18030 is so
//     only by accident; else valid GB18030 is that, unless so much of it is
//     valid UTF-8 that it is UTF-8 with something wrong in it.
//
// Anything else, and text that changes its encoding later, is a [*textError].
// A byte order mark of UTF-8 is left in place.
type textReader struct {
	in      *bufio.Reader
	failure *stickyReader
	charset charset
	decoder transform.Transformer // nil: UTF-8
	beyond  bool                  // there was something beyond ASCII
	unsure  bool                  // taken for UTF-8, but could be GB18030
	out     []byte                // not handed out yet
	decoded []byte                // what out is a part of, where there is a decoder
	line    int                   // that the next byte of out is in, from 1
	err     error
}

// newTextReader looks at the beginning of r.
func newTextReader(r io.Reader) *textReader {
	failure := &stickyReader{r: r}
	t := &textReader{in: bufio.NewReaderSize(failure, textWindow), failure: failure, line: 1}
	head, _ := t.in.Peek(sniffBytes)
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		t.use(charsetUTF16LE)
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		t.use(charsetUTF16BE)
	default:
		if c, ok := utf16Without(head); ok {
			t.use(c)
		}
	}
	return t
}

// sniffBytes is how much of the beginning of an input is looked at at once.
const sniffBytes = 2048

// utf16Without tells UTF-16 without a byte order mark by its zero bytes: those
// of its ASCII, such as brackets, commas and digits, are all at even or all at
// odd places. Few other characters have one at the other place, such as 一.
func utf16Without(head []byte) (charset, bool) {
	var zero [2]int
	for i, b := range head {
		if b == 0 {
			zero[i%2]++
		}
	}
	switch {
	case zero[1] > zero[0]:
		return charsetUTF16LE, true
	case zero[0] > zero[1]:
		return charsetUTF16BE, true
	}
	return 0, false
}

func (t *textReader) use(c charset) {
	t.charset = c
	switch c {
	case charsetGB18030:
		t.decoder = simplifiedchinese.GB18030.NewDecoder()
	case charsetUTF16LE:
		t.decoder = utf16.UTF16(utf16.LittleEndian, utf16.UseBOM).NewDecoder()
	case charsetUTF16BE:
		t.decoder = utf16.UTF16(utf16.BigEndian, utf16.UseBOM).NewDecoder()
	}
}

func (t *textReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(t.out) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		if t.decoder != nil {
			t.decode()
		} else {
			t.pass()
		}
	}
	n := copy(p, t.out)
	t.out = t.out[n:]
	return n, nil
}

// give sets what is handed out next.
func (t *textReader) give(b []byte) {
	t.out = b
	t.line += bytes.Count(b, []byte{'\n'})
}

// ended is the error behind the last byte.
func (t *textReader) ended() error {
	if t.failure.err != nil {
		return t.failure.err
	}
	return io.EOF
}

// pass hands on text that is UTF-8 or has not shown yet what it is.
func (t *textReader) pass() {
	if _, err := t.in.Peek(1); err != nil {
		t.err = t.ended()
		return
	}
	b, _ := t.in.Peek(t.in.Buffered())
	if !t.beyond {
		if n := ascii(b); n > 0 {
			_, _ = t.in.Discard(n) // they are buffered
			t.give(b[:n])
			return
		}
		b, _ = t.in.Peek(textWindow)
	}
	n := validPrefix(b)
	if n == 0 && len(b) < utf8.UTFMax {
		b, _ = t.in.Peek(utf8.UTFMax) // a character that the buffer cuts
		n = validPrefix(b)
	}
	whole := n == len(b) || t.failure.err == nil && !utf8.FullRune(b[n:])
	if whole || t.beyond && n > 0 {
		t.unsure = t.unsure || !t.beyond && onlyPairs(b[:n]) && isGB18030(b[:n])
		t.beyond = true
		_, _ = t.in.Discard(n) // they are buffered
		t.give(b[:n])
		return
	}
	if !t.beyond && mostlyNotUTF8(b) && isGB18030(b) {
		t.use(charsetGB18030)
		return
	}
	t.give(b[:n])
	t.err = &textError{line: t.line, byte: b[n], mixed: t.beyond || ascii(b[:n]) < n}
}

// decode hands on text that has to be turned into UTF-8.
func (t *textReader) decode() {
	if _, err := t.in.Peek(1); err != nil && t.failure.err != nil && !errors.Is(t.failure.err, io.EOF) {
		t.err = t.failure.err
		return
	}
	if t.decoded == nil {
		t.decoded = make([]byte, textWindow)
	}
	b, _ := t.in.Peek(t.in.Buffered())
	to, from, err := t.decoder.Transform(t.decoded, b, t.failure.err != nil)
	if from == 0 && to == 0 {
		if errors.Is(err, transform.ErrShortSrc) {
			_, _ = t.in.Peek(len(b) + 1) // a character that the buffer cuts
			return
		}
		t.err = t.ended()
		return
	}
	_, _ = t.in.Discard(from) // they are buffered
	out := t.decoded[:to]
	if good, _, bad := bytes.Cut(out, []byte(string(utf8.RuneError))); bad {
		t.give(good)
		t.err = &textError{line: t.line, after: t.charset}
		return
	}
	t.give(out)
}

// ascii returns how many bytes at the beginning of b are ASCII.
func ascii(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 != 0 {
			break
		}
	}
	for i < len(b) && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// validPrefix returns how many bytes at the beginning of b are UTF-8.
func validPrefix(b []byte) int {
	if utf8.Valid(b) {
		return len(b)
	}
	n := 0
	for n < len(b) {
		r, size := utf8.DecodeRune(b[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// sequences counts the characters of two bytes and of more in what b has of
// UTF-8, and the bytes that are not UTF-8.
func sequences(b []byte) (two, more, wrong int) {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			wrong++
		case size == 2:
			two++
		case size > 2:
			more++
		}
		b = b[size:]
	}
	return two, more, wrong
}

// mostlyNotUTF8 reports whether b is not just UTF-8 with something wrong in it.
// In Chinese text of GB18030, one character in six looks like two bytes of
// UTF-8, one in sixty like three, and the others do not.
func mostlyNotUTF8(b []byte) bool {
	two, more, wrong := sequences(b)
	return wrong >= two && wrong >= 8*more
}

// onlyPairs reports whether nothing in b, which is UTF-8, shows that it is not
// Chinese of GB18030: it has letters of two bytes, and nothing of more.
func onlyPairs(b []byte) bool {
	_, more, _ := sequences(b)
	return more == 0 && bytes.IndexFunc(b, func(r rune) bool { return r >= utf8.RuneSelf && unicode.IsLetter(r) }) >= 0
}

// isGB18030 reports whether b, which may be cut at its end, is GB18030 that a
// person could have written: without places that no standard gives a
// character.
func isGB18030(b []byte) bool {
	out := make([]byte, 3*len(b)+utf8.UTFMax)
	to, _, err := simplifiedchinese.GB18030.NewDecoder().Transform(out, b, false)
	if err != nil && !errors.Is(err, transform.ErrShortSrc) {
		return false
	}
	return bytes.IndexFunc(out[:to], func(r rune) bool {
		return r == utf8.RuneError || unicode.Is(unicode.Co, r) || 0x80 <= r && r < 0xA0
	}) < 0
}

// stickyReader goes on giving the error that its reader gave once.
type stickyReader struct {
	r   io.Reader
	err error
}

func (s *stickyReader) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.err = err
	return n, err
}
