package etcdstore

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
)

// nodeEnv makes a process of the test binary a node of etcd: it holds a member
// as JSON. Nodes are processes, so that they can be killed as a machine that
// fails kills them.
const nodeEnv = "ICPCODE_ETCD_NODE"

// member is what a node needs to know.
type member struct {
	Name, Dir    string
	Client, Peer string // addresses
	Cluster      string // all members, as --initial-cluster has them
	Quick        bool   // does not wait for the disk
	Alone        bool   // makes what it has the whole cluster
	MaxOps       uint   // --max-txn-ops; 0: as etcd has it
	Hasty        bool   // elects another leader as soon as one is silent
}

// serve is a node. It ends with the process that started it.
func serve(m member) error {
	cfg := embed.NewConfig()
	cfg.Name, cfg.Dir, cfg.InitialCluster = m.Name, m.Dir, m.Cluster
	client, peer := url.URL{Scheme: "http", Host: m.Client}, url.URL{Scheme: "http", Host: m.Peer}
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	// What expects every call to succeed must not see an election, however busy
	// the machine is.
	cfg.TickMs, cfg.ElectionMs = 100, 5_000
	if m.Hasty {
		cfg.TickMs, cfg.ElectionMs = 50, 500
	}
	// A node that was away gets a snapshot rather than what it missed.
	cfg.SnapshotCount, cfg.SnapshotCatchUpEntries = 500, 50
	cfg.AutoCompactionMode, cfg.AutoCompactionRetention = "revision", "100000"
	cfg.QuotaBackendBytes = 8 << 30
	cfg.UnsafeNoFsync, cfg.ForceNewCluster = m.Quick, m.Alone
	cfg.MaxTxnOps = cmp.Or(m.MaxOps, cfg.MaxTxnOps)
	cfg.LogLevel, cfg.LogOutputs = "warn", []string{m.Dir + ".log"}
	e, err := embed.StartEtcd(cfg)
	if err != nil {
		return err
	}
	select {
	case <-e.Server.ReadyNotify():
	case err := <-e.Err():
		return err
	}
	if _, err := io.WriteString(os.Stdout, ready+"\n"); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

const ready = "ready"

// node is a member, and its process.
type node struct {
	member
	cmd   *exec.Cmd
	stdin io.Closer
}

// start starts a node and waits until it has joined its cluster.
func (n *node) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	config, err := json.Marshal(n.member)
	if err != nil {
		return err
	}
	n.cmd = exec.Command(self)
	n.cmd.Env = append(os.Environ(), nodeEnv+"="+string(config))
	var complaints strings.Builder
	n.cmd.Stderr = &complaints
	if n.stdin, err = n.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := n.cmd.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	// To kill it is the only way to end the reading.
	defer context.AfterFunc(ctx, func() { _ = n.cmd.Process.Kill() })()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != ready+"\n" {
		_ = n.kill()
		log, _ := os.ReadFile(n.Dir + ".log")
		return fmt.Errorf("%s does not start: %w, %w\n%s\n%s", n.Name, err, ctx.Err(), &complaints, log[max(0, len(log)-5000):])
	}
	return nil
}

// kill ends a node as if its machine had failed.
func (n *node) kill() error {
	if n.cmd == nil {
		return nil
	}
	err := n.cmd.Process.Kill()
	var exit *exec.ExitError
	if e := n.cmd.Wait(); !errors.As(e, &exit) || exit.ExitCode() != -1 {
		err = errors.Join(err, fmt.Errorf("%s was not killed but ended: %w", n.Name, e))
	}
	n.cmd = nil
	return err
}

// cluster is some nodes, on the loopback interface and in temporary
// directories.
type cluster struct {
	nodes []*node
}

// hasty is for clusters whose leader will be killed.
func hasty(m *member) { m.Hasty = true }

// newCluster starts a cluster of so many nodes, which ends with the test. A quick
// one does not wait for the disk. Edit changes what the nodes know.
func newCluster(t testing.TB, size int, quick bool, edit ...func(*member)) *cluster {
	t.Helper()
	c := new(cluster)
	dir := t.TempDir()
	var all []string
	addresses := freeAddresses(t, 2*size)
	for i := range size {
		name := fmt.Sprintf("n%d", i+1)
		n := &node{member: member{
			Name: name, Dir: filepath.Join(dir, name), Client: addresses[2*i], Peer: addresses[2*i+1], Quick: quick,
		}}
		n.Hasty = size == 1 // then no other one can lead
		for _, e := range edit {
			e(&n.member)
		}
		all = append(all, name+"=http://"+n.Peer)
		c.nodes = append(c.nodes, n)
	}
	errs := make([]error, size)
	var wg sync.WaitGroup
	for i, n := range c.nodes {
		n.Cluster = strings.Join(all, ",")
		wg.Go(func() { errs[i] = n.start(t.Context()) })
	}
	wg.Wait()
	t.Cleanup(func() {
		for _, n := range c.nodes {
			if err := n.kill(); err != nil {
				t.Error(err)
			}
		}
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return c
}

// client returns a client of the given nodes, which takes them in turn. None
// are all.
func (c *cluster) client(t testing.TB, nodes ...*node) *clientv3.Client {
	t.Helper()
	if len(nodes) == 0 {
		nodes = c.nodes
	}
	var endpoints []string
	for _, n := range nodes {
		endpoints = append(endpoints, n.Client)
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: endpoints, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// leader returns the node that leads, or nil.
func (c *cluster) leader(ctx context.Context, client *clientv3.Client) *node {
	for _, n := range c.nodes {
		if n.cmd == nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		s, err := client.Status(ctx, n.Client)
		cancel()
		if err == nil && s.Leader == s.Header.MemberId {
			return n
		}
	}
	return nil
}

// freeAddresses returns n addresses of the loopback interface that nothing
// listens on. Their ports are below those that systems give to outgoing
// connections, so that they stay free also while a node is down.
func freeAddresses(t testing.TB, n int) []string {
	t.Helper()
	const lowest, highest = 15_000, 32_000
	var all []string
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", lowest+rand.N(highest-lowest))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue // taken
		}
		// All are held until all are found, so that none comes twice.
		defer l.Close() //nolint:errcheck // it only held the place
		if all = append(all, address); len(all) == n {
			return all
		}
	}
	t.Fatalf("there are not %d free ports", n)
	return nil
}
