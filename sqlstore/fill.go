package sqlstore

import (
	"context"

	"github.com/icpcode/icpcode"
)

// filled is how many codes are filled in at a time.
const filled = 500

// fillServices does what version 2 needs of codes that version 1 wrote: the
// service of their filing, which takes more than SQL to find, and that nothing
// is over that is only Filed. It goes by the primary key, in parts, and can be
// repeated, also while processes of version 2 write already.
func fillServices(ctx context.Context, on conn, f flavour) error {
	for last := ""; ; {
		found, err := servicesAfter(ctx, on, f, last)
		if err != nil || len(found) == 0 {
			return err
		}
		first := last
		last = found[len(found)-1][0].(string)
		var text statement
		text.add("update ", codes.name, " set ended = null where state = 'Filed' and filing_end is null and ended is not null and code > ")
		f.value(&text, &codes.columns[0], first)
		text.add(" and code <= ")
		f.value(&text, &codes.columns[0], last)
		if _, err := on.ExecContext(ctx, text.text(), text.args...); err != nil {
			return err
		}
		if err := setServices(ctx, on, f, found); err != nil {
			return err
		}
	}
}

// servicesAfter returns the next codes, with the domains and apps of their
// filings.
func servicesAfter(ctx context.Context, on conn, f flavour, last string) ([]row, error) {
	var text statement
	text.add("select ")
	for i, name := range []string{"code", "filing_domain", "filing_app"} {
		if i > 0 {
			text.add(", coalesce(")
		}
		f.shown(&text, columnOf(codes, name), false)
		if i > 0 {
			text.add(", '')")
		}
	}
	text.add(" from ", codes.name, " as t where t.code > ")
	f.value(&text, &codes.columns[0], last)
	text.add(" order by t.code limit ")
	f.value(&text, &column{kind: integer}, int64(filled))
	return keysOf(ctx, on, &text, 3)
}

// setServices fills in the services of codes where there is none yet.
func setServices(ctx context.Context, on conn, f flavour, found []row) error {
	var text statement
	var keys []row
	service := columnOf(codes, "service")
	text.add("update ", codes.name, " set service = case code")
	for _, r := range found {
		filing := icpcode.Filing{Domain: r[1].(string), App: r[2].(string)}
		name := filing.Service()
		if name == "" {
			continue
		}
		keys = append(keys, r[:1])
		text.add(" when ")
		f.value(&text, &codes.columns[0], r[0])
		text.add(" then ")
		f.value(&text, service, name)
	}
	if len(keys) == 0 {
		return nil
	}
	text.add(" end where ")
	anyOf(f, &text, codes.columns[:1], keys)
	text.add(" and service is null")
	_, err := on.ExecContext(ctx, text.text(), text.args...)
	return err
}
