package inventory_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// otherLists are answers of other products: the field names of the providers'
// documented answers, with made-up values.
func otherLists(tb testing.TB) map[string]string {
	tb.Helper()
	data, err := os.ReadFile("testdata/cases/others.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	docs := make(map[string]string)
	for line := range strings.Lines(string(data)) {
		var x struct {
			Provider, Call string
			Doc            json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			tb.Fatal(err)
		}
		docs[x.Provider+" "+x.Call] = string(x.Doc)
	}
	if len(docs) < 160 {
		tb.Fatalf("%d lists", len(docs))
	}
	return docs
}

// TestForeign: no record of another product is taken for a server, nor counted
// as one of an incomplete list, and one message says what the list is and what
// to give instead (K3).
func TestForeign(t *testing.T) {
	named := 0
	for name, doc := range otherLists(t) {
		for _, text := range []string{doc, `{"body":` + doc + `}`, "[" + doc + "]"} {
			var a inventory.Addresses
			servers, errs := readAny(text, &inventory.Options{Addresses: &a})
			if len(servers) > 0 || a.Len() > 0 {
				t.Errorf("%s: %d addresses, servers %v", name, a.Len(), servers)
			}
			var e *inventory.FormatError
			if len(errs) != strings.Count(text, `"InstanceSet":`)*strings.Count(text, `"Instances":`)+1 || !errors.As(errs[0], &e) || !errors.Is(errs[0], inventory.ErrFormat) {
				t.Errorf("%s: %v", name, errs)
				continue
			}
			en, zh := e.Text(icpcode.English), e.Text(icpcode.Chinese)
			if !strings.Contains(en, "Instances") && !strings.Contains(en, "ListServersDetails") || !strings.Contains(zh, "请") && !strings.Contains(zh, "接口") || en == zh {
				t.Errorf("%s: %s / %s", name, en, zh)
			}
			if e.Kind() == inventory.KindProduct || e.Kind() == inventory.KindNoDetails {
				named++
			}
		}
	}
	if named < 3*110 {
		t.Errorf("%d of %d are named", named, 3*len(otherLists(t)))
	}
}

// TestForeignCases: the files of people who took another product's list for one
// of servers.
func TestForeignCases(t *testing.T) {
	for file, want := range map[string]string{
		"J2_redis_min.json":         "a list of another product: Tencent Cloud Redis; give servers: tccli cvm DescribeInstances, tccli lighthouse DescribeInstances",
		"J3_ddos_min.json":          "a list of another product: Anti-DDoS; give servers, such as",
		"A08_ecm.json":              "a list of another product: Tencent Cloud edge servers (ECM); give servers: tccli",
		"A08c_tke.json":             "a list of another product: Tencent Cloud container nodes (TKE); give servers: tccli",
		"A09d_kvstore.json":         "a list of another product: Alibaba Cloud Redis (Tair); give servers: aliyun ecs DescribeInstances",
		"A10c_huawei_novalist.json": "a list of servers without details; the call that has them is hcloud ECS ListServersDetails",
	} {
		servers, errs := readAny(caseFile(t, file), nil)
		if len(servers) > 0 || len(errs) != 1 || !strings.Contains(errs[0].Error(), ": "+want) {
			t.Errorf("%s: %v, %v; want %s", file, servers, errs, want)
		}
	}
}
