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
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
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

// Limits for one mutant: of the processor time of one run of tests, which does
// not run on while others have the machine, in seconds and beside what the
// tests took without a mutant; of its time on the clock, for those that wait
// for ever; and of its memory in KB.
const (
	processorSeconds = 5
	processorTimes   = 5
	clockTime        = 3 * time.Minute
	memory           = 12_000_000
)

// TestMutantsAreKilled tries every mutant of every package that is listed.
func TestMutantsAreKilled(t *testing.T) {
	if os.Getenv("ICPCODE_MUTATE") != "1" {
		t.Skip("runs the tests once for each of a thousand mutants: run make mutate, or set ICPCODE_MUTATE=1")
	}
	wanted := regexp.MustCompile(*only)
	for _, p := range pure.Packages() {
		name := p.Dir
		if name == "" {
			name = "icpcode"
		}
		t.Run(name, func(t *testing.T) {
			tryPackage(t, p, wanted)
		})
	}
}

// suite is the tests of one package, in a program that has the mutants.
type suite struct {
	program, dir string
	quick, slow  []timed
}

func tryPackage(t *testing.T, p pure.Package, wanted *regexp.Regexp) {
	start := time.Now()
	mutants, sources := find(t, p.Dir, wanted)
	if len(mutants) == 0 {
		t.Skip("no mutants of the files that were asked for")
	}
	mutants, texts := weaveAll(t, p.Dir, mutants, sources)
	var suites []suite
	for _, dir := range append([]string{p.Dir}, p.Tests...) {
		program := build(t, dir, texts)
		quick, slow := tests(t, program, dir)
		suites = append(suites, suite{program, dir, quick, slow})
		t.Logf("%d mutants woven, %d quick tests and %d slow ones: %v", len(mutants), len(quick), len(slow), time.Since(start).Round(time.Second))
		if killed, out := try(suites[len(suites)-1:], 0); killed {
			t.Fatalf("the tests fail without a mutant:\n%s", out)
		}
	}

	type verdict struct{ killed, lived int }
	var mu sync.Mutex
	byFile, left, done := map[string]*verdict{}, []string{}, 0
	numbers := make(chan int)
	var wg sync.WaitGroup
	for range max(1, runtime.NumCPU()) {
		wg.Go(func() {
			for n := range numbers {
				killed, _ := try(suites, n+1)
				mu.Lock()
				v := byFile[mutants[n].file]
				if v == nil {
					v = &verdict{}
					byFile[mutants[n].file] = v
				}
				if killed {
					v.killed++
				} else {
					v.lived++
					left = append(left, mutants[n].String())
					t.Logf("lives: %v", mutants[n])
				}
				if done++; done%50 == 0 {
					t.Logf("%d of %d, %v", done, len(mutants), time.Since(start).Round(time.Second))
				}
				mu.Unlock()
			}
		})
	}
	for n := range mutants {
		numbers <- n
	}
	close(numbers)
	wg.Wait()

	var files []string
	for f := range byFile {
		files = append(files, f)
	}
	slices.Sort(files)
	var all verdict
	for _, f := range files {
		v := byFile[f]
		all.killed, all.lived = all.killed+v.killed, all.lived+v.lived
		t.Logf("%-40s killed %4d, lived %3d", f, v.killed, v.lived)
	}
	slices.Sort(left)
	percent := 100 * float64(all.killed) / float64(all.killed+all.lived)
	t.Logf("killed %d, lived %d: %.2f %%, in %v\n%s", all.killed, all.lived, percent, time.Since(start).Round(time.Second), strings.Join(left, "\n"))
	if percent < *atLeast {
		t.Errorf("%.2f %% of the mutants were killed, want at least %v %%", percent, *atLeast)
	}
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
	number := regexp.MustCompile(regexp.QuoteMeta(strings.TrimSuffix(weave.Suffix(0), "0")) + `(\d+)$`)
	for range 10 {
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

		// Which function is each error in?
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
			for _, f := range files {
				for _, decl := range f.Decls {
					if fn, ok := decl.(*ast.FuncDecl); ok && fn.Pos() <= at.Pos && at.Pos < fn.End() {
						if in := number.FindStringSubmatch(fn.Name.Name); in != nil {
							n, _ := strconv.Atoi(in[1])
							bad[n-1] = true
							return
						}
					}
				}
			}
			t.Fatalf("the woven sources do not compile: %v", err)
		}}
		_, _ = conf.Check("p", set, files, nil)
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

// run runs a test program with a mutant.
func run(ctx context.Context, program, dir string, n int, took time.Duration, args ...string) (string, error) {
	limits := fmt.Sprintf(`ulimit -t %d; ulimit -v %d; exec "$@"`, processorSeconds+processorTimes*int(took/time.Second+1), memory)
	args = append([]string{"-c", limits, "sh", program, "-test.failfast", "-test.short", "-test.timeout=5m"}, args...)
	cmd := exec.CommandContext(ctx, "sh", args...)
	cmd.Dir = filepath.Join(root, dir)
	cmd.Env = append(cmd.Environ(), fmt.Sprintf("%s=%d", weave.Env, n))
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}
