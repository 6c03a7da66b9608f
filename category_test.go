package icpcode_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// kinds are all errors that a caller can meet, by the names under which the
// package exports them, and where several of them meet in one error what it is.
var kinds = []struct {
	name     string
	err      error
	category icpcode.Category
}{
	{"", nil, icpcode.CategoryNone},
	{"ErrRefused", icpcode.ErrRefused, icpcode.CategoryRefused},
	{"RefusedError", &icpcode.RefusedError{}, icpcode.CategoryRefused},
	{"ErrNotVerified", icpcode.ErrNotVerified, icpcode.CategoryRefused},
	{"ErrInvalid", icpcode.ErrInvalid, icpcode.CategoryInvalid},
	{"InvalidError", &icpcode.InvalidError{Field: "x", Problem: "is bad"}, icpcode.CategoryInvalid},
	{"ErrNoCode", icpcode.ErrNoCode, icpcode.CategoryNoCode},
	{"ErrRequestReused", icpcode.ErrRequestReused, icpcode.CategoryTaken},
	{"ErrDiffers", icpcode.ErrDiffers, icpcode.CategoryTaken},
	{"ErrConflict", icpcode.ErrConflict, icpcode.CategoryConflict},
	{"ErrUnavailable", icpcode.ErrUnavailable, icpcode.CategoryUnavailable},
	{"ErrUnknownOutcome", icpcode.ErrUnknownOutcome, icpcode.CategoryUnknownOutcome},
	{"UnknownOutcomeError", &icpcode.UnknownOutcomeError{Err: errors.New("x")}, icpcode.CategoryUnknownOutcome},
	{"ErrHook", icpcode.ErrHook, icpcode.CategoryHook},
	{"HookError", &icpcode.HookError{Hook: "Facts", Panic: 1}, icpcode.CategoryHook},
	{"ErrNoRules", icpcode.ErrNoRules, icpcode.CategorySetup},
	{"ErrRuleBook", icpcode.ErrRuleBook, icpcode.CategorySetup},
	{"RuleBookError", &icpcode.RuleBookError{}, icpcode.CategorySetup},
	{"ErrNoPrice", icpcode.ErrNoPrice, icpcode.CategorySetup},
	{"ErrEntropy", icpcode.ErrEntropy, icpcode.CategorySetup},
	{"", context.Canceled, icpcode.CategoryEnded},
	{"", context.DeadlineExceeded, icpcode.CategoryEnded},
	{"", errors.New("x"), icpcode.CategoryOther},

	// What it is comes before what it was caused by.
	{"", &icpcode.UnknownOutcomeError{Err: icpcode.ErrConflict}, icpcode.CategoryUnknownOutcome},
	{"", &icpcode.UnknownOutcomeError{Err: context.Canceled}, icpcode.CategoryUnknownOutcome},
	{"", &icpcode.HookError{Hook: "Facts", Err: &icpcode.InvalidError{}}, icpcode.CategoryHook},
	{"", &icpcode.HookError{Hook: "Facts", Err: context.DeadlineExceeded}, icpcode.CategoryHook},
	{"", &icpcode.HookError{Hook: "Operator", Err: icpcode.ErrConflict}, icpcode.CategoryHook},
}

// TestCategories: every error that the package exports has the category that
// its table says, wrapped too, and the tables say the same.
func TestCategories(t *testing.T) {
	tested := map[string]bool{}
	for _, k := range kinds {
		tested[k.name] = true
		if got := icpcode.CategoryOf(k.err); got != k.category {
			t.Errorf("%s %v is %v, want %v", k.name, k.err, got, k.category)
		}
		if wrapped := fmt.Errorf("a service: %w", k.err); k.err != nil && icpcode.CategoryOf(wrapped) != k.category {
			t.Errorf("%v is %v, want %v", wrapped, icpcode.CategoryOf(wrapped), k.category)
		}
	}
	exported := regexp.MustCompile(`(?m)^\t(Err[A-Z]\w*) += |^func \(e \*([A-Z]\w*Error)\) Error\(\)`)
	found := 0
	for _, file := range must[[]os.DirEntry](t)(os.ReadDir(".")) {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		for _, m := range exported.FindAllStringSubmatch(string(must[[]byte](t)(os.ReadFile(file.Name()))), -1) {
			found++
			if !tested[m[1]+m[2]] {
				t.Errorf("%s of %s is in no row of this test", m[1]+m[2], file.Name())
			}
		}
	}
	if found < 18 {
		t.Errorf("only %d errors were found in the sources", found)
	}
}

// TestCategoryTables: the tables of the package and of both READMEs have a row
// for each category, with the same statuses, and say the same about repeating.
func TestCategoryTables(t *testing.T) {
	read := func(file, row string) (rows [][]string) {
		for _, m := range regexp.MustCompile(row).FindAllStringSubmatch(string(must[[]byte](t)(os.ReadFile(file))), -1) {
			rows = append(rows, m[1:])
		}
		return rows
	}
	docs := read("category.go", `(?m)^//\t([A-Z]\w+) +(\S.*?) +(\d{3})$`)
	readme := read("README.md", `(?m)^\| ([A-Z]\w+) \| (.*) \| (\d{3}) \|$`)
	chinese := read("README.zh-CN.md", `(?m)^\| ([A-Z]\w+) \| (.*) \| (\d{3}) \|$`)
	if len(docs) != int(icpcode.CategoryOther)+1 || len(readme) != len(docs) || len(chinese) != len(docs) {
		t.Fatalf("the tables have %d, %d and %d rows, want %d", len(docs), len(readme), len(chinese), icpcode.CategoryOther+1)
	}
	for i, row := range docs {
		c := icpcode.Category(i)
		plain := []string{readme[i][0], strings.ReplaceAll(readme[i][1], "`", ""), readme[i][2]}
		if row[0] != c.String() || !slices.Equal(row, plain) || chinese[i][0] != row[0] || chinese[i][2] != row[2] {
			t.Errorf("the rows of %v differ: %q, %q, %q", c, row, readme[i], chinese[i])
		}
		repeats := strings.HasPrefix(row[1], "repeat") || strings.Contains(row[1], "; repeat") || c == icpcode.CategoryEnded
		if repeats != c.Repeat() {
			t.Errorf("%v: Repeat is %v, and the table says %q", c, c.Repeat(), row[1])
		}
	}
}

// TestStoreFailuresAreUnavailable: a Load, List or Events that fails matches
// ErrUnavailable, and what the store said, in every operation; one that failed
// because its caller left does not.
func TestStoreFailuresAreUnavailable(t *testing.T) {
	sorry := errors.New("sorry")
	w := newWorld(t)
	in := newInputs(w)
	w.store = &unreadable{Store: w.store, err: sorry}
	w.eng = icpcode.New(w.store, &w.opt)
	for _, o := range operations {
		err := o.do(in)
		if icpcode.CategoryOf(err) != icpcode.CategoryUnavailable || !errors.Is(err, sorry) {
			t.Errorf("%s: %v is %v", o.name, err, icpcode.CategoryOf(err))
		}
	}
	ctx, leave := context.WithCancel(w.ctx)
	w.eng = icpcode.New(&unreadable{Store: w.store, err: context.Canceled, before: leave}, &w.opt)
	_, err := w.eng.GrantQuota(ctx, theOwner)
	if icpcode.CategoryOf(err) != icpcode.CategoryEnded || errors.Is(err, icpcode.ErrUnavailable) {
		t.Errorf("a caller that left is told %v, %v", err, icpcode.CategoryOf(err))
	}
}

// unreadable is a store that fails to read.
type unreadable struct {
	icpcode.Store
	err    error
	before func()
}

func (s *unreadable) fail() error {
	if s.before != nil {
		s.before()
	}
	return s.err
}

func (s *unreadable) Load(context.Context, ...icpcode.Key) ([]icpcode.Document, error) {
	return nil, s.fail()
}
func (s *unreadable) List(context.Context, icpcode.Query) (icpcode.Page, error) {
	return icpcode.Page{}, s.fail()
}
func (s *unreadable) Events(context.Context, icpcode.EventQuery) ([]icpcode.Event, error) {
	return nil, s.fail()
}

// TestCategoryTexts: each category but that of no error has words of its own in
// each language, and they name nothing of a program.
func TestCategoryTexts(t *testing.T) {
	seen := map[string]bool{"": true}
	for c := icpcode.CategoryNone + 1; c <= icpcode.CategoryOther; c++ {
		en, zh := c.Text(icpcode.English), c.Text(icpcode.Chinese)
		if seen[en] || seen[zh] || regexp.MustCompile(`\p{Han}`).MatchString(en) || regexp.MustCompile(`[A-Za-z]`).MatchString(zh) {
			t.Errorf("%v has the words %q and %q", c, en, zh)
		}
		if strings.Contains(en, c.String()) && c != icpcode.CategoryOther {
			t.Errorf("%v is named in %q", c, en)
		}
		seen[en], seen[zh] = true, true
		promises := strings.Contains(en, "try again") || strings.Contains(en, "again, it")
		if c.Repeat() != promises && c != icpcode.CategoryInvalid {
			t.Errorf("%v: Repeat is %v, and %q says otherwise", c, c.Repeat(), en)
		}
	}
	if a, b := icpcode.CategoryNone.Text(icpcode.English), (icpcode.CategoryOther + 1).Text(icpcode.Chinese); a+b != "" {
		t.Errorf("what is no category has the words %q", a+b)
	}
}
