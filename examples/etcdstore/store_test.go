package etcdstore

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/storetest"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// TestStore proves the store on one node.
func TestStore(t *testing.T) { conform(t, 1) }

// TestStoreOnThree proves it on three, of which every call takes the next one:
// what one has acknowledged all must know.
func TestStoreOnThree(t *testing.T) { conform(t, 3) }

func conform(t *testing.T, nodes int) {
	client := newCluster(t, nodes, true).client(t)
	var all []*Store
	storetest.Run(t, func(testing.TB) icpcode.Store {
		all = append(all, New(client, &Options{Prefix: rand.Text() + "/"}))
		return all[len(all)-1]
	})
	records, places := 0, 0
	for _, s := range all {
		a := auditPlaces(t, s)
		records += a.records
		places += a.places
		if len(a.problems) > 0 || a.left > 0 {
			t.Errorf("%d places are left that no record has; problems: %v", a.left, a.problems)
		}
	}
	t.Logf("%d records have %d places in lists", records, places)
	if records < 1000 || places < 5*records {
		t.Error("that is too little to prove anything")
	}
}

// placesAudit is what there is in lists.
type placesAudit struct {
	records, places int
	left            int // places that no record has
	problems        []string
}

// auditPlaces compares what is in lists with what the records say, key by key.
func auditPlaces(t *testing.T, s *Store) placesAudit {
	t.Helper()
	var a placesAudit
	there := map[string]bool{}
	every(t, s, "list/", func(key string, _ []byte) { there[key] = true })
	every(t, s, "doc/record/", func(key string, value []byte) {
		d, err := decode(icpcode.KindRecord, value)
		if err != nil {
			t.Fatal(err)
		}
		r := d.Body.(*icpcode.Record)
		a.records++
		want := s.keys.places(r)
		if len(want) != len(d.Places) {
			a.problems = append(a.problems, fmt.Sprintf("%s has %d places, want %d", key, len(d.Places), len(want)))
		}
		for _, place := range d.Places {
			a.places++
			if !there[place] {
				a.problems = append(a.problems, fmt.Sprintf("%s is not at %s", key, place))
			}
			delete(there, place)
			if !slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(place, w) }) {
				a.problems = append(a.problems, fmt.Sprintf("%s is at %s", key, place))
			}
		}
	})
	a.left = len(there)
	return a
}

// every calls f for every key of the store that begins with prefix.
func every(t *testing.T, s *Store, prefix string, f func(key string, value []byte)) {
	t.Helper()
	prefix = string(s.keys) + prefix
	for from := prefix; ; from += "\x00" {
		res, err := s.kv.Get(t.Context(), from, clientv3.WithRange(clientv3.GetPrefixRangeEnd(prefix)), clientv3.WithLimit(1000))
		if err != nil {
			t.Fatal(err)
		}
		for _, kv := range res.Kvs {
			from = string(kv.Key)
			f(from, kv.Value)
		}
		if !res.More {
			return
		}
	}
}
