package main

import (
	"net"
	"testing"
)

// peer is a connection from somewhere.
type peer struct {
	net.Conn

	from   net.Addr
	closed bool
}

func (p *peer) RemoteAddr() net.Addr { return p.from }
func (p *peer) Close() error         { p.closed = true; return nil }

// queue is a listener at which peers wait.
type queue struct {
	net.Listener

	peers []*peer
}

func (q *queue) Accept() (net.Conn, error) {
	if len(q.peers) == 0 {
		return nil, net.ErrClosed
	}
	p := q.peers[0]
	q.peers = q.peers[1:]
	return p, nil
}

// TestStrangersHaveATenth: of 20 places strangers take two, however many come,
// and get one again when one leaves; the trusted ones have theirs.
func TestStrangersHaveATenth(t *testing.T) {
	stranger, proxy := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 9)}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}
	var all []*peer
	come := func(n int, from net.Addr) []*peer {
		for range n {
			all = append(all, &peer{from: from})
		}
		return all[len(all)-n:]
	}
	come(500, stranger)
	trusted := come(20, proxy)
	late := come(1, stranger)
	q := &queue{peers: all}
	l := newLimited(q, 20, func(a net.Addr) bool { return a.String() == proxy.String() })
	accept := func() net.Conn {
		t.Helper()
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := accept()
	accept()
	for i, p := range trusted {
		c := accept()
		if c.RemoteAddr() != p.from || p.closed {
			t.Fatalf("after two strangers and %d trusted peers %v is let in", i, c.RemoteAddr())
		}
	}
	hungUp := 0
	for _, p := range all[:500] {
		if p.closed {
			hungUp++
		}
	}
	if hungUp != 498 {
		t.Errorf("%d strangers were hung up on, want 498", hungUp)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	accept()
	if late[0].closed {
		t.Error("a stranger has no room, though another left")
	}
}
