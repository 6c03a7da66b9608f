package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// todayDoc is the object "today" of precheck -json.
type todayDoc struct {
	Today struct {
		Servers, Yes, No, Unknown, Codes int
		Do                               []struct {
			By              *string
			Count           int
			Which           []string
			Do, Responsible string
		}
		More      int
		Otherwise string
		WouldTell *struct {
			File  string
			Count int
		} `json:"would_tell"`
	}
}

// TestMorning: the first screen of precheck takes at most ten lines in both
// languages and says first what is due soon, then what gives codes for certain,
// then the rest, and which file would tell most; JSON says the same.
func TestMorning(t *testing.T) {
	fleet := file(t, "fleet.csv", "id,owner,provider,product,region,billing,status,expires,public_ip,trial,term_months,ip_held\n"+
		"s-soon,1001,alibaba,ECS,cn-hangzhou,subscription,running,2027-03-05,yes,no,12,no\n"+
		"s-late,1001,alibaba,ECS,cn-hangzhou,subscription,running,2027-12-31,yes,no,12,no\n"+
		"s-stopped,2002,alibaba,ECS,cn-hangzhou,subscription,stopped,2027-12-31,yes,no,12,no\n"+
		"s-payg,,alibaba,ECS,cn-hangzhou,pay-as-you-go,running,,yes,no,,no\n"+
		"s-short,1001,alibaba,ECS,cn-hangzhou,subscription,running,2027-12-31,yes,no,,\n"+
		"s-abroad,1001,alibaba,ECS,cn-hongkong,subscription,running,2027-12-31,yes,no,12,no\n")
	args := []string{"precheck", fleet, "-at", "2026-11-26", "-issued", "0"}
	doc := decode[todayDoc](t, runIt(append(args, "-json")...).out).Today
	var got []string
	for _, k := range doc.Do {
		by := "today"
		if k.By != nil {
			by = (*k.By)[:10]
		}
		got = append(got, fmt.Sprint(by, " ", k.Count, " ", k.Which, " ", k.Do, " (", k.Responsible, ")"))
	}
	want := []string{
		"2026-12-05 1 [s-soon] renew, or lose 5 codes (account 1001, which bought the server)",
		"today 1 [s-stopped] start it; that gives 5 codes (account 2002, which bought the server)",
		"today 1 [s-payg] convert it to subscription; then also required: bought for at least 3 calendar months, renewals included; at least 90 full days left; that gives up to 5 codes (the account that bought the server)",
		"2027-10-02 2 [s-late s-short] renew, or lose up to 10 codes (account 1001, which bought the server)",
	}
	if doc.Servers != 6 || doc.Yes != 2 || doc.No != 3 || doc.Unknown != 1 || doc.Codes != 10 || doc.More != 0 || doc.Otherwise == "" || !slices.Equal(got, want) {
		t.Errorf("%+v:\n%q, want\n%q", doc, got, want)
	}
	if doc.WouldTell == nil || doc.WouldTell.Count != 1 || doc.WouldTell.File != "-facts FILE with the columns id, term_months, ip_held" {
		t.Errorf("would tell %+v", doc.WouldTell)
	}
	for lang, words := range map[string][]string{
		"en": {"of 6 servers, 2 may have more, 3 may not, 1 cannot tell; 10 codes can be issued now", "1. before 2026-12-05, s-soon: renew, or lose 5 codes", "2. today, s-stopped: start it", "2 more things to do, 1 today: see below", "Otherwise no further", "1 cannot be told: give -facts FILE"},
		"zh": {"6台服务器中，可以申请2台，不可以3台，无法判断1台", "1. 2026-12-05前，s-soon：续费，否则减少5个备案服务码", "2. 今天，s-stopped：启动实例", "否则这些服务器不能再用于备案", "1项无法判断，请补充：-facts 文件"},
	} {
		screen, _, found := strings.Cut(runIt(append(args, "-lang", lang)...).out, "\n\n")
		if n := strings.Count(screen, "\n") + 1; !found || n > firstLines {
			t.Errorf("%s: %d lines:\n%s", lang, n, screen)
		}
		text := strings.ReplaceAll(screen, "\n", map[string]string{"en": " ", "zh": ""}[lang])
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%s: without %q:\n%s", lang, w, screen)
			}
		}
	}
	// The counts of codes and of the account can be what is missing most.
	for _, c := range []struct{ cloud, want string }{{"alibaba,ECS,cn-hangzhou", "-issued FILE"}, {"tencent,CVM,ap-guangzhou", "-account certification"}} {
		one := file(t, "one.csv", "id,owner,provider,product,region,billing,status,expires,public_ip,trial,term_months,ip_held\ns,1001,"+c.cloud+",subscription,running,2027-12-31,yes,no,12,no\n")
		extra := map[bool][]string{true: {"-issued", "0"}}[strings.HasPrefix(c.want, "-account")]
		doc := decode[todayDoc](t, runIt(append([]string{"precheck", one, "-json"}, extra...)...).out).Today
		if doc.WouldTell == nil || !strings.HasPrefix(doc.WouldTell.File, c.want) {
			t.Errorf("%s: would tell %+v", c.cloud, doc.WouldTell)
		}
	}
}

// TestMorningIsBounded: a fleet in which each server needs something else names
// a hundred tasks, and says how many more there are.
func TestMorningIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,owner,provider,product,region,billing,status,expires,public_ip,trial,term_months,ip_held\n")
	for n := range 130 {
		fmt.Fprintf(&b, "s-%d,1001,alibaba,ECS,cn-hangzhou,subscription,running,2027-%02d-%02d,yes,no,12,no\n", n, 3+n/28, 1+n%28)
	}
	doc := decode[todayDoc](t, runIt("precheck", file(t, "fleet.csv", b.String()), "-at", "2026-11-26", "-issued", "0", "-json").out).Today
	if len(doc.Do) != maxTasks || doc.More != 30 {
		t.Errorf("%d tasks and %d more", len(doc.Do), doc.More)
	}
}

// TestSpool: what is kept back comes back, however much it is, and an error of
// writing it is told.
func TestSpool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var s spool
	var want bytes.Buffer
	for n := range 40_000 {
		text := fmt.Sprintln("line", n)
		want.WriteString(text)
		if _, err := s.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	if s.file == nil || s.memory.Len() > spoolMemory {
		t.Fatal("nothing went to a file")
	}
	var got bytes.Buffer
	if err := s.copyTo(&got); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("%d bytes of %d, %v", got.Len(), want.Len(), err)
	}
	s.close()
	if _, err := s.WriteString("x"); err == nil || s.copyTo(&got) == nil {
		t.Error("it goes on after its end")
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	t.Setenv("TMPDIR", "/does/not/exist")
	fleet := file(t, "fleet.csv", header+manyRows(5_000))
	r := runIt("precheck", fleet, "-issued", "0")
	if r.status != exitInput || !strings.Contains(r.errors, "cannot write") {
		t.Errorf("status %d, %.300s", r.status, r.errors)
	}
}

// manyRows are rows of servers, each with a name of its own.
func manyRows(n int) string {
	var b strings.Builder
	for k := range n {
		b.WriteString(strings.Replace(rowYes, "s-yes", fmt.Sprintf("s-%060d", k), 1))
	}
	return b.String()
}
