package main

import (
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// The servers of our own format that the tests below put together. Of yes
// everything is known.
const (
	header  = "id,owner,product,region,billing,status,term_months,expires,trial,public_ip,ip_held,contract_quota,provider,first_term_months\n"
	rowYes  = "s-yes,1001,ECS,cn-hangzhou,subscription,running,12,2027-11-22,no,yes,no,,,\n"
	rowNo   = "s-no,1001,ECS,cn-hongkong,subscription,running,12,2027-11-22,no,yes,no,,,\n"
	rowHuh  = "s-huh,1001,ECS,cn-hangzhou,subscription,running,,2027-11-22,no,yes,no,,,\n"
	jsonYes = `{"id":"s-yes","owner":"1001","product":"ECS","region":"cn-hangzhou","billing":"subscription","status":"running","term_months":12,"expires":"2027-11-22","trial":false,"public_ip":true,"ip_held":false}`
)

func TestStatus(t *testing.T) {
	yes, no, huh := file(t, "yes.csv", header+rowYes), file(t, "no.csv", header+rowNo), file(t, "huh.csv", header+rowHuh)
	cut := file(t, "cut.json", `{"Instances": {"Instance": [{"InstanceId": "i-1", "InstanceChargeType": "PostPaid", "Regio`)
	bad := file(t, "bad.json", `{"Instances": {"Instance": [{"InstanceName": "no id"}, {"InstanceId": "i-2", "InstanceChargeType": "PostPaid", "RegionId": "cn-hangzhou"}]}}`)
	part := file(t, "part.json", `{"Instances": {"Instance": []}, "TotalCount": 3}`)
	empty := file(t, "empty.json", `{"Instances": {"Instance": []}, "TotalCount": 0}`)
	rules := file(t, "rules.json", `{"sets": []}`)
	facts := file(t, "facts.csv", "id,colour\ns-yes,red\n")
	none := file(t, "none.json", "") + ".missing"
	issued := []string{"-issued", "0"}
	for _, test := range []struct {
		what   string
		args   []string
		status int
	}{
		{"all may", append(issued, yes), exitYes},
		{"one may not", append(issued, yes, no, huh), exitNo},
		{"of one it cannot be told", append(issued, yes, huh), exitUnknown},
		{"nobody knows how many were issued", []string{yes}, exitUnknown},
		{"no quota is left", []string{yes, "-issued", "5"}, exitNo},
		{"what cannot be told is assumed", append(issued, huh, "-assume", "ELG-TERM"), exitYes},
		{"no servers", []string{empty}, exitInput},
		{"on another day", append(issued, yes, "-at", "2027-10-01"), exitNo},
		{"explained", append(issued, yes, no, "-explain", "s-no"), exitNo},
		{"explained, yes", append(issued, yes, no, "-explain", "s-yes"), exitYes},
		{"explained, of none that is there", append(issued, yes, "-explain", "s-9"), exitInput},

		{"no file", nil, exitUsage},
		{"no such flag", []string{yes, "-colour"}, exitUsage},
		{"no value", []string{yes, "-at"}, exitUsage},
		{"no date", []string{yes, "-at", "tomorrow"}, exitUsage},
		{"no rules then", []string{yes, "-at", "2001-01-01"}, exitUsage},
		{"no language", []string{yes, "-lang", "fr"}, exitUsage},
		{"two outputs", []string{yes, "-json", "-csv"}, exitUsage},
		{"no rule to assume", []string{yes, "-assume", "ELG-LUCK"}, exitUsage},
		{"a rule that cannot be assumed", []string{yes, "-assume", "ELG-QUOTA"}, exitUsage},
		{"no account fact", []string{yes, "-account", "mood=good"}, exitUsage},
		{"no count", []string{yes, "-issued", "-1"}, exitUsage},
		{"no such book", []string{yes, "-rules", "nowhere"}, exitUsage},
		{"a wrong book", []string{yes, "-rules", rules}, exitUsage},
		{"no facts file", []string{yes, "-facts", none}, exitUsage},
		{"wrong facts", []string{yes, "-facts", facts}, exitUsage},
		{"standard input twice", []string{"-", "-"}, exitUsage},
		{"standard input as facts too", []string{"-", "-facts", "-"}, exitUsage},

		{"no such inventory", []string{none}, exitInput},
		{"a folder", []string{t.TempDir()}, exitInput},
		{"cut short", []string{cut}, exitInput},
		{"a bad record", []string{bad}, exitInput},
		{"missing pages", []string{part}, exitInput},
		{"no inventory", []string{rules}, exitInput},
		{"an empty one", []string{"-"}, exitInput},
		{"a bad record, going on", append(issued, bad, yes, "-keep-going"), exitInput},
		{"cut short, going on", append(issued, cut, yes, "-keep-going"), exitInput},
		{"none there, going on", append(issued, none, yes, "-keep-going"), exitInput},
	} {
		for _, lang := range []string{"C", "zh_CN.UTF-8"} {
			s := machine(map[string]string{"LANG": lang})
			r := runOn(s, append([]string{"precheck"}, test.args...)...)
			if r.status != test.status {
				t.Errorf("%s (%s): status %d, want %d: %s", test.what, lang, r.status, test.status, r.errors)
			}
			if told := r.errors != ""; told != (test.status == exitUsage || test.status == exitInput) {
				t.Errorf("%s (%s): standard error %q", test.what, lang, r.errors)
			}
			if test.status == exitUsage && r.out != "" {
				t.Errorf("%s: it prints %q although the command line is wrong", test.what, r.out)
			}
			if lang != "C" && r.errors != "" && !strings.ContainsAny(r.errors, "选项命令标准输入清单为用法第条记录文件没有：") {
				t.Errorf("%s: not in Chinese: %s", test.what, r.errors)
			}
		}
	}
}

// TestKeepGoing: what can be answered is, and what cannot is reported with
// file, record and offset.
func TestKeepGoing(t *testing.T) {
	bad := file(t, "bad.json", `{"Instances": {"Instance": [{"InstanceName": "no id"}, {"InstanceId": "i-2", "InstanceChargeType": "PostPaid", "RegionId": "cn-hangzhou"}]}}`)
	yes := file(t, "yes.csv", header+rowYes)
	r := runIt("precheck", bad, yes, "-keep-going", "-issued", "0")
	for _, want := range []string{"i-2", "s-yes", "2 servers: yes 1, no 1"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("without %q:\n%s", want, r.out)
		}
	}
	if want := "icpcode: " + bad + ": server 1, byte 28: InstanceId is missing\n"; r.errors != want {
		t.Errorf("it reports %q, want %q", r.errors, want)
	}
	r = runIt("precheck", bad, yes, "-issued", "0")
	if strings.Contains(r.out, "i-2") || strings.Contains(r.out, "s-yes") || strings.Contains(r.out, "THE FLEET") {
		t.Errorf("it goes on although it was not told to:\n%s", r.out)
	}
}

// TestStopped: a document that is cut short is a whole document.
func TestStopped(t *testing.T) {
	cut := file(t, "cut.json", jsonYes+"\n{")
	for _, args := range [][]string{{"precheck", cut, "-json"}, {"rules", "-diff", "alibaba-2018-09-27", "tencent", cut, "-json"}} {
		r := runIt(args...)
		if r.status != exitInput {
			t.Errorf("%q: status %d", args, r.status)
		}
		doc := decode[struct {
			Servers  []any
			Problems []string
			Complete *bool
		}](t, r.out)
		if doc.Complete == nil || *doc.Complete || len(doc.Problems) != 1 {
			t.Errorf("%q: %s", args, r.out)
		}
	}
}

func TestStandardInput(t *testing.T) {
	s := machine(nil)
	s.stdin = strings.NewReader(jsonYes)
	if r := runOn(s, "precheck", "-", "-issued", "0"); r.status != exitYes || !strings.Contains(r.out, "s-yes") {
		t.Errorf("status %d:\n%s%s", r.status, r.out, r.errors)
	}
	s.stdin = iotest.ErrReader(errors.New("the pipe burst"))
	r := runOn(s, "precheck", "-")
	if want := "icpcode: standard input: byte 0: the pipe burst\n"; r.status != exitInput || r.errors != want {
		t.Errorf("status %d, %q; want %q", r.status, r.errors, want)
	}
}

// full is a disk with room for some bytes.
type full struct{ left int }

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.left {
		n := f.left
		f.left = 0
		return n, errors.New("no space left")
	}
	f.left -= len(b)
	return len(b), nil
}

// TestUnwritten: an output that could not be written is never a success.
func TestUnwritten(t *testing.T) {
	yes := file(t, "yes.csv", header+rowYes)
	for _, args := range [][]string{
		{"precheck", yes, "-issued", "0"}, {"precheck", yes, "-issued", "0", "-json"}, {"precheck", yes, "-issued", "0", "-csv"},
		{"precheck", yes, "-issued", "0", "-explain", "s-yes"}, {"precheck", yes, "-issued", "0", "-explain", "s-yes", "-json"},
		{"rules"}, {"rules", "-json"}, {"rules", "-diff", "tencent", "huawei"}, {"rules", "-diff", "tencent", "huawei", "-json"},
		{"-h"}, {"completion", "bash"}, {"completion", "zsh"}, {"completion", "fish"},
	} {
		for _, left := range []int{0, 10} {
			s := machine(nil)
			var errs strings.Builder
			s.stdout, s.stderr = &full{left}, &errs
			if status := run(args, s); status != exitInput || !strings.Contains(errs.String(), "no space left") {
				t.Errorf("%q with room for %d bytes: status %d, %q", args, left, status, errs.String())
			}
		}
		s := machine(nil)
		s.stdout, s.stderr = &full{1 << 20}, io.Discard
		if status := run(args, s); status != exitYes {
			t.Errorf("%q with room enough: status %d", args, status)
		}
	}
}

// TestProgress: a long input shows how far it is, on a terminal and nowhere
// else, and takes the line away again.
func TestProgress(t *testing.T) {
	look := func(step time.Duration, change func(*system)) string {
		clock := time.Date(2026, 11, 22, 10, 0, 0, 0, china)
		s := machine(nil)
		s.stdin = &servers{n: 4_000}
		s.now = func() time.Time { clock = clock.Add(step); return clock }
		change(s)
		return runOn(s, "precheck", "-", "-csv").errors
	}
	watched := func(s *system) { s.watched = true }
	shown := look(50*time.Millisecond, watched)
	if !strings.HasPrefix(shown, "\r\x1b[K") || !regexp.MustCompile(`\r\x1b\[K[1-9][0-9,]* servers, [0-9] MB read\r`).MatchString(shown) {
		t.Errorf("a terminal is shown %q", shown)
	}
	if lines := strings.Count(shown, "MB read"); lines < 5 || lines > 1_100 { // of some 4,200 reads, 50 ms apart
		t.Errorf("a terminal is shown %d lines", lines)
	}
	last := strings.LastIndex(shown, "\r\x1b[K")
	if !strings.HasPrefix(shown[last:], "\r\x1b[Kicpcode: 4,000 servers") {
		t.Errorf("the line stays: %q", shown[last:])
	}
	for what, other := range map[string]string{
		"a file":                       look(50*time.Millisecond, func(*system) {}),
		"a terminal with the rows too": look(50*time.Millisecond, func(s *system) { s.watched, s.terminal = true, true }),
		"a terminal after a moment":    look(time.Nanosecond, watched),
	} {
		if strings.Contains(other, "\r") {
			t.Errorf("%s is shown %q", what, other)
		}
	}
}

// TestColour: only on a terminal, and not against NO_COLOR.
func TestColour(t *testing.T) {
	yes := file(t, "yes.csv", header+rowYes+rowNo)
	look := func(terminal bool, env map[string]string) string {
		s := machine(env)
		s.terminal, s.columns = terminal, 80
		return runOn(s, "precheck", yes, "-issued", "0").out
	}
	plain := look(false, nil)
	if strings.Contains(plain, "\x1b") {
		t.Error("there are colours in a file")
	}
	coloured := look(true, nil)
	if !strings.Contains(coloured, "\x1b[32myes") || !strings.Contains(coloured, "\x1b[31mno") {
		t.Errorf("there are no colours on a terminal:\n%s", coloured)
	}
	for _, env := range []map[string]string{{"NO_COLOR": "1"}, {"TERM": "dumb"}} {
		if got := look(true, env); got != plain {
			t.Errorf("%v: %q", env, got)
		}
	}
}

// TestTerminalWidth: the table follows the terminal, within reason.
func TestTerminalWidth(t *testing.T) {
	for given, want := range map[int]int{0: 80, 40: 60, 60: 60, 80: 80, 100: 100, 500: 120} {
		for _, lang := range []string{"C", "zh_CN.UTF-8"} {
			s := machine(map[string]string{"LANG": lang, "NO_COLOR": "1"})
			s.terminal, s.columns = true, given
			r := runOn(s, append([]string{"precheck"}, tour...)...)
			within(t, lang, r.out, want)
			widest := 0
			for line := range strings.Lines(r.out) {
				widest = max(widest, columnsOf(strings.TrimSuffix(line, "\n")))
			}
			if widest < want-12 {
				t.Errorf("%s: of %d columns, %d are used", lang, want, widest)
			}
		}
	}
}

// TestUnreadable: a file that may not be read is told as such.
func TestUnreadable(t *testing.T) {
	path := file(t, "secret.json", jsonYes)
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(path); err == nil {
		_ = f.Close() // it was not read
		t.Log("this user may read everything; the folder and the missing file of TestStatus fail alike")
		return
	}
	if r := runIt("precheck", path); r.status != exitInput || !strings.Contains(r.errors, path) {
		t.Errorf("status %d, %q", r.status, r.errors)
	}
}
