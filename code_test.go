package icpcode_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// The edges of reading, drawing and ordering codes.
func TestCodeEdges(t *testing.T) {
	want := must[icpcode.Code](t)(icpcode.ParseCode("012345678901"))
	for _, f := range []icpcode.Format{icpcode.TwelveDigits, icpcode.Opaque} {
		pasted := "012345678901" + strings.Repeat(" ", 256-12)
		if c, err := f.Parse(pasted); err != nil || c != want {
			t.Errorf("256 bytes are read as %v, %v", c, err)
		}
		if _, err := f.Parse(pasted + " "); !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("257 bytes: %v", err)
		}
	}
	opaque := must[icpcode.Code](t)(icpcode.Opaque.Parse("0-opaque"))
	for _, c := range []struct {
		a, b icpcode.Code
		want int
	}{{want, opaque, -1}, {opaque, want, 1}, {want, want, 0}, {opaque, opaque, 0}} {
		if got := c.a.Compare(c.b); got != c.want {
			t.Errorf("%v and %v compare as %d, want %d", c.a, c.b, got, c.want)
		}
	}
	// 2^64 is no multiple of 10^11: what is left over would make small codes
	// likelier, and is drawn again.
	const limit = 18_446_744_000_000_000_000
	draw := func(words ...uint64) (icpcode.Code, error) {
		var b []byte
		for _, w := range words {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		return icpcode.Draw(bufio.NewReader(bytes.NewReader(b)))
	}
	if c, err := draw(limit - 1); err != nil || c.String() != "099999999999" {
		t.Errorf("the last draw is %v, %v", c, err)
	}
	if c, err := draw(limit, 7); err != nil || c.String() != "000000000007" {
		t.Errorf("past the last draw comes %v, %v", c, err)
	}
	if _, err := draw(); !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, icpcode.ErrEntropy) {
		t.Errorf("a source that has ended: %v", err)
	}
}

// TestSeparators pastes what does not show or looks like a hyphen between the
// digits.
func TestSeparators(t *testing.T) {
	want, err := icpcode.ParseCode("012345678901")
	if err != nil {
		t.Fatal(err)
	}
	for _, sep := range []string{"\u200b", "\ufeff", "−", "\u3000", "–"} {
		if c, err := icpcode.ParseCode("0123" + sep + "45678901"); err != nil || c != want {
			t.Errorf("%q between digits: %v, %v", sep, c, err)
		}
	}
}

// TestTwoPiecesOfAdvice gives all advice, and ends where its reader does.
func TestTwoPiecesOfAdvice(t *testing.T) {
	d := icpcode.Decision{Verdict: icpcode.Verdict{Decided: true, Advice: icpcode.MakeRuleIDs(icpcode.PAYWhen, icpcode.RSKMove)}}
	n := 0
	for range d.Reasons(icpcode.English) {
		n++
	}
	if n != 2 {
		t.Errorf("%d pieces of advice, want 2", n)
	}
	for range d.Reasons(icpcode.English) {
		break
	}
}
