package console

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
)

// TestPanics holds that a panic of the service's is a page, and told without a
// whole code.
func TestPanics(t *testing.T) {
	for name, test := range map[string]struct {
		breaks func(*stand, any)
		path   string
		status int
	}{
		"Account": {func(s *stand, v any) {
			s.o.Account = func(*http.Request) (icpcode.AccountID, error) { panic(v) }
		}, "/servers", http.StatusBadGateway},
		"Operator": {func(s *stand, v any) {
			s.o.Operator = func(context.Context, icpcode.AccountID) (bool, error) { panic(v) }
		}, "/servers", http.StatusBadGateway},
		"Servers": {func(s *stand, v any) {
			s.o.Servers = func(context.Context, icpcode.AccountID) ([]icpcode.Instance, error) { panic(v) }
		}, "/servers", http.StatusBadGateway},
		"Clock": {func(s *stand, v any) { s.o.Clock = func() time.Time { panic(v) } }, "/rules", http.StatusInternalServerError},
	} {
		const digits = "012345678901"
		code, err := icpcode.TwelveDigits.Parse(digits)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []any{code, &code, []icpcode.Code{code}, map[icpcode.Code]bool{code: true}, struct{ c icpcode.Code }{code}, digits, fmt.Errorf("no %v", code)} {
			s := newStand(t)
			test.breaks(s, v)
			s.mount()
			s.get("/console"+test.path, ops).shows(test.status)
			if len(s.failed) != 1 || strings.Contains(fmt.Sprintf("%v %+v", s.failed, s.failed), digits[1:]) {
				t.Errorf("of a panic in %s with a %T the service is told %v", name, v, s.failed)
			}
		}
	}
}

// TestSlowForms sends half a form to a server that has no time limits of its
// own: the console ends it.
func TestSlowForms(t *testing.T) {
	s := newStand(t)
	s.o.Timeout = time.Second / 5
	s.mount()
	srv := httptest.NewServer(s.web)
	defer srv.Close()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it was read
	_, err = io.WriteString(conn, "POST /console/apply/verify HTTP/1.1\r\nHost: x\r\nTest-Account: 1001\r\nConnection: close\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nrequest_id=k")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400") {
		t.Errorf("half a form is answered %.200q, %v", answer, err)
	}
}
