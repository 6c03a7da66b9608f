// Package mutate tries mutants of the packages that decide: small mistakes in
// their sources, of which the tests must see nearly all.
//
// All mutants of a package are woven into one test program, in which a
// variable of the environment chooses one. So the tests are compiled once, and
// a mutant costs no more than the tests that run until one fails.
package mutate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icpcode/icpcode/internal/pure"
	"github.com/icpcode/icpcode/internal/weave"
)

var (
	only    = flag.String("files", ".", "regular expression: only mutants of the files that match are tried")
	atLeast = flag.Float64("killed", 95, "least percentage of mutants that the tests must kill")
)

// root is the module's root, seen from this package's directory.
const root = "../.."

// TestMutantsAreKilled tries every mutant of every package that is listed.
func TestMutantsAreKilled(t *testing.T) {
	if os.Getenv("ICPCODE_MUTATE") != "1" {
		t.Skip("runs the tests once for each of a thousand mutants: run make mutate, or set ICPCODE_MUTATE=1")
	}
	wanted := regexp.MustCompile(*only)
	found := 0
	for _, p := range pure.Packages() {
		name := p.Dir
		if name == "" {
			name = "icpcode"
		}
		mutants, sources := find(t, p.Dir, wanted)
		found += len(mutants)
		if len(mutants) == 0 {
			t.Logf("%s: no mutants of the files that were asked for", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			tryPackage(t, p, mutants, sources)
		})
	}
	if found == 0 {
		t.Errorf("no file that has mutants matches %q: files are named as in ^grant\\.go or ^internal/merge", *only)
	}
}

// TestFilesAreNamed shows which names -files is matched with.
func TestFilesAreNamed(t *testing.T) {
	for pattern, want := range map[string][]string{`^price\.go$`: {"price.go"}, `^nothing\.go$`: nil, `price_test`: nil} {
		mutants, _ := find(t, "", regexp.MustCompile(pattern))
		var got []string
		for _, m := range mutants {
			got = append(got, m.file)
		}
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%s finds mutants of %q, want %q", pattern, got, want)
		}
	}
	mutants, _ := find(t, "internal/merge", regexp.MustCompile(`^internal/merge/pace\.go$`))
	if len(mutants) == 0 {
		t.Error("a file below a folder has no mutants")
	}
}

// suite is the tests of one package, in a program that has the mutants.
type suite struct {
	program, dir string
	quick, slow  []timed
}

// tally counts what became of the mutants of one file, or of all.
type tally struct{ killed, lived int }

func (a tally) percent() float64 { return 100 * float64(a.killed) / float64(a.killed+a.lived) }

func tryPackage(t *testing.T, p pure.Package, mutants []mutant, sources map[string]string) {
	start := time.Now()
	since := func() time.Duration { return time.Since(start).Round(time.Second) }
	mutants, texts := weaveAll(t, p.Dir, mutants, sources)
	var suites []suite
	for _, dir := range append([]string{p.Dir}, p.Tests...) {
		program := build(t, dir, texts)
		quick, slow := tests(t, program, dir)
		suites = append(suites, suite{program, dir, quick, slow})
		t.Logf("%d mutants woven, %d quick tests and %d slow ones: %v", len(mutants), len(quick), len(slow), since())
		if killed, out := try(suites[len(suites)-1:], 0); killed {
			t.Fatalf("the tests fail without a mutant:\n%s", out)
		}
	}

	byFile, left, done := map[string]tally{}, []string{}, 0
	tryAll(suites, len(mutants), func(n int, killed bool) {
		of := byFile[mutants[n].file]
		if killed {
			of.killed++
		} else {
			of.lived++
			left = append(left, mutants[n].String())
			t.Logf("lives: %v", mutants[n])
		}
		byFile[mutants[n].file] = of
		if done++; done%50 == 0 {
			t.Logf("%d of %d, %v", done, len(mutants), since())
		}
	})

	var all tally
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		of := byFile[file]
		all.killed, all.lived = all.killed+of.killed, all.lived+of.lived
		t.Logf("%-40s killed %4d, lived %3d", file, of.killed, of.lived)
	}
	slices.Sort(left)
	t.Logf("killed %d, lived %d: %.2f %%, in %v\n%s", all.killed, all.lived, all.percent(), since(), strings.Join(left, "\n"))
	if all.percent() < *atLeast {
		t.Errorf("%.2f %% of the mutants were killed, want at least %v %%", all.percent(), *atLeast)
	}
}

// tryAll tries n mutants, as many at a time as there are processors, and hands
// on what became of each, one after the other.
func tryAll(suites []suite, n int, verdict func(n int, killed bool)) {
	numbers := make(chan int)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range max(1, runtime.NumCPU()) {
		wg.Go(func() {
			for i := range numbers {
				killed, _ := try(suites, i+1)
				mu.Lock()
				verdict(i, killed)
				mu.Unlock()
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	wg.Wait()
}

// find returns the mutants of a package's files that are wanted, and the texts
// of its files.
func find(t *testing.T, dir string, wanted *regexp.Regexp) ([]mutant, map[string]string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var files []*ast.File
	var paths []string
	texts := map[string]string{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		path := filepath.Join(dir, filepath.Base(name))
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files, paths, texts[path] = append(files, f), append(paths, path), string(text)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: importer.ForCompiler(set, "source", nil)}
	if _, err := conf.Check("p", set, files, info); err != nil {
		t.Fatal(err)
	}
	var all []mutant
	for i, f := range files {
		if wanted.MatchString(paths[i]) {
			all = append(all, mutantsOf(set, paths[i], f, info)...)
		}
	}
	return all, texts
}

// weaveAll weaves the mutants into the sources, without those that do not
// compile, such as a constant that gets too large.
func weaveAll(t *testing.T, dir string, mutants []mutant, sources map[string]string) ([]mutant, map[string]string) {
	t.Helper()
	for range 10 {
		texts := weaveInto(t, dir, mutants, sources)
		bad := broken(t, texts)
		if len(bad) == 0 {
			return mutants, texts
		}
		var kept []mutant
		for n, m := range mutants {
			if bad[n] {
				t.Logf("does not compile: %v", m)
				continue
			}
			kept = append(kept, m)
		}
		mutants = kept
	}
	t.Fatal("there are always more mutants that do not compile")
	return nil, nil
}

// weaveInto weaves the mutants into the sources.
func weaveInto(t *testing.T, dir string, mutants []mutant, sources map[string]string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	pkg := ""
	for path, text := range sources {
		w, err := weave.New(text)
		if err != nil {
			t.Fatal(err)
		}
		pkg = w.Package()
		for n, m := range mutants {
			if m.file != path {
				continue
			}
			if err := w.Add(n+1, text[:m.from]+m.text+text[m.to:]); err != nil {
				t.Fatalf("%v: %v", m, err)
			}
		}
		texts[path] = w.Source()
	}
	texts[filepath.Join(dir, weave.SwitchFile)] = weave.SwitchText(pkg)
	return texts
}

// broken returns which mutants do not compile.
func broken(t *testing.T, texts map[string]string) map[int]bool {
	t.Helper()
	set := token.NewFileSet()
	var files []*ast.File
	for path, text := range texts {
		f, err := parser.ParseFile(set, path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	bad := map[int]bool{}
	conf := types.Config{Importer: importer.ForCompiler(set, "source", nil), Error: func(err error) {
		var at types.Error
		if !errors.As(err, &at) {
			t.Fatal(err)
		}
		n, ok := mutantAt(files, at.Pos)
		if !ok {
			t.Fatalf("the woven sources do not compile: %v", err)
		}
		bad[n] = true
	}}
	_, _ = conf.Check("p", set, files, nil)
	return bad
}

// woven is how the functions end that stand for a mutant.
var woven = regexp.MustCompile(regexp.QuoteMeta(strings.TrimSuffix(weave.Suffix(0), "0")) + `(\d+)$`)

// mutantAt returns which mutant stands at a position.
func mutantAt(files []*ast.File, pos token.Pos) (n int, ok bool) {
	for _, f := range files {
		for _, decl := range f.Decls {
			fn, is := decl.(*ast.FuncDecl)
			if !is || pos < fn.Pos() || fn.End() <= pos {
				continue
			}
			if in := woven.FindStringSubmatch(fn.Name.Name); in != nil {
				n, err := strconv.Atoi(in[1])
				return n - 1, err == nil
			}
		}
	}
	return 0, false
}

// build compiles the tests of a package with the woven sources.
func build(t *testing.T, dir string, texts map[string]string) string {
	t.Helper()
	tmp := t.TempDir()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for path, text := range texts {
		abs, err := filepath.Abs(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		laid := filepath.Join(tmp, filepath.Base(path))
		if err := os.WriteFile(laid, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[abs] = laid
	}
	config, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(tmp, "overlay.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(tmp, "woven.test")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", file, "-o", program, "./"+dir)
	cmd.Dir = root
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// slowTest is how long a test takes that is run only when all quick ones
// passed.
const slowTest = 50 * time.Millisecond

// timed is a test and how long it takes.
type timed struct {
	name string
	took time.Duration
}

// tests runs the tests once without a mutant, and returns their names: those
// that are quick and the others, the quickest first.
func tests(t *testing.T, program, dir string) (quick, slow []timed) {
	t.Helper()
	out, err := run(t.Context(), program, dir, 0, time.Hour, "-test.v", "-test.run", ".")
	if err != nil {
		t.Fatalf("the tests fail without a mutant: %v\n%s", err, out)
	}
	var all []timed
	for _, m := range regexp.MustCompile(`(?m)^--- PASS: (\S+) \((\S+)\)$`).FindAllStringSubmatch(out, -1) {
		took, err := time.ParseDuration(m[2])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, timed{m[1], took})
	}
	if len(all) == 0 {
		t.Fatalf("no tests:\n%s", out)
	}
	slices.SortStableFunc(all, func(a, b timed) int { return cmp.Compare(a.took, b.took) })
	for _, one := range all {
		if one.took < slowTest {
			quick = append(quick, one)
		} else {
			slow = append(slow, one)
		}
	}
	return quick, slow
}

// try runs the tests with a mutant until one fails: of each suite the quick
// ones together, then the slow ones by fours. A mutant that does not end is
// killed, too.
func try(suites []suite, n int) (killed bool, out string) {
	for _, s := range suites {
		for _, some := range append([][]timed{s.quick}, slices.Collect(slices.Chunk(s.slow, 4))...) {
			if len(some) == 0 {
				continue
			}
			var names []string
			var took time.Duration
			for _, one := range some {
				names, took = append(names, one.name), took+one.took
			}
			ctx, stop := context.WithTimeout(context.Background(), clockTime)
			out, err := run(ctx, s.program, s.dir, n, took, "-test.run", "^("+strings.Join(names, "|")+")$")
			stop()
			if err != nil {
				return true, out
			}
		}
	}
	return false, ""
}
