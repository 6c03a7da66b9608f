package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/idna"
)

// What -resolve asks, and how fast: A and AAAA of each domain and of www below
// it, as absolute names.
const (
	queryEvery    = 10 * time.Millisecond // no more than 100 a second
	queriesAtOnce = 16
	queryWait     = 3 * time.Second
	queryTries    = 2 // of each name server
	progressEvery = 2 * time.Second
	maxMessage    = 4096
)

// systemServers stands for the name servers of the machine.
const systemServers = "system"

// resolvConf names them.
const resolvConf = "/etc/resolv.conf"

// asker asks name servers.
type asker struct {
	servers []netip.AddrPort // the next one where one gives no answer
	every   time.Duration
	wait    time.Duration // for a reply
}

// nameServers are those that -resolve names.
func nameServers(word string, open func(string) (io.ReadCloser, error)) ([]netip.AddrPort, error) {
	if at, err := netip.ParseAddrPort(word); err == nil {
		return []netip.AddrPort{at}, nil
	}
	if ip, err := netip.ParseAddr(word); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(ip, 53)}, nil
	}
	if word != systemServers {
		return nil, errorf("%.80q is not the address of a name server, such as 223.5.5.5:53", "%.80q 不是DNS服务器地址，例如223.5.5.5:53", word)
	}
	var found []netip.AddrPort
	f, err := open(resolvConf)
	if err == nil {
		defer func() { _ = f.Close() }() // it was only read
		for lines := bufio.NewScanner(io.LimitReader(f, 64<<10)); lines.Scan(); {
			words := strings.Fields(lines.Text())
			if len(words) < 2 || words[0] != "nameserver" {
				continue
			}
			if ip, err := netip.ParseAddr(words[1]); err == nil {
				found = append(found, netip.AddrPortFrom(ip, 53))
			}
		}
	}
	if len(found) == 0 {
		return nil, errorf("this machine does not say which name servers it has: name one, as in -resolve=223.5.5.5:53", "本机未说明所用的DNS服务器：请指定，例如 -resolve=223.5.5.5:53")
	}
	return found, nil
}

// dnsQuestion is a name and type that is asked about.
type dnsQuestion struct {
	name string
	kind dnsmessage.Type
}

// resolve asks where the domains of the filings point.
func (r *reviewing) resolve(ctx context.Context, a *asker) (*resolved, error) {
	var questions []dnsQuestion
	asked := make(map[string]bool)
	err := r.filings.each(func(f *heldFiling) error {
		domain := canonical(f.domain)
		if f.domain == "" || asked[domain] {
			return nil
		}
		asked[domain] = true
		for _, name := range [...]string{domain, "www." + domain} {
			questions = append(questions, dnsQuestion{name, dnsmessage.TypeA}, dnsQuestion{name, dnsmessage.TypeAAAA})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a.all(ctx, questions, r.resolving), nil
}

// resolving tells a person how far it is.
func (r *reviewing) resolving(done, of int) {
	r.complain(r.say("asked the name servers %s of %s questions", "已查询DNS %s/%s 次", thousands(done), thousands(of)))
}

// all asks every question, a bounded number at once and in a second.
func (a *asker) all(ctx context.Context, questions []dnsQuestion, tell func(done, of int)) *resolved {
	out := &resolved{}
	var mu sync.Mutex // out and done
	done := 0
	next := make(chan dnsQuestion)
	var asking sync.WaitGroup
	for range queriesAtOnce {
		asking.Go(func() {
			for q := range next {
				answer, err := a.ask(ctx, q)
				mu.Lock()
				out.heard(q, answer, err)
				done++
				mu.Unlock()
			}
		})
	}
	pace := time.NewTicker(a.every)
	defer pace.Stop()
	told := time.Now()
	for _, q := range questions {
		<-pace.C
		next <- q
		if time.Since(told) >= progressEvery {
			told = time.Now()
			mu.Lock()
			n := done
			mu.Unlock()
			tell(n, len(questions))
		}
	}
	close(next)
	asking.Wait()
	if len(questions) > 0 {
		tell(len(questions), len(questions))
	}
	return out
}

// heard notes an answer. No answer, and one that name servers could not find,
// are no statement about the name.
func (r *resolved) heard(q dnsQuestion, answer *dnsmessage.Message, err error) {
	if err != nil {
		r.status(q.name, "TIMEOUT")
		return
	}
	status := "SERVFAIL"
	switch {
	case answer.RCode == dnsmessage.RCodeNameError:
		status = "NXDOMAIN"
	case answer.RCode == dnsmessage.RCodeSuccess && (answer.RecursionAvailable || answer.Authoritative):
		status = "NOERROR"
	}
	r.status(q.name, status)
	for i := range answer.Answers {
		name, kind, value := answer.Answers[i].Header.Name.String(), "", ""
		switch body := answer.Answers[i].Body.(type) {
		case *dnsmessage.AResource:
			kind, value = "A", netip.AddrFrom4(body.A).String()
		case *dnsmessage.AAAAResource:
			kind, value = "AAAA", netip.AddrFrom16(body.AAAA).String()
		case *dnsmessage.CNAMEResource:
			kind, value = "CNAME", body.CNAME.String()
			r.status(value, status) // what stands at its end was looked for
		}
		if kind != "" {
			_ = r.record(name, kind, value) // it was made of an address
		}
	}
}

var (
	errNoName = errorf("not a name that can be asked about", "不是可以查询的域名")
	errReply  = errorf("not a reply to the question", "不是对该查询的应答")
)

// ask asks one question of the servers in turn.
func (a *asker) ask(ctx context.Context, q dnsQuestion) (*dnsmessage.Message, error) {
	query, question, err := queryOf(q)
	if err != nil {
		return nil, err
	}
	var last *dnsmessage.Message
	for try := range queryTries * len(a.servers) {
		server := a.servers[try%len(a.servers)]
		answer, askErr := a.exchange(ctx, "udp", server, query, question)
		if askErr == nil && answer.Truncated {
			answer, askErr = a.exchange(ctx, "tcp", server, query, question)
		}
		if askErr != nil {
			err = askErr
			continue
		}
		if answer.RCode == dnsmessage.RCodeSuccess || answer.RCode == dnsmessage.RCodeNameError {
			return answer, nil
		}
		last = answer // another server may know
	}
	if last != nil {
		return last, nil
	}
	return nil, err
}

// queryOf packs a question about an absolute name.
func queryOf(q dnsQuestion) ([]byte, dnsmessage.Question, error) {
	ascii, err := idna.Punycode.ToASCII(q.name)
	if err != nil {
		return nil, dnsmessage.Question{}, errNoName
	}
	name, err := dnsmessage.NewName(strings.TrimSuffix(ascii, ".") + ".")
	if err != nil {
		return nil, dnsmessage.Question{}, errNoName
	}
	question := dnsmessage.Question{Name: name, Type: q.kind, Class: dnsmessage.ClassINET}
	var id [2]byte
	_, _ = rand.Read(id[:]) // it never fails
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: binary.BigEndian.Uint16(id[:]), RecursionDesired: true},
		Questions: []dnsmessage.Question{question},
	}
	packed, err := m.Pack()
	if err != nil {
		return nil, question, errNoName
	}
	return packed, question, nil
}

// exchange sends a query and waits for its reply: others are passed over.
func (a *asker) exchange(ctx context.Context, network string, server netip.AddrPort, query []byte, question dnsmessage.Question) (*dnsmessage.Message, error) {
	d := net.Dialer{Timeout: a.wait}
	conn, err := d.DialContext(ctx, network, server.String())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // the answer is there
	if err := conn.SetDeadline(time.Now().Add(a.wait)); err != nil {
		return nil, err
	}
	packet := query
	if network == "tcp" {
		packet = append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...) //nolint:gosec // a question is short
	}
	if _, err := conn.Write(packet); err != nil {
		return nil, err
	}
	buf := make([]byte, maxMessage)
	for {
		var n int
		if network == "tcp" {
			n, err = readTCP(conn, &buf)
		} else {
			n, err = conn.Read(buf)
		}
		if err != nil {
			return nil, err
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) == nil && isReply(&m, query, question) {
			return &m, nil
		}
		if network == "tcp" {
			return nil, errReply
		}
	}
}

func isReply(m *dnsmessage.Message, query []byte, question dnsmessage.Question) bool {
	if !m.Response || m.ID != binary.BigEndian.Uint16(query) || len(m.Questions) != 1 {
		return false
	}
	got := m.Questions[0]
	return got.Type == question.Type && got.Class == question.Class && bytes.EqualFold([]byte(got.Name.String()), []byte(question.Name.String()))
}

// readTCP reads a message with its length before it.
func readTCP(conn io.Reader, buf *[]byte) (int, error) {
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return 0, err
	}
	n := int(binary.BigEndian.Uint16(length[:]))
	if n > len(*buf) {
		*buf = make([]byte, n)
	}
	return io.ReadFull(conn, (*buf)[:n])
}

// openFile opens a file of the machine.
func openFile(name string) (io.ReadCloser, error) { return os.Open(name) }
