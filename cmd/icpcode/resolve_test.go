package main

import (
	"encoding/binary"
	"io"
	"maps"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/icpcode/icpcode"
)

// nameServer is a name server on loopback, which knows a few names. What it was
// asked is noted.
type nameServer struct {
	addr  string
	mu    sync.Mutex
	asked map[string]int
}

// counts returns how often each question was asked so far.
func (s *nameServer) counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.asked)
}

// reply is what the server answers about a name, without the dot at its end.
func (s *nameServer) reply(m dnsmessage.Message, over string) (out dnsmessage.Message, silent bool) {
	q := m.Questions[0]
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	s.mu.Lock()
	s.asked[name+" "+q.Type.String()[4:]+" "+over]++
	s.mu.Unlock()
	out = dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true}, Questions: m.Questions}
	a := func(name string, ip string) {
		header := dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name + "."), Class: dnsmessage.ClassINET}
		if addr := netip.MustParseAddr(ip); addr.Is4() && q.Type == dnsmessage.TypeA {
			out.Answers = append(out.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: addr.As4()}})
		} else if addr.Is6() && q.Type == dnsmessage.TypeAAAA {
			out.Answers = append(out.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
		}
	}
	alias := func(name, target string) {
		out.Answers = append(out.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name + "."), Class: dnsmessage.ClassINET},
			Body:   &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(target + ".")},
		})
	}
	switch name {
	case "fine.cn", "xn--fsqu00a.xn--fiqs8s":
		a(name, "47.96.1.180")
	case "six.cn":
		a(name, "2408:4321::1")
	case "www.alias.cn":
		alias(name, "edge.example")
		a("edge.example", "47.96.1.180")
	case "dangling.cn", "www.dangling.cn":
		alias(name, "nowhere.example")
		out.RCode = dnsmessage.RCodeNameError
	case "alias.cn", "www.fine.cn", "www.six.cn", "www.big.cn", "www.half.cn":
		// There is such a name, and no address of it.
	case "half.cn":
		if a(name, "47.96.1.180"); q.Type == dnsmessage.TypeAAAA {
			out.RCode = dnsmessage.RCodeServerFailure
		}
	case "broken.cn", "www.broken.cn":
		out.RCode = dnsmessage.RCodeServerFailure
	case "refused.cn", "www.refused.cn":
		out.RCode = dnsmessage.RCodeRefused
	case "referred.cn", "www.referred.cn": // by a server that is not theirs and asks no other
		out.RecursionAvailable = false
	case "silent.cn", "www.silent.cn":
		return out, true
	case "big.cn":
		if over == "udp" {
			out.Truncated = true
			break
		}
		a(name, "47.96.1.180")
	default:
		out.RCode = dnsmessage.RCodeNameError
	}
	return out, false
}

func startNameServer(t *testing.T) *nameServer {
	t.Helper()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tcp.Close(); _ = udp.Close() })
	s := &nameServer{addr: tcp.Addr().String(), asked: make(map[string]int)}
	answer := func(query []byte, over string) []byte {
		var m dnsmessage.Message
		if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
			return nil
		}
		out, silent := s.reply(m, over)
		if silent {
			return nil
		}
		packed, err := out.Pack()
		if err != nil {
			t.Error(err)
		}
		return packed
	}
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := udp.ReadFrom(buf)
			if err != nil {
				return
			}
			if packed := answer(buf[:n], "udp"); packed != nil {
				forged := append([]byte{^packed[0]}, packed[1:]...) // of another question: passed over
				_, _ = udp.WriteTo(forged, from)
				_, _ = udp.WriteTo(packed, from)
			}
		}
	}()
	go func() {
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				var length [2]byte
				if _, err := io.ReadFull(conn, length[:]); err != nil {
					return
				}
				query := make([]byte, binary.BigEndian.Uint16(length[:]))
				if _, err := io.ReadFull(conn, query); err == nil {
					packed := answer(query, "tcp")
					_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)) //nolint:gosec // it is short
				}
			}()
		}
	}()
	return s
}

// TestResolve: -resolve asks a name server where the domains point. No answer
// is no statement: where it fails or says nothing, it cannot be told.
func TestResolve(t *testing.T) {
	s := startNameServer(t)
	servers := file(t, "ecs.csv", "id,provider,product,region,billing,status,expires,ips,downgraded\n"+
		"i-1,alibaba,ECS,cn-hangzhou,subscription,running,2027-12-31,47.96.1.180 2408:4321::1,no\n")
	want := map[string]string{
		"fine.cn": "fine", "例子.中国": "fine", "例.中国": "risk", "six.cn": "fine", "alias.cn": "fine", "big.cn": "fine", "half.cn": "fine",
		"gone.cn": "risk", "dangling.cn": "risk", "broken.cn": "unknown", "refused.cn": "unknown", "referred.cn": "unknown",
	}
	list := "domain,instance,ips\n"
	for _, domain := range sortedKeys(want) {
		list += domain + ",i-1,47.96.1.180\n"
	}
	filings := file(t, "filings.csv", list)
	r := runIt("review", filings, servers, "-json", "-resolve="+s.addr)
	doc := decode[struct {
		Filings []struct {
			Domain, Verdict string
			Risks, Unknowns []struct{ Rule string }
		}
	}](t, r.out)
	if len(doc.Filings) != len(want) || r.status != exitNo {
		t.Fatalf("status %d, %d filings: %s", r.status, len(doc.Filings), r.errors)
	}
	for _, f := range doc.Filings {
		if f.Verdict != want[f.Domain] || f.Verdict != "fine" && len(f.Risks)+len(f.Unknowns) != 1 {
			t.Errorf("%s: %s by %v %v, want %s", f.Domain, f.Verdict, f.Risks, f.Unknowns, want[f.Domain])
		}
	}
	if !strings.Contains(r.errors, "asked the name servers 48 of 48 questions") {
		t.Errorf("it does not say how far it is: %s", r.errors)
	}
	asked := s.counts()
	if asked["big.cn A tcp"] != 1 || asked["fine.cn A udp"] != 1 || asked["fine.cn AAAA udp"] != 1 || asked["www.fine.cn A udp"] != 1 || asked["broken.cn A udp"] != queryTries {
		t.Errorf("it was asked %v", asked)
	}
	for name := range asked {
		if strings.Contains(name, "localdomain") || !strings.Contains(name, ".") {
			t.Errorf("%q is no absolute name", name)
		}
	}
	// Nothing is asked without the flag.
	before := len(s.counts())
	if r := runIt("review", filings, servers); strings.Contains(r.errors, "name servers") || len(s.counts()) != before {
		t.Errorf("it asks unasked: %s", r.errors)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-resolve=example.com"}, "is not the address of a name server"},
		{[]string{"-resolve=" + s.addr, "-dns", filings}, "-resolve does not go with -dns"},
	} {
		if r := runIt(append([]string{"review", filings, servers}, c.args...)...); r.status != exitUsage || !strings.Contains(r.errors, c.want) {
			t.Errorf("%v: status %d, %s", c.args, r.status, r.errors)
		}
	}
}

// TestResolveSilence: a server that says nothing, and none at all.
func TestResolveSilence(t *testing.T) {
	s := startNameServer(t)
	at := netip.MustParseAddrPort(s.addr)
	questions := []dnsQuestion{{"silent.cn", dnsmessage.TypeA}, {"www.silent.cn", dnsmessage.TypeA}, {"fine.cn", dnsmessage.TypeA}, {strings.Repeat("a", 70) + ".cn", dnsmessage.TypeA}}
	a := &asker{servers: []netip.AddrPort{at}, every: time.Millisecond, wait: 200 * time.Millisecond}
	told := 0
	out := a.all(t.Context(), questions, func(done, of int) {
		if told = done; of != len(questions) {
			t.Errorf("%d of %d", done, of)
		}
	})
	if told != len(questions) {
		t.Errorf("told of %d", told)
	}
	for name, want := range map[string]icpcode.Tri{"silent.cn": icpcode.Unknown, "fine.cn": icpcode.Yes, strings.Repeat("a", 70) + ".cn": icpcode.Unknown} {
		if _, got := out.of(name); got != want {
			t.Errorf("%s resolves: %v, want %v", name, got, want)
		}
	}
	// The next server is asked where one says nothing.
	none := netip.MustParseAddrPort("127.0.0.1:9")
	a.servers = []netip.AddrPort{none, at}
	if ips, got := a.all(t.Context(), questions[2:3], func(int, int) {}).of("fine.cn"); got != icpcode.Yes || len(ips) != 1 {
		t.Errorf("by the second server: %v, %v", ips, got)
	}
}

// TestNameServers: those of the machine, and one that is named.
func TestNameServers(t *testing.T) {
	open := func(text string) func(string) (io.ReadCloser, error) {
		return func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	}
	for _, c := range []struct{ word, conf, want string }{
		{"223.5.5.5:5353", "", "223.5.5.5:5353"}, {"223.5.5.5", "", "223.5.5.5:53"}, {"2400:3200::1", "", "[2400:3200::1]:53"},
		{systemServers, "# mine\nsearch lan\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n", "10.0.0.2:53 10.0.0.3:53"}, {systemServers, "options rotate\n", ""}, {"dns.example", "", ""},
	} {
		got, err := nameServers(c.word, open(c.conf))
		var words []string
		for _, s := range got {
			words = append(words, s.String())
		}
		if strings.Join(words, " ") != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s with %q: %v, %v", c.word, c.conf, words, err)
		}
	}
}

// TestResolvePace: no more than a hundred questions are asked in a second.
func TestResolvePace(t *testing.T) {
	s := startNameServer(t)
	a := &asker{servers: []netip.AddrPort{netip.MustParseAddrPort(s.addr)}, every: queryEvery, wait: time.Second}
	var questions []dnsQuestion
	for range 30 {
		questions = append(questions, dnsQuestion{"fine.cn", dnsmessage.TypeA})
	}
	began := time.Now()
	a.all(t.Context(), questions, func(int, int) {})
	if took := time.Since(began); took < 29*queryEvery {
		t.Errorf("30 questions in %v", took)
	}
}
