package icpcode

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// FIL-SERVICE: one service is one domain or app.
func TestServices(t *testing.T) {
	for _, tt := range []struct{ typed, want string }{
		{"example.cn", "example.cn"},
		{"Example.CN", "example.cn"},
		{"example.cn.", "example.cn"},
		{"example。cn", "example.cn"},
		{"example．cn｡", "example.cn"},
		{"XN--FSQU00A.cn", "例子.cn"},
		{"例子.CN", "例子.cn"},
		{"xn--fiqs8s", "中国"},
		{"www.xn--fiq228c.xn--fiqs8s", "www.中文.中国"},
		{"BÜCHER.de", "bücher.de"},
		{"xn--bcher-kva.de", "bücher.de"},
		{"xn--Bcher-Kva.de", "bücher.de"},
		{"xn--abc-.cn", "xn--abc-.cn"},               // ASCII alone: another name to a name server
		{"xn--.cn", "xn--.cn"},                       // nothing
		{"XN--99999999999.cn", "xn--99999999999.cn"}, // overflows
		{"xn--a.cn", "xn--a.cn"},                     // a control character
		{"xn--ü.cn", "xn--ü.cn"},                     // what is encoded is ASCII
		{"xn--j50i" + strings.Repeat("a", 53) + ".cn", strings.Repeat("𠀀", 54) + ".cn"},
	} {
		f := Filing{Domain: tt.typed}
		if got := f.Service(); got != tt.want {
			t.Errorf("the service of %q is %q, want %q", tt.typed, got, tt.want)
		}
		again := Filing{Domain: tt.want}
		if got := again.Service(); got != tt.want {
			t.Errorf("the service of %q is %q: it is not stable", tt.want, got)
		}
	}
	for _, tt := range []struct {
		filing *Filing
		want   string
	}{
		{nil, ""}, {&Filing{}, ""}, {&Filing{App: "我的App"}, "app:我的App"}, {&Filing{App: "Example.CN"}, "app:Example.CN"},
	} {
		if got := tt.filing.Service(); got != tt.want {
			t.Errorf("the service of %+v is %q, want %q", tt.filing, got, tt.want)
		}
	}
	if got := (&Record{}).Service(); got != "" {
		t.Errorf("the service of a record without a filing is %q", got)
	}
}

// The samples of RFC 3492, section 7.1, that are in our languages or mix them.
func TestPunycodeSamples(t *testing.T) {
	for encoded, want := range map[string]string{
		"ihqwcrb4cv8a8dqg056pqjye":                 "他们为什么不说中文",
		"ihqwctvzc91f659drss3x8bo0yb":              "他們爲什麽不說中文",
		"Proprostnemluvesky-uyb24dma41a":           "Pročprostěnemluvíčesky",
		"3B-ww4c5e180e575a65lsy2b":                 "3年B組金八先生",
		"Hello-Another-Way--fc4qua05auwb3674vfr0b": "Hello-Another-Way-それぞれの場所",
		"2-u9tlzr9756bt3uc0v":                      "ひとつ屋根の下2",
		"d9juau41awczczp":                          "そのスピードで",
		"de-jg4avhby1noc0d":                        "パフィーdeルンバ",
		"egbpdaj6bu4bxfgehfvwxn":                   "ليهمابتكلموشعربي؟",
	} {
		if got, ok := decodePunycode(encoded); got != want || !ok {
			t.Errorf("%s is %q, %v, want %q", encoded, got, ok, want)
		}
	}
	if got, ok := decodePunycode("D9JUAU41AWCZCZP"); got != "そのスピードで" || !ok { // A and Z are digits too
		t.Errorf("in capitals it is %q, %v", got, ok)
	}
}

// A full stop of any keyboard, and one at the end, is fine where a domain is
// typed; two are not.
func TestDomainsAsTyped(t *testing.T) {
	for d, fine := range map[string]bool{
		"example.cn": true, "example.cn.": true, "例子。中国": true, "例子｡中国．": true, "xn--fsqu00a.cn": true,
		"example.cn..": false, ".cn": false, "。": false, "cn.": false, "example..cn": false, "a.-b.cn": false, "127.0.0.1.": false, "127。0。0。1": false,
	} {
		if p := domainProblem(d); (p == "") != fine {
			t.Errorf("domain %q: %q, want it to be fine: %v", d, p, fine)
		}
	}
}

// TestServiceIsStable: the form of a service is its own form, and no longer
// than it says, whatever was typed.
func TestServiceIsStable(t *testing.T) {
	label := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9]{1,20}`), rapid.StringMatching(`[xX][nN]--[A-Za-z0-9-]{1,30}[a-z0-9]`), rapid.StringMatching(`[\p{L}\p{M}0-9]{1,8}`),
	)
	dot := rapid.SampledFrom([]string{".", "。", "．", "｡"})
	domain := rapid.Custom(func(t *rapid.T) string {
		d := label.Draw(t, "first")
		for range rapid.IntRange(1, 4).Draw(t, "labels") {
			d += dot.Draw(t, "dot") + label.Draw(t, "label")
		}
		return d + rapid.SampledFrom([]string{"", ".", "。"}).Draw(t, "end")
	}).Filter(func(d string) bool { return domainProblem(d) == "" })
	rapid.Check(t, func(t *rapid.T) {
		d := domain.Draw(t, "domain")
		f := Filing{Domain: d}
		s := f.Service()
		again := Filing{Domain: s}
		if len(s) <= 253 && domainProblem(s) != "" {
			t.Fatalf("the service of %q is %q, which is no domain: %s", d, s, domainProblem(s))
		}
		if got := again.Service(); got != s {
			t.Fatalf("the service of %q is %q, whose service is %q", d, s, got)
		}
		if len(s) > 1024 || utf8.RuneCountInString(s) > 257 {
			t.Fatalf("the service of %q has %d bytes", d, len(s))
		}
		if strings.ToLower(s) != s {
			t.Fatalf("the service of %q is %q, which is not lower case", d, s)
		}
	})
}

// The sample strings of RFC 3492, section 7.1, those without mixed-case
// annotation.
func TestPunycode(t *testing.T) {
	for _, tt := range []struct{ encoded, want string }{
		{"egbpdaj6bu4bxfgehfvwxn", "ليهمابتكلموشعربي؟"},
		{"ihqwcrb4cv8a8dqg056pqjye", "他们为什么不说中文"},
		{"ihqwctvzc91f659drss3x8bo0yb", "他們爲什麽不說中文"},
		{"Proprostnemluvesky-uyb24dma41a", "Pročprostěnemluvíčesky"},
		{"4dbcagdahymbxekheh6e0a7fei0b", "למההםפשוטלאמדבריםעברית"},
		{"b1abfaaepdrnnbgefbadotcwatmq2g4l", "почемужеонинеговорятпорусски"},
		{"PorqunopuedensimplementehablarenEspaol-fmd56a", "PorquénopuedensimplementehablarenEspañol"},
		{"3B-ww4c5e180e575a65lsy2b", "3年B組金八先生"},
		{"-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n", "安室奈美恵-with-SUPER-MONKEYS"},
		{"Hello-Another-Way--fc4qua05auwb3674vfr0b", "Hello-Another-Way-それぞれの場所"},
		{"2-u9tlzr9756bt3uc0v", "ひとつ屋根の下2"},
		{"MajiKoi5-783gue6qz075azm5e", "MajiでKoiする5秒前"},
		{"de-jg4avhby1noc0d", "パフィーdeルンバ"},
		{"d9juau41awczczp", "そのスピードで"},
		{"-> $1.00 <--", "-> $1.00 <-"},
	} {
		if got, ok := decodePunycode(tt.encoded); !ok || got != tt.want {
			t.Errorf("%q decodes to %q, %v, want %q", tt.encoded, got, ok, tt.want)
		}
	}
	for _, s := range []string{"é-abc", "a b", "99999999", "ihqwcrb4cv8a8dqg056pqjyZ!", "-", "-mob", "e69b", "zzzzzzzzzzzzzzz"} {
		if got, ok := decodePunycode(s); ok && got != "" {
			t.Errorf("%q decodes to %q, want nothing", s, got)
		}
	}
}
