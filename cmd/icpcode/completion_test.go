package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// completed returns what a shell would be offered.
func completed(args ...string) []string {
	r := runIt(append([]string{"__complete"}, args...)...)
	var words []string
	for line := range strings.Lines(r.out) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if word != "" && word[0] != ':' {
			words = append(words, word)
		}
	}
	return words
}

func TestCompletion(t *testing.T) {
	for _, test := range []struct {
		args []string
		want []string // among others
		not  []string
	}{
		{[]string{""}, []string{"precheck", "rules", "completion", "serve", "migrate"}, nil},
		{[]string{"pre"}, []string{"precheck"}, []string{"rules", "serve"}},
		{[]string{"precheck", "ser"}, nil, []string{"serve"}},
		{[]string{"precheck", "--js"}, []string{"--json"}, []string{"--csv"}},
		{[]string{"precheck", "-js"}, []string{"-json"}, []string{"--json"}},
		{[]string{"precheck", "-j"}, []string{"-json"}, []string{"--json"}},
		{[]string{"precheck", "-lang", ""}, []string{"en", "zh"}, nil},
		{[]string{"precheck", "-rules", ""}, []string{"alibaba", "baidu", "huawei", "tencent", "volcengine"}, nil},
		{[]string{"precheck", "-assume", "ELG-"}, []string{"ELG-TERM", "ELG-IPINUSE"}, []string{"ELG-QUOTA", "ELG-BATCH"}},
		{[]string{"precheck", "-account", "cert"}, []string{"certification=enterprise"}, nil},
		{[]string{"rules", "GRT-"}, []string{"GRT-OUT", "GRT-ENTERPRISE"}, []string{"ELG-TERM"}},
		{[]string{"rules", "-diff", "alibaba-2"}, []string{"alibaba-2018-09-27", "alibaba-2026-01-06"}, []string{"GRT-OUT"}},
		{[]string{"completion", ""}, []string{"bash", "zsh", "fish"}, nil},
	} {
		got := completed(test.args...)
		for _, w := range test.want {
			if !slices.Contains(got, w) {
				t.Errorf("%q: %q is not offered, but %q", test.args, w, got)
			}
		}
		for _, w := range test.not {
			if slices.Contains(got, w) {
				t.Errorf("%q: %q is offered", test.args, w)
			}
		}
	}
}

// TestCompletionScripts: there is one for each shell, and it asks this command.
func TestCompletionScripts(t *testing.T) {
	for shell, sign := range map[string]string{"bash": "__start_icpcode", "zsh": "#compdef icpcode", "fish": "complete -c icpcode"} {
		r := runIt("completion", shell)
		if r.status != exitYes || !strings.Contains(r.out, sign) || !strings.Contains(r.out, "__complete") {
			t.Errorf("%s: status %d, %d bytes", shell, r.status, len(r.out))
		}
	}
}

// TestCompletionInBash lets a bash load the script and press the tab key. What
// the package bash-completion brings to split a line is done here by hand.
func TestCompletionInBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("there is no bash to load the script")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "icpcode")); err != nil {
		t.Fatal(err)
	}
	const script = `
_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
source <(icpcode completion bash)
press() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; __start_icpcode; echo "${COMPREPLY[@]}"; }
press icpcode pre
press icpcode precheck --keep
press icpcode precheck -keep
press icpcode precheck -lang z
press icpcode rules FIL-F
`
	cmd := exec.CommandContext(t.Context(), bash, "--norc", "-c", script)
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "ICPCODE_TEST_MAIN=1", "LC_ALL=C")
	out, err := cmd.Output() // outside of a real completion compopt complains
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(out)) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		got = append(got, word)
	}
	if want := []string{"precheck", "--keep-going", "-keep-going", "zh", "FIL-FOREIGN"}; !slices.Equal(got, want) {
		t.Errorf("bash completes to %q, want %q", got, want)
	}
}
