package console

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/memstore"
	"github.com/shopspring/decimal"
)

// sells has the stand sell codes at 50 CNY. What was paid for a form is told
// once it was paid.
func (s *stand) sells(paid *bool) {
	s.t.Helper()
	s.options.Price = icpcode.Money{Amount: decimal.New(50, 0), Currency: "CNY"}
	s.eng = icpcode.New(memstore.New(), &s.options)
	s.o.Paid = func(_ context.Context, p httpapi.Purchase) (decimal.NullDecimal, error) {
		if !p.DryRun && !*paid {
			return decimal.NullDecimal{}, httpapi.ErrNotPaid
		}
		return decimal.NullDecimal{}, nil
	}
	s.mount()
}

// TestGrantCode: a code that was issued is granted once it is confirmed, with
// the phone, and its form once.
func TestGrantCode(t *testing.T) {
	s := newStand(t)
	s.issue(1)
	path := s.get("/console/codes", "1001").link("/console/codes/")
	own := s.get(path, "1001").shows(200, "Grant to an account", "<dt>Bought and issued by</dt><dd>1001</dd>")
	s.send(own, "/grant", "1001", "to", "1001").shows(422, "What to do")
	s.send(own, "/grant", "1001", "to", "<i>"+strings.Repeat("x", 300)).shows(400, "Grant to account", `value="<i>x`)
	confirm := s.send(own, "/grant", "1001", "to", "2002").shows(200, "2002", "cannot be taken back", "Code of the text message")
	if len(s.sent) != 1 || s.sent[0].Grantee != "2002" || s.sent[0].RequestID == "" {
		t.Fatalf("sent were %+v", s.sent)
	}
	wrong := s.send(confirm, "/grant", "1001", "proof", "1").shows(422, "Code of the text message")
	if s.codes("1001")[0].Grantee != "" {
		t.Fatal("a wrong code of a text message grants")
	}
	for range 2 {
		s.follow(s.send(wrong, "/grant", "1001", "proof", "834211"), "1001").shows(200, "Granted to", "2002")
	}
	if h := s.history("1001"); h != "Issue Grant" {
		t.Errorf("what happened is %s", h)
	}
	if p := s.get(path, "1001"); strings.Contains(p.body, "Grant to an account") {
		t.Error("a granted code can be granted")
	}
	s.do("POST", path+"/grant", "2002", "en", url.Values{"request_id": {"r"}, "to": {"3003"}}).shows(404)
	mine := s.get("/console/received", "2002").link("/console/codes/")
	s.do("POST", mine+"/grant", "2002", "en", url.Values{"request_id": {"r"}, "to": {"3003"}}).shows(422)
}

func (s *stand) history(as icpcode.AccountID) string {
	s.t.Helper()
	var all []string
	for e, err := range s.eng.History(s.t.Context(), as, s.codes(as)[0].Code) {
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, e.Action.String())
	}
	return strings.Join(all, " ")
}

// TestBuy: bought once it is paid, bound and refunded, each of them once.
func TestBuy(t *testing.T) {
	s := newStand(t)
	s.get("/console/buy", "1001").shows(404)
	paid := false
	s.sells(&paid)
	s.get("/console/codes", "1001").shows(200, "Buy codes")
	form := s.get("/console/buy", "1001").shows(200)
	s.send(form, "/buy/verify", "1001", "quantity", "many").shows(400, "How many codes")
	s.send(form, "/buy/verify", "1001", "quantity", "21").shows(422, "What to do")
	price := s.send(form, "/buy/verify", "1001", "quantity", "2", "remark", "<b>").shows(200, "100")
	unpaid := s.send(price, "/buy", "1001").shows(402, "not paid", "confirm again")
	if len(s.codes("1001")) != 0 {
		t.Fatal("what was not paid is bought")
	}
	paid = true
	for range 2 {
		s.send(unpaid, "/buy", "1001").shows(200, s.wholeOf("1001")...)
	}
	if n := len(s.codes("1001")); n != 2 {
		t.Fatalf("%d codes were bought", n)
	}

	path := s.get("/console/codes", "1001").shows(200, "<b>").link("/console/codes/")
	code := s.get(path, "1001").shows(200, "Bind to a server", "50")
	s.send(code, "/bind", "1001", "server", "i-hongkong").shows(422, "mainland")
	s.send(code, "/bind", "1001", "server", "").shows(400, "Server")
	confirm := s.send(code, "/bind", "1001", "server", "i-hangzhou").shows(200, "for good")
	for range 2 {
		s.follow(s.send(confirm, "/bind", "1001"), "1001").shows(200, "i-hangzhou", "Available")
	}
	s.get("/console/codes?server=i-hangzhou", "1001").shows(200, "i-hangzhou")
	s.get("/console/codes?server=i-hongkong", "1001").shows(200, "no such codes")

	code = s.get(path, "1001")
	s.send(code, "/refund", "1001", "reason", strings.Repeat("x", 257)).shows(400, "Reason")
	confirm = s.send(code, "/refund", "1001", "reason", "<u>").shows(200, "To be paid back", "50", "<u>")
	if strings.Contains(confirm.body, "<u>") {
		t.Errorf("what people wrote is markup: %s", confirm.body)
	}
	for range 2 {
		s.follow(s.send(confirm, "/refund", "1001"), "1001").shows(200, "Refunded")
	}
	for _, to := range []string{"/bind", "/refund"} {
		s.do("POST", path+to, "2002", "en", url.Values{"request_id": {"r"}, "server": {"i-1"}, "confirmed": {"1"}}).shows(404)
	}
}

func (s *stand) clock() time.Time { s.now = s.now.Add(time.Second); return s.now }
