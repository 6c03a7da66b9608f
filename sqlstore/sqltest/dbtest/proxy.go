package dbtest

import (
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Fate is what becomes of one round trip. The zero value is [Pass].
type Fate uint8

// The fates of a round trip.
const (
	Pass Fate = iota
	Drop      // the request is lost before it reaches the server, and the link with it
	Lose      // the server does what it is asked, but the link is lost before the answer
)

// String returns "drop".
func (f Fate) String() string {
	if f > Lose {
		return "Fate(?)"
	}
	return [...]string{"pass", "drop", "lose"}[f]
}

// Plan is asked once for each round trip what becomes of it, also for those
// of connecting. It is called concurrently where links are used so.
type Plan func() Fate

// quiet is how long a server says nothing when it has said all that a request
// asks of it.
const quiet = 10 * time.Millisecond

// Answer reports of what a server has said whether it is all that a request
// asks for, and whether that is known. Where it is not, a server that is quiet
// for a moment has said all.
type Answer func(said []byte) (whole, known bool)

// MySQLAnswer is the Answer of MySQL's protocol to statements that return no
// rows. It has several parts if the text has several statements, and a server
// may send each as soon as it has it.
func MySQLAnswer(said []byte) (whole, known bool) {
	const header = 4 // of a packet: its length in three bytes, and its number
	for len(said) >= header {
		n := int(said[0]) | int(said[1])<<8 | int(said[2])<<16
		if len(said) < header+n {
			return false, true
		}
		packet := said[header : header+n]
		said = said[header+n:]
		const done, failed = 0x00, 0xff
		if n > 0 && packet[0] == failed {
			return true, true
		}
		if n == 0 || packet[0] != done {
			return false, false
		}
		// Two numbers of variable length, and then the status.
		rest := packet[1:]
		for range 2 {
			if len(rest) == 0 {
				return false, false
			}
			size := map[byte]int{0xfc: 3, 0xfd: 4, 0xfe: 9}[rest[0]]
			rest = rest[min(max(size, 1), len(rest)):]
		}
		const moreResults = 0x08
		if len(rest) == 0 || rest[0]&moreResults == 0 {
			return true, true
		}
	}
	return false, true
}

// Proxy forwards connections to a server as its plan says. A round trip is
// what a client sends up to the server's answer, whatever the protocol is, as
// long as the two take turns. It is safe for concurrent use.
type Proxy struct {
	listener net.Listener
	network  string
	server   string
	answer   Answer
	plan     Plan
	done     sync.WaitGroup

	fired [Lose + 1]atomic.Int64 // round trips by their fate

	mu    sync.Mutex
	links map[*link]struct{}
	cut   bool
	open  chan struct{} // closed while nothing is stalled
}

// link is one connection from the client and the one to the server behind it.
type link struct {
	client, server net.Conn

	mu     sync.Mutex
	asking bool // the client speaks, and the server has not yet answered
	losing bool // the answer will be lost
}

// close cuts the link; whoever reads from it gets an error.
func (l *link) close() {
	_ = l.client.Close()
	_ = l.server.Close()
}

// NewProxy returns a proxy to a server on the given port of the loopback
// interface. A nil plan lets everything pass.
func NewProxy(port int, plan Plan) (*Proxy, error) {
	return NewProxyTo("tcp", (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}).String(), nil, plan)
}

// NewProxyTo returns a proxy to a server at an address of a network, "tcp" or
// "unix". The answer may be nil, where nothing is known of answers.
func NewProxyTo(network, server string, answer Answer, plan Plan) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		listener: listener, network: network, server: server, answer: answer, plan: plan,
		links: map[*link]struct{}{}, open: make(chan struct{}),
	}
	close(p.open)
	p.done.Go(p.accept)
	return p, nil
}

// Port returns the port of the loopback interface to connect to.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Fired returns how many round trips met a fate so far.
func (p *Proxy) Fired(f Fate) int { return int(p.fired[f].Load()) }

// Close cuts all links and ends the proxy.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.Cut()
	p.Stall(false)
	p.done.Wait()
	return err
}

// Cut cuts all links, and each new one as it comes, until Mend.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for l := range p.links {
		l.close()
	}
}

// Mend lets links be made again.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
}

// Stall holds back everything that comes, in both directions, or lets it go
// on.
func (p *Proxy) Stall(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.open:
		if on {
			p.open = make(chan struct{})
		}
	default:
		if !on {
			close(p.open)
		}
	}
}

// pass waits while the proxy is stalled.
func (p *Proxy) pass() {
	p.mu.Lock()
	open := p.open
	p.mu.Unlock()
	<-open
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial(p.network, p.server)
		if err != nil {
			_ = client.Close() // as the server would
			continue
		}
		l := &link{client: client, server: server}
		p.mu.Lock()
		p.links[l] = struct{}{}
		if p.cut {
			l.close()
		}
		p.mu.Unlock()
		p.done.Go(func() { p.up(l) })
		p.done.Go(func() {
			p.down(l)
			p.mu.Lock()
			delete(p.links, l)
			p.mu.Unlock()
		})
	}
}

// up forwards what the client says.
func (p *Proxy) up(l *link) {
	defer l.close()
	b := make([]byte, 64<<10)
	for {
		n, err := l.client.Read(b)
		if err != nil {
			return
		}
		if p.request(l) == Drop {
			return
		}
		p.pass()
		if _, err := l.server.Write(b[:n]); err != nil {
			return
		}
	}
}

// request notes that the client speaks, and at the start of a round trip
// decides its fate.
func (p *Proxy) request(l *link) Fate {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asking {
		return Pass
	}
	l.asking = true
	fate := Pass
	if p.plan != nil {
		fate = p.plan()
	}
	p.fired[fate].Add(1)
	l.losing = fate == Lose
	return fate
}

// down forwards what the server says.
func (p *Proxy) down(l *link) {
	defer l.close()
	b := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(b)
		if err != nil {
			return
		}
		l.mu.Lock()
		losing := l.losing
		l.asking = false
		l.mu.Unlock()
		if losing {
			l.drain(b[:n], p.answer)
			return
		}
		p.pass()
		if _, err := l.client.Write(b[:n]); err != nil {
			return
		}
	}
}

// drain reads the rest of an answer. A server that meets a closed link in the
// middle of it might leave something undone.
func (l *link) drain(said []byte, answer Answer) {
	said = slices.Clone(said)
	b := make([]byte, 64<<10)
	for {
		limit := quiet
		if answer != nil {
			whole, known := answer(said)
			if whole {
				return
			}
			if known {
				limit = patience
			}
		}
		if err := l.server.SetReadDeadline(time.Now().Add(limit)); err != nil {
			return
		}
		n, err := l.server.Read(b)
		if err != nil {
			return // quiet, or gone
		}
		said = append(said, b[:n]...)
	}
}
