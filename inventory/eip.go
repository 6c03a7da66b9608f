package inventory

import (
	"io"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
)

// Addresses are public addresses (弹性公网IP, EIP) and what they are bound to,
// read from the lists of them that the providers' tools print. They tell what a
// list of servers leaves open: the address of a load balancer or of a secondary
// network interface, and one that is masked there or bound elsewhere by now. How
// an address is billed is not how its server is, and is not read.
//
// The zero value is empty. Addresses are an index in memory, some 330 bytes an
// address. Read must not run concurrently with anything else; Apply may with
// itself.
type Addresses struct {
	all []address
	// Those that name an instance or network interface, and those that can be
	// read, as indexes of all; where there are several, next tells.
	byTarget map[target]int32
	byIP     map[addressKey]int32
	byID     map[target]int32 // the last one of each ID
	// loose are those that are bound to a network interface alone, of a
	// provider whose servers do not say which interfaces they have.
	loose []int32
}

type target struct {
	provider string
	id       string
}

type addressKey struct {
	provider string
	ip       netip.Addr
}

// address is one EIP.
type address struct {
	provider string
	region   string
	id       string
	ip       netip.Addr // zero: not readable
	text     string     // as it was found
	masked   bool
	target   string // what it names as bound to
	bound    icpcode.Tri
	status   string // the word that says whether it is bound
	port     bool   // target is a network interface
	twice    bool   // another record says that it is bound to something else
	lock     string // why it is locked; "": it is not
	next     int32  // another one with the same target, plus 1
}

// field is what the provider calls the address in its list, and statusField
// what says whether it is bound.
func (a *address) field() string {
	switch a.provider {
	case tencent:
		return "AddressIp"
	case huawei:
		return "public_ip_address"
	}
	return "IpAddress"
}

func (a *address) statusField() string {
	switch a.provider {
	case tencent:
		return "AddressStatus"
	case huawei:
		return "status"
	}
	return "Status"
}

// maxAddressList is how many addresses are held.
const maxAddressList = 250_000

var errAddresses = errorf("there are more than %d addresses", "地址多于%d个", maxAddressList)

// Len returns the number of addresses held.
func (a *Addresses) Len() int { return len(a.all) }

// Read adds the addresses of one input, of any format that [Read] knows; what
// holds servers is passed over. The sequence yields nothing but errors, of the
// same kinds and in the same manner as Read, except that only addresses are
// counted. What two records of an address contradict each other about is unknown.
func (a *Addresses) Read(r io.Reader) iter.Seq[error] {
	return func(yield func(error) bool) {
		d := decoder{
			scanner: newScanner(r), addresses: a, addressesOnly: true, lists: newPages(),
			yield: func(_ Server, err error) bool { return yield(err) },
		}
		d.run()
	}
}

var (
	eipBound = words[icpcode.Tri]{
		{"InUse", icpcode.Yes},
		{"Available", icpcode.No},
		{"Associating", icpcode.No},
		{"Unassociating", icpcode.No},
		{"Releasing", icpcode.No},
	}
	tencentBound = words[icpcode.Tri]{
		{"BIND", icpcode.Yes},
		{"BINDED", icpcode.Yes}, // as older documents spell it
		{"BIND_ENI", icpcode.Yes},
		{"UNBIND", icpcode.No},
		{"BINDING", icpcode.No},
		{"UNBINDING", icpcode.No},
		{"CREATING", icpcode.No},
		{"OFFLINING", icpcode.No},
	}
	huaweiBound = words[icpcode.Tri]{
		{"ACTIVE", icpcode.Yes},
		{"ELB", icpcode.Yes},
		{"VPN", icpcode.Yes},
		{"DOWN", icpcode.No},
		{"BINDING", icpcode.No},
		{"BIND_ERROR", icpcode.No},
		{"PENDING_CREATE", icpcode.No},
		{"NOTIFYING", icpcode.No},
		{"PENDING_DELETE", icpcode.No},
		{"NOTIFY_DELETE", icpcode.No},
	}
)

// eip reads an Alibaba Cloud EIP.
func (b *builder) eip() (a address, problem error) {
	if problem := b.id(keyAllocationID); problem != nil {
		return address{}, problem
	}
	a = address{provider: alibaba, region: string(b.word(keyRegionID)), target: string(b.word(keyInstanceID))}
	a.boundIs(b.word(keyStatus), eipBound)
	b.addressOf(&a, keyIPAddress)
	for _, k := range [...]key{keyBusinessStatus, keyOperationLocks} {
		if k == keyBusinessStatus {
			b.restriction(k, "Normal", nil)
		} else {
			b.locks(k)
		}
		if b.s.Instance.Status != 0 && a.lock == "" {
			a.lock = keyNames[k]
		}
	}
	return a, nil
}

// tencentEIP reads a Tencent Cloud address.
func (b *builder) tencentEIP() (a address, problem error) {
	if problem := b.id(keyAddressID); problem != nil {
		return address{}, problem
	}
	a = address{provider: tencent, target: string(b.word(keyInstanceID))}
	if a.target == "" {
		a.target = string(b.word(keyNetworkInterfaceID))
	}
	a.boundIs(b.word(keyAddressStatus), tencentBound)
	b.addressOf(&a, keyAddressIP)
	for _, k := range [...]key{keyIsArrears, keyIsBlocked} {
		if v := string(b.t.word(b.t.member(k))); v == "true" || v == "True" {
			a.lock = keyNames[k]
		}
	}
	return a, nil
}

// huaweiEIP reads a Huawei Cloud EIP, of version 1 of the API, which names the
// network interface alone, or of version 3, which names the server too.
func (b *builder) huaweiEIP() (a address, problem error) {
	if problem := b.id(keyID); problem != nil {
		return address{}, problem
	}
	t := b.t
	vnic := t.member(keyVnic)
	a = address{provider: huawei, target: string(b.wordOf(t.child(vnic, keyDeviceID), keyDeviceID))}
	if kind := string(b.word(keyAssociatedType)); a.target == "" || kind != "" && kind != "PORT" {
		a.target, a.port = string(b.word(keyAssociatedID)), kind == "PORT"
	}
	for _, n := range [...]int32{t.child(vnic, keyPortID), t.member(keyPortID)} {
		if a.target == "" {
			a.target, a.port = string(b.wordOf(n, keyPortID)), true
		}
	}
	a.boundIs(b.word(keyOwnStatus), huaweiBound)
	if a.status == "FREEZED" { // bound or not
		a.lock, a.status, a.bound = keyNames[keyOwnStatus], "", icpcode.No
		if a.target != "" {
			a.bound = icpcode.Yes
		}
	}
	if len(b.word(keyLockStatus)) > 0 {
		a.lock = keyNames[keyLockStatus]
	}
	b.addressOf(&a, keyPublicIPOf)
	if a.text == "" {
		b.addressOf(&a, keyPublicIPv6Of)
	}
	return a, nil
}

// boundIs sets whether the address is bound to what a word says.
func (a *address) boundIs(word []byte, meanings words[icpcode.Tri]) {
	var known bool
	if a.bound, known = meanings.meaning(word); !known {
		a.status = string(word[:min(len(word), maxNote)])
	}
}

func (b *builder) addressOf(a *address, k key) {
	a.id = string(b.s.Instance.ID)
	v := b.word(k)
	if len(v) == 0 {
		return
	}
	ip, masked, ok := parseAddress(v)
	if ok && !masked && public(ip) {
		a.ip = ip
	}
	a.masked = masked
	a.text = string(v[:min(len(v), maxNote)])
}

// add puts an address into the index.
func (a *Addresses) add(x address) error {
	if len(a.all) >= maxAddressList {
		return errAddresses
	}
	if a.byTarget == nil {
		a.byTarget = make(map[target]int32)
		a.byIP = make(map[addressKey]int32)
		a.byID = make(map[target]int32)
	}
	n := int32(len(a.all)) //nolint:gosec // at most maxAddressList
	id := target{x.provider, x.id}
	if old := a.byID[id]; old > 0 && a.contradicts(old-1, &x) {
		return nil // it says the same
	}
	a.byID[id] = n + 1
	if x.provider == tencent && x.bound == icpcode.Yes && strings.HasPrefix(x.target, "eni-") {
		a.loose = append(a.loose, n)
	}
	if x.target != "" {
		t := target{x.provider, x.target}
		x.next = a.byTarget[t]
		a.byTarget[t] = n + 1
	}
	if x.ip.IsValid() {
		a.byIP[addressKey{x.provider, x.ip}] = n + 1
	}
	a.all = append(a.all, x)
	return nil
}

// contradicts compares a further record of an address with the one before, and
// reports whether it says the same. If it does not, both are in doubt; a lock
// that one of them has holds.
func (a *Addresses) contradicts(old int32, x *address) (same bool) {
	o := &a.all[old]
	if o.target == x.target && o.bound == x.bound && o.ip == x.ip && o.text == x.text {
		if o.lock == "" {
			o.lock = x.lock
		}
		return !o.twice
	}
	o.twice, x.twice = true, true
	return false
}

// Apply sets the facts that the addresses tell about s, and returns what that
// changed. [Facts.Apply] comes after it, since it has the last word. What
// contradicts the server's own record is in the notes of s.
//
//   - An address bound to s, or to one of its network interfaces, counts. If s
//     says itself that it has none, whether there is one is unknown: one of the
//     lists is older.
//   - An address of s that is not bound to it does not count, and whether there
//     is one is unknown if no other is left.
//   - So it is where it cannot be read whether an address is bound, or where
//     records contradict each other about it.
//   - A locked address does not count, and whether there is one is unknown if
//     no other is left.
func (a *Addresses) Apply(s *Server) []Change {
	if len(a.all) == 0 {
		return nil
	}
	i := &s.Instance
	before := s.Instance
	before.IPs = slices.Clone(i.IPs)
	a.removeOthers(s)
	if i.PublicIP == icpcode.Yes && len(before.IPs) > 0 && len(i.IPs) == 0 {
		i.PublicIP = icpcode.Unknown
	}
	a.addOwn(s, &before)
	if i.PublicIP == icpcode.No && s.Format == TencentCVM && len(a.loose) > 0 {
		i.PublicIP = icpcode.Unknown
		s.note(NoteEIPInterface, "NetworkInterfaceId", []byte(a.all[a.loose[0]].target))
	}
	if i.PublicIP == icpcode.Yes {
		s.Notes = slices.DeleteFunc(s.Notes, Note.open)
	}
	var changes []Change
	for _, name := range [...]string{"public_ip", "ips"} {
		col := columnNamed(name)
		if from, to := col.format(&before), col.format(i); from != to {
			changes = append(changes, Change{name, from, to})
		}
	}
	return changes
}

// open reports whether the note says nothing but that an address may be
// missing.
func (n Note) open() bool {
	return n.Kind == NoteEIPUnlisted || n.Kind == NoteInterfaces || n.Kind == NoteMaybeReleasedIP
}

// removeOthers removes the addresses of s that are bound elsewhere, in doubt or
// locked.
func (a *Addresses) removeOthers(s *Server) {
	i := &s.Instance
	var kept []netip.Addr
	for _, ip := range i.IPs {
		n := a.byIP[addressKey{i.Provider, ip}]
		if n == 0 {
			kept = append(kept, ip)
			continue
		}
		x := &a.all[n-1]
		if x.twice {
			s.note(NoteEIPTwice, x.field(), []byte(x.text))
			continue
		}
		if x.bound == icpcode.No || x.bound == icpcode.Yes && !s.isTarget(x) {
			s.note(NoteEIPElsewhere, x.field(), []byte(x.text))
			continue
		}
		if x.lock != "" {
			s.note(NoteEIPLocked, x.lock, []byte(x.text))
			continue
		}
		kept = append(kept, ip)
	}
	i.IPs = kept
}

// addOwn adds the addresses that are bound to s. Which counts is told by what
// the server's record said before.
func (a *Addresses) addOwn(s *Server, before *icpcode.Instance) {
	i := &s.Instance
	complete := before.PublicIP != icpcode.Yes || len(before.IPs) > 0 // IPs holds all that there are
	targets := append([]string{string(i.ID)}, s.Interfaces...)
	for _, id := range targets {
		for n := a.byTarget[target{i.Provider, id}]; n > 0; n = a.all[n-1].next {
			x := &a.all[n-1]
			if slices.Contains(before.IPs, x.ip) || x.ip.IsValid() && a.byIP[addressKey{x.provider, x.ip}] != n {
				continue // removeOthers has judged it, or it is out of date
			}
			doubt := func(kind NoteKind, field, value string) {
				s.note(kind, field, []byte(value))
				if i.PublicIP == icpcode.No {
					i.PublicIP = icpcode.Unknown
				}
			}
			switch {
			case x.twice:
				doubt(NoteEIPTwice, x.field(), x.text)
			case x.bound == icpcode.No:
				s.note(NoteEIPUnbound, x.field(), []byte(x.text))
			case x.bound != icpcode.Yes:
				doubt(NoteEIPUnclear, x.statusField(), x.status)
			case x.lock != "":
				doubt(NoteEIPLocked, x.lock, x.text)
			case before.PublicIP == icpcode.No && s.Format != TencentCVM: // which tells of its first interface alone
				doubt(NoteEIPDenied, x.field(), x.text)
			case x.ip.IsValid():
				i.PublicIP = icpcode.Yes
				if complete && len(i.IPs) < maxAddresses && !slices.Contains(i.IPs, x.ip) {
					i.IPs = append(i.IPs, x.ip)
				}
			case x.masked:
				i.PublicIP = icpcode.Yes
				s.note(NoteMasked, x.field(), []byte(x.text))
				complete, i.IPs = false, nil
			}
		}
	}
}

// isTarget reports whether what x is bound to can be the server: the only
// network interface of a server is not always kept.
func (s *Server) isTarget(x *address) bool {
	if x.target == string(s.Instance.ID) || slices.Contains(s.Interfaces, x.target) {
		return true
	}
	return len(s.Interfaces) == 0 && (x.port || strings.HasPrefix(x.target, "eni-"))
}
