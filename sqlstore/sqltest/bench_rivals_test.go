package sqltest

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/sqlstore"
)

// order asks for one code of an instance.
type order struct {
	owner, instance, request string
}

// rival is one way to issue codes. All of them write the same rows into the
// same tables, see TestRivalsWriteTheSame.
type rival struct {
	name  string
	issue func(ctx context.Context, o *order) error
}

// byEngine issues through the library.
func byEngine(name string, s icpcode.Store, o *icpcode.Options) rival {
	options := icpcode.Options{Clock: func() time.Time { return now }}
	if o != nil {
		options.Unmerged, options.Entropy = o.Unmerged, o.Entropy
	}
	eng := icpcode.New(s, &options)
	return rival{name, func(ctx context.Context, o *order) error {
		_, err := eng.Issue(ctx, icpcode.IssueRequest{
			Actor: icpcode.AccountID(o.owner), RequestID: o.request, Quantity: 1, Instance: server(icpcode.AccountID(o.owner), o.instance, maxQuota),
		})
		return err
	}}
}

// maxQuota is the quota of every instance here, the highest there is.
const maxQuota = 1000

// hand is SQL written by hand, as good as it gets. It decides nothing but the
// quota, which its first statement guards, and a repeated request is an error.
type hand struct {
	db *sql.DB

	mu      sync.Mutex
	entropy *bufio.Reader
}

func byHand(db *sql.DB, entropy io.Reader) *hand {
	if entropy == nil {
		entropy = rand.Reader
	}
	return &hand{db: db, entropy: bufio.NewReaderSize(entropy, 512)}
}

var errNoQuota = errors.New("the quota is used up")

// filled is an order with what is made up for it.
type filled struct {
	*order
	code, print  string
	at           time.Time
	before, tail string // the result before and after the number of codes issued
}

func (h *hand) fill(o *order) (filled, error) {
	h.mu.Lock()
	c, err := icpcode.Draw(h.entropy)
	h.mu.Unlock()
	f := filled{order: o, code: c.String(), at: now}
	sum := sha256.Sum256([]byte("issue\x00" + o.instance + "\x001"))
	f.print = hex.EncodeToString(sum[:])
	f.before = `{"request_id":"` + o.request + `","action":"Issue","at":"` + f.at.Format(time.RFC3339Nano) +
		`","codes":["` + f.code + `"],"state":"Available","quota":{"used":`
	f.tail = `,"limit":` + strconv.Itoa(maxQuota) + `,"requested":1}}`
	return f, err
}

const clockText = "2006-01-02 15:04:05.000000"

// Statements by hand. What is the same for every code is written out.
const (
	intoCodes  = "insert into icp_codes (code, version, state, action, origin, owner, holder, instance, product, rule_set, contract_quota, issued, updated) "
	intoEvents = "insert into icp_events (code, seq, at, action, actor, request_id, from_state, to_state, rule_set, owner, instance, product, origin, contract_quota) "
	intoRecs   = "insert into icp_receipts (actor, request_id, version, at, fingerprint, result) "

	codeValues  = "?, 1, 'Available', 'Issue', 'Free', ?, ?, ?, 'ECS', 'alibaba-2026-01-06', 1000, ?, ?"
	eventValues = "?, 1, ?, 'Issue', ?, ?, 'None', 'Available', 'alibaba-2026-01-06', ?, ?, 'ECS', 'Free', 1000"
)

func (f *filled) codeArgs(at any) []any {
	return []any{f.code, f.owner, f.owner, f.instance, at, at}
}

func (f *filled) eventArgs(at any) []any {
	return []any{f.code, at, f.owner, f.request, f.owner, f.instance}
}

// onPostgreSQL is one statement.
func (h *hand) onPostgreSQL(ctx context.Context, o *order) error {
	const text = `with l as (
	update icp_ledgers set version = version + 1, issued = issued + 1, attached = attached + 1
	where instance = $1 and issued < 1000 and closed is null returning issued
), c as (
	` + intoCodes + `select $2, 1, 'Available', 'Issue', 'Free', $3, $3, $1, 'ECS', 'alibaba-2026-01-06', 1000, $4, $4 from l
), e as (
	` + intoEvents + `select $2, 1, $4, 'Issue', $3, $5, 'None', 'Available', 'alibaba-2026-01-06', $3, $1, 'ECS', 'Free', 1000 from l
), r as (
	` + intoRecs + `select $3, $5, 1, $4, $6, ($7::text || issued || $8::text)::jsonb from l
) select issued from l`
	f, err := h.fill(o)
	if err != nil {
		return err
	}
	var issued int
	err = h.db.QueryRowContext(ctx, text, f.instance, f.code, f.owner, f.at, f.request, f.print, f.before, f.tail).Scan(&issued)
	if errors.Is(err, sql.ErrNoRows) {
		return errNoQuota
	}
	return err
}

// onMariaDB is a transaction in one text. Each statement writes only if the
// one before did, and the first hands the number on by last_insert_id.
func (h *hand) onMariaDB(ctx context.Context, o *order) error {
	const text = `start transaction;
update icp_ledgers set version = version + 1, issued = last_insert_id(issued + 1), attached = attached + 1
	where instance = ? and issued < 1000 and closed is null;
` + intoCodes + "select " + codeValues + ` from dual where row_count() = 1;
` + intoEvents + "select " + eventValues + ` from dual where row_count() = 1;
` + intoRecs + `select ?, ?, 1, ?, ?, concat(?, last_insert_id(), ?) from dual where row_count() = 1;
commit`
	f, err := h.fill(o)
	if err != nil {
		return err
	}
	at := f.at.Format(clockText)
	args := append(append([]any{f.instance}, f.codeArgs(at)...), f.eventArgs(at)...)
	args = append(args, f.owner, f.request, at, f.print, f.before, f.tail)
	named := make([]driver.NamedValue, len(args))
	for i, v := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	c, err := h.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // back to the pool
	err = c.Raw(func(c any) error {
		// database/sql would tell of the last statement only.
		res, err := c.(driver.ExecerContext).ExecContext(ctx, text, named)
		if err != nil {
			return err
		}
		if n := res.(mysql.Result).AllRowsAffected(); n[1] == 0 {
			return errNoQuota
		}
		return nil
	})
	if err != nil && !errors.Is(err, errNoQuota) {
		_, undone := c.ExecContext(ctx, "rollback")
		err = errors.Join(err, undone)
	}
	return err
}

// onSQLite returns a rival with a connection of its own, which one caller at
// a time uses, and all of its statements prepared.
func (h *hand) onSQLite(t testing.TB) func(context.Context, *order) error {
	t.Helper()
	c, err := h.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	prepare := func(text string) *sql.Stmt {
		s, err := c.PrepareContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	begin, commit, rollback := prepare("begin immediate"), prepare("commit"), prepare("rollback")
	count := prepare("update icp_ledgers set version = version + 1, issued = issued + 1, attached = attached + 1 " +
		"where instance = ? and issued < 1000 and closed is null returning issued")
	code, event := prepare(intoCodes+"values ("+codeValues+")"), prepare(intoEvents+"values ("+eventValues+")")
	receipt := prepare(intoRecs + "values (?, ?, 1, ?, ?, ?)")
	write := func(ctx context.Context, f *filled) error {
		var issued int
		err := count.QueryRowContext(ctx, f.instance).Scan(&issued)
		if errors.Is(err, sql.ErrNoRows) {
			return errNoQuota
		}
		if err != nil {
			return err
		}
		at := f.at.Format(clockText)
		if _, err := code.ExecContext(ctx, f.codeArgs(at)...); err != nil {
			return err
		}
		if _, err := event.ExecContext(ctx, f.eventArgs(at)...); err != nil {
			return err
		}
		_, err = receipt.ExecContext(ctx, f.owner, f.request, at, f.print, f.before+strconv.Itoa(issued)+f.tail)
		return err
	}
	var mu sync.Mutex
	return func(ctx context.Context, o *order) error {
		f, err := h.fill(o)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if _, err := begin.ExecContext(ctx); err != nil {
			return err
		}
		if err := write(ctx, &f); err != nil {
			_, undone := rollback.ExecContext(ctx)
			return errors.Join(err, undone)
		}
		_, err = commit.ExecContext(ctx)
		return err
	}
}

// naive returns the transaction that users write: begin, read and lock the
// ledger, update it, insert three rows, commit. That a request is repeated it
// finds out from the key of its receipt.
func (h *hand) naive(d sqlstore.Dialect) func(context.Context, *order) error {
	lock := "select issued from icp_ledgers where instance = ?"
	if d != sqlstore.SQLite { // whose transactions lock everything
		lock += " for update"
	}
	texts := []string{
		lock, "update icp_ledgers set version = version + 1, issued = ?, attached = attached + 1 where instance = ?",
		intoCodes + "values (" + codeValues + ")", intoEvents + "values (" + eventValues + ")", intoRecs + "values (?, ?, 1, ?, ?, ?)",
	}
	for i := range texts {
		if d == sqlstore.PostgreSQL {
			texts[i] = numbered(texts[i])
		}
	}
	write := func(ctx context.Context, tx *sql.Tx, f *filled) error {
		var issued int
		if err := tx.QueryRowContext(ctx, texts[0], f.instance).Scan(&issued); err != nil {
			return err
		}
		if issued >= maxQuota {
			return errNoQuota
		}
		issued++
		if _, err := tx.ExecContext(ctx, texts[1], issued, f.instance); err != nil {
			return err
		}
		var at any = f.at
		if d != sqlstore.PostgreSQL {
			at = f.at.Format(clockText)
		}
		if _, err := tx.ExecContext(ctx, texts[2], f.codeArgs(at)...); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, texts[3], f.eventArgs(at)...); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, texts[4], f.owner, f.request, at, f.print, f.before+strconv.Itoa(issued)+f.tail)
		return err
	}
	return func(ctx context.Context, o *order) error {
		f, err := h.fill(o)
		if err != nil {
			return err
		}
		tx, err := h.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := write(ctx, tx, &f); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	}
}

// numbered writes $1, $2 and so on for the question marks of a statement.
func numbered(text string) string {
	var b strings.Builder
	n := 0
	for i := range len(text) {
		if text[i] != '?' {
			b.WriteByte(text[i])
			continue
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
	}
	return b.String()
}

// TestRivalsWriteTheSame holds the benchmarks to what they compare: whoever
// issues, the same rows are in the tables afterwards.
func TestRivalsWriteTheSame(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) { rivalsWriteTheSame(t, k) })
	}
}

func rivalsWriteTheSame(t *testing.T, k kind) {
	t.Helper()
	want := ""
	for i := range k.rivals {
		// Entropy that repeats itself makes their codes the same.
		a := k.arena(t, 1, false, func() io.Reader { return new(counter) })
		r := a.rivals[i]
		for n := range 3 {
			if err := r.issue(t.Context(), &order{"1001", a.spread(n % 2), "order-" + strconv.Itoa(n)}); err != nil {
				t.Fatalf("%s: %v", r.name, err)
			}
		}
		got := dump(t, a.db)
		if want == "" {
			want = got
		}
		if d := gocmp.Diff(want, got); d != "" {
			t.Errorf("%s writes something else than %s (-want +got):\n%s", r.name, a.rivals[0].name, d)
		}
		if err := r.issue(t.Context(), &order{"1001", a.full(0), "order-full"}); err == nil {
			t.Errorf("%s issues a code over the quota", r.name)
		}
		if after := dump(t, a.db); after != got {
			t.Errorf("%s writes something when it refuses", r.name)
		}
	}
	// In an event, in a receipt, and in its result.
	if n := strings.Count(want, "order-2"); n != 3 {
		t.Errorf("the rows name an order %d times, want 3", n)
	}
}

// counter is entropy that counts.
type counter struct{ n byte }

func (c *counter) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = c.n
		c.n += 7
	}
	return len(b), nil
}

// dump shows the rows that rivals write, but for what the fingerprint of a
// request is made of. The ledgers that they leave alone stay at version 1.
func dump(t testing.TB, db *sql.DB) string {
	t.Helper()
	var b strings.Builder
	for _, table := range []string{"icp_ledgers", "icp_account_ledgers", "icp_codes", "icp_events", "icp_receipts"} {
		where := ""
		if table == "icp_ledgers" {
			where = " where version <> 1 or reason is not null"
		}
		rows, err := db.QueryContext(t.Context(), "select * from "+table+where+" order by 1, 2")
		if err != nil {
			t.Fatal(err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		cells := make([]sql.NullString, len(names))
		to := make([]any, len(names))
		for i := range cells {
			to[i] = &cells[i]
		}
		for rows.Next() {
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			b.WriteString(table)
			for i, c := range cells {
				if names[i] == "fingerprint" {
					c.String = fmt.Sprintf("%d digits", len(c.String))
				}
				if c.Valid {
					fmt.Fprintf(&b, "\n\t%s: %s", names[i], c.String)
				}
			}
			b.WriteString("\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}
