package icpcode

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// latinWords are those that a Chinese text may have: names of products, and what
// has no Chinese.
var latinWords = []string{
	"App", "BCC", "CDN", "CLB", "CVM", "DNS", "ECS", "EIP", "ELB", "ENS", "Flexus", "ICP", "IP", "IPv6", "L", "Lighthouse", "NAT", "NAT64", "SLB", "Web", "example.cn",
	"CNY", "JSON", "SHA", "T00", "false", "http", "https", "true", // as they are written in a rule book
}

var (
	latinWord = regexp.MustCompile(`[A-Za-z][A-Za-z0-9]*(\.[a-z]+)?`)
	formVerb  = regexp.MustCompile(`%(\[\d+\])?[-+#.\d]*[a-zA-Z]`)
	// providersNumber are those that only a rule set may give.
	providersNumber = regexp.MustCompile(`\b(5|10|3|20|90)\b`)
)

// pairFault says what is wrong with a text in both languages, or "".
func pairFault(en, zh string) string {
	if hasHan(en) {
		return "the English has Chinese in it"
	}
	if strings.ContainsFunc(formVerb.ReplaceAllString(en, ""), unicode.IsLetter) && !hasHan(zh) {
		return "there is no Chinese"
	}
	if !slices.Equal(formVerb.FindAllString(en, -1), formVerb.FindAllString(zh, -1)) {
		return "the two take different verbs"
	}
	for _, w := range latinWord.FindAllString(formVerb.ReplaceAllString(zh, ""), -1) {
		if !slices.Contains(latinWords, w) {
			return w + " is not on the list of Latin words"
		}
	}
	return ""
}

// sourcePair is a text in both languages, where it stands.
type sourcePair struct {
	at, en, zh string
}

// text returns the text of a literal, and whether e is one.
func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// sourcePairs finds what is said in both languages in the source of this
// package, and what is said in another way than side by side. Tables of pairs
// are found by the Chinese in them.
func sourcePairs(t *testing.T) (pairs []sourcePair, alone []string) {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	// What says something, and which of its arguments are a pair.
	sayers := map[string][][2]int{"say": {{0, 1}}, "mend": {{0, 1}}, "byOwner": {{0, 1}}, "byHolder": {{0, 1}}, "plural": {{1, 3}, {2, 3}}, "lack": {{2, 3}}}
	fs := token.NewFileSet()
	for _, f := range files {
		name := f.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fs, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				f, ok := n.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				for _, p := range sayers[f.Sel.Name] {
					en, ok := text(n.Args[p[0]])
					zh, both := text(n.Args[p[1]])
					if ok != both {
						alone = append(alone, fs.Position(n.Pos()).String())
					}
					if ok && both {
						pairs = append(pairs, sourcePair{fs.Position(n.Pos()).String(), en, zh})
					}
				}
			case *ast.CompositeLit:
				for i := range n.Elts {
					if i == 0 {
						continue
					}
					en, ok := text(n.Elts[i-1])
					zh, both := text(n.Elts[i])
					if ok && both && (hasHan(zh) || isBilingual(n)) {
						pairs = append(pairs, sourcePair{fs.Position(n.Pos()).String(), en, zh})
					}
				}
			}
			return true
		})
	}
	return pairs, alone
}

func isBilingual(n *ast.CompositeLit) bool {
	id, ok := n.Type.(*ast.Ident)
	return ok && id.Name == "Bilingual"
}

// TestBothLanguagesSideBySide: whatever this package says to people stands in
// the source in both languages, next to each other, with the same values; no
// number of a provider's is among them, and no Latin word in the Chinese that is
// not on a short list.
func TestBothLanguagesSideBySide(t *testing.T) {
	pairs, alone := sourcePairs(t)
	for _, at := range alone {
		t.Errorf("%s: one of the two languages is not a text that stands there", at)
	}
	if len(pairs) < 300 {
		t.Fatalf("found only %d pairs", len(pairs))
	}
	for _, p := range pairs {
		if fault := pairFault(p.en, p.zh); fault != "" {
			t.Errorf("%s: %q, %q: %s", p.at, p.en, p.zh, fault)
		}
		if providersNumber.MatchString(p.en) || providersNumber.MatchString(p.zh) {
			t.Errorf("%s: %q, %q: a number that a rule set should give", p.at, p.en, p.zh)
		}
	}
	for _, bad := range [][2]string{
		{"renew", "renew"}, {"state %s", "请说明"}, {"the region", "地域region"}, {"续费", "续费"}, {"%d of %s", "%s有%d"},
	} {
		if pairFault(bad[0], bad[1]) == "" {
			t.Errorf("%q passes for %q", bad[1], bad[0])
		}
	}
}

// TestRemediesAreWhatTheReaderCanDo: what only the owner of an instance can do, a
// grantee is told to ask the granter for, and what only the holder can do, an
// owner who granted the code the grantee.
func TestRemediesAreWhatTheReaderCanDo(t *testing.T) {
	const received, granted, operator = RoleGrantee | RoleHolder, RoleOwner, RoleOperator
	for _, c := range []struct {
		r      Rule
		roles  Role
		en, zh string
	}{
		{LIFEffective, RoleOwner | RoleHolder, "renew the instance: the code can then be used again", "为实例续费，续费后该备案服务码可再次使用"},
		{LIFEffective, received, "ask the granter to renew the instance: the code can then be used again", "请联系授权账号为实例续费，续费后该备案服务码可再次使用"},
		{ELGRemaining, received, "ask the granter to renew until at least 97 full days are left (a server just bought for the shortest term may still fail by a day or two)", "请联系授权账号续费至距到期不少于97天（刚按最短时长购买的服务器也可能差一两天）"},
		{ELGTerm, received, "ask the granter to renew until 4 calendar months are bought", "请联系授权账号续费至购满4个月"},
		{ELGPublicIP, received, "ask the granter to buy public bandwidth or bind an EIP", "请联系授权账号购买公网带宽或绑定EIP"},
		{ELGStatus, received, "ask the granter to start it", "请联系授权账号启动实例"},
		{ELGStatus, RoleOwner | RoleHolder, "start it", "启动实例"},
		{ELGOwner, received, "use a code that was issued for the present owner", "使用由当前所属账号申请的备案服务码"},
		{RSKExpiring, granted, "renew the instance", "为实例续费"},
		{RSKExpiring, received, "ask the granter to renew the instance", "请联系授权账号为实例续费"},
		{RSKExpiring, operator, "ask the owner to renew the instance", "请联系购买账号为实例续费"},
		{RSKBilling, received, "ask the granter to convert the instance to subscription", "请联系授权账号将实例转为包年/包月（转包月）"},
		{RSKDowngraded, received, "ask the granter to upgrade the instance again and restore what it lost, such as an EIP", "请联系授权账号将实例升配，并恢复缺失的条件，例如绑定EIP"},
		{RSKIP, granted, "put the filed IP back, or ask the grantee to file a change filing", "恢复备案IP，或请联系被授权账号办理变更备案"},
		{RSKIP, received, "ask the granter to put the filed IP back, or file a change filing", "请联系授权账号恢复备案IP，或办理变更备案"},
		{RSKReleased, granted, "ask the grantee to file an access or change filing with another server's code at once", "请联系被授权账号立即使用其他服务器的备案服务码办理接入备案或变更备案"},
		{RSKOwner, operator, "ask the holder to file an access or change filing with a code of another server", "请联系持有账号使用其他服务器的备案服务码办理接入备案或变更备案"},
	} {
		d := situation{At: explainNow, set: oddRules(), instance: goodInstance(), state: StateFiled, roles: c.roles}
		if en, zh := d.reason(English, c.r, OutcomeFailed).Remedy, d.reason(Chinese, c.r, OutcomeFailed).Remedy; en != c.en || zh != c.zh {
			t.Errorf("%v by %v: %q, %q, want %q, %q", c.r, c.roles, en, zh, c.en, c.zh)
		}
	}
	for _, c := range []struct {
		a      Action
		s      State
		roles  Role
		en, zh string
	}{
		{ActionSubmit, StateUnbound, received, "ask the granter to bind it to an instance first", "请联系授权账号先将其绑定到实例"},
		{ActionGrant, StateFiling, granted, "wait until its filing ends, or ask the grantee to withdraw the filing", "等待备案结束，或请联系被授权账号撤回备案"},
		{ActionApprove, StateAvailable, operator, "ask the holder to submit a filing with it first", "请联系持有账号先用该备案服务码提交备案"},
	} {
		d := situation{At: explainNow, set: oddRules(), state: c.s, action: c.a, roles: c.roles}
		if en, zh := d.reason(English, c.a.Rule(), OutcomeFailed).Remedy, d.reason(Chinese, c.a.Rule(), OutcomeFailed).Remedy; en != c.en || zh != c.zh {
			t.Errorf("%v of %v by %v: %q, %q, want %q, %q", c.a, c.s, c.roles, en, zh, c.en, c.zh)
		}
	}
}

// TestTimeLeftInBothLanguages: what is left is said in whole days and hours.
func TestTimeLeftInBothLanguages(t *testing.T) {
	for left, want := range map[time.Duration][2]string{
		50*day + 17*time.Hour + 34*time.Minute + 16*time.Second + 83741424: {"50 days 17 hours", "50天17小时"},
		day + time.Hour:      {"1 day 1 hour", "1天1小时"},
		2 * day:              {"2 days", "2天"},
		23*time.Hour + 59*60: {"23 hours", "23小时"},
		59 * time.Minute:     {"less than an hour", "不足1小时"},
	} {
		for l, text := range want {
			e := explainer{Lang: Lang(l)}
			if got := e.span(explainNow, explainNow.Add(left)); got != text {
				t.Errorf("%v: %q, want %q", left, got, text)
			}
		}
	}
}
