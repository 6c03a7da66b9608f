package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/shopspring/decimal"
)

type service struct {
	db   *sql.DB
	eng  *icpcode.Engine
	send func(account, text string) // a text message
}

func newService(db *sql.DB, store icpcode.Store, clock func() time.Time, send func(account, text string)) *service {
	s := &service{db: db, send: send}
	s.eng = icpcode.New(store, &icpcode.Options{
		Clock: clock, VerifyPhone: s.verify, Operator: s.isOperator, Facts: s.facts,
		Price: icpcode.Money{Amount: decimal.NewFromInt(100), Currency: "CNY"},
	})
	return s
}

func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /servers", get(s, s.servers))
	mux.HandleFunc("POST /codes/verify", post(s, s.ask))
	mux.HandleFunc("POST /codes", post(s, s.apply))
	mux.HandleFunc("GET /codes", get(s, pageOf(s.eng.OwnedPage)))
	mux.HandleFunc("GET /codes/received", get(s, pageOf(s.eng.ReceivedPage)))
	mux.HandleFunc("POST /purchases", post(s, s.buy))
	mux.HandleFunc("POST /refunds", post(s, s.refund))
	mux.HandleFunc("POST /filings", post(s, s.file))
	mux.HandleFunc("POST /approvals", post(s, s.approve))
	return http.NewCrossOriginProtection().Handler(mux)
}

// account is who is asking.
type account struct {
	ID            icpcode.AccountID
	Certification icpcode.Certification
}

var errNobody = errors.New("nobody is logged in")

// who returns the account of the session: never one that a request names.
func (s *service) who(r *http.Request) (a account, err error) {
	c, err := r.Cookie("session")
	if err != nil {
		return a, errNobody
	}
	var certification string
	err = s.db.QueryRowContext(r.Context(), "select id, certification from accounts join sessions on account = id where token = ?", c.Value).
		Scan(&a.ID, &certification)
	if errors.Is(err, sql.ErrNoRows) {
		return a, errNobody
	}
	if err != nil {
		return a, err
	}
	return a, a.Certification.UnmarshalText([]byte(certification))
}

// isOperator is Options.Operator.
func (s *service) isOperator(ctx context.Context, a icpcode.AccountID) (is bool, err error) {
	err = s.db.QueryRowContext(ctx, "select count(*) from accounts where id = ? and operator", a).Scan(&is)
	return is, err
}

// facts is Options.Facts: it returns what is known of servers, asked at once.
func (s *service) facts(ctx context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	all, err := s.inventory(ctx, "id in (select value from json_each(?))", string(list))
	known := make(map[icpcode.InstanceID]icpcode.Instance, len(all))
	for _, i := range all {
		known[i.ID] = i
	}
	return known, err
}

func (s *service) inventory(ctx context.Context, where, value string) (all []icpcode.Instance, err error) {
	rows, err := s.db.QueryContext(ctx, "select id, facts from servers where "+where+" order by id", value)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err below says what went wrong
	for rows.Next() {
		var id, facts string
		if err := rows.Scan(&id, &facts); err != nil {
			return nil, err
		}
		var i icpcode.Instance
		if err := json.Unmarshal([]byte(facts), &i); err != nil {
			return nil, fmt.Errorf("server %s: %w", id, err)
		}
		i.ID = icpcode.InstanceID(id)
		all = append(all, i)
	}
	return all, rows.Err()
}

// server is a line of the list of servers: with a button, or the reasons why
// there is none.
type server struct {
	ID      icpcode.InstanceID `json:"id"`
	Apply   bool               `json:"apply"`
	Left    int                `json:"left"` // codes that it can still have
	Reasons []icpcode.Reason   `json:"reasons"`
}

func (s *service) servers(ctx context.Context, a account, _ *http.Request) (any, error) {
	all, err := s.inventory(ctx, "owner = ?", string(a.ID))
	if err != nil {
		return nil, err
	}
	lines := make([]server, 0, len(all))
	for _, i := range all {
		got, err := s.eng.DryRun().Issue(ctx, icpcode.IssueRequest{Actor: a.ID, Instance: i, Quantity: 1, Certification: a.Certification})
		d, err := decided(got, err)
		if err != nil {
			return nil, err
		}
		lines = append(lines, server{i.ID, !d.Refused(), max(d.Quota.Left(), 0), reasons(d)})
	}
	return lines, nil
}

// application asks for codes, and with To to grant them. The first and the
// second request of one form bring the same request ID.
type application struct {
	Server   icpcode.InstanceID `json:"server"`
	Quantity int                `json:"quantity"`
	Remark   string             `json:"remark"`
	To       icpcode.AccountID  `json:"to"`
	Proof    string             `json:"proof"` // the code of the text message
}

func (s *service) issue(ctx context.Context, eng *icpcode.Engine, a account, id string, r application) (icpcode.Result, error) {
	known, err := s.facts(ctx, []icpcode.InstanceID{r.Server})
	if err != nil {
		return icpcode.Result{}, err
	}
	i := known[r.Server]
	if i.Owner != a.ID {
		i = icpcode.Instance{} // what another's server is like is not told
	}
	i.ID = r.Server
	return eng.Issue(ctx, icpcode.IssueRequest{
		Actor: a.ID, RequestID: id, Instance: i, Quantity: r.Quantity, Remark: r.Remark,
		GrantTo: r.To, Certification: a.Certification, Proof: r.Proof,
	})
}

// ask is the first request: it says what the second would be answered, and
// sends the text message if that needs one.
func (s *service) ask(ctx context.Context, a account, id string, r application) (any, error) {
	r.Proof = ""
	got, err := s.issue(ctx, s.eng.DryRun(), a, id, r)
	if err != nil {
		return nil, err
	}
	if got.PhoneNeeded {
		err = s.message(ctx, a.ID, id, r.To)
	}
	return struct {
		Done        bool `json:"done"` // it was done before
		PhoneNeeded bool `json:"phone_needed"`
	}{got.Replayed, got.PhoneNeeded}, err
}

// apply is the second request.
func (s *service) apply(ctx context.Context, a account, id string, r application) (any, error) {
	return s.issue(ctx, s.eng, a, id, r)
}

// message sends the code of a request: the same again if it is asked for again.
func (s *service) message(ctx context.Context, granter icpcode.AccountID, id string, to icpcode.AccountID) error {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	code := fmt.Sprintf("%06d", n)
	_, err = s.db.ExecContext(ctx, "insert into messages (granter, grantee, request, code) values (?, ?, ?, ?) on conflict do nothing",
		granter, to, id, code)
	if err != nil {
		return err
	}
	err = s.db.QueryRowContext(ctx, "select code from messages where granter = ? and grantee = ? and request = ?", granter, to, id).Scan(&code)
	if err != nil {
		return err
	}
	s.send(string(granter), fmt.Sprintf("验证码%s，用于向账号%s授权备案服务码。", code, to))
	return nil
}

// verify is Options.VerifyPhone. What it accepted for a request it accepts
// again, since that comes again when its commit is lost; five wrong codes lock
// what was not accepted yet.
func (s *service) verify(ctx context.Context, v icpcode.Verification) error {
	const which = " where granter = ? and grantee = ? and request = ?"
	change := func(query string, more ...any) (int64, error) {
		done, err := s.db.ExecContext(ctx, query, append([]any{v.Granter, v.Grantee, v.RequestID}, more...)...)
		if err != nil {
			return 0, err
		}
		return done.RowsAffected()
	}
	n, err := change("update messages set accepted = 1"+which+" and (accepted or wrong < 5) and code = ?", v.Proof)
	if err != nil || n == 1 {
		return err
	}
	if _, err := change("update messages set wrong = wrong + 1" + which); err != nil {
		return err
	}
	return icpcode.ErrNotVerified
}

func (s *service) buy(ctx context.Context, a account, id string, r struct {
	Quantity int `json:"quantity"`
},
) (any, error) {
	return s.eng.Buy(ctx, icpcode.BuyRequest{Actor: a.ID, RequestID: id, Quantity: r.Quantity})
}

func (s *service) refund(ctx context.Context, a account, id string, r struct {
	Code   typed  `json:"code"`
	Reason string `json:"reason"`
},
) (any, error) {
	return s.eng.Refund(ctx, icpcode.RefundRequest{Actor: a.ID, RequestID: id, Code: r.Code.Code, Reason: r.Reason})
}

func (s *service) file(ctx context.Context, a account, id string, r struct {
	Code    typed              `json:"code"`
	Kind    icpcode.FilingKind `json:"kind"`
	Domain  string             `json:"domain"`
	App     string             `json:"app"`
	Subject string             `json:"subject"`
	IPs     []netip.Addr       `json:"ips"`
},
) (any, error) {
	return s.eng.Submit(ctx, icpcode.SubmitRequest{
		Actor: a.ID, RequestID: id, Code: r.Code.Code,
		Filing: icpcode.Filing{Kind: r.Kind, Domain: r.Domain, App: r.App, Subject: r.Subject, IPs: slices.Clone(r.IPs)},
	})
}

func (s *service) approve(ctx context.Context, a account, id string, r struct {
	Code      typed  `json:"code"`
	ICPNumber string `json:"icp_number"`
},
) (any, error) {
	return s.eng.Approve(ctx, icpcode.ApproveRequest{Actor: a.ID, RequestID: id, Code: r.Code.Code, ICPNumber: r.ICPNumber})
}

// typed is a code as a person pasted it.
type typed struct{ icpcode.Code }

// UnmarshalText takes spaces, hyphens and full-width digits.
func (t *typed) UnmarshalText(b []byte) (err error) {
	t.Code, err = icpcode.ParseCode(string(b))
	return err
}
