package inventory_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
	"github.com/shopspring/decimal"
)

// What WriteJSON writes is read as it was, and so is the JSON of facts alone.
func TestWriteJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var servers []inventory.Server
	for n := range 3000 {
		s := inventory.Server{Instance: icpcode.Instance{ID: icpcode.InstanceID("i-" + strings.Repeat("x", n%100))}}
		s.Instance.ID += icpcode.InstanceID(time.Duration(n).String())
		v := reflect.ValueOf(&s.Instance).Elem()
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "ID" && r.IntN(3) > 0 {
				v.Field(i).Set(aFact(r, v.Type().Field(i).Name, v.Field(i)))
			}
		}
		if len(s.Instance.IPs) > 0 {
			s.Instance.PublicIP = icpcode.Yes
		}
		if r.IntN(2) == 0 {
			s.Name = "店 \"1\", <b>"
		}
		servers = append(servers, s)
	}
	var written, plain bytes.Buffer
	if err := inventory.WriteJSON(&written, slices.Values(servers)); err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		b, err := json.Marshal(s.Instance)
		if err != nil {
			t.Fatal(err)
		}
		plain.Write(append(b, '\n'))
	}
	for what, text := range map[string]string{"WriteJSON": written.String(), "the JSON of an Instance": plain.String()} {
		read, errs := readAny(text, nil)
		if len(errs) > 0 || len(read) != len(servers) {
			t.Fatalf("%s: %d servers are read, and there are the errors %v", what, len(read), errs)
		}
		for n := range read {
			if what == "WriteJSON" && read[n].Name != servers[n].Name {
				t.Errorf("%q is read as %q", servers[n].Name, read[n].Name)
			}
			got, want := asJSON(t, read[n].Instance), asJSON(t, servers[n].Instance)
			if got != want {
				t.Fatalf("%s:\n%s\nis read as\n%s", what, want, got)
			}
		}
	}
}

func asJSON(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// aFact is a random value of a fact, in the form in which decisions have it.
func aFact(r *rand.Rand, name string, v reflect.Value) reflect.Value {
	var fact any
	switch v.Interface().(type) {
	case string:
		fact = []string{"alibaba", "cn-hangzhou"}[r.IntN(2)]
	case icpcode.AccountID:
		fact = icpcode.AccountID("1001")
	case icpcode.Product:
		fact = []icpcode.Product{icpcode.ECS, icpcode.NAT}[r.IntN(2)]
	case icpcode.Billing:
		fact = icpcode.Subscription + icpcode.Billing(r.IntN(2))
	case icpcode.Status:
		fact = icpcode.StatusRunning + icpcode.Status(r.IntN(7))
	case icpcode.Tri:
		fact = icpcode.No + icpcode.Tri(r.IntN(2))
	case bool:
		fact = true
	case int:
		fact = 1 + r.IntN(1000)
	case time.Time:
		fact = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(1e15)) * time.Microsecond / 1000 * 1000)
	case decimal.Decimal:
		fact = decimal.New(r.Int64N(1e6)+1, -2)
	case []netip.Addr:
		fact = []netip.Addr{netip.MustParseAddr("47.96.1.180"), netip.MustParseAddr("2408:4321::1")}[:1+r.IntN(2)]
	default:
		panic("a fact of a type that is not known: " + name)
	}
	return reflect.ValueOf(fact).Convert(v.Type())
}

// brokenWriter fails.
type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestWriteJSONFails(t *testing.T) {
	full := errors.New("full")
	if err := inventory.WriteJSON(brokenWriter{full}, slices.Values(make([]inventory.Server, 1))); !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
}
