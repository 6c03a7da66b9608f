package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// cliDocs is where the generated description of the command lives.
const cliDocs = "../../docs/cli.md"

// TestDocs holds docs/cli.md: it is what -h prints.
func TestDocs(t *testing.T) {
	var b strings.Builder
	b.WriteString("# The command\n\n" +
		"Generated from the commands by `go test -run TestDocs -update` in `cmd/icpcode`; the same test fails where the two differ.\n" +
		"[中文](#中文) is below.\n\n" +
		"| Exit status | Meaning |\n|---|---|\n")
	for _, s := range []struct {
		status int
		means  string
	}{
		{exitYes, "every server may have codes; or what was asked for was printed"},
		{exitNo, "a server may not"},
		{exitUsage, "the command line is wrong, or a file that it names besides inventories"},
		{exitInput, "an inventory is incomplete or cannot be read, or the output cannot be written"},
		{exitUnknown, "none may not, but of one it cannot be told"},
	} {
		fmt.Fprintf(&b, "| %d | %s |\n", s.status, s.means)
	}
	b.WriteString("\nOf several, the first in the order 2, 3, 1, 4 counts.\n")
	for _, lang := range []string{"en", "zh"} {
		if lang == "zh" {
			b.WriteString("\n# 中文\n")
		}
		c := newCommand(machine(nil), []string{"--lang", lang})
		root := c.root()
		for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
			if cmd == root || cmd.IsAvailableCommand() {
				fmt.Fprintf(&b, "\n## %s\n\n```text\n%s```\n", cmd.CommandPath(), c.help(cmd))
			}
		}
	}
	b.WriteString("\n# Output for programs\n\n" +
		"Texts are in the language of `-lang`; everything else is the same in both. `verdict` is yes, no or unknown. `codes` is how many the server\n" +
		"can certainly have now, `codes_at_most` how many if all that is not known turns out well.\n\n" +
		"`precheck -csv` writes a row for each server and reason, and one row for a server without reasons; text that a spreadsheet would compute has an\n" +
		"apostrophe in front. The columns are\n\n")
	b.WriteString("    " + strings.Join(csvColumns, "\n    ") + "\n\n`precheck -json` writes one document, a server at a time:\n\n```text\n" +
		"{\"at\", \"unofficial\", \"assume\", \"account\", \"issued\",\n \"servers\": [{" + members[jsonServer]() + "}],\n" +
		" \"problems\", \"problem_count\", \"complete\",\n \"rule_sets\": [{" + members[jsonSet]() + "}],\n \"fleet\": {" + members[jsonFleet]() + "}}\n```\n\n" +
		"`complete` is false if an inventory is incomplete or could not be read; `problems` has the first hundred of what is wrong. If the run stops\n" +
		"there, the document has neither `rule_sets` nor `fleet`.\n")
	golden(t, cliDocs, b.String())
}

// members lists the JSON names of a struct.
func members[T any]() string {
	var names []string
	for i := range reflect.TypeFor[T]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[T]().Field(i).Tag.Get("json"), ",")
		names = append(names, `"`+name+`"`)
	}
	return strings.Join(wrap(strings.Join(names, ", "), 70), "\n   ")
}

// TestStatusesAreDocumented: the help of precheck names each exit status.
func TestStatusesAreDocumented(t *testing.T) {
	for _, lang := range []string{"en", "zh"} {
		help := strings.Join(strings.Fields(runIt("precheck", "-h", "-lang", lang).out), " ")
		for _, s := range []string{"0 ", "1 ", "2 ", "3 ", "4 "} {
			_, after, _ := strings.Cut(help, map[string]string{"en": "exit status is", "zh": "退出状态："}[lang])
			if !strings.Contains(after, s) {
				t.Errorf("%s: status %sis not told", lang, s)
			}
		}
	}
}
