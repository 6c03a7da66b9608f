package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
)

// resolved is what a file says of where names point. The zero value knows
// nothing.
type resolved struct {
	names map[string]*pointing // in the form of Filing.Service
	zones []string             // of which the file has every name
}

// pointing is what is known of one name.
type pointing struct {
	ips     []netip.Addr
	aliases []string // canonical names
	none    bool     // there is no such name, or no address of it
	gone    bool     // there is no such name, nor one below it
	failed  bool     // name servers could not tell
}

// maxAliases is how many names are followed from one to the next.
const maxAliases = 8

// canonical is the one form of a name.
func canonical(name string) string {
	return (&icpcode.Filing{Domain: strings.TrimSpace(name)}).Service()
}

func (r *resolved) name(name string) *pointing {
	name = canonical(name)
	if r.names == nil {
		r.names = make(map[string]*pointing)
	}
	if r.names[name] == nil {
		r.names[name] = new(pointing)
	}
	return r.names[name]
}

// record notes a record. Types other than A, AAAA and CNAME say that the name is
// there.
func (r *resolved) record(name, kind, value string) error {
	p := r.name(name)
	switch strings.ToUpper(kind) {
	case "A", "AAAA", "1", "28":
		ip, err := netip.ParseAddr(strings.TrimSpace(value))
		if err != nil {
			return errorf("%.80q is not an IP address", "%.80q 不是IP地址", value)
		}
		if ip = ip.Unmap(); !slices.Contains(p.ips, ip) {
			p.ips = append(p.ips, ip)
		}
	case "CNAME", "5":
		p.aliases = append(p.aliases, canonical(value))
	}
	return nil
}

// status notes how name servers answered: NOERROR, NXDOMAIN, SERVFAIL, a
// timeout, or the number of it.
func (r *resolved) status(name, status string) {
	p := r.name(name)
	switch strings.ToUpper(status) {
	case "", "NOERROR", "0":
		p.none = true // unless there are addresses
	case "NXDOMAIN", "3":
		p.none, p.gone = true, true
	default:
		p.failed = true
	}
}

// of answers where a domain points: the name itself and www below it. Where the
// name has no address, and www was not asked about, it cannot be told.
func (r *resolved) of(domain string) (ips []netip.Addr, resolves icpcode.Tri) {
	domain = canonical(domain)
	resolves = icpcode.No
	for _, name := range [...]string{domain, "www." + domain} {
		found, tri := r.follow(name, 0)
		for _, ip := range found {
			if !slices.Contains(ips, ip) {
				ips = append(ips, ip)
			}
		}
		above := r.names[domain]
		asked := name == domain || r.names[name] != nil || above == nil || !above.gone
		if tri == icpcode.Unknown && asked {
			resolves = icpcode.Unknown
		}
	}
	if len(ips) > 0 {
		resolves = icpcode.Yes
	}
	return ips, resolves
}

// follow goes from a name to its addresses.
func (r *resolved) follow(name string, depth int) ([]netip.Addr, icpcode.Tri) {
	p := r.names[name]
	if p == nil {
		if r.whole(name) {
			return nil, icpcode.No
		}
		return nil, icpcode.Unknown
	}
	if len(p.ips) > 0 {
		return p.ips, icpcode.Yes
	}
	for _, a := range p.aliases {
		if depth == maxAliases {
			return nil, icpcode.Unknown
		}
		if ips, tri := r.follow(a, depth+1); tri != icpcode.No {
			return ips, tri
		}
	}
	if p.failed || !p.none && len(p.aliases) == 0 && !r.whole(name) {
		return nil, icpcode.Unknown
	}
	return nil, icpcode.No
}

// whole reports whether a file has all names of the zone that a name is in: a
// name that it lacks is not there. A wildcard may stand for it.
func (r *resolved) whole(name string) bool {
	return slices.ContainsFunc(r.zones, func(z string) bool {
		return (name == z || strings.HasSuffix(name, "."+z)) && r.names["*."+z] == nil
	})
}

// readResolved reads a zone file, what dig +noall +answer prints, or the JSON of
// massdns, zdns, dnsx, of DNS over HTTPS, or of Alibaba Cloud DNS.
func readResolved(r io.Reader) (*resolved, error) {
	in := bufio.NewReaderSize(io.LimitReader(r, maxResolved+1), 64<<10)
	head, _ := in.Peek(in.Size()) // what is wrong shows when it is read
	out := &resolved{}
	counted := &counter{r: in}
	var err error
	if looksLikeJSON(head) {
		err = out.json(counted)
	} else {
		err = out.zone(counted)
	}
	if err == nil && counted.n > maxResolved {
		err = errorf("is larger than %d MiB", "大于%d MiB", maxResolved>>20)
	}
	if err == nil && len(out.names) == 0 {
		err = errorf("it has no DNS records: give a zone file, what dig +noall +answer prints, or the JSON of massdns, zdns or dnsx",
			"没有DNS记录：请提供区域文件、dig +noall +answer 的输出，或massdns、zdns、dnsx的JSON")
	}
	return out, err
}

// maxResolved bounds memory.
const maxResolved = 256 << 20

// zone reads records, one a line: NAME [TTL] [CLASS] TYPE VALUE.
func (r *resolved) zone(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 256<<10)
	origin, last, open := "", "", 0
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimPrefix(lines.Bytes(), []byte("\uFEFF"))
		text, _, _ := strings.Cut(string(line), ";")
		inside := open > 0
		open = max(0, open+strings.Count(text, "(")-strings.Count(text, ")"))
		words := strings.Fields(text)
		if inside || len(words) == 0 {
			continue
		}
		if strings.EqualFold(words[0], "$ORIGIN") && len(words) > 1 {
			origin = strings.TrimSuffix(words[1], ".")
			continue
		}
		if words[0][0] == '$' {
			continue
		}
		if text[0] == ' ' || text[0] == '\t' {
			words = append([]string{last}, words...)
		}
		name, kind, value := recordOf(words)
		if kind == "" {
			return errorf("line %d: not a record of a zone file: NAME TYPE VALUE", "第%d行：不是区域文件的记录（名称 类型 值）", n)
		}
		last = name
		full := absolute(name, origin)
		if full == "" {
			return errorf("line %d: %.80q is a relative name, and there is no $ORIGIN above it", "第%d行：%.80q 是相对名称，但此前没有$ORIGIN", n, name)
		}
		if strings.EqualFold(kind, "SOA") {
			if origin == "" {
				origin = full
			}
			r.zones = append(r.zones, canonical(full))
		}
		if strings.EqualFold(kind, "CNAME") {
			value = absolute(value, origin)
		}
		if err := r.record(full, kind, value); err != nil {
			return errorf("line %d: %v", "第%d行：%v", n, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return errorf("a line is longer than %d KiB", "有一行超过%d KiB", 256)
	} else if err != nil {
		return err
	}
	return nil
}

// recordTypes are the types of records that zones have.
var recordTypes = []string{
	"A", "AAAA", "CNAME", "SOA", "NS", "MX", "TXT", "SRV", "CAA", "PTR", "HTTPS", "SVCB", "DS", "DNSKEY", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "TLSA", "SPF", "NAPTR", "SSHFP", "DNAME", "LOC", "HINFO", "RP",
}

// recordOf takes a line apart; the type is "" where it is no record.
func recordOf(words []string) (name, kind, value string) {
	for n := 1; n < len(words) && n < 4; n++ {
		if slices.Contains(recordTypes, strings.ToUpper(words[n])) {
			if n+1 < len(words) {
				return words[0], words[n], words[n+1]
			}
			return "", "", ""
		}
	}
	return "", "", ""
}

// absolute is a name with its zone; "" where that is not known.
func absolute(name, origin string) string {
	if name == "@" {
		return origin
	}
	if full, found := strings.CutSuffix(name, "."); found {
		return full
	}
	if origin != "" {
		return name + "." + origin
	}
	if strings.Contains(name, ".") {
		return name // as people write it
	}
	return ""
}

// json reads the documents of tools, one after the other or in a list.
func (r *resolved) json(in io.Reader) error {
	d := json.NewDecoder(in)
	d.UseNumber()
	for {
		var v any
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return jsonProblem(err, d.InputOffset())
		}
		if err := r.walk(v); err != nil {
			return err
		}
	}
}

// walk looks for what says where a name points.
func (r *resolved) walk(v any) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := r.walk(e); err != nil {
				return err
			}
		}
	case map[string]any:
		return r.object(v)
	}
	return nil
}

// words are the texts of a member that is one or a list of them.
func memberWords(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, memberWords(e)...)
		}
		return out
	}
	return nil
}

func memberWord(m map[string]any, names ...string) string {
	for _, n := range names {
		if w := memberWords(m[n]); len(w) == 1 {
			return w[0]
		}
	}
	return ""
}

func (r *resolved) object(m map[string]any) error {
	name := memberWord(m, "host", "name", "Name")
	if questions, ok := m["Question"].([]any); ok && len(questions) > 0 { // DNS over HTTPS
		if q, ok := questions[0].(map[string]any); ok {
			r.status(memberWord(q, "name"), memberWord(m, "Status"))
			return r.answers(m["Answer"])
		}
	}
	if rr, domain := memberWord(m, "RR"), memberWord(m, "DomainName"); rr != "" && domain != "" { // Alibaba Cloud DNS
		if !strings.EqualFold(memberWord(m, "Status"), "DISABLE") {
			return r.record(absolute(rr, domain), memberWord(m, "Type"), memberWord(m, "Value"))
		}
		return nil
	}
	if status := memberWord(m, "status_code"); status != "" && name != "" { // dnsx
		r.status(name, status)
		for _, kind := range [...]string{"a", "aaaa"} {
			for _, ip := range memberWords(m[kind]) {
				if err := r.record(name, kind, ip); err != nil {
					return err
				}
			}
		}
		return nil
	}
	data, _ := m["data"].(map[string]any)
	if status := memberWord(m, "status"); status != "" && name != "" && results(m) == nil { // massdns, zdns
		r.status(name, status)
		return r.answers(data["answers"])
	}
	if all := results(m); all != nil && name != "" { // zdns, of several types
		for _, kind := range sortedKeys(all) {
			one, _ := all[kind].(map[string]any)
			r.status(name, memberWord(one, "status"))
			data, _ := one["data"].(map[string]any)
			if err := r.answers(data["answers"]); err != nil {
				return err
			}
		}
		return nil
	}
	for _, key := range sortedKeys(m) {
		if err := r.walk(m[key]); err != nil {
			return err
		}
	}
	return nil
}

func results(m map[string]any) map[string]any {
	all, _ := m["results"].(map[string]any)
	return all
}

// answers notes the records of an answer.
func (r *resolved) answers(v any) error {
	list, _ := v.([]any)
	for _, e := range list {
		m, ok := e.(map[string]any)
		if !ok || memberWord(m, "name") == "" {
			continue
		}
		if err := r.record(memberWord(m, "name"), memberWord(m, "type"), memberWord(m, "data", "answer")); err != nil {
			return err
		}
	}
	return nil
}

// addressSet are addresses that were stated to be all.
type addressSet struct {
	prefixes []netip.Prefix // sorted
	ips      map[netip.Addr]bool
}

func (s *addressSet) has(ip netip.Addr) bool {
	if s == nil {
		return false
	}
	ip = ip.Unmap()
	return s.ips[ip] || slices.ContainsFunc(s.prefixes, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// maxPrefixes bounds how long a look takes.
const maxPrefixes = 10_000

// readAddresses reads addresses and prefixes, one a line; what follows a space
// or comma is for people.
func readAddresses(r io.Reader) (*addressSet, error) {
	s := &addressSet{ips: make(map[netip.Addr]bool)}
	lines := bufio.NewScanner(io.LimitReader(r, maxIssuedFile))
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "\uFEFF"), "#")
		words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t,;\r", r) })
		if len(words) == 0 || n == 1 && strings.EqualFold(strings.Trim(words[0], `"`), "ip") {
			continue
		}
		word := strings.Trim(words[0], `"`)
		if ip, err := netip.ParseAddr(word); err == nil {
			s.ips[ip.Unmap()] = true
			continue
		}
		p, err := netip.ParsePrefix(word)
		if err != nil || len(s.prefixes) == maxPrefixes {
			return nil, errorf("line %d: %.80q is not an IP address or prefix, or one too many", "第%d行：%.80q 不是IP地址或网段，或数量过多", n, word)
		}
		s.prefixes = append(s.prefixes, p.Masked())
	}
	return s, lines.Err()
}
