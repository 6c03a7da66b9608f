package inventory

import (
	"cmp"
	"slices"
)

// page is what one document says about the list that it is a part of, and what
// it holds of it.
type page struct {
	format   Format
	region   string // of all its records; "": they differ, or do not say
	records  int    // with those that cannot be read
	distinct int    // with those that cannot be read
	total    int    // TotalCount; 0 or less: not given
	number   int    // PageNumber; 0 or less: not given
	more     bool   // NextToken is not empty, or there is a link to the next page

	index    uint32 // in pages.groupOf
	file     string
	again    []uint64 // the hashes of records that were on other pages before
	regional bool     // region is set
	foreign  bool     // it is of another product
}

// maxTracked bounds the memory: records beyond it are taken for distinct.
const maxTracked = 2_000_000

// pages tells of the pages of any number of documents, in whatever order they
// come, whether they are whole lists. Records count once, however often they
// are there, so that neither a page that is there twice nor pages that shifted
// while they were fetched stand for others.
type pages struct {
	ids    *idSet
	file   string // that is being read
	groups map[pageGroup]*pageCount
	// The group of each page, by its number; 0 is that of all documents that
	// are no page.
	groupOf []*pageCount
	others  map[otherPage]bool // records that were in another group first
	empty   []*page            // which do not say what they belong to
}

// pageGroup is what the pages of one list have in common.
type pageGroup struct {
	format Format
	region string
	total  int
}

type otherPage struct {
	group *pageCount
	hash  uint64
}

// pageCount is what the pages of a group hold together.
type pageCount struct {
	pageGroup
	distinct   int
	mores      int  // pages after which there is another
	ends       int  // pages after which there is none
	overlaps   bool // a record is on several pages
	numbers    map[int]int
	most       int // pages of the same number, with other records on each
	file       string
	severalIn  bool // files
	selfStands bool // made of one page that is whole
}

func newPages() *pages {
	return &pages{
		ids: newIDSet(), groups: make(map[pageGroup]*pageCount), groupOf: make([]*pageCount, 1),
		others: make(map[otherPage]bool),
	}
}

// begin begins a page.
func (p *pages) begin() *page {
	p.groupOf = append(p.groupOf, nil)
	return &page{file: p.file, index: uint32(len(p.groupOf) - 1)} //nolint:gosec // a page takes more than a byte of input
}

// record takes the next record of a page, nil for a document that is none. It
// returns its slot, valid until the next call and nil if it is not remembered,
// and whether it is the first of that identity.
func (p *pages) record(on *page, id identity, region string) (slot *idSlot, first bool) {
	if on == nil {
		on = &page{}
	}
	if !on.regional {
		on.region, on.regional = region, true
	}
	if on.region != region {
		on.region = ""
	}
	on.records++
	if p.ids.n >= maxTracked {
		on.distinct++
		return nil, true
	}
	hash := p.ids.hash(id)
	slot, first = p.ids.add(hash)
	if first {
		slot.page = on.index
		on.distinct++
		return slot, true
	}
	if slot.page != on.index {
		on.again = append(on.again, hash)
	}
	return slot, false
}

// unreadable takes a record that cannot be told apart from others.
func (p *pages) unreadable(on *page) {
	if on != nil {
		on.records++
		on.distinct++
	}
}

// end ends a page.
func (p *pages) end(on *page) {
	if on.foreign {
		return // what it counts are no servers
	}
	slices.Sort(on.again)
	on.again = slices.Compact(on.again)
	if on.records == 0 {
		p.empty = append(p.empty, on)
		return
	}
	whole := on.total > 0 && on.distinct+len(on.again) >= on.total && !on.more
	g := p.group(pageGroup{on.format, on.region, max(0, on.total)}, on.file, whole)
	p.groupOf[on.index] = g
	p.add(g, on)
}

// group returns the group of a page. One that is whole is a group by itself:
// it needs no other.
func (p *pages) group(key pageGroup, file string, whole bool) *pageCount {
	if whole {
		return &pageCount{pageGroup: key, selfStands: true}
	}
	g := p.groups[key]
	if g == nil {
		g = &pageCount{pageGroup: key, file: file, numbers: make(map[int]int)}
		p.groups[key] = g
	}
	return g
}

// add adds the page to its group.
func (p *pages) add(g *pageCount, on *page) {
	if g.selfStands {
		return
	}
	added := on.distinct
	for _, hash := range on.again {
		slot, _ := p.ids.add(hash)
		if p.groupOf[slot.page] == g || p.others[otherPage{g, hash}] {
			g.overlaps = true
			continue
		}
		p.others[otherPage{g, hash}] = true
		added++
	}
	g.distinct += added
	g.severalIn = g.severalIn || g.file != on.file
	if on.more {
		g.mores++
	} else {
		g.ends++
	}
	if on.number > 0 && added > 0 {
		g.numbers[on.number]++
		g.most = max(g.most, g.numbers[on.number])
	}
}

// missing returns an error for each list that lacks pages, by format, region
// and length.
func (p *pages) missing() []*IncompleteError {
	p.placeEmpty()
	var all []*IncompleteError
	for _, g := range p.sorted() {
		if found, total, lacks := g.lacks(); lacks {
			all = append(all, &IncompleteError{Found: found, Total: total, Format: g.format, Region: g.region, File: g.inFile()})
		}
	}
	return all
}

func (p *pages) sorted() []*pageCount {
	all := make([]*pageCount, 0, len(p.groups))
	for _, g := range p.groups {
		all = append(all, g)
	}
	slices.SortFunc(all, func(x, y *pageCount) int {
		return cmp.Or(cmp.Compare(x.format, y.format), cmp.Compare(x.region, y.region), cmp.Compare(x.total, y.total))
	})
	return all
}

// placeEmpty finds what pages without records belong to. The last page of a
// list can be empty, and a page behind the last one; one that nothing belongs
// to speaks of a list that is not there.
func (p *pages) placeEmpty() {
	for _, e := range p.empty {
		var home *pageCount
		for _, g := range p.sorted() {
			if g.total != max(0, e.total) || !sameList(g.format, e.format) {
				continue
			}
			home = g
			if g.mores > 0 && g.ends == 0 {
				break
			}
		}
		if home == nil && !e.more && (e.total <= 0 || p.standsAlone(e)) {
			continue
		}
		if home == nil {
			home = p.group(pageGroup{e.format, "", max(0, e.total)}, e.file, false)
		}
		if e.more {
			home.mores++
		} else {
			home.ends++
		}
	}
	p.empty = nil
}

// standsAlone reports whether there is a whole page of the same list as the
// empty one.
func (p *pages) standsAlone(e *page) bool {
	return slices.ContainsFunc(p.groupOf, func(g *pageCount) bool {
		return g != nil && g.selfStands && g.total == e.total && sameList(g.format, e.format)
	})
}

// sameList reports whether an empty list can be of either format: it does not
// show which it is.
func sameList(a, b Format) bool {
	balancer := func(f Format) bool { return f == AlibabaALB || f == AlibabaNLB }
	tencent := func(f Format) bool { return f == TencentCVM || f == TencentLighthouse }
	alibaba := func(f Format) bool { return f == AlibabaECS || f == AlibabaENS }
	return a == b || balancer(a) && balancer(b) || tencent(a) && tencent(b) || alibaba(a) && alibaba(b)
}

func (g *pageCount) inFile() string {
	if g.severalIn {
		return ""
	}
	return g.file
}

// lacks reports whether pages are missing, how many records there are and how
// many there should be, if that is known.
func (g *pageCount) lacks() (found, total int, lacks bool) {
	if g.total <= 0 {
		return g.distinct, 0, g.mores > 0 && g.ends == 0
	}
	// Two accounts can have lists of the same length. Records that are on
	// several pages are of one list that was fetched again.
	lists := 1
	if !g.overlaps {
		lists = max(g.most, (g.distinct+g.total-1)/g.total, 1)
	}
	if total = lists * g.total; g.distinct < total {
		return g.distinct, total, true
	}
	return g.distinct, 0, g.mores > 0 && g.ends == 0
}
