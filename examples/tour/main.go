// Command tour shows what package icpcode does: it reads an inventory of
// servers as the provider's own tools print it, says which of them may have
// filing service codes and why the others may not, and then takes codes
// through their whole life on an in-memory store.
//
//	go run ./examples/tour [flags] [inventory.json [facts.csv]]
//
// Run it at the top of the repository, where it finds the files that it uses
// by default: a real list of 24 servers, and a CSV of facts that no inventory
// gives. With an inventory of your own, name a CSV of your own too, or none:
// its columns are described at inventory.ReadFacts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// The files that are read when none is named.
const (
	defaultInventory = "testdata/inventory/ecs/describeinstances_cn-hangzhou_2024.json"
	defaultFacts     = "testdata/tour/facts.csv"
)

func main() {
	out, err := run(os.Args[1:], os.Getenv)
	if _, writeErr := os.Stdout.WriteString(out); err == nil {
		err = writeErr
	}
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		os.Exit(1)
	}
}

// china is the time of the rules and of everything that is printed.
var china = icpcode.Shanghai()

// run takes the tour and returns what it shows, also of one that fails.
func run(args []string, env func(string) string) (string, error) {
	flags := flag.NewFlagSet("tour", flag.ContinueOnError)
	flags.Usage = func() {
		_, _ = fmt.Fprintln(flags.Output(), "usage: go run ./examples/tour [flags] [inventory.json [facts.csv]]")
		flags.PrintDefaults()
	}
	at := flags.String("at", "2026-03-01 10:00", "the `time` in China at which the tour begins")
	account := flags.String("account", "1001", "the `account` that asks for codes")
	assume := flags.String("assume", "ELG-IPINUSE", "`rules` whose missing facts are assumed to pass, separated by spaces")
	lang := flags.String("lang", langOf(env), "the `language` of reasons and notes, en or zh; without it that of LC_ALL, LC_MESSAGES or LANG")
	if err := flags.Parse(args); err != nil {
		return "", err
	}
	t := tour{ctx: context.Background(), account: icpcode.AccountID(*account)}
	var err error
	if t.now, err = time.ParseInLocation("2006-01-02 15:04", *at, china); err != nil {
		return "", fmt.Errorf("-at %q is not a time like 2026-03-01 10:00", *at)
	}
	if err := t.assume.UnmarshalText([]byte(*assume)); err != nil {
		return "", fmt.Errorf("-assume: %w", err)
	}
	switch *lang {
	case "en":
	case "zh":
		t.lang = icpcode.Chinese
	default:
		return "", fmt.Errorf("-lang %q is neither en nor zh", *lang)
	}
	if flags.NArg() > 2 {
		return "", errors.New("more than two files; see -h")
	}
	if err := t.read(flags.Args()); err != nil {
		return "", err
	}
	err = t.walk()
	return t.out.String(), err
}

// langOf chooses the language by the first locale variable that is set.
func langOf(env func(string) string) string {
	for _, name := range [...]string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(name); v != "" {
			if strings.HasPrefix(strings.ToLower(v), "zh") {
				return "zh"
			}
			break
		}
	}
	return "en"
}

// read reads the inventory and the facts.
func (t *tour) read(files []string) error {
	if len(files) == 0 {
		files = []string{defaultInventory, defaultFacts}
	}
	t.source = files[0]
	facts := &inventory.Facts{}
	if len(files) > 1 {
		t.factsSource = files[1]
		err := open(t.factsSource, func(r io.Reader) (err error) {
			facts, err = inventory.ReadFacts(r)
			return err
		})
		if err != nil {
			return err
		}
	}
	unmet := make(map[icpcode.InstanceID]bool)
	for id := range facts.IDs() {
		unmet[id] = true
	}
	err := open(t.source, func(r io.Reader) error {
		for s, err := range inventory.ECS(r) {
			if fatal := (*inventory.InputError)(nil); errors.As(err, &fatal) {
				return err
			}
			if err != nil { // a server that cannot be read, or missing pages: say so and go on
				t.troubles = append(t.troubles, err.Error())
				continue
			}
			changes := facts.Apply(&s)
			t.servers = append(t.servers, server{Server: s, changes: changes})
			delete(unmet, s.Instance.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id := range facts.IDs() {
		if unmet[id] {
			t.troubles = append(t.troubles, fmt.Sprintf("%s: %s is not in the inventory", t.factsSource, id))
		}
	}
	return nil
}

// open hands a file to read. Errors name the file.
func open(name string, read func(io.Reader) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	err = read(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
