package inventory

import (
	"errors"
	"io"
	"iter"
	"strings"
)

// ECS reads Alibaba Cloud ECS servers as DescribeInstances returns them and
// the provider's command-line tool prints them. The pages of a list may follow
// one another, as may lists of several regions. A list may be wrapped as old
// documents and the SDKs wrap it; single servers, as DescribeInstanceAttribute
// returns them or as a filter leaves them, are accepted too, bare or in a list.
//
// The sequence reads r as it is ranged over, once. Instead of a server it can
// yield an error: a [*RecordError] for a server that is left out, after which
// it goes on with the next; an [*IncompleteError], last of all, if pages are
// missing; or an [*InputError] where the input cannot be read on, which ends
// it. The servers before an error are as good as any. At most some 200 KiB are
// held, however large the input.
func ECS(r io.Reader) iter.Seq2[Server, error] {
	return func(yield func(Server, error) bool) {
		e := ecs{scanner: newScanner(r), yield: yield}
		e.run()
	}
}

// ecs decodes one input.
type ecs struct {
	*scanner
	yield   func(Server, error) bool
	servers int // seen so far
	inside  bool
	rec     ecsRecord
	pages   listing
	region  string // the last one: servers of a list share theirs
}

func (e *ecs) run() {
	for first := true; e.err == nil && (first || !e.done()); first = false {
		e.document(0)
	}
	if errors.Is(e.err, errStop) {
		return
	}
	if e.err != nil {
		at := 0
		if e.inside {
			at = e.servers
		}
		e.yield(Server{}, &InputError{Record: at, Offset: e.errAt, Err: e.err})
		return
	}
	if err := e.pages.close(); err != nil {
		e.yield(Server{}, err)
	}
}

// document reads one top-level value: a page, a list of such, or one server.
func (e *ecs) document(depth int) {
	if depth > maxDepth {
		e.fail(errDepth)
		return
	}
	if e.kind() == list {
		for first := true; e.element(first); first = false {
			e.document(depth + 1)
		}
		return
	}
	// Which of the two an object is shows only when its keys are read, so
	// both are read at once.
	start := e.offset()
	p := page{total: -1}
	before := e.servers
	var found, wrapped bool
	e.rec.reset()
	var seen keySet
	for first := true; ; first = false {
		key, ok := e.member(first)
		if !ok {
			break
		}
		switch string(key) {
		case "Instances":
			if !seen.add(0) {
				e.fail(errors.New("the key Instances is there twice"))
				return
			}
			found = true
			e.instances()
			e.rec.reset()
		case "DescribeInstancesResponse", "body":
			// A server has no such key, so nothing of one is lost.
			if e.kind() == object {
				wrapped = true
				e.document(depth + 1)
				e.rec.reset()
			} else {
				e.skip(0)
			}
		case "TotalCount":
			p.total = e.count("TotalCount")
		case "PageNumber":
			p.number = e.count("PageNumber")
		case "PageSize":
			p.size = e.count("PageSize")
		case "NextToken":
			_, token := e.scalar()
			p.more = len(token) > 0
		default:
			e.field(key)
		}
	}
	if e.err != nil || wrapped && !found {
		return
	}
	if found {
		p.servers = e.servers - before
		e.pages.add(p)
		return
	}
	if !e.rec.isServer() {
		e.failAt(start, ErrFormat)
		return
	}
	e.servers++
	e.emit(start)
}

// instances reads the value of Instances.
func (e *ecs) instances() {
	at := e.offset()
	switch e.kind() {
	case object:
	case null, text:
		e.emptyOr(at)
		return
	default:
		e.failAt(at, ErrFormat)
		return
	}
	for first := true; ; first = false {
		key, ok := e.member(first)
		if !ok {
			return
		}
		if string(key) != "Instance" {
			e.skip(0)
			continue
		}
		at := e.offset()
		switch e.kind() {
		case list:
			for first := true; e.element(first); first = false {
				e.server()
			}
		case object: // as XML has it, where a list of one is not a list
			e.server()
		case null, text:
			e.emptyOr(at)
		default:
			e.failAt(at, ErrFormat)
		}
	}
}

// emptyOr accepts null and "", which stand for an empty list.
func (e *ecs) emptyOr(at int64) {
	if _, b := e.scalar(); len(b) > 0 {
		e.failAt(at, ErrFormat)
	}
}

// server reads one element of the list.
func (e *ecs) server() {
	e.servers++
	e.inside = true
	k := e.kind()
	start := e.offset()
	e.rec.reset()
	if k != object {
		e.skip(0)
		e.rec.problem = "is not an object"
	} else {
		for first := true; ; first = false {
			key, ok := e.member(first)
			if !ok {
				break
			}
			e.field(key)
		}
	}
	if e.err == nil {
		e.inside = false
		e.emit(start)
	}
}

// emit yields the server in e.rec.
func (e *ecs) emit(start int64) {
	var more bool
	if s, problem := e.rec.server(); problem != "" {
		more = e.yield(Server{}, &RecordError{Record: e.servers, Offset: start, Err: errors.New(problem)})
	} else {
		more = e.yield(s, nil)
	}
	if !more {
		e.fail(errStop)
	}
}

// The fields of a server that are read.
type ecsKey uint8

const (
	keyInstanceID ecsKey = iota
	keyName
	keyRegion
	keyCharge
	keyStatus
	keyStoppedMode
	keyCreated
	keyExpires
	keyAutoRelease
	keyPublicIP
	keyEIP
	keyLocks
	keyInterfaces
	keyBandwidth
	keyENS
	noKey
)

func ecsKeyOf(key []byte) ecsKey {
	switch string(key) {
	case "InstanceId":
		return keyInstanceID
	case "InstanceName":
		return keyName
	case "RegionId":
		return keyRegion
	case "InstanceChargeType":
		return keyCharge
	case "Status":
		return keyStatus
	case "StoppedMode":
		return keyStoppedMode
	case "CreationTime":
		return keyCreated
	case "ExpiredTime":
		return keyExpires
	case "AutoReleaseTime":
		return keyAutoRelease
	case "PublicIpAddress":
		return keyPublicIP
	case "EipAddress":
		return keyEIP
	case "OperationLocks":
		return keyLocks
	case "NetworkInterfaces":
		return keyInterfaces
	case "InternetMaxBandwidthOut":
		return keyBandwidth
	case "EnsRegionId":
		return keyENS
	}
	return noKey
}

// keySet is the set of keys seen so far.
type keySet uint32

func (s *keySet) add(k ecsKey) bool {
	old := *s
	*s |= 1 << k
	return *s != old
}

func (s keySet) has(k ecsKey) bool { return s&(1<<k) != 0 }

// ecsRecord is what one server's object says, before it is made sense of.
// Texts are as found; a field that is absent or null is "".
type ecsRecord struct {
	seen         keySet
	problem      string
	id, name     string
	region       string
	charge       string
	status       string
	stoppedMode  string
	created      string
	expires      string
	autoRelease  string
	fixed, eip   addresses
	locks        locks
	interfaces   int
	noBandwidth  bool
	eipAllocated string
	unreadable   [4]Note // fields whose value is of a kind that they cannot have
	unreadables  int
}

// addresses are the public addresses that one field holds.
type addresses struct {
	given  bool // the field is there, if only to say that there is none
	odd    bool // it has something that is no address
	found  []string
	excess bool // it has more than maxAddresses
}

// locks is what OperationLocks says.
type locks struct {
	given bool
	odd   bool
	found []string
}

// Limits on what is kept of one server: more than any has, and within what a
// request to the engine may state.
const (
	maxAddresses = 256
	maxLocks     = 16
	maxNote      = 64
)

func (r *ecsRecord) reset() {
	fixed, eip, found := r.fixed.found[:0], r.eip.found[:0], r.locks.found[:0]
	*r = ecsRecord{}
	r.fixed.found, r.eip.found, r.locks.found = fixed, eip, found
}

// isServer reports whether an object outside of a list is an ECS server, and
// not another product's: a Simple Application Server has no
// InstanceChargeType, and a Tencent Cloud server no RegionId.
func (r *ecsRecord) isServer() bool {
	return r.seen.has(keyInstanceID) && r.seen.has(keyCharge) && r.seen.has(keyRegion)
}

// field reads the value of one key of a server's object.
func (e *ecs) field(key []byte) {
	r := &e.rec
	k := ecsKeyOf(key)
	if k == noKey {
		e.skip(0)
		return
	}
	if !r.seen.add(k) {
		r.problem = "has the key " + string(key) + " twice"
	}
	switch k {
	case keyInstanceID:
		r.id = e.word("InstanceId")
	case keyName:
		r.name = e.word("InstanceName")
	case keyRegion:
		r.region = e.sameRegion()
	case keyCharge:
		r.charge = e.word("InstanceChargeType")
	case keyStatus:
		r.status = e.word("Status")
	case keyStoppedMode:
		r.stoppedMode = e.word("StoppedMode")
	case keyCreated:
		r.created = e.word("CreationTime")
	case keyExpires:
		r.expires = e.word("ExpiredTime")
	case keyAutoRelease:
		r.autoRelease = e.word("AutoReleaseTime")
	case keyPublicIP:
		e.addresses(&r.fixed, 0)
	case keyEIP:
		e.addresses(&r.eip, 0)
	case keyLocks:
		e.locks(&r.locks, 0)
	case keyInterfaces:
		r.interfaces = e.interfaces()
	case keyBandwidth:
		r.noBandwidth = e.word("InternetMaxBandwidthOut") == "0"
	case keyENS:
		e.skip(0)
		r.problem = "is an ENS server, not an ECS one"
	}
}

// word reads a text, or a number as it is spelled. Null is "". Values of
// other kinds are noted and "".
func (e *ecs) word(field string) string {
	k, b := e.scalar()
	switch k {
	case noValue, null:
		return ""
	case text, number:
		return intern(b)
	}
	e.note(field)
	return ""
}

func (e *ecs) note(field string) {
	r := &e.rec
	if r.unreadables < len(r.unreadable) {
		r.unreadable[r.unreadables] = Note{Kind: NoteUnreadable, Field: field}
		r.unreadables++
	}
}

// intern returns b as a string, without allocating the common ones.
func intern(b []byte) string {
	switch string(b) {
	case "":
		return ""
	case "PrePaid":
		return "PrePaid"
	case "PostPaid":
		return "PostPaid"
	case "Running":
		return "Running"
	case "Stopped":
		return "Stopped"
	case "KeepCharging":
		return "KeepCharging"
	case "StopCharging":
		return "StopCharging"
	case "Not-applicable":
		return "Not-applicable"
	case "2099-12-31T15:59Z":
		return "2099-12-31T15:59Z"
	}
	return string(b)
}

func (e *ecs) sameRegion() string {
	k, b := e.scalar()
	if k == text {
		if string(b) != e.region {
			e.region = string(b)
		}
		return e.region
	}
	if k != null {
		e.note("RegionId")
	}
	return ""
}

// addresses reads {"IpAddress": ["…"]}, {"IpAddress": "…"}, or what is left of
// these in lists that were made from XML: a text, a list, nothing.
func (e *ecs) addresses(a *addresses, depth int) {
	switch e.kind() {
	case noValue:
	case null: // inside of the object, a null list is an empty one
		e.skip(0)
	case text:
		a.given = true
		a.add(string(e.str()))
	case list:
		a.given = true
		for first := true; e.element(first); first = false {
			e.nestedAddresses(a, depth)
		}
	case object:
		a.given = true
		for first := true; ; first = false {
			key, ok := e.member(first)
			if !ok {
				return
			}
			switch string(key) {
			case "IpAddress":
				e.nestedAddresses(a, depth)
			case "AllocationId":
				if k, b := e.scalar(); k == text && a == &e.rec.eip {
					e.rec.eipAllocated = string(b)
				}
			default:
				e.skip(0)
			}
		}
	default:
		e.skip(0)
		a.given, a.odd = true, true
	}
}

func (e *ecs) nestedAddresses(a *addresses, depth int) {
	if depth > 3 {
		e.skip(0)
		a.odd = true
		return
	}
	e.addresses(a, depth+1)
}

func (a *addresses) add(s string) {
	if s = strings.TrimSpace(s); s == "" {
		return
	}
	if len(a.found) == maxAddresses {
		a.excess = true
		return
	}
	a.found = append(a.found, s)
}

// locks reads {"LockReason": [{"LockReason": "…", "LockMsg": "…"}]}, or what
// is left of it in lists that were made from XML.
func (e *ecs) locks(l *locks, depth int) {
	switch e.kind() {
	case noValue:
	case null:
		e.skip(0)
	case text:
		l.given = true
		l.add(e.str(), depth > 1)
	case list:
		l.given = true
		for first := true; e.element(first); first = false {
			e.nestedLocks(l, depth+1)
		}
	case object:
		l.given = true
		named := false
		for first := true; ; first = false {
			key, ok := e.member(first)
			if !ok {
				break
			}
			if string(key) == "LockReason" {
				named = true
				e.nestedLocks(l, depth)
				continue
			}
			e.skip(0)
		}
		if !named && depth > 1 {
			l.add(nil, true) // a lock that does not say why
		}
	default:
		e.skip(0)
		l.given, l.odd = true, true
	}
}

func (e *ecs) nestedLocks(l *locks, depth int) {
	if depth > 3 {
		e.skip(0)
		l.odd = true
		return
	}
	e.locks(l, depth+1)
}

// add keeps a reason. An empty one counts inside a list, where its element
// says that there is a lock; elsewhere it stands for an empty list.
func (l *locks) add(reason []byte, inList bool) {
	if len(reason) == 0 && !inList || len(l.found) == maxLocks {
		return
	}
	l.found = append(l.found, string(reason))
}

// interfaces counts the elements of {"NetworkInterface": [{…}]}.
func (e *ecs) interfaces() int {
	n := 0
	if e.kind() != object {
		e.skip(0)
		return 0
	}
	for first := true; ; first = false {
		key, ok := e.member(first)
		if !ok {
			return n
		}
		if string(key) != "NetworkInterface" || e.kind() != list {
			e.skip(0)
			continue
		}
		for first := true; e.element(first); first = false {
			e.skip(0)
			n++
		}
	}
}
