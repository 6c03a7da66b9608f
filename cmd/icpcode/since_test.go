package main

import (
	"strings"
	"testing"
)

// TestReviewSince: only what is new and what has cleared is told, and the exit
// status is for a timer.
func TestReviewSince(t *testing.T) {
	const columns = "id,provider,product,region,billing,status,expires,ips\n"
	row := func(id, status, expires string) string {
		return id + ",alibaba,ECS,cn-hangzhou,subscription," + status + "," + expires + ",\n"
	}
	filings := file(t, "filings.csv", "domain,instance\na.cn,i-1\nb.cn,i-2\nc.cn,i-3\n")
	old := file(t, "old.csv", columns+row("i-1", "released", "2027-12-31")+row("i-2", "running", "2026-12-01")+row("i-3", "running", "2027-12-31"))
	same := runIt("review", filings, old, "-at", "2026-11-26", "-json")
	if same.status != exitNo {
		t.Fatalf("status %d: %s", same.status, same.errors)
	}
	last := file(t, "last.json", same.out)
	later := file(t, "new.csv", columns+row("i-1", "released", "2027-12-31")+row("i-2", "running", "2027-12-31")+row("i-3", "running", "2026-12-02"))
	for _, c := range []struct {
		servers, now, cleared string
		status                int
	}{
		{old, "", "", exitYes},
		{later, "c.cn RSK-EXPIRING", "b.cn RSK-EXPIRING", exitNo},
	} {
		args := []string{"review", filings, c.servers, "-at", "2026-11-26", "-since", last}
		r := runIt(append(args, "-json")...)
		doc := decode[struct {
			Filings []struct {
				Domain string
				Risks  []struct{ Rule string }
			}
			Cleared []pastRisk
		}](t, r.out)
		var now, cleared []string
		for _, f := range doc.Filings {
			for _, k := range f.Risks {
				now = append(now, f.Domain+" "+k.Rule)
			}
		}
		for _, k := range doc.Cleared {
			cleared = append(cleared, k.Domain+" "+k.Rule)
		}
		if r.status != c.status || strings.Join(now, ", ") != c.now || strings.Join(cleared, ", ") != c.cleared {
			t.Errorf("status %d, new %q, cleared %q, want %d, %q, %q", r.status, now, cleared, c.status, c.now, c.cleared)
		}
		for _, lang := range []string{"en", "zh"} {
			out := runIt(append(args, "-lang", lang)...).out
			if strings.Contains(out, "a.cn") || (c.now != "") != strings.Contains(out, "c.cn") || (c.cleared != "") != strings.Contains(out, "b.cn") {
				t.Errorf("%s", out)
			}
		}
	}
	for text, want := range map[string]string{"{}": "not what review -json prints", "{": "it ends early", "x": "not JSON"} {
		if r := runIt("review", filings, old, "-since", file(t, "last.json", text)); r.status != exitUsage || !strings.Contains(r.errors, want) {
			t.Errorf("%q: status %d, %s", text, r.status, r.errors)
		}
	}
}
