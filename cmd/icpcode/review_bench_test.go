//go:build linux

package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What the review of a million filings of ten thousand servers may cost.
const (
	reviewSize     = 1_000_000
	reviewServers  = 10_000
	maxReviewBytes = 64 << 20
)

// TestReviewRatios prints how long icpcode review -csv takes for a million
// filings, all of it from reading to printing, compared with decoding the same
// files alone by encoding/csv or encoding/json, and how much memory the process
// has at its peak, as the system counts it.
func TestReviewRatios(t *testing.T) {
	if os.Getenv("ICPCODE_BENCH") == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("measuring is a step of its own: make bench")
		}
		// A ratio of times fails on a busy machine, so no other test waits for it.
		t.Skip("set ICPCODE_BENCH=1 (make bench) to measure: a busy machine would fail it")
	}
	dir := t.TempDir()
	command := filepath.Join(dir, "icpcode")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", command, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	servers := written(t, filepath.Join(dir, "ecs.json"), writeServers)
	for _, f := range []struct {
		name   string
		write  func(*page)
		decode func(io.Reader) (int, error)
		most   float64 // times the decoding
	}{
		{"filings.csv", writeFilingsCSV, decodeFilingsCSV, 9},
		{"filings.json", writeFilingsJSON, decodeFilingsJSON, 4.5},
	} {
		list := written(t, filepath.Join(dir, f.name), f.write)
		// Of several rounds in turn the fastest of each counts: a neighbour on the
		// machine makes rounds slower and never faster.
		floor, here, peak := time.Hour, time.Hour, int64(0)
		for range 3 {
			floor = min(floor, decoding(t, list, f.decode)+decoding(t, servers, decodeServers))
			cmd := exec.CommandContext(t.Context(), command, "review", "-csv", "-at", "2026-11-26", list, servers)
			start := time.Now()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			peak = max(peak, peakOf(cmd.Process.Pid))
			err := cmd.Wait() // without an error nothing is at risk
			here = min(here, time.Since(start))
			if err != nil || peak == 0 {
				t.Fatal(err, peak)
			}
		}
		ratio := here.Seconds() / floor.Seconds()
		t.Logf("review of a million %-14s / decoding them %5.2fx, at most %.2fx; peak %d MiB of 64", f.name, ratio, f.most, peak>>20)
		if ratio > f.most {
			t.Errorf("%s: %.2f times the time of decoding", f.name, ratio)
		}
		if peak > maxReviewBytes {
			t.Errorf("%s: the process grew to %d MiB", f.name, peak>>20)
		}
	}
}

// peakOf is how many bytes a process had in memory at its peak, once it has ended.
// What the system counts for one that has ended begins with its parent's.
func peakOf(pid int) (peak int64) {
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		_, most, found := strings.Cut(string(status), "VmHWM:")
		if err != nil || !found {
			return peak
		}
		var kilobytes int64
		if _, err := fmt.Sscan(most, &kilobytes); err == nil {
			peak = kilobytes << 10
		}
		<-time.After(10 * time.Millisecond)
	}
}

// page is a file that is written.
type page struct{ *bufio.Writer }

func (p *page) put(format string, args ...any) {
	_, _ = fmt.Fprintf(p, format, args...) // Flush tells of errors
}

// written writes a file and returns its name.
func written(t *testing.T, name string, write func(*page)) string {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := &page{bufio.NewWriter(f)}
	write(w)
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

func writeServers(w *page) {
	w.put(`{"PageNumber":1,"PageSize":%[1]d,"TotalCount":%[1]d,"Instances":{"Instance":[`, reviewServers)
	for n := range reviewServers {
		w.put(`%s{"InstanceId":"i-%d","InstanceChargeType":"PrePaid","RegionId":"cn-hangzhou","Status":"Running","OperationLocks":{"LockReason":[]},`+
			`"CreationTime":"2026-01-01T00:00Z","ExpiredTime":"2027-%02d-01T16:00Z","PublicIpAddress":{"IpAddress":["47.%d.%d.1"]},"InstanceNetworkType":"vpc"}`,
			comma(n), n, 7+n%6, n/250, n%250)
	}
	w.put(`]}}`)
}

// filingOf is a filing of the million.
func filingOf(n int) [7]any {
	s := n * 7919 % reviewServers
	return [7]any{n, s, s / 250, s % 250, s % 100, n, n % 5000}
}

func writeFilingsCSV(w *page) {
	w.put("domain,instance,ips,owner,icp_number,state,customer\n")
	for n := range reviewSize {
		k := filingOf(n)
		w.put("shop%d.example.com,i-%d,47.%d.%d.1,10%02d,浙ICP备%08d号-1,filed,客户%d\n", k[:]...)
	}
}

func writeFilingsJSON(w *page) {
	w.put(`{"filings":[`)
	for n := range reviewSize {
		k := filingOf(n)
		w.put("%s", comma(n))
		w.put(`{"domain":"shop%d.example.com","instance":"i-%d","ips":["47.%d.%d.1"],"owner":"10%02d","icp_number":"浙ICP备%08d号-1","state":"filed","customer":"客户%d"}`, k[:]...)
	}
	w.put(`]}`)
}

func comma(n int) string {
	if n == 0 {
		return ""
	}
	return ",\n"
}

// decoding is how long it takes to decode a file.
func decoding(t *testing.T, name string, decode func(io.Reader) (int, error)) time.Duration {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	start := time.Now()
	if n, err := decode(f); err != nil || n < reviewServers {
		t.Fatalf("%s: %d, %v", name, n, err)
	}
	return time.Since(start)
}

func decodeFilingsCSV(r io.Reader) (n int, err error) {
	c := csv.NewReader(r)
	for {
		if _, err := c.Read(); err != nil {
			if errors.Is(err, io.EOF) {
				return n, nil
			}
			return n, err
		}
		n++
	}
}

func decodeFilingsJSON(r io.Reader) (int, error) {
	return decodeList(r, 3, new(struct {
		Domain, Instance, Owner, State, Customer string
		ICP                                      string `json:"icp_number"`
		IPs                                      []string
	}))
}

func decodeServers(r io.Reader) (int, error) {
	d := json.NewDecoder(r)
	var page struct {
		Instances struct {
			Instance []struct {
				InstanceID, InstanceChargeType, RegionID, Status, InstanceNetworkType, CreationTime, ExpiredTime string

				PublicIPAddress struct{ IPAddress []string }
				OperationLocks  struct{ LockReason []string }
			}
		}
	}
	err := d.Decode(&page)
	return len(page.Instances.Instance), err
}

// decodeList decodes each of a list, which so many tokens open, into v.
func decodeList(r io.Reader, opening int, v any) (n int, err error) {
	d := json.NewDecoder(r)
	for range opening {
		if _, err := d.Token(); err != nil {
			return 0, err
		}
	}
	for ; d.More(); n++ {
		if err := d.Decode(v); err != nil {
			return n, err
		}
	}
	return n, nil
}
