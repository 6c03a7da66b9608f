package icpcode_test

import (
	"testing"

	"github.com/icpcode/icpcode"
)

func testFILService(t *testing.T) {
	w := newWorld(t)
	i := w.server("1001")
	i.ContractQuota = 20
	file := func(f icpcode.Filing) icpcode.Code {
		t.Helper()
		c := w.issue(i, 1)[0]
		f.Kind, f.Subject = icpcode.FilingAccess, "subject-1"
		must[icpcode.Result](t)(w.eng.Submit(w.ctx, icpcode.SubmitRequest{Actor: "1001", Code: c, Filing: f}))
		return c
	}
	// One service in many forms, which are kept as they were typed, and what
	// looks like it.
	typed := []string{"例子.cn", "例子。CN", "xn--fsqu00a.cn", "XN--FSQU00A．CN｡"}
	for _, d := range append(typed, "www.例子.cn", "例子.com") {
		if got := w.record(file(icpcode.Filing{Domain: d})).Filing.Domain; got != d {
			t.Errorf("%q is kept as %q", d, got)
		}
	}
	file(icpcode.Filing{App: "例子.cn"})
	file(icpcode.Filing{App: "App"})
	file(icpcode.Filing{App: "app"})
	count := func(r icpcode.ListRequest) (n int) {
		t.Helper()
		r.Actor = "1001"
		for _, err := range w.eng.Owned(w.ctx, r) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	for _, d := range typed {
		if n := count(icpcode.ListRequest{Domain: d}); n != len(typed) {
			t.Errorf("%q is the domain of %d filings, want %d", d, n, len(typed))
		}
	}
	for _, app := range []string{"App", "app", "例子.cn"} {
		if n := count(icpcode.ListRequest{App: app}); n != 1 {
			t.Errorf("%q is the app of %d filings, want 1", app, n)
		}
	}
}
