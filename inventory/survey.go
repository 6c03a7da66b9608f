package inventory

import (
	"errors"
	"hash/maphash"
	"io"
	"iter"
	"time"

	"github.com/icpcode/icpcode"
)

// Survey is what a first reading of all the inputs of one inventory tells, so
// that the second one can answer each server for good: whether the lists are
// whole, over however many files their pages are spread; which records are of
// the same server, and what these contradict each other about; and the public
// addresses. The second reading is [Read] with [Options.Survey]:
//
//	var survey inventory.Survey
//	for _, f := range files {
//		for range survey.Read(f.Name(), f) {
//			// What is wrong with the records is told again by Read.
//		}
//	}
//	// … rewind, and for each file inventory.Read(f, &inventory.Options{Survey: &survey, File: f.Name()})
//	for _, e := range survey.Missing() { … }
//
// The zero value is empty. It takes some 30 bytes a server for the first two
// million; those beyond are not compared. It is not safe for concurrent use.
type Survey struct {
	// Addresses are those of all the inputs.
	Addresses Addresses
	// Mainland says whether a provider's region is in mainland China, so that
	// the other one counts where two records of a server contradict each
	// other. nil: the region is then unknown.
	Mainland func(provider, region string) icpcode.Tri

	// OwnerBuys is Options.OwnerBuys.
	OwnerBuys bool

	pages     *pages
	billed    bool // there are lists that say how servers are paid for
	contested map[identity][]statement
	gateways  map[target]string // by their network: the ID of a NAT gateway that has an address
}

// statement is what one record says about a server of which another one says
// something else.
type statement struct {
	server Server
	file   string
}

// maxContested is how many records that contradict others are kept, or where
// there are lists of a billing centre, add to them.
const (
	maxContested = 50_000
	maxBilled    = 250_000
)

var errContested = errorf("more than %d records contradict other records of the same servers: give lists of one day",
	"同一服务器的记录相互矛盾，超过%d条：请提供同一天导出的清单", maxContested)

// Read takes note of one input. The sequence yields nothing but errors, of the
// same kinds and in the same manner as [Read]; Read yields them once more.
func (v *Survey) Read(file string, r io.Reader) iter.Seq[error] {
	return func(yield func(error) bool) {
		v.pagesOf(file)
		d := decoder{
			scanner: newScanner(r), addresses: &v.Addresses, survey: v, surveying: true, lists: v.pages, file: file,
			yield: func(_ Server, err error) bool { return err == nil || yield(err) },
		}
		d.b.ownerBuys = v.OwnerBuys
		d.run()
	}
}

func (v *Survey) pagesOf(file string) {
	if v.pages == nil {
		v.pages = newPages()
	}
	v.pages.file = file
}

// Missing returns an error for each list that lacks pages, in the order of the
// formats, judged over all the inputs together.
func (v *Survey) Missing() []*IncompleteError {
	if v.pages == nil {
		return nil
	}
	return v.pages.missing()
}

// digest sums up the facts of a server, so that records that say the same are
// told from others. Two that differ have the same digest once in two billion.
func (v *Survey) digest(s *Server) uint32 {
	i := &s.Instance
	seed := v.pages.ids.seed
	h := maphash.Comparable(seed, struct {
		owner                     icpcode.AccountID
		product                   icpcode.Product
		region                    string
		billing                   icpcode.Billing
		status                    icpcode.Status
		term, first, quota, notes int
		created, expires          int64
		renew, trial              icpcode.Tri
		ip, held, down            icpcode.Tri
		partner                   bool
		amount                    string
	}{
		i.Owner, i.Product, i.Region, i.Billing, i.Status, i.TermMonths, i.FirstTermMonths, i.ContractQuota, len(s.Notes),
		micro(i.Created), micro(i.Expires), i.AutoRenew, i.Trial, i.PublicIP, i.IPHeld, i.Downgraded, i.PartnerIP, amount(i.OrderAmount),
	})
	for _, ip := range i.IPs {
		h = h*31 + maphash.Comparable(seed, ip)
	}
	return uint32(h>>32) &^ yielded
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// yielded is the bit of a digest that says that Read has yielded the server.
const yielded = 1 << 31

// note takes a record of a server in the first reading.
func (v *Survey) note(on *page, s *Server, file string) error {
	id := identityOf(s)
	if s.Network != "" && s.Instance.Product == icpcode.NAT && s.Instance.PublicIP == icpcode.Yes {
		if v.gateways == nil {
			v.gateways = make(map[target]string)
		}
		v.gateways[target{s.Instance.Provider, s.Network}] = string(s.Instance.ID)
	}
	v.billed = v.billed || s.Format.isBilling()
	slot, first := v.pages.record(on, id, s.Instance.Region)
	if slot == nil {
		return nil
	}
	digest := v.digest(s)
	if first {
		slot.digest = digest
		return nil
	}
	if slot.digest == digest {
		return nil
	}
	if v.contested == nil {
		v.contested = make(map[identity][]statement)
	}
	for _, o := range v.contested[id] {
		if v.digest(&o.server) == digest {
			return nil
		}
	}
	limit := maxContested
	if v.billed {
		limit = maxBilled
	}
	if len(v.contested) >= limit || len(v.contested[id]) >= maxStatements {
		return errContested
	}
	v.contested[id] = append(v.contested[id], statement{*s, file})
	return nil
}

// maxStatements is how many different records of one server are kept.
const maxStatements = 100

// settle makes s, a record that is met in the second reading, what all records
// of the server say together, and reports whether it was yielded before.
func (v *Survey) settle(s *Server, file string) (again bool) {
	v.pagesOf(file)
	id := identityOf(s)
	slot := v.pages.ids.lookup(v.pages.ids.hash(id))
	if slot == nil {
		return false // there are too many, or the input has changed
	}
	if slot.digest&yielded != 0 {
		return true
	}
	slot.digest |= yielded
	others := v.contested[id]
	s.standFor(others)
	if id := v.gateways[target{s.Instance.Provider, s.Network}]; s.Network != "" && id != "" && s.Instance.PublicIP == icpcode.No && s.Instance.Product != icpcode.NAT {
		s.note(NoteGateway, "VpcId", []byte(id))
	}
	if len(others) > 0 {
		merge(s, file, others, v.Mainland)
	}
	return false
}

// standFor makes a record of a billing list, if it is the first that was met, one
// of the server's own list.
func (s *Server) standFor(others []statement) {
	if !s.Format.isBilling() {
		return
	}
	for n := range others {
		if o := &others[n].server; !o.Format.isBilling() {
			s.Format, s.Network = o.Format, o.Network
			return
		}
	}
}

func identityOf(s *Server) identity {
	return identity{provider: s.Instance.Provider, id: string(s.Instance.ID)}
}

// isLimit reports whether err ends the reading.
func isLimit(err error) bool { return errors.Is(err, errAddresses) || errors.Is(err, errContested) }
