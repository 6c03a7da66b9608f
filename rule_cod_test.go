package icpcode_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

func testCODFormat(t *testing.T) {
	w := newWorld(t)
	for range 20 {
		for _, c := range w.issue(w.server("1001"), 5) {
			s := c.String()
			if len(s) != 12 || s[0] != '0' || strings.Trim(s, "0123456789") != "" {
				t.Fatalf("a code does not have twelve digits after a 0: %q", s)
			}
			if want := s[:4] + "-" + s[4:8] + "-" + s[8:]; c.Display() != want {
				t.Errorf("displayed as %q, want %q", c.Display(), want)
			}
		}
	}
	for _, s := range []string{"112345678901", "01234567890", "0123456789012", "01234567890a", "０12345678９0", "", "012345678:01", "01234567/901"} {
		if _, err := icpcode.ParseCode(s); !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", s, err)
		}
	}
	for _, s := range []string{"000000000000", "012345678901", "099999999999"} {
		if c, err := icpcode.ParseCode(s); err != nil || c.String() != s {
			t.Errorf("%q: got %q, %v", s, c.String(), err)
		}
	}
}

func testCODOpaque(t *testing.T) {
	w := newWorld(t)
	const uuid = "6F9619FF-8B86-D011-B42D-00CF4FC964FF"
	c := must[icpcode.Code](t)(icpcode.Opaque.Parse("  " + uuid + "\n"))
	if c.String() != uuid || c.Display() != uuid {
		t.Errorf("%q is read as %q and shown as %q", uuid, c.String(), c.Display())
	}
	lower := must[icpcode.Code](t)(icpcode.Opaque.Parse(strings.ToLower(uuid)))
	if lower == c {
		t.Error("case is not kept")
	}
	if a, b := must[icpcode.Code](t)(icpcode.Opaque.Parse("012345678901")), must[icpcode.Code](t)(icpcode.ParseCode("0123-4567-8901")); a != b {
		t.Error("one code has two values")
	}
	for _, s := range []string{"", " ", "a b", "a\x00b", strings.Repeat("x", 65), "\xff"} {
		if _, err := icpcode.Opaque.Parse(s); !errors.Is(err, icpcode.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", s, err)
		}
	}
	must[icpcode.Code](t)(icpcode.Opaque.Parse(strings.Repeat("x", 64)))
	// An import accepts what the options say.
	r := icpcode.ImportRequest{Actor: ops, Code: c, State: icpcode.StateAvailable, Owner: "1001", InstanceID: "i-1", Product: icpcode.ECS,
		Origin: icpcode.OriginFree, Issued: at(2025, 1, 1, 0, 0, 0)}
	w.with(func(o *icpcode.Options) { o.ImportFormat = icpcode.TwelveDigits })
	_, err := w.eng.Import(w.ctx, r)
	is(t, err, icpcode.ErrInvalid)
	w.with(func(o *icpcode.Options) { o.ImportFormat = icpcode.Opaque })
	must[icpcode.Result](t)(w.eng.Import(w.ctx, r))
	must[icpcode.Result](t)(w.submit("1001", c))
}

// repeats is an entropy source that repeats each of its values.
type repeats struct {
	values []uint64
	n      int
}

func (r *repeats) Read(b []byte) (int, error) {
	v := r.values[min(r.n/2, len(r.values)-1)]
	r.n++
	for i := range 8 {
		b[i] = byte(v >> (8 * i))
	}
	return 8, nil
}

func testCODUnique(t *testing.T) {
	w := newWorld(t)
	source := &repeats{values: []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}}
	w.with(func(o *icpcode.Options) { o.Entropy = source })
	codes := map[icpcode.Code]bool{}
	ask := func(n int) {
		for _, c := range must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{
			Actor: "1001", RequestID: fmt.Sprint("r", len(codes)), Instance: w.server("1001"), Quantity: n,
		})).Codes {
			if codes[c] {
				t.Fatal("a code was issued twice")
			}
			codes[c] = true
		}
	}
	ask(5)
	for range 5 {
		ask(1)
	}
	// Also when the code is dead.
	for c := range codes {
		must[icpcode.Result](t)(w.eng.Void(w.ctx, icpcode.VoidRequest{Actor: ops, RequestID: "void" + c.String(), Code: c, Reason: "test"}))
	}
	source.n = 0
	i := w.server("1001")
	res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", RequestID: "again", Instance: i, Quantity: 1}))
	if codes[res.Codes[0]] {
		t.Error("a dead code was issued again")
	}
	if source.n < 20 {
		t.Errorf("the source was asked %d times: no draw collided", source.n)
	}
}

// broken fails in the way it is told to.
type broken struct {
	how string
	n   int
}

func (b *broken) Read(p []byte) (int, error) {
	if b.n > 0 {
		n := min(b.n, len(p))
		b.n -= n
		for i := range n {
			p[i] = byte(b.n + i*7)
		}
		return n, nil
	}
	switch b.how {
	case "fail":
		return 0, errors.New("no randomness today")
	case "short":
		return 0, io.EOF
	case "panic":
		panic("no randomness today")
	}
	clear(p)
	return len(p), nil // zeros for ever
}

func testCODUnguessable(t *testing.T) {
	// Neither sequential nor of a smaller space: over many draws each of the
	// eleven digits takes all values about equally often.
	var counts [12][10]int
	entropy := bufio.NewReader(&counter{})
	const draws = 20_000
	last := icpcode.Code{}
	ascending := 0
	for range draws {
		c := must[icpcode.Code](t)(icpcode.Draw(entropy))
		for i, d := range c.String() {
			counts[i][d-'0']++
		}
		if c.Compare(last) > 0 {
			ascending++
		}
		last = c
	}
	for i := 1; i < 12; i++ {
		for d, n := range counts[i] {
			if n < draws/10*8/10 || n > draws/10*12/10 {
				t.Errorf("digit %d is %d in %d of %d draws", i, d, n, draws)
			}
		}
	}
	if ascending < draws*4/10 || ascending > draws*6/10 {
		t.Errorf("%d of %d draws are above the one before", ascending, draws)
	}
	for _, how := range []string{"fail", "short", "panic", "zeros"} {
		for _, n := range []int{0, 3, 8, 20} {
			w := newWorld(t)
			w.with(func(o *icpcode.Options) { o.Entropy = &broken{how, n} })
			i := w.server("1001")
			_, err := w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", RequestID: "r", Instance: i, Quantity: 5})
			is(t, err, icpcode.ErrEntropy)
			w.with(func(o *icpcode.Options) { o.Entropy = nil })
			w.issue(i, 5) // it cost no quota
		}
	}
	// A code alone opens nothing.
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	_, err := w.submit("6666", c)
	is(t, err, icpcode.ErrNoCode)
	if strings.Contains(fmt.Sprint(c.Masked(), c.LogValue(), fmt.Sprintf("%#v", c)), c.String()) {
		t.Error("a masked code shows the whole code")
	}
}

// counter is a weak but evenly spread source: a permutation of a counter.
type counter struct{ n uint64 }

func (c *counter) Read(b []byte) (int, error) {
	for i := 0; i+8 <= len(b); i += 8 {
		c.n++
		x := c.n * 0x9E3779B97F4A7C15
		x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
		x = (x ^ x>>27) * 0x94D049BB133111EB
		x ^= x >> 31
		for j := range 8 {
			b[i+j] = byte(x >> (8 * j))
		}
	}
	return len(b) &^ 7, nil
}

func testCODInput(t *testing.T) {
	want := must[icpcode.Code](t)(icpcode.ParseCode("012345678901"))
	for _, s := range []string{
		" 0123-4567-8901 ", "0123 4567 8901", "“012345678901”", "「0123 4567 8901」", "０１２３４５６７８９０１", "0123－4567－8901",
		"(012345678901)", "012345678901。", "\t012345678901\r\n", "\ufeff012345678901", "0123\u30004567\u30008901", "【012345678901】", "'012345678901'",
	} {
		if c, err := icpcode.ParseCode(s); err != nil || c != want {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"0123_4567_8901", "O12345678901", "01234567890１2", "0123.4567.8901", "٠12345678901", "code 012345678901", strings.Repeat(" ", 300) + "012345678901", "0\xff2345678901"} {
		_, err := icpcode.ParseCode(s)
		var bad *icpcode.InvalidError
		if !errors.As(err, &bad) {
			t.Errorf("%q: got %v, want an *InvalidError", s, err)
			continue
		}
		if strings.Contains(err.Error(), "4567") || bad.Field != "Code" {
			t.Errorf("%q: the error echoes the code: %v", s, err)
		}
	}
}

func testCODInstant(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	w.state(c, icpcode.StateAvailable)
	must[icpcode.Result](t)(w.submit("1001", c)) // at the same instant
	if r := w.record(c); !r.Issued.Equal(w.now) || !r.Updated.Equal(r.Issued) {
		t.Errorf("issued %v, submitted %v, want both at %v", r.Issued, r.Updated, w.now)
	}
}

func testCODOne(t *testing.T) {
	w := newWorld(t)
	c := w.issue(w.server("1001"), 1)[0]
	for name, edit := range map[string]func(*icpcode.Filing){
		"a domain and an app": func(f *icpcode.Filing) { f.App = "app" },
		"neither":             func(f *icpcode.Filing) { f.Domain = "" },
		"two domains":         func(f *icpcode.Filing) { f.Domain = "a.cn,b.cn" },
		"no subject":          func(f *icpcode.Filing) { f.Subject = "" },
	} {
		f := w.site()
		edit(&f)
		_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: f})
		t.Log(name)
		refused(t, err, icpcode.FILWhat)
	}
	must[icpcode.Result](t)(w.submit("1001", c))
	other := w.site()
	other.Domain = "other.cn"
	_, err := w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: other})
	refused(t, err, icpcode.LIFSubmit)
	if got := w.record(c).Filing.Domain; got != "example.cn" {
		t.Errorf("the code now files for %s", got)
	}
}
