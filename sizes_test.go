package icpcode_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// How many lines a file and a function may have.
const (
	fileLines = 500
	funcLines = 60
)

// What is longer still. What fits is taken out, and nothing is added.
var tooLong = []string{
	"httpapi/apitest/client_test.go page",
	"console/operate_test.go TestSeveral",
	"sqlstore/sqltest/lockwait_test.go lockWait",
	"asking_test.go TestFactsServeRequests",
	"close.go decide",
	"cmd/icpcode-serve/serve.go serve",
	"cmd/icpcode/html_test.go TestHTML",
	"cmd/icpcode/report_test.go TestWorkbook",
	"cmd/icpcode/resolve_test.go startNameServer",
	"cmd/icpcode/review_test.go TestReviewFindsPlantedFaults",
	"cmd/icpcode/settings_test.go TestDiffOfServers",
	"cmd/icpcode/source.go spreadsheet",
	"concurrency_test.go problems",
	"console/rulebook_test.go TestRulesSayEverything",
	"deps_test.go mutations",
	"dns_test.go TestRemediesEndDNSFindings",
	"engine_faults_test.go TestCancelled",
	"engine_input_test.go TestBadInput",
	"engine_life_test.go TestLifeOfEveryCode",
	"engine_requests_test.go TestReceipts",
	"engine_test.go TestHooks",
	"engine_test.go TestObserver",
	"examples/service/service_test.go TestService",
	"examples/tour/tour.go precheck",
	"explain_golden_test.go TestReasonsOfSteps",
	"filecheck_test.go TestFilingIsToldWhatIsAdvised",
	"filinglife_test.go testLIFCorrect",
	"fuzz_test.go FuzzTexts",
	"httpapi/internal/nodeclient/nodeclient.go method",
	"internal/merge/merge_test.go TestLeave",
	"internal/merge/merge_test.go TestRandom",
	"internal/merge/patience_test.go TestAnswers",
	"internal/year/audit.go audit",
	"inventory/conflict_test.go TestContradictions",
	"inventory/docs_test.go TestDocs",
	"inventory/ecs_test.go",
	"inventory/marks.go formatIn",
	"inventory/read.go document",
	"judge.go decide",
	"lasting_test.go TestDecisionsSurviveJSON",
	"lincheck/model.go do",
	"lincheck/record.go draw",
	"lists_test.go TestLists",
	"loop_test.go TestBatchIsAsOneByOne",
	"memstore/concurrent_test.go TestMoving",
	"merge_crowd_test.go TestMergeForgetsNobody",
	"merge_crowd_test.go TestMergeKeepsKeysApart",
	"merge_faults_test.go mergeErrand",
	"merge_leave_test.go TestMergeCancelled",
	"merge_slow_test.go TestMergeHanging",
	"move_test.go TestMoveIsAskedBeforehand",
	"page_cursors_test.go TestCursorsHoldWhatTheyAreFor",
	"presets_test.go flipsOf",
	"presets_test.go requirements",
	"presets_test.go set",
	"rule_elg_test.go testELGQuota",
	"rule_lif_test.go testLIFClose",
	"ruletest/audit.go recount",
	"ruletest/coverage.go possible",
	"ruletest/facts.go answer",
	"ruletest/look.go list",
	"sharing_world_test.go script",
	"spoilings_test.go spoilings",
	"sqlstore/sqltest/attacks_test.go walkErrors",
	"sqlstore/sqltest/crash_test.go write",
	"sqlstore/sqltest/dbtest/dbtest_test.go TestConnector",
	"sqlstore/sqltest/dbtest/dbtest_test.go TestProxy",
	"sqlstore/sqltest/locked_test.go lockedRows",
	"sqlstore/sqltest/retry_test.go inTxAgain",
	"sqlstore/sqltest/sessions_test.go TestSessions",
	"sqlstore/sqltest/story_test.go tellHistory",
	"storetest/bench.go Benchmark",
	"storetest/list.go checkListMoved",
	"storetest/names.go fill",
	"storetest/races.go checkHerd",
	"storetest/races.go checkSpread",
	"viewers_test.go TestHistoryPerViewer",
}

// Files hold one concept and functions one thought, in all modules. The lines
// of tables and texts in a function are not counted, which are composite
// literals and raw strings over several lines; functions in tables are counted
// each by itself.
func TestSizes(t *testing.T) {
	long := map[string]int{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (path == "bin" || d.Name() == "testdata" || path != "." && strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ".go") {
			maps.Copy(long, tooLongIn(t, path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(long)) {
		if !slices.Contains(tooLong, name) {
			t.Errorf("%s has %d lines: a file may have %d, and a function %d without tables and texts. Split it by concept", name, long[name], fileLines, funcLines)
		}
	}
	for _, name := range tooLong {
		if long[name] == 0 {
			t.Errorf("%s fits, or is not there: take it out of the list", name)
		}
	}
}

// tooLongIn measures a file and its functions, and returns what is too long.
func tooLongIn(t *testing.T, path string) map[string]int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.ToSlash(path)
	long := map[string]int{}
	if n := bytes.Count(text, []byte("\n")); n > fileLines {
		long[path] = n
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	var name string
	m := measurer{files: files, found: func(at token.Pos, lines int) {
		if lines > funcLines {
			long[fmt.Sprintf("%s %s", path, name)] = max(lines, long[path+" "+name])
		}
	}}
	for _, d := range file.Decls {
		name = ""
		if f, ok := d.(*ast.FuncDecl); ok {
			name = f.Name.Name
			if f.Body != nil {
				m.function(f)
			}
			continue
		}
		m.table(d)
	}
	return long
}

// measurer measures functions.
type measurer struct {
	files *token.FileSet
	found func(at token.Pos, lines int)
}

// lines returns how many line breaks a node spans.
func (m measurer) lines(n ast.Node) int {
	return m.files.Position(n.End()).Line - m.files.Position(n.Pos()).Line
}

// function measures a function without its tables and texts, and the functions
// in its tables.
func (m measurer) function(f ast.Node) {
	n := m.lines(f) + 1
	ast.Inspect(f, func(at ast.Node) bool {
		switch at := at.(type) {
		case *ast.CompositeLit:
			n -= m.lines(at)
			m.table(at)
			return false
		case *ast.BasicLit:
			n -= m.lines(at)
		}
		return true
	})
	m.found(f.Pos(), n)
}

// table measures the functions in a table.
func (m measurer) table(n ast.Node) {
	ast.Inspect(n, func(at ast.Node) bool {
		if f, ok := at.(*ast.FuncLit); ok {
			m.function(f)
			return false
		}
		return true
	})
}

func TestSizesFindsWhatIsTooLong(t *testing.T) {
	lines := func(n int, line string) string { return strings.Repeat(line+"\n", n) }
	table := "x := []int{\n" + lines(100, "1,") + "}\n_ = x\n"
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"60 lines":                    {"func F() {\n" + lines(58, "_ = 1") + "}\n", 0},
		"61 lines":                    {"func F() {\n" + lines(59, "_ = 1") + "}\n", 1},
		"60 lines and a table":        {"func F() {\n" + table + lines(56, "_ = 1") + "}\n", 0},
		"61 lines and a table":        {"func F() {\n" + table + lines(57, "_ = 1") + "}\n", 1},
		"a text":                      {"func F() {\n_ = `" + lines(100, "x") + "`\n}\n", 0},
		"a function in a table":       {"func F() {\n_ = []func(){func() {\n" + lines(59, "_ = 1") + "}}\n}\n", 1},
		"a function in a variable":    {"var f = func() {\n" + lines(59, "_ = 1") + "}\n", 1},
		"500 lines":                   {lines(500-2, "var _ = 1"), 0},
		"501 lines":                   {lines(501-2, "var _ = 1"), 1},
		"501 lines, a table and more": {"func F() {\n" + lines(500, "_ = 1") + "}\n", 2},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.go")
			if err := os.WriteFile(path, []byte("package x\n\n"+c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := tooLongIn(t, path); len(got) != c.want {
				t.Errorf("found %v, want %d", got, c.want)
			}
		})
	}
}
