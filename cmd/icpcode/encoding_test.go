package main

import (
	"bytes"
	"errors"
	"github.com/icpcode/icpcode"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	utf16 "golang.org/x/text/encoding/unicode"
)

// encoders write what textReader reads.
var encoders = map[string]encoding.Encoding{
	"UTF-8":             encoding.Nop,
	"GB18030":           simplifiedchinese.GB18030,
	"GBK":               simplifiedchinese.GBK,
	"UTF-16LE with BOM": utf16.UTF16(utf16.LittleEndian, utf16.UseBOM),
	"UTF-16BE with BOM": utf16.UTF16(utf16.BigEndian, utf16.UseBOM),
	"UTF-16LE":          utf16.UTF16(utf16.LittleEndian, utf16.IgnoreBOM),
	"UTF-16BE":          utf16.UTF16(utf16.BigEndian, utf16.IgnoreBOM),
}

func encoded(t testing.TB, name, text string) []byte {
	t.Helper()
	out, err := encoders[name].NewEncoder().Bytes([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

// TestTextReader: a text reads the same whatever it was written in, and however
// it arrives; also where a character lies across the window.
func TestTextReader(t *testing.T) {
	short := "id,owner\ni-1,上海某公司\n"
	for what, text := range map[string]string{
		"empty":           "",
		"ASCII":           "id,owner\ni-1,1001\n",
		"short":           short,
		"Chinese at once": "实例ID,购买账号\ni-1,上海某公司\n",
		"late":            strings.Repeat("a", 3*textWindow-1) + "上海\n" + strings.Repeat("海", textWindow),
		"across":          strings.Repeat("a", textWindow-1) + "上" + strings.Repeat("b", textWindow-2) + "海某\n",
		"early and late":  "上海某公司" + strings.Repeat("x", 2*textWindow-1) + "官网\n",
	} {
		for name := range encoders {
			if text == "" && strings.HasPrefix(name, "UTF-16") || what == "late" && strings.HasPrefix(name, "GB") && testing.Short() {
				continue
			}
			in := encoded(t, name, text)
			for how, r := range map[string]io.Reader{
				"whole": bytes.NewReader(in), "by halves": iotest.HalfReader(bytes.NewReader(in)), "with its error": iotest.DataErrReader(bytes.NewReader(in)),
			} {
				tr := newTextReader(r)
				out, err := io.ReadAll(iotest.HalfReader(tr))
				if err != nil || strings.TrimPrefix(string(out), "\uFEFF") != text {
					t.Errorf("%s, %s, %s: %v; %d bytes, want %d", what, name, how, err, len(out), len(text))
				}
				if want := strings.Fields(strings.Replace(name, "GBK", "GB18030", 1))[0]; what != "ASCII" && what != "empty" && tr.charset.String() != want {
					t.Errorf("%s, %s, %s: taken for %v", what, name, how, tr.charset)
				}
			}
		}
	}
	if out, err := io.ReadAll(newTextReader(iotest.OneByteReader(bytes.NewReader(encoded(t, "GBK", short))))); err != nil || string(out) != short {
		t.Errorf("byte by byte: %q, %v", out, err)
	}
}

// TestTextError: what cannot be read is refused with its line, and nothing of
// it is garbled.
func TestTextError(t *testing.T) {
	gbk := func(s string) string { return string(encoded(t, "GBK", s)) }
	wide := func(s string) string { return string(encoded(t, "UTF-16LE with BOM", s)) }
	for what, test := range map[string]struct {
		text string
		want textError
	}{
		"a byte of neither":        {"a\nb\xff\nc", textError{line: 2, byte: 0xff}},
		"cut in a character":       {"a\n上\nb\xe4\xb8", textError{line: 3, byte: 0xe4, mixed: true}},
		"GBK after UTF-8":          {"上海\n" + strings.Repeat("a\n", textWindow) + gbk("某公司"), textError{line: textWindow + 2, byte: 0xb9, mixed: true}},
		"GBK soon after UTF-8":     {"上海\n" + gbk("某公司"), textError{line: 2, byte: 0xb9, mixed: true}},
		"UTF-8 after GBK":          {gbk("上海某\n") + strings.Repeat("a\n", textWindow) + "京\n", textError{line: textWindow + 2, after: charsetGB18030}},
		"UTF-8 soon after GBK":     {gbk("海\n") + "上海某\n", textError{line: 1, byte: 0xba}},
		"half a unit of UTF-16":    {wide("ab\nc") + "x", textError{line: 2, after: charsetUTF16LE}},
		"half a pair of UTF-16":    {wide("ab\n") + "\x3d\xd8\x61\x00", textError{line: 2, after: charsetUTF16LE}},
		"Latin with an umlaut":     {"a\nZ\xfc\n", textError{line: 2, byte: 0xfc}},
		"places without character": {"a\n\xaa\xa1\xaa\xa2", textError{line: 2, byte: 0xaa}},
	} {
		out, err := io.ReadAll(newTextReader(strings.NewReader(test.text)))
		var got *textError
		if !errors.As(err, &got) || *got != test.want {
			t.Errorf("%s: %#v, want %#v", what, err, test.want)
			continue
		}
		if !utf8.Valid(out) || bytes.ContainsRune(out, utf8.RuneError) {
			t.Errorf("%s: garbled text comes before the error", what)
		}
		if zh := got.Text(icpcode.Chinese); !strings.Contains(zh, "UTF-8") || !strings.HasPrefix(zh, "第") {
			t.Errorf("%s: in Chinese %q", what, zh)
		}
	}
	if _, err := io.ReadAll(newTextReader(iotest.TimeoutReader(strings.NewReader(strings.Repeat("a", 3*textWindow))))); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("an error of the reader: %v", err)
	}
}

// TestTextUnsure: what could be either is taken for UTF-8, and that is told.
func TestTextUnsure(t *testing.T) {
	for text, want := range map[string]bool{"Café,x\n": true, "Jos\u00e9 上海": false, "上海": false, "ASCII": false, "naïve é": true} {
		tr := newTextReader(strings.NewReader(text))
		if out, err := io.ReadAll(tr); err != nil || string(out) != text || tr.unsure != want || tr.charset != charsetUTF8 {
			t.Errorf("%q: %q, %v, %v, unsure %v", text, out, err, tr.charset, tr.unsure)
		}
	}
}

// FuzzTextReader: any input is read into UTF-8 or refused, and any text that
// is written in one of the encodings is read as it was.
func FuzzTextReader(f *testing.F) {
	for name := range encoders {
		f.Add(encoded(f, name, "id,owner\n实例,上海某公司\n"))
	}
	f.Add([]byte("a\xff"))
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := io.ReadAll(newTextReader(bytes.NewReader(in)))
		if !utf8.Valid(out) {
			t.Errorf("%q is read as %q", in, out)
		}
		var bad *textError
		if err != nil && !errors.As(err, &bad) {
			t.Errorf("%q: %v", in, err)
		}
		if utf8.Valid(in) && !bytes.ContainsRune(in, 0) && (err != nil || string(out) != string(in)) {
			t.Errorf("%q: UTF-8 is read as %q, %v", in, out, err)
		}
		if !utf8.Valid(in) || bytes.ContainsAny(in, "\x00\uFFFD\uFEFF") {
			return
		}
		text := strings.Repeat("id,", 1+len(in)) + string(in) // shows which of UTF-16 it is
		for name, e := range encoders {
			wrote, err := e.NewEncoder().Bytes([]byte(text))
			if err != nil || strings.HasPrefix(name, "GB") && (utf8.Valid(wrote) || !isGB18030(wrote) || !mostlyNotUTF8(wrote)) {
				continue // it cannot be written so, or looks like UTF-8
			}
			if got, err := io.ReadAll(newTextReader(bytes.NewReader(wrote))); err != nil || string(got) != text {
				t.Errorf("%s: %q is read as %q, %v", name, text, got, err)
			}
		}
	})
}
