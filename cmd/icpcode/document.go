package main

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// jsonPrinter writes one JSON document, a server at a time:
//
//	{"at": …, "servers": [{…}, …], "problems": …, "complete": true, "rule_sets": […], "fleet": {…}}
type jsonPrinter struct {
	*command
	at    time.Time
	begun bool // a server was written
}

// jsonServer is the JSON form of an answer.
type jsonServer struct {
	File      string             `json:"file"`
	ID        icpcode.InstanceID `json:"id"`
	Name      string             `json:"name,omitempty"`
	Provider  string             `json:"provider,omitempty"`
	Product   icpcode.Product    `json:"product,omitempty"`
	Region    string             `json:"region,omitempty"`
	Verdict   string             `json:"verdict"`         // yes, no, unknown
	Codes     int                `json:"codes"`           // that it can certainly have
	CodesMost *int               `json:"codes_at_most"`   // null: nothing says how many
	Until     *time.Time         `json:"until,omitempty"` // when it becomes no by itself
	RuleSet   string             `json:"rule_set"`
	Reasons   []icpcode.Reason   `json:"reasons"`
	FactsTold []string           `json:"facts_that_would_tell,omitempty"`
	Assumed   []string           `json:"assumed,omitempty"`
	Joined    []jsonGiven        `json:"joined,omitempty"` // from lists of addresses
	Given     []jsonGiven        `json:"given,omitempty"`
	Conflicts []jsonConflict     `json:"conflicts,omitempty"` // between its records
	Notes     []string           `json:"notes,omitempty"`
	Expires   *time.Time         `json:"expires,omitempty"`
	// Of -explain: all rules, and the rows of -facts and -issued about no server.
	Answers   []icpcode.Reason `json:"answers,omitempty"`
	Unmatched []jsonUnmatched  `json:"unmatched,omitempty"`
}

// jsonUnmatched is a row of -facts or -issued that is about no server.
type jsonUnmatched struct {
	File string             `json:"file"`
	ID   icpcode.InstanceID `json:"id"`
}

type jsonGiven struct {
	Fact string `json:"fact"`
	From string `json:"from"`
	To   string `json:"to"`
}

func (p *jsonPrinter) of(a *answer) jsonServer {
	i := &a.server.Instance
	s := jsonServer{
		File: a.file, ID: i.ID, Name: a.server.Name, Provider: i.Provider, Product: i.Product, Region: i.Region,
		Verdict: a.verdict.String(), Codes: a.least, CodesMost: a.atMost(), RuleSet: a.set.Version,
		Reasons: a.reasons, FactsTold: a.missing.names(), Assumed: ids(a.decision.Assumed),
	}
	if s.Reasons == nil {
		s.Reasons = []icpcode.Reason{}
	}
	if !a.until.IsZero() {
		s.Until = inChina(a.until)
	}
	if !i.Expires.IsZero() {
		s.Expires = inChina(i.Expires)
	}
	for _, j := range a.joined {
		s.Joined = append(s.Joined, jsonGiven{j.Fact, j.From, j.To})
	}
	for _, g := range a.given {
		s.Given = append(s.Given, jsonGiven{g.Fact, g.From, g.To})
	}
	s.Notes = a.notes(p.lang)
	for _, k := range a.server.Conflicts {
		s.Conflicts = append(s.Conflicts, conflictOf(k))
	}
	for _, k := range a.terms {
		s.Conflicts = append(s.Conflicts, jsonConflict{k.fact, strconv.Itoa(k.months), []jsonSaid{
			{Value: strconv.Itoa(k.stated)}, {Value: k.created.In(china).Format(time.DateOnly) + "/" + k.expires.In(china).Format(time.DateOnly), File: a.file, Record: a.server.Record},
		}})
	}
	return s
}

func inChina(t time.Time) *time.Time {
	t = t.In(china)
	return &t
}

// ids lists the rules of a set.
func ids(set icpcode.RuleIDs) []string {
	var out []string
	for r := range set.All() {
		out = append(out, r.String())
	}
	return out
}

// member writes a member of the outer object, or an element of servers.
func (c *command) member(prefix string, v any) error {
	doc, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, _ = c.out.WriteString(prefix)
	_, err = c.out.Write(escapeJSON(doc))
	return err
}

func (p *jsonPrinter) begin(q *question) error {
	p.at = q.at
	return errorsOf(
		p.member("{\n\"at\": ", q.at.Truncate(time.Second).In(china)),
		p.member(",\n\"unofficial\": ", true),
		p.member(",\n\"assume\": ", append([]string{}, ids(q.assume)...)),
		p.member(",\n\"account\": ", append([]string{}, p.accFlags...)),
		p.member(",\n\"issued\": ", append([]string{}, p.issFlags...)),
		write(p.command, ",\n\"servers\": ["),
	)
}

func (p *jsonPrinter) server(a *answer) error {
	prefix := ",\n  "
	if !p.begun {
		p.begun, prefix = true, "\n  "
	}
	return p.member(prefix, p.of(a))
}

func (p *jsonPrinter) stop(err error) error {
	return errorsOf(
		write(p.command, "\n]"),
		p.member(",\n\"problems\": ", append(append([]string{}, p.firstProblems...), err.Error())),
		p.member(",\n\"problem_count\": ", p.problems+1),
		p.member(",\n\"complete\": ", false),
		write(p.command, "\n}\n"),
	)
}

// jsonFleet is the JSON form of the totals.
type jsonFleet struct {
	Servers  int            `json:"servers"`
	Yes      int            `json:"yes"`
	No       int            `json:"no"`
	Unknown  int            `json:"unknown"`
	Now      tally          `json:"now"`
	Pending  []jsonPending  `json:"pending"`
	Remedies []jsonCure     `json:"after_remedies"`
	Never    int            `json:"servers_never"`
	Paid     int            `json:"servers_paid_only"` // no free code is left, a paid one can be had
	Expiry   []jsonLapse    `json:"by_expiry"`
	Given    map[string]int `json:"given"`
	Assumed  []string       `json:"assumed"`
}

type jsonPending struct {
	Facts []string `json:"facts_that_would_tell"`
	tally
}

type jsonCure struct {
	Remedy  string `json:"remedy"`
	Certain bool   `json:"certain"` // false: codes is the most that it can be
	tally
}

type jsonLapse struct {
	Date    string `json:"date"` // in China
	Fewer   tally  `json:"fewer"`
	Pending tally  `json:"fewer_pending"`
}

type jsonSet struct {
	Version string `json:"version"`
	AsOf    string `json:"as_of"`
	Source  string `json:"source"`
	Servers int    `json:"servers"`
}

func (p *jsonPrinter) end(f *fleet) error {
	sets := []jsonSet{}
	for _, s := range f.sets {
		sets = append(sets, jsonSet{s.Version, s.AsOf, s.Source, f.judged[s.Version]})
	}
	return errorsOf(
		write(p.command, "\n]"),
		p.member(",\n\"problems\": ", append([]string{}, p.firstProblems...)),
		p.member(",\n\"problem_count\": ", p.problems),
		p.member(",\n\"complete\": ", p.problems == 0),
		p.member(",\n\"unmatched\": ", append([]jsonUnmatched{}, p.unmatched...)),
		p.member(",\n\"rule_sets\": ", sets),
		p.member(",\n\"today\": ", f.today(p.at)),
		p.member(",\n\"fleet\": ", f.document()),
		p.sites(f),
		write(p.command, "\n}\n"),
	)
}

// sites writes the plan of -sites.
func (p *jsonPrinter) sites(f *fleet) error {
	if p.sitesFlag == 0 || f.total() == 0 {
		return nil
	}
	return p.member(",\n\"sites\": ", f.plan(p.sitesFlag))
}

func (f *fleet) document() jsonFleet {
	d := jsonFleet{
		Servers: f.total(), Yes: f.servers[verdictYes], No: f.servers[verdictNo], Unknown: f.servers[verdictUnknown],
		Now: f.now, Pending: []jsonPending{}, Remedies: []jsonCure{}, Never: f.replace.Servers, Paid: f.paid.Servers, Expiry: []jsonLapse{},
		Given: f.given, Assumed: append([]string{}, ids(f.assumed)...),
	}
	for _, k := range f.sortedPending() {
		d.Pending = append(d.Pending, jsonPending{k.names(), *f.pending[k]})
	}
	for _, k := range f.sortedCures() {
		d.Remedies = append(d.Remedies, jsonCure{k.what, k.certain, *f.cures[k]})
	}
	for _, l := range f.sortedLapses() {
		if l.sure.Servers+l.maybe.Servers > 0 {
			d.Expiry = append(d.Expiry, jsonLapse{l.date.Format(time.DateOnly), l.sure, l.maybe})
		}
	}
	return d
}

// write is a step of errorsOf.
func write(c *command, s string) error {
	_, err := c.out.WriteString(s)
	return err
}

// errorsOf returns the first error.
func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// csvPrinter writes a row for each server and reason. A server without reasons
// has one row. How many codes it can have stands in its first row only, so that
// the column adds up to what the fleet can have, as far as codes are counted by
// server.
type csvPrinter struct {
	*command
	w *csv.Writer
}

// csvColumns are the columns of the CSV, for scripts, and csvColumnsZh what a
// spreadsheet of a Chinese user shows.
var (
	csvColumns = []string{
		"file", "id", "name", "provider", "product", "region", "verdict", "codes", "codes_at_most", "until", "rule_set",
		"facts_that_would_tell", "assumed", "given", "notes", "rule", "outcome", "required", "found", "remedy", "source",
	}
	csvColumnsZh = []string{
		"文件", "实例ID", "名称", "提供商", "产品", "地域", "结论", "可申请数量", "最多可申请数量", "须在此前续费", "规则版本",
		"待补充的事实", "假定通过的规则", "由您提供的事实", "说明", "规则", "判断", "要求", "实际", "处理建议", "来源",
	}
)

// The places of the columns that differ from row to row of a server.
const (
	csvCodes, csvMost = 7, 8
	csvReason         = 15
)

// begin prints nothing before there is something to print.
func (p *csvPrinter) begin(*question) error { return nil }

// head prints the headers.
func (p *csvPrinter) head() error {
	if p.w != nil {
		return nil
	}
	columns := csvColumns
	if p.lang == icpcode.Chinese {
		columns = csvColumnsZh
		// Without it a Chinese Excel takes the file for GBK.
		if err := write(p.command, "\uFEFF"); err != nil {
			return err
		}
	}
	p.w = csv.NewWriter(p.out)
	return p.row(columns)
}

func (p *csvPrinter) server(a *answer) error {
	if err := p.head(); err != nil {
		return err
	}
	i := &a.server.Instance
	given, notes := make([]string, 0, len(a.given)), a.notes(p.lang)
	for _, g := range a.given {
		given = append(given, p.change(g))
	}
	verdict, until, layout := a.verdict.String(), "", time.RFC3339
	if p.lang == icpcode.Chinese {
		verdict, layout = p.label(a.verdict), "2006-01-02 15:04" // which Excel takes for a date
	}
	if !a.until.IsZero() {
		until = a.until.In(china).Format(layout)
	}
	most := "" // no source gives the quota
	if n := a.atMost(); n != nil {
		most = strconv.Itoa(*n)
	}
	row := []string{
		a.file, string(i.ID), a.server.Name, i.Provider, string(i.Product), i.Region,
		verdict, strconv.Itoa(a.least), most, until, a.set.Version,
		p.factWords(a.missing), strings.Join(ids(a.decision.Assumed), " "), strings.Join(given, "; "), strings.Join(notes, "; "),
		"", "", "", "", "", "",
	}
	for n := range row {
		row[n] = cell(row[n])
	}
	if len(a.reasons) == 0 {
		return p.row(row)
	}
	for _, r := range a.reasons {
		outcome := r.Outcome.String()
		if p.lang == icpcode.Chinese {
			outcome = r.Outcome.Label(p.lang)
		}
		for n, s := range [...]string{r.Rule.String(), outcome, r.Required, r.Found, r.Remedy, r.Source(p.lang)} {
			row[csvReason+n] = cell(s)
		}
		if err := p.row(row); err != nil {
			return err
		}
		row[csvCodes], row[csvMost] = "", ""
	}
	return nil
}

// factWords are facts as the CSV lists them: for scripts the names of the
// columns of -facts, for people what they are.
func (p *csvPrinter) factWords(set factSet) string {
	if p.lang == icpcode.Chinese {
		return p.list(p.facts(set))
	}
	return strings.Join(set.names(), " ")
}

func (p *csvPrinter) row(row []string) error {
	if err := p.w.Write(row); err != nil {
		return err
	}
	p.w.Flush() // into the buffer of c.out
	return p.w.Error()
}

func (p *csvPrinter) stop(error) error { return nil }

// end tells the totals where they do not get between the rows.
func (p *csvPrinter) end(f *fleet) error {
	if err := p.head(); err != nil {
		return err
	}
	p.complain(p.say("%s: %d yes, %d no, %d cannot tell; %s can be issued now", "%s：%d可以，%d不可以，%d无法判断；现在可申请%s",
		p.servers(f.total()), f.servers[verdictYes], f.servers[verdictNo], f.servers[verdictUnknown], p.codes(f.now.Codes)))
	return nil
}
