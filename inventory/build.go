package inventory

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/icpcode/icpcode"
)

// builder makes sense of one record. What all formats have in common is here;
// what the fields of each mean is in the file of its provider or product.
type builder struct {
	t      *tree
	s      *Server
	region string  // the last one: servers of a list share theirs
	found  []int32 // the nodes that a search found

	ownerBuys bool // see Options
}

// words says what the words of a field mean.
type words[T any] []struct {
	text  string
	value T
}

func (w words[T]) meaning(b []byte) (T, bool) {
	for i := range w {
		if w[i].text == string(b) {
			return w[i].value, true
		}
	}
	var none T
	return none, false
}

// member returns the node of a member of the record, or 0 if it is absent or
// null.
func (b *builder) member(k key) int32 { return b.given(b.t.member(k)) }

func (b *builder) given(n int32) int32 {
	if n > 0 && b.t.nodes[n].kind == null {
		return 0
	}
	return n
}

// word returns the text of a member, or the spelling of a number. Values of
// other kinds are noted and nil.
func (b *builder) word(k key) []byte { return b.wordOf(b.t.member(k), k) }

func (b *builder) wordOf(n int32, k key) []byte {
	switch b.t.nodes[n].kind {
	case text, number:
		return b.t.word(n)
	case null:
		return nil
	}
	if n > 0 {
		b.s.note(NoteUnreadable, keyNames[k], nil)
	}
	return nil
}

// id sets the ID, or says why it cannot.
func (b *builder) id(k key) (problem error) {
	id := b.t.word(b.t.member(k))
	if problem := idProblem(id); problem != nil {
		return errorf("%s %v", "%s%v", keyNames[k], problem)
	}
	b.s.Instance.ID = icpcode.InstanceID(id)
	return nil
}

// maxID is how many bytes an ID, a name of a product or a region has at most.
const maxID = 128

// idProblem says what keeps s from being an ID, or nil.
func idProblem[T string | []byte](s T) error {
	if len(s) == 0 {
		return errMissing
	}
	if len(s) > maxID {
		return errorf("is longer than %d bytes", "超过%d字节", maxID)
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7F {
			return uncommonProblem(string(s))
		}
	}
	return nil
}

func uncommonProblem(s string) error {
	if !utf8.ValidString(s) {
		return errorf("is not valid UTF-8", "不是有效的UTF-8")
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return errorf("has a control character", "含有控制字符")
	}
	if strings.TrimSpace(s) != s {
		return errorf("has space around it", "首尾有空格")
	}
	return nil
}

func (b *builder) name(k key) { b.s.Name = strings.ToValidUTF8(string(b.word(k)), "\uFFFD") }

// place sets the region to RegionId, which is what Alibaba Cloud calls it.
func (b *builder) place() { b.placeIs(b.word(keyRegionID), "RegionId") }

func (b *builder) placeIs(region []byte, field string) {
	if len(region) == 0 {
		return
	}
	if idProblem(region) != nil {
		b.s.note(NoteUnreadable, field, region)
		return
	}
	if string(region) != b.region {
		b.region = string(region)
	}
	b.s.Instance.Region = b.region
}

// billing sets the billing to what a member says.
func (b *builder) billing(k key, meanings words[icpcode.Billing]) {
	b.billingIs(b.word(k), k, meanings)
}

func (b *builder) billingIs(charge []byte, k key, meanings words[icpcode.Billing]) {
	if len(charge) == 0 {
		return
	}
	v, ok := meanings.meaning(charge)
	if !ok {
		b.s.note(NoteUnreadable, keyNames[k], charge)
		return
	}
	b.s.Instance.Billing = v
}

// instant returns what a member says, in words or milliseconds; unknown: zero.
func (b *builder) instant(k key) time.Time {
	v := b.word(k)
	if len(v) == 0 {
		return time.Time{}
	}
	t, ok := parseMillis(v)
	if !ok {
		t, ok = parseInstant(v)
	}
	if !ok {
		b.s.note(NoteUnreadable, keyNames[k], v)
		return time.Time{}
	}
	return t
}

// neverYear is the year from which an expiry stands for "never": 2099 for most
// products. No term is that long.
const neverYear = 2099

// expires sets the expiry to what a member says, if the billing says that it
// means something.
func (b *builder) expires(k key) {
	i := &b.s.Instance
	if i.Billing != icpcode.Subscription {
		return
	}
	t := b.instant(k)
	if t.Year() >= neverYear {
		b.s.note(NoteNeverExpires, keyNames[k], b.t.word(b.t.member(k)))
		return
	}
	i.Expires = t
	if !t.IsZero() && !t.After(i.Created) {
		b.s.note(NoteEndsBeforeStart, keyNames[k], b.t.word(b.t.member(k)))
	}
}

// differ reports whether two instants say different things. One of them may
// have minutes only.
func differ(a, b time.Time) bool {
	return !a.IsZero() && !b.IsZero() && a.Sub(b).Abs() >= time.Minute
}

// network sets the private network that the server is in, which matters where
// it has no public address.
func (b *builder) network(n int32) {
	if v := b.t.word(n); len(v) > 0 && b.s.Instance.PublicIP != icpcode.Yes {
		b.s.Network = strings.ToValidUTF8(string(v[:min(len(v), 128)]), "\uFFFD")
	}
}

func (b *builder) autoRelease(k key) {
	if v := b.word(k); len(v) > 0 {
		b.s.note(NoteAutoRelease, keyNames[k], v)
	}
}

// changing is the meaning of a status in which something is being changed.
const changing = icpcode.Status(255)

// status sets the status to what a member says.
func (b *builder) status(k key, meanings words[icpcode.Status]) {
	v := b.word(k)
	if len(v) == 0 {
		return
	}
	status, ok := meanings.meaning(v)
	if !ok {
		b.s.note(NoteUnreadable, keyNames[k], v)
		return
	}
	if status == changing {
		b.s.note(NoteChanging, keyNames[k], v)
		return
	}
	b.s.Instance.Status = status
}

// overrule sets the status to a worse one, and says so if that contradicts it.
// The statuses are in the order from good to bad.
func (b *builder) overrule(status icpcode.Status, field string, value []byte) {
	i := &b.s.Instance
	if i.Status >= status {
		return
	}
	if i.Status == icpcode.StatusRunning || i.Status == icpcode.StatusPending {
		kind := NoteLocked
		if status == icpcode.StatusExpired {
			kind = NoteExpired
		}
		if status == icpcode.StatusStopped {
			kind = NoteStopped
		}
		b.s.note(kind, field, value)
	}
	i.Status = status
}

// restriction overrules the status with what a member says unless it says ok,
// and reports whether the member is there. A word that is not among the
// meanings is a lock: nothing else restricts.
func (b *builder) restriction(k key, ok string, meanings words[icpcode.Status]) (given bool) {
	v := b.word(k)
	if len(v) == 0 {
		return false
	}
	if string(v) == ok {
		return true
	}
	status, known := meanings.meaning(v)
	if !known {
		status = icpcode.StatusLocked
	}
	b.overrule(status, keyNames[k], v)
	return true
}

// needs makes running unknown if nothing says whether it is locked.
func (b *builder) needs(given bool, k key) {
	if !given && b.s.Instance.Status == icpcode.StatusRunning {
		b.s.Instance.Status = icpcode.StatusUnknown
		b.s.note(NoteLocksMissing, keyNames[k], nil)
	}
}

// maxShape is how deep the shapes of a list of addresses or locks are nested.
const maxShape = 5

// locks reads {"LockReason": [{"LockReason": "…", "LockMsg": "…"}]},
// [{"LockType": "…"}], or what is left of these in lists that were made from
// XML, and overrules the status if there is a lock.
func (b *builder) locks(k key) (given bool) {
	n := b.member(k)
	if n == 0 {
		return false
	}
	b.found = b.found[:0]
	odd := b.findLocks(n, 0, false)
	if len(b.found) == 0 {
		if odd && b.s.Instance.Status == icpcode.StatusRunning {
			b.s.Instance.Status = icpcode.StatusUnknown
			b.s.note(NoteUnreadable, keyNames[k], nil)
		}
		return true
	}
	var reasons [][]byte
	status := icpcode.StatusLocked
	for _, n := range b.found {
		reason := b.t.word(n)
		reasons = append(reasons, reason)
		if bytes.EqualFold(reason, []byte("refunded")) {
			status = icpcode.StatusRefunded
		}
	}
	b.overrule(status, keyNames[k], bytes.Join(reasons, []byte(", ")))
	return true
}

// findLocks finds the nodes that stand for a lock: they hold its reason. An
// empty one counts inside a list, where it says that there is a lock;
// elsewhere it stands for an empty list.
func (b *builder) findLocks(n int32, depth int, inList bool) (odd bool) {
	if depth > maxShape {
		return true
	}
	t := b.t
	switch t.nodes[n].kind {
	case null:
	case text:
		if inList || len(t.word(n)) > 0 {
			b.found = append(b.found, n)
		}
	case list:
		for c := t.first(n); c > 0; c = t.nodes[c].next {
			odd = b.findLocks(c, depth+1, true) || odd
		}
	case object:
		c := t.child(n, keyLockType)
		if c == 0 {
			c = t.child(n, keyLockReason)
		}
		if c > 0 {
			return b.findLocks(c, depth+1, inList)
		}
		if inList {
			b.found = append(b.found, n) // a lock that does not say why
		}
	default:
		return true
	}
	return odd
}

// maxAddresses is how many addresses are kept of one server: as many as a
// request to the engine may state.
const maxAddresses = 256

// addresses adds the public addresses of a member to the facts: a text, a list
// of texts, or either inside of {"IpAddress": …}. It reports whether the member
// says all that there is to say. With dropped, none counts.
func (b *builder) addresses(k key, dropped NoteKind) (known bool) {
	n := b.member(k)
	if n == 0 {
		return false
	}
	b.found = b.found[:0]
	odd := b.findTexts(n, 0)
	if odd {
		b.s.note(NoteUnreadable, keyNames[k], nil)
	}
	return b.useAddresses(keyNames[k], dropped) && !odd
}

// findTexts finds the texts of a value that holds addresses.
func (b *builder) findTexts(n int32, depth int) (odd bool) {
	if depth > maxShape {
		return true
	}
	t := b.t
	switch t.nodes[n].kind {
	case null:
	case text:
		b.found = append(b.found, n)
	case list:
		for c := t.first(n); c > 0; c = t.nodes[c].next {
			odd = b.findTexts(c, depth+1) || odd
		}
	case object:
		if c := t.child(n, keyIPAddress); c > 0 {
			return b.findTexts(c, depth+1)
		}
	default:
		return true
	}
	return odd
}

// useAddresses adds the texts that were found, and reports whether all can be
// read.
func (b *builder) useAddresses(field string, dropped NoteKind) (known bool) {
	if len(b.found) > maxAddresses {
		b.s.note(NoteUnreadable, field, fmt.Appendf(nil, "more than %d addresses", maxAddresses))
		if dropped == 0 {
			b.s.Instance.PublicIP = icpcode.Yes
		}
		return true
	}
	known = true
	for _, n := range b.found {
		known = b.address(field, b.t.word(n), dropped) && known
	}
	return known
}

// address adds one public address, and reports whether it can be read. What is
// not public does not count; nothing at all is no address.
func (b *builder) address(field string, v []byte, dropped NoteKind) bool {
	if v = bytes.TrimSpace(v); len(v) == 0 {
		return true
	}
	i := &b.s.Instance
	ip, masked, ok := parseAddress(v)
	if !ok {
		b.s.note(NoteUnreadable, field, v)
		return false
	}
	if dropped != 0 {
		b.s.note(dropped, field, v)
		return true
	}
	if masked {
		b.s.note(NoteMasked, field, v)
		i.PublicIP = icpcode.Yes
		return true
	}
	if !public(ip) {
		b.s.note(NoteNotPublic, field, v)
		return true
	}
	i.PublicIP = icpcode.Yes
	if !slices.Contains(i.IPs, ip) && len(i.IPs) < maxAddresses {
		i.IPs = append(i.IPs, ip)
	}
	return true
}

// parseAddress reads an address as lists give it: it may be masked.
func parseAddress(v []byte) (ip netip.Addr, masked, ok bool) {
	ip, err := netip.ParseAddr(string(v))
	if err != nil {
		masked = bytes.ContainsAny(v, "*xX")
		return netip.Addr{}, masked, masked
	}
	return ip.Unmap(), false, ip.Zone() == ""
}

// settleAddresses ends the reading of addresses. None is not a fact unless
// everything that could hold one is known.
func (b *builder) settleAddresses(known bool) {
	i := &b.s.Instance
	if b.s.masked() {
		i.IPs = nil // not all of them are known
	}
	if known && i.PublicIP != icpcode.Yes {
		i.PublicIP = icpcode.No
	}
}

func (s *Server) masked() bool {
	return slices.ContainsFunc(s.Notes, func(n Note) bool { return n.Kind == NoteMasked })
}

// carrierGrade is the shared address space of RFC 6598, which the provider
// uses inside.
var carrierGrade = netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)

func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !carrierGrade.Contains(ip)
}
