package icpcode_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// No log shows a whole code, in any form in which a service would log one.
func TestLogsMaskCodes(t *testing.T) {
	w := newWorld(t)
	res := must[icpcode.Result](t)(w.eng.Issue(w.ctx, icpcode.IssueRequest{Actor: "1001", RequestID: "r1", Instance: w.server("1001"), Quantity: 2}))
	rec := w.record(res.Codes[0])
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		out.Reset()
		slog.New(h).Info("issued", "result", res, "code", res.Codes[0], "record", rec, "at", &rec, "event", w.seen[0])
		for _, c := range res.Codes {
			if strings.Contains(out.String(), c.String()) {
				t.Errorf("a log shows a whole code: %s", out.String())
			}
		}
		for _, want := range []string{rec.Code.Masked(), "r1", "Available", string(rec.InstanceID)} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("a log lacks %q: %s", want, out.String())
			}
		}
	}
}
