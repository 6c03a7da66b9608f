package inventory_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// fleet is a reader of a list of n servers that is made as it is read.
type fleet struct {
	server string
	n, i   int
	rest   string
}

func (f *fleet) Read(b []byte) (int, error) {
	if f.rest == "" {
		switch {
		case f.i == 0:
			f.rest = `{"Instances":{"Instance":[`
		case f.i <= f.n:
			f.rest = strings.Replace(f.server, `"i-1"`, fmt.Sprintf(`"i-%d"`, f.i), 1)
			if f.i < f.n {
				f.rest += ","
			}
		case f.i == f.n+1:
			f.rest = fmt.Sprintf(`]},"TotalCount":%d}`, f.n)
		default:
			return 0, io.EOF
		}
		f.i++
	}
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// TestStreaming reads 50,000 servers, some 20 MiB, and holds nothing of them but
// a hash of each, by which they are counted once.
func TestStreaming(t *testing.T) {
	const n = 50_000
	f := &fleet{server: server(), n: n}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most, got := heap(), uint64(0), 0
	for s, err := range inventory.ECS(f) {
		if err != nil {
			t.Fatal(err)
		}
		if got++; s.Instance.ID != icpcode.InstanceID(fmt.Sprintf("i-%d", got)) {
			t.Fatalf("server %d is %s", got, s.Instance.ID)
		}
		if got%10_000 == 0 {
			most = max(most, heap())
		}
	}
	if got != n {
		t.Fatalf("%d servers, want %d", got, n)
	}
	if most > before+1<<20+32*n {
		t.Errorf("%d KiB are held, want at most 1 MiB and 32 bytes a server", (most-before)>>10)
	}
}
