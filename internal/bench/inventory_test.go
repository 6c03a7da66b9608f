package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode/inventory"
)

// What a million servers may cost.
const (
	fleetSize = 1_000_000
	maxHeap   = 64 << 20
	maxRatio  = 0.45 // of the time that encoding/json takes for the same bytes
)

// TestInventoryRatios prints how reading a file of a million servers compares
// with encoding/json decoding the same bytes into structs, and how much heap it
// takes. The files are made while they are read, of the records of real lists.
func TestInventoryRatios(t *testing.T) {
	mustMeasure(t, "bench")
	t.Logf("%-48s %10s %10s %7s %7s %12s", "a server of a million / encoding/json", "floor", "here", "ratio", "at most", "peak heap")
	for _, f := range []struct {
		name, file, opening string
		decode              func(*json.Decoder) (id string, err error)
	}{
		{"Alibaba Cloud ECS", "../../testdata/inventory/ecs/describeinstances_cn-hangzhou_2024.json", `{"Instances":{"Instance":[`, decodeECS},
		{"Tencent Cloud CVM", "../../inventory/testdata/tencent/cvm_describeinstances_doc_ex1.json", `{"Response":{"InstanceSet":[`, decodeCVM},
	} {
		data, err := os.ReadFile(f.file)
		if err != nil {
			t.Fatal(err)
		}
		// Of many short rounds in turn the fastest of each counts: a neighbour on
		// the machine makes rounds slower and never faster.
		const part, turns = fleetSize / 50, 25
		floor, here := time.Hour, time.Hour
		for range turns {
			floor = min(floor, decodeServers(t, newServerFile(t, data, f.opening, part), part, f.decode))
			took, _ := readServers(t, newServerFile(t, data, f.opening, part), part)
			here = min(here, took)
		}
		whole := newServerFile(t, data, f.opening, fleetSize)
		_, peak := readServers(t, whole, fleetSize)
		ratio := here.Seconds() / floor.Seconds()
		each := float64(time.Microsecond) * part
		t.Logf("%-48s %8.1fµs %8.1fµs %6.2fx %6.2fx %8.1f MiB of %d MiB", f.name, float64(floor)/each, float64(here)/each, ratio, maxRatio, float64(peak)/(1<<20), whole.read>>20)
		if ratio > maxRatio {
			t.Errorf("%s: %.2f times the time of encoding/json", f.name, ratio)
		}
		if peak > maxHeap {
			t.Errorf("%s: the heap grew to %d MiB", f.name, peak>>20)
		}
	}
}

// serverFile is a reader of a list of n servers, whose records are those of a real
// list again and again, each with an ID of its own.
type serverFile struct {
	tail    string
	records []string // what follows the ID
	heads   []string // what is before it
	n, i    int
	rest    []byte
	buf     []byte
	read    int64
}

// newServerFile takes the list of a file apart, which opening opens.
func newServerFile(t *testing.T, data []byte, opening string, n int) *serverFile {
	t.Helper()
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		t.Fatal(err)
	}
	// Of what surrounds the list only what opens it is kept.
	_, rest, ok := strings.Cut(compact.String(), opening[strings.LastIndex(opening, "{")+1:])
	if !ok {
		t.Fatalf("there is no %s", opening)
	}
	d := json.NewDecoder(strings.NewReader("[" + rest))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	f := &serverFile{n: n, rest: []byte(opening)}
	for d.More() {
		var record json.RawMessage
		if err := d.Decode(&record); err != nil {
			t.Fatal(err)
		}
		before, after, ok := strings.Cut(string(record), `"InstanceId":"`)
		_, after, _ = strings.Cut(after, `"`)
		if !ok {
			t.Fatalf("there is no ID in %s", record)
		}
		f.heads = append(f.heads, before+`"InstanceId":"`)
		f.records = append(f.records, `"`+after)
	}
	f.tail = "]" + strings.Repeat("}", strings.Count(opening, "{"))
	return f
}

func (f *serverFile) Read(b []byte) (int, error) {
	if len(f.rest) == 0 {
		if f.i > f.n {
			return 0, io.EOF
		}
		f.buf = f.buf[:0]
		if f.i == f.n {
			f.buf = append(f.buf, f.tail...)
		} else {
			if f.i > 0 {
				f.buf = append(f.buf, ',')
			}
			k := f.i % len(f.records)
			f.buf = append(f.buf, f.heads[k]...)
			f.buf = fmt.Appendf(f.buf, "i-%d", f.i)
			f.buf = append(f.buf, f.records[k]...)
		}
		f.rest = f.buf
		f.i++
	}
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	f.read += int64(n)
	return n, nil
}

// readServers reads the servers and returns the time and the peak of the heap.
func readServers(t *testing.T, f *serverFile, n int) (time.Duration, uint64) {
	t.Helper()
	runtime.GC()
	start, peak, got := time.Now(), uint64(0), 0
	for s, err := range inventory.Read(f, nil) {
		if err != nil {
			t.Fatal(err)
		}
		if got%10_000 == 0 {
			if want := fmt.Sprintf("i-%d", got); string(s.Instance.ID) != want {
				t.Fatalf("server %d is %s", got, s.Instance.ID)
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}
		got++
	}
	if got != n {
		t.Fatalf("%d servers, want %d", got, n)
	}
	return time.Since(start), peak
}

// decodeServers is the floor: encoding/json decodes each server into a struct
// with the fields that are read.
func decodeServers(t *testing.T, f *serverFile, n int, decode func(*json.Decoder) (string, error)) time.Duration {
	t.Helper()
	runtime.GC()
	start, got := time.Now(), 0
	d := json.NewDecoder(f)
	for { // to the list
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		if token == json.Delim('[') {
			break
		}
	}
	for d.More() {
		id, err := decode(d)
		if err != nil {
			t.Fatal(err)
		}
		if want := "i-"; !strings.HasPrefix(id, want) {
			t.Fatalf("server %d is %s", got, id)
		}
		got++
	}
	if got != n {
		t.Fatalf("%d servers, want %d", got, n)
	}
	return time.Since(start)
}

func decodeECS(d *json.Decoder) (string, error) {
	var v struct {
		ID                                         string `json:"InstanceId"`
		Region                                     string `json:"RegionId"`
		InstanceName, InstanceChargeType           string
		Status, StoppedMode                        string
		CreationTime, ExpiredTime, AutoReleaseTime string
		PublicIP                                   struct {
			IPs []string `json:"IpAddress"`
		} `json:"PublicIpAddress"`
		EIP struct {
			IP         string `json:"IpAddress"`
			Allocation string `json:"AllocationId"`
		} `json:"EipAddress"`
		OperationLocks    struct{ LockReason []struct{ LockReason string } }
		NetworkInterfaces struct {
			NetworkInterface []struct {
				ID string `json:"NetworkInterfaceId"`
			}
		}
		InternetMaxBandwidthOut int
	}
	err := d.Decode(&v)
	return v.ID, err
}

func decodeCVM(d *json.Decoder) (string, error) {
	var v struct {
		ID                               string `json:"InstanceId"`
		InstanceName, InstanceChargeType string
		Placement                        struct{ Zone string }
		CreatedTime, ExpiredTime         string
		InstanceState, RestrictState     string
		IsolatedSource, StopChargingMode string
		PublicIPs                        []string `json:"PublicIpAddresses"`
	}
	err := d.Decode(&v)
	return v.ID, err
}
