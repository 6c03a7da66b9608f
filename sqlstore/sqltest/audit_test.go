package sqltest

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/icpcode/icpcode"
)

// The questions of an audit in SQL that all dialects speak. Each lists what is
// wrong. A code that was bought does not count in the quota.
var questions = []struct{ problem, query string }{
	{"a ledger does not count the codes of its instance", `
		select l.instance from icp_ledgers l left join icp_codes c on c.instance = l.instance
		group by l.instance, l.issued, l.attached
		having l.attached <> count(c.code) or l.issued <> sum(case when c.origin in ('Free', 'Auto') then 1 else 0 end)`},
	{"an instance has codes and no ledger", `
		select c.instance from icp_codes c left join icp_ledgers l on l.instance = c.instance
		where c.instance is not null and l.instance is null`},
	{"an instance has more codes than its quota", `
		select l.instance from icp_ledgers l join icp_codes c on c.instance = l.instance
		group by l.instance, l.issued having l.issued > max(coalesce(c.contract_quota, 5))`},
	{"the events of a code are not 1 to its version", `
		select c.code from icp_codes c left join icp_events e on e.code = c.code
		group by c.code, c.version having count(e.seq) <> c.version or min(e.seq) <> 1 or max(e.seq) <> c.version`},
	{"there are events of a code that is not there", `
		select e.code from icp_events e left join icp_codes c on c.code = e.code where c.code is null`},
	{"the state of a code is not that of its last event", `
		select c.code from icp_codes c join icp_events e on e.code = c.code and e.seq = c.version where e.to_state <> c.state`},
	{"a holder is neither the grantee nor, without one, the owner", `
		select c.code from icp_codes c where c.holder <> coalesce(c.grantee, c.owner)`},
	{"a grant was made between accounts that are not acquainted", `
		select c.code from icp_codes c left join icp_acquaintances a on a.granter = c.owner and a.grantee = c.grantee
		where c.grantee is not null and a.granter is null`},
	{"a code has no receipt of the request that made it", `
		select e.code from icp_events e left join icp_receipts r on r.actor = e.actor and r.request_id = e.request_id
		where e.seq = 1 and r.actor is null`},
}

// audit compares what a database holds with what it must: by its own means
// and as the store tells it. It returns how many codes there are, and what is
// wrong.
func audit(ctx context.Context, db *sql.DB, s icpcode.Store, acks []ack) (codes int, problems []string, err error) {
	for _, q := range questions {
		found, err := column(ctx, db, q.query)
		if err != nil {
			return 0, nil, fmt.Errorf("%s: %w", q.problem, err)
		}
		if len(found) > 0 {
			problems = append(problems, fmt.Sprintf("%s: %s, %d in all", q.problem, found[0], len(found)))
		}
	}
	names, err := column(ctx, db, "select code from icp_codes")
	if err != nil {
		return 0, nil, err
	}
	a := &auditor{ctx: ctx, store: s, problems: problems, records: map[icpcode.Code]*icpcode.Record{}}
	if err := a.read(names); err != nil {
		return 0, nil, err
	}
	if err := a.partners(); err != nil {
		return 0, nil, err
	}
	if err := a.acknowledged(acks); err != nil {
		return 0, nil, err
	}
	return len(names), a.problems, nil
}

// column returns the only column of a query.
func column(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// auditor reads everything through a store.
type auditor struct {
	ctx      context.Context
	store    icpcode.Store
	problems []string
	records  map[icpcode.Code]*icpcode.Record
}

func (a *auditor) problem(format string, args ...any) {
	a.problems = append(a.problems, fmt.Sprintf(format, args...))
}

// batch is how many keys are loaded at a time.
const batch = 500

// read loads every code, and compares it with what its events add up to.
func (a *auditor) read(names []string) error {
	for some := range slices.Chunk(names, batch) {
		var keys []icpcode.Key
		for _, name := range some {
			var c icpcode.Code
			if err := c.UnmarshalText([]byte(name)); err != nil {
				return err
			}
			keys = append(keys, icpcode.Key{Kind: icpcode.KindRecord, Code: c})
		}
		docs, err := a.store.Load(a.ctx, keys...)
		if err != nil {
			return err
		}
		for i, d := range docs {
			r, ok := d.Body.(*icpcode.Record)
			if !ok || r.Code.String() != some[i] {
				a.problem("code %s does not load", some[i])
				continue
			}
			if _, twice := a.records[r.Code]; twice {
				a.problem("code %s is there twice", some[i])
			}
			a.records[r.Code] = r
			events, err := a.store.Events(a.ctx, icpcode.EventQuery{Code: r.Code, Limit: 1000})
			if err != nil {
				return err
			}
			sum, err := icpcode.RecordOf(events)
			if err != nil {
				a.problem("code %s: %v", some[i], err)
			}
			if d := diff(*r, sum); d != "" {
				a.problem("code %s is not the sum of its events (-record +sum):\n%s", some[i], d)
			}
		}
	}
	return nil
}

// diff compares two values of the root package.
func diff(want, got any) string {
	return gocmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateComparable(icpcode.Code{}, netip.Addr{}))
}

// partners compares the partners of the year with the grants that were made.
func (a *auditor) partners() error {
	want := map[icpcode.Key]map[icpcode.AccountID]bool{}
	add := func(k icpcode.Kind, of, with icpcode.AccountID, year int) {
		key := icpcode.Key{Kind: k, A: string(of), Year: year}
		if want[key] == nil {
			want[key] = map[icpcode.AccountID]bool{}
		}
		want[key][with] = true
	}
	for _, r := range a.records {
		if r.Grantee != "" {
			year := icpcode.NaturalYear(r.Granted)
			add(icpcode.KindGrantees, r.Owner, r.Grantee, year)
			add(icpcode.KindGranters, r.Grantee, r.Owner, year)
		}
	}
	for keys := range slices.Chunk(slices.SortedFunc(maps.Keys(want), icpcode.Key.Compare), batch) {
		docs, err := a.store.Load(a.ctx, keys...)
		if err != nil {
			return err
		}
		for _, d := range docs {
			var got []icpcode.AccountID
			if p, ok := d.Body.(*icpcode.Partners); ok {
				got = p.Accounts
			}
			if all := slices.Sorted(maps.Keys(want[d.Key])); !slices.Equal(all, got) {
				a.problem("the partners of %s are %q, want %q", d.Key.A, got, all)
			}
		}
	}
	return nil
}

// acknowledged asks that everything is there that somebody was told is there,
// once.
func (a *auditor) acknowledged(acks []ack) error {
	given := map[icpcode.Code]string{}
	for some := range slices.Chunk(acks, batch) {
		var keys []icpcode.Key
		for _, k := range some {
			keys = append(keys, icpcode.Key{Kind: icpcode.KindReceipt, A: string(k.actor), B: k.request})
			for _, c := range k.codes {
				if _, ok := a.records[c]; !ok {
					a.problem("code %s was acknowledged to %s and is lost", c, k.request)
				}
				if to, twice := given[c]; twice && !k.granted {
					a.problem("code %s was given to %s and to %s", c, to, k.request)
				}
				if !k.granted {
					given[c] = k.request
				}
			}
		}
		docs, err := a.store.Load(a.ctx, keys...)
		if err != nil {
			return err
		}
		for i, d := range docs {
			r, ok := d.Body.(*icpcode.Receipt)
			if !ok || !slices.Equal(r.Result.Codes, some[i].codes) {
				a.problem("the receipt of %s is not of what was acknowledged", some[i].request)
			}
		}
	}
	return nil
}

// summary returns the first problems, one a line.
func summary(problems []string) string {
	n := len(problems)
	s := strings.Join(problems[:min(n, 10)], "\n")
	return cmp.Or(s, "none") + fmt.Sprintf("\n(%d in all)", n)
}

// TestAuditSees harms a database in each way that an audit is to find.
func TestAuditSees(t *testing.T) {
	for _, harm := range []struct{ statement, problem string }{
		{"update icp_ledgers set issued = issued + 1", "does not count the codes"},
		{"update icp_ledgers set attached = attached - 1", "does not count the codes"},
		{"delete from icp_ledgers", "codes and no ledger"},
		{"update icp_codes set contract_quota = 1", "more codes than its quota"},
		{"delete from icp_events where seq = 1", "not 1 to its version"},
		{"delete from icp_events where seq = 1", "what came before was purged"},
		{"update icp_events set seq = 3 where seq = 2", "not 1 to its version"},
		{"update icp_events set seq = 3 where seq = 2", "not the whole history"},
		{"delete from icp_codes where grantee is not null", "events of a code that is not there"},
		{"delete from icp_codes where grantee is not null", "is lost"},
		{"update icp_codes set state = 'Filed'", "not that of its last event"},
		{"update icp_codes set holder = 'x'", "neither the grantee"},
		{"update icp_codes set remark = 'x'", "not the sum of its events"},
		{"delete from icp_acquaintances", "not acquainted"},
		{"delete from icp_receipts", "no receipt"},
		{"delete from icp_receipts", "not of what was acknowledged"},
		{"delete from icp_partners", "the partners of"},
	} {
		t.Run(harm.problem+" after "+harm.statement, func(t *testing.T) {
			s, dbs := sqliteFiles.store(t)
			eng := newEngine(s)
			l := &load{job: job, engine: func(int, int) *icpcode.Engine { return eng }}
			l.run(t.Context(), t, 2, func() bool { return l.sent.Load() >= 2*together })
			codes, problems, err := audit(t.Context(), dbs[0], s, l.acks)
			if err != nil || len(problems) > 0 || int64(codes) != l.acked.Load() {
				t.Fatalf("before the harm there are %d codes, %v, and problems: %s", codes, err, summary(problems))
			}
			if _, err := dbs[0].ExecContext(t.Context(), harm.statement); err != nil {
				t.Fatal(err)
			}
			if _, problems, err = audit(t.Context(), dbs[0], s, l.acks); err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, harm.problem) }) {
				t.Errorf("the audit finds %s, want %q", summary(problems), harm.problem)
			}
		})
	}
	t.Run("one code for two requests", func(t *testing.T) {
		s, dbs := sqliteFiles.store(t)
		res, err := newEngine(s).Issue(t.Context(), job(1))
		if err != nil {
			t.Fatal(err)
		}
		twice := []ack{{actor: "a", request: "1", codes: res.Codes}, {actor: "a", request: "2", codes: res.Codes}}
		_, problems, err := audit(t.Context(), dbs[0], s, twice)
		if err != nil || !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, "was given to 1 and to 2") }) {
			t.Errorf("the audit finds %s, %v", summary(problems), err)
		}
	})
}
