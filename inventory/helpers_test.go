package inventory_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

const samples = "../testdata/inventory/ecs"

func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(samples, name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// read collects what a sequence yields.
func read(r io.Reader) (servers []inventory.Server, errs []error) {
	for s, err := range inventory.ECS(r) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		servers = append(servers, s)
	}
	return servers, errs
}

func readText(s string) ([]inventory.Server, []error) { return read(strings.NewReader(s)) }

var equal = []cmp.Option{
	cmp.Comparer(func(a, b icpcode.Instance) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }),
	cmpopts.IgnoreFields(inventory.Server{}, "Offset"),
}

// one reads text that holds a single server.
func one(t *testing.T, s string) inventory.Server {
	t.Helper()
	servers, errs := readText(s)
	if len(servers) != 1 || len(errs) != 0 {
		t.Fatalf("%d servers and errors %v; want 1 server and none", len(servers), errs)
	}
	return servers[0]
}

func notes(s inventory.Server) string {
	var lines []string
	for _, n := range s.Notes {
		lines = append(lines, n.String())
	}
	return strings.Join(lines, "\n")
}

// facts writes the facts of a server on one line, as a person would check them
// against the file.
func facts(s inventory.Server) string {
	i := s.Instance
	at := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return t.Format("2006-01-02T15:04:05Z07:00")
	}
	billing := [...]string{"billing?", "subscription", "pay-as-you-go"}[i.Billing]
	status := [...]string{"status?", "running", "pending", "stopped", "expired", "locked", "refunded", "released"}[i.Status]
	ip := [...]string{"ip?", "no-ip", "ip"}[i.PublicIP]
	renews := [...]string{"", " renews no", " renews yes"}[i.AutoRenew]
	return fmt.Sprintf("%s %s %s %s %s created %s expires %s %s %v%s", i.ID, i.Product, i.Region, billing, status, at(i.Created), at(i.Expires), ip, i.IPs, renews)
}

func server(members ...string) string {
	m := [][2]string{
		{"InstanceId", `"i-1"`},
		{"InstanceName", `"web"`},
		{"RegionId", `"cn-hangzhou"`},
		{"InstanceChargeType", `"PrePaid"`},
		{"Status", `"Running"`},
		{"StoppedMode", `"Not-applicable"`},
		{"CreationTime", `"2025-03-01T02:00Z"`},
		{"ExpiredTime", `"2027-03-01T16:00Z"`},
		{"PublicIpAddress", `{"IpAddress":["47.96.1.180"]}`},
		{"EipAddress", `{"AllocationId":"","IpAddress":"","InternetChargeType":""}`},
		{"OperationLocks", `{"LockReason":[]}`},
		{"InternetMaxBandwidthOut", `5`},
	}
	return object(m, ":", members)
}

func inList(servers ...string) string {
	return `{"Instances":{"Instance":[` + strings.Join(servers, ",") + `]}}`
}
