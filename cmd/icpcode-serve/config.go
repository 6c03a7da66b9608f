package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
	"github.com/icpcode/icpcode/sqlstore"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver for PostgreSQL
	_ "modernc.org/sqlite"             // the driver for SQLite
)

// config is what a command was told.
type config struct {
	env    func(string) string
	stderr io.Writer
	demo   bool

	db, listen, metrics, header string
	hosts, trust, inventories   list
	facts, operators, verified  string
	key, assume                 string
	maxConns, dbConns           int
	programs                    programs
	ready                       func(api, metrics net.Addr) // told where it listens; for tests
}

// list is a flag that may be repeated, or hold several values with commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	for v := range strings.SplitSeq(s, ",") {
		if v = strings.TrimSpace(v); v != "" {
			*l = append(*l, v)
		}
	}
	return nil
}

// parse reads the flags of a command.
func (c *config) parse(name string, args []string, more func(*flag.FlagSet)) error {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(c.stderr)
	flags.StringVar(&c.db, "db", "", "a SQLite `file`, or postgres://…; @FILE reads it from a file; else ICPCODE_DB")
	if more != nil {
		more(flags)
	}
	if err := flags.Parse(args); err != nil {
		if err == flag.ErrHelp { //nolint:errorlint // package flag returns it as it is
			return err
		}
		return usageError{err}
	}
	if flags.NArg() > 0 {
		return misuse("%s takes no arguments", name)
	}
	return nil
}

// secret reads a value that may be given as @FILE, or else by a variable.
func (c *config) secret(value, variable string) (string, error) {
	if value == "" {
		value = c.env(variable)
	}
	file, ok := strings.CutPrefix(value, "@")
	if !ok {
		return value, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", usageError{err}
	}
	return strings.TrimSpace(string(b)), nil
}

// open opens the database, which must be there unless create.
func (c *config) open(create bool) (*sql.DB, sqlstore.Dialect, error) {
	dsn, err := c.secret(c.db, "ICPCODE_DB")
	if err != nil {
		return nil, 0, err
	}
	if dsn == "" {
		return nil, 0, misuse("say where codes are kept: -db FILE, -db @FILE or ICPCODE_DB")
	}
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		db, err := sql.Open("pgx", dsn)
		if err != nil {
			return nil, 0, misuse("the address of the database cannot be read") // the error may hold its password
		}
		c.bound(db)
		return db, sqlstore.PostgreSQL, nil
	}
	// What is no file is not repeated: it may hold a password.
	if strings.Contains(dsn, "://") || strings.ContainsAny(dsn, "?#%@=(") {
		return nil, 0, misuse("-db is neither a file nor postgres://…; other databases are for services of your own, with package sqlstore")
	}
	if _, err := os.Stat(dsn); err != nil && !create {
		return nil, 0, misuse("there is no database at %s: make it with migrate", dsn)
	}
	path, err := filepath.Abs(dsn)
	if err != nil {
		return nil, 0, err
	}
	if create {
		// SQLite would let every user of the machine read the codes. What it
		// makes beside the file gets the file's mode.
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, 0, usageError{err}
		}
		if err := f.Close(); err != nil {
			return nil, 0, err
		}
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(10000)&_txlock=immediate")
	if err != nil {
		return nil, 0, err
	}
	c.bound(db)
	return db, sqlstore.SQLite, nil
}

// bound bounds the connections to the database, of which a server has so many
// and no more, and keeps them: requests wait for one.
func (c *config) bound(db *sql.DB) {
	n := max(1, c.dbConns)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
}

func (c *config) migrate(ctx context.Context, args []string) error {
	if err := c.parse("migrate", args, nil); err != nil {
		return err
	}
	db, dialect, err := c.open(true)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // what it did was committed
	if err := sqlstore.Migrate(ctx, db, dialect); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.stderr, "the tables are there")
	return err
}

// sealing is the key of handles and cursors, and whether it outlives the
// process.
func (c *config) sealing() (key [32]byte, kept bool, err error) {
	text, err := c.secret(c.key, "ICPCODE_KEY")
	if err != nil || text == "" {
		return key, false, err
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(key) {
		return key, false, misuse("the key is not 64 hexadecimal digits, as openssl rand -hex 32 prints them")
	}
	copy(key[:], b)
	return key, true, nil
}

// accounts reads a file with one account on a line; # begins a comment.
func accounts(file string) (map[icpcode.AccountID]bool, error) {
	all := map[icpcode.AccountID]bool{}
	if file == "" {
		return all, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, usageError{err}
	}
	defer f.Close() //nolint:errcheck // it was read
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if line = strings.TrimSpace(line); line != "" {
			all[icpcode.AccountID(line)] = true
		}
	}
	if err := lines.Err(); err != nil {
		return nil, misuse("%s: %w", file, err)
	}
	return all, nil
}

// world is what is known of servers and accounts.
type world struct {
	servers   map[icpcode.InstanceID]icpcode.Instance
	operators map[icpcode.AccountID]bool
	verified  map[icpcode.AccountID]bool // as an enterprise
	assume    icpcode.RuleIDs
}

// readWorld reads the files that the command line names.
func (c *config) readWorld() (*world, error) {
	w := &world{servers: map[icpcode.InstanceID]icpcode.Instance{}}
	var err error
	if w.operators, err = accounts(c.operators); err != nil {
		return nil, err
	}
	if w.verified, err = accounts(c.verified); err != nil {
		return nil, err
	}
	if err := w.assume.UnmarshalText([]byte(c.assume)); err != nil {
		return nil, usageError{err}
	}
	found := map[icpcode.InstanceID]inventory.Server{}
	for _, name := range c.inventories {
		if err := readInventory(name, found); err != nil {
			return nil, misuse("%s: %w", name, err)
		}
	}
	if c.facts != "" {
		if err := applyFacts(c.facts, found); err != nil {
			return nil, misuse("%s: %w", c.facts, err)
		}
	}
	for id, s := range found {
		w.servers[id] = s.Instance
	}
	return w, nil
}

func readInventory(name string, found map[icpcode.InstanceID]inventory.Server) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was read
	for s, err := range inventory.Read(f, &inventory.Options{File: name}) {
		if err != nil {
			return err
		}
		if _, twice := found[s.Instance.ID]; twice {
			return fmt.Errorf("server %s stands there twice, or in two files", s.Instance.ID)
		}
		found[s.Instance.ID] = s
	}
	return nil
}

func applyFacts(name string, found map[icpcode.InstanceID]inventory.Server) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was read
	facts, err := inventory.ReadFacts(f)
	if err != nil {
		return err
	}
	for id := range facts.IDs() {
		s := found[id]
		s.Instance.ID = id
		facts.Apply(&s)
		found[id] = s
	}
	return nil
}

// owned lists the servers of an account, by ID.
func (w *world) owned(_ context.Context, a icpcode.AccountID) ([]icpcode.Instance, error) {
	var all []icpcode.Instance
	for _, s := range w.servers {
		if s.Owner == a {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b icpcode.Instance) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return all, nil
}

// known tells an asker what is known of servers: nothing of those of others, so
// that a refusal does not tell whether there is one.
func (w *world) known(_ context.Context, asker icpcode.AccountID, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	found := map[icpcode.InstanceID]icpcode.Instance{}
	for _, id := range ids {
		if s, ok := w.servers[id]; ok && s.Owner == asker {
			found[id] = s
		}
	}
	return found, nil
}

// all tells the engine of servers, whoever asks: it knows what of them is
// whose to know.
func (w *world) all(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	found := map[icpcode.InstanceID]icpcode.Instance{}
	for _, id := range ids {
		if s, ok := w.servers[id]; ok {
			found[id] = s
		}
	}
	return found, nil
}

func (w *world) certification(_ context.Context, a icpcode.AccountID) (icpcode.Certification, error) {
	if w.verified[a] {
		return icpcode.Enterprise, nil
	}
	return icpcode.CertificationUnknown, nil
}

// trusted is which peers may say who is asking.
type trusted struct {
	unix     bool
	prefixes []netip.Prefix
}

func parseTrust(list []string) (t trusted, err error) {
	for _, s := range list {
		if s == "unix" {
			t.unix = true
			continue
		}
		p, err := netip.ParsePrefix(s)
		if a, errAddr := netip.ParseAddr(s); errAddr == nil {
			p, err = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
		}
		if err != nil {
			return t, misuse("-trust-from takes addresses, prefixes or unix, and not %q", s)
		}
		if p.Bits() == 0 {
			return t, misuse("-trust-from %s would let everybody be anybody", s)
		}
		t.prefixes = append(t.prefixes, p.Masked())
	}
	return t, nil
}

// has reports whether a peer, as [http.Request.RemoteAddr] names it, is one.
func (t trusted) has(peer string, unix bool) bool {
	if unix {
		return t.unix
	}
	at, err := netip.ParseAddrPort(peer)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(t.prefixes, func(p netip.Prefix) bool { return p.Contains(at.Addr().Unmap()) })
}
