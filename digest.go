package icpcode

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// digest collects what makes a request the one it is: operation, targets,
// quantity, grantee and remark, but not facts, proof or clock, which a retry
// brings afresh. Every part carries its length, so that no two requests run
// together into the same bytes.
type digest struct {
	buf []byte
	// typed is for the form of versions before, which took filings as they
	// were typed. Otherwise differs tells whether that form is another.
	typed, differs bool
}

func (p *digest) action(a Action) { p.buf = append(p.buf, byte(a)) }

func (p *digest) number(n int64) { p.buf = binary.AppendVarint(p.buf, n) }

func (p *digest) text(s string) {
	p.buf = binary.AppendUvarint(p.buf, uint64(len(s)))
	p.buf = append(p.buf, s...)
}

func (p *digest) code(c Code) {
	p.buf = binary.AppendUvarint(p.buf, c.n)
	p.text(c.opaque)
}

func (p *digest) instant(t time.Time) {
	if t.IsZero() {
		p.number(0)
		return
	}
	p.number(t.UnixMicro())
}

func (p *digest) filing(f *Filing) {
	domain, ips := f.Domain, f.IPs
	if !p.typed && domain != "" {
		domain = canonicalDomain(domain)
	}
	if !p.typed {
		ips = unmapped(ips)
		p.differs = p.differs || domain != f.Domain || !slices.Equal(ips, f.IPs)
	}
	p.number(int64(f.Kind))
	p.text(domain)
	p.text(f.App)
	p.text(f.Subject)
	p.text(f.ICPNumber)
	p.number(int64(len(ips)))
	for _, ip := range ips {
		p.text(string(ip.AsSlice()))
	}
}

func (p *digest) sum() [sha256.Size]byte { return sha256.Sum256(p.buf) }
