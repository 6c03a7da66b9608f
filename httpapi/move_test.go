package httpapi

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// moved returns the whole codes that a page of a planned move is about, opened
// for the account, and the first decision.
func (d *desk) moved(account icpcode.AccountID, query string) (codes []string, decision map[string]any) {
	d.t.Helper()
	for after := ""; ; {
		got := d.send(string(account), http.MethodGet, "/v1/codes/move?"+query+"&limit=1&after="+after, "")
		if got.status != http.StatusOK {
			d.t.Fatalf("%s: %d %s", query, got.status, got.text)
		}
		for _, a := range got.body["assessments"].([]any) {
			a := a.(map[string]any)
			handle := a["record"].(map[string]any)["code"].(map[string]any)["handle"].(string)
			code, err := NewHandles(d.opt.Key).Open(account, handle)
			if err != nil {
				d.t.Fatal(err)
			}
			codes, decision = append(codes, code.String()), a["decision"].(map[string]any)
		}
		if after = got.body["next"].(string); after == "" {
			return codes, decision
		}
	}
}

// TestMove asks beforehand what moving from one server to another needs.
func TestMove(t *testing.T) {
	d := newDesk(t)
	handles, whole := d.must("1001", "a", "/v1/codes/issue", `{"instance":"i-1","quantity":3}`).codes()
	d.must("1001", "g", "/v1/codes/grant", `{"codes":["`+handles[1]+`"],"grant_to":"2002","proof":"1234"}`)
	for i, holder := range []icpcode.AccountID{"1001", "2002"} {
		path := "/v1/codes/" + d.handle(holder, whole[i])
		d.must(string(holder), "s", path+"/submit", `{"filing":{"kind":"First","domain":"example.cn","subject":"s"}}`)
		d.must("ops", "ok"+string(holder), "/v1/codes/"+d.handle("ops", whole[i])+"/approve", `{"icp_number":"浙ICP备12345678号-`+string(rune('1'+i))+`"}`)
	}
	codes, decision := d.moved("1001", "instance=i-1&to=i-2")
	if len(codes) != 2 || decision["refused"] != false || decision["quota"].(map[string]any)["limit"] != float64(5) {
		t.Errorf("%v rest on the server, and the decision is %v", codes, decision)
	}
	// The grantee is told of its own filing, and of the server what is told of
	// none: it is another's.
	told := func(to string) string {
		got := d.send("2002", http.MethodGet, "/v1/codes/move?instance=i-1&to="+to, "")
		if got.status != http.StatusOK || len(got.body["assessments"].([]any)) != 1 || !strings.Contains(got.text, `"fail":["ELG-`) && !strings.Contains(got.text, `"unknown":["ELG-`) {
			t.Errorf("a grantee is told %d %s", got.status, got.text)
		}
		return strings.ReplaceAll(got.text, to, "?")
	}
	if other, none := told("i-2"), told("i-9"); other != none {
		t.Errorf("of a server of another is told\n%s\nand of none\n%s", other, none)
	}
	for _, stranger := range []icpcode.AccountID{"3003", "4004"} {
		if codes, _ := d.moved(stranger, "instance=i-1&to=i-2"); len(codes) != 0 {
			t.Errorf("a stranger is told of %v", codes)
		}
	}
	if codes, _ := d.moved("ops", "instance=i-1&to=i-2"); len(codes) != 2 {
		t.Errorf("an operator is told of %v", codes)
	}
	for query, field := range map[string]string{
		"instance=i-1": "to", "instance=i-1&to=": "to", "to=i-2": "instance", "instance=i-1&to=i-1": "to", "instance=i-1&to=%00": "to",
		"instance=i-1&to=i-2&account=2002": "account", "instance=i-1&to=i-2&to=i-3": "to", "instance=i-1&to=i-2&from=x": "from", "instance=i-1&to=i-2&after=x": "after",
	} {
		got := d.send("1001", http.MethodGet, "/v1/codes/move?"+query, "")
		got.is(t, query, http.StatusBadRequest, "invalid")
		if got.body["field"] != field {
			t.Errorf("of %s the field %v is said to be wrong, want %s", query, got.body["field"], field)
		}
	}
	// What the service knows is asked for the asker, and its failure is told.
	d = newDesk(t, func(d *desk) {
		d.opt.Facts = func(context.Context, icpcode.AccountID, []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
			return map[icpcode.InstanceID]icpcode.Instance{"i-2": {TermMonths: -1}}, nil
		}
	})
	d.send("1001", http.MethodGet, "/v1/codes/move?instance=i-1&to=i-2", "").is(t, "facts that cannot be", http.StatusBadGateway, "hook")
}
