package icpcode

import (
	"math"
	"strings"
	"unicode/utf8"
)

// appMark stands before the name of an app in what [Filing.Service] returns.
// No domain has a colon.
const appMark = "app:"

// Service returns what the filing is for, in the form in which services are
// compared (FIL-SERVICE), or "". Two filings are for one service where it is
// the same. A domain is lower-cased, has 。．｡ as dots and none at its end, and
// its xn-- labels are decoded (RFC 3492): "example.cn" for "Example.CN.",
// "例子.cn" for "xn--fsqu00a.cn". The name of an app follows "app:" and is
// compared byte for byte. The form has at most 257 characters and 1,024 bytes.
func (f *Filing) Service() string {
	if f == nil {
		return ""
	}
	if f.Domain != "" {
		return canonicalDomain(f.Domain)
	}
	if f.App != "" {
		return appMark + f.App
	}
	return ""
}

// canonicalDomain returns the form in which domains are compared.
func canonicalDomain(d string) string {
	if plain := strings.TrimSuffix(d, "."); isPlainDomain(plain) {
		return plain
	}
	labels := domainLabels(d)
	for i, l := range labels {
		labels[i] = canonicalLabel(l)
	}
	return strings.Join(labels, ".")
}

// fullStops makes dots of what a Chinese keyboard has for them.
var fullStops = strings.NewReplacer("。", ".", "．", ".", "｡", ".")

// domainLabels splits a domain, without one dot at its end.
func domainLabels(d string) []string {
	return strings.Split(strings.TrimSuffix(fullStops.Replace(d), "."), ".")
}

// acePrefix begins a label that is encoded.
const acePrefix = "xn--"

// canonicalLabel lower-cases a label and decodes it. One that does not decode
// stays as it is, and so does one that decodes to what cannot be typed there,
// or to ASCII alone: to a name server it is another name.
func canonicalLabel(l string) string {
	l = strings.ToLower(l)
	encoded, found := strings.CutPrefix(l, acePrefix)
	if !found {
		return l
	}
	decoded, ok := decodePunycode(encoded)
	if !ok || badLabel(decoded) || isASCII(decoded) {
		return l
	}
	return strings.ToLower(decoded)
}

// isPlainDomain reports whether a domain without a dot at its end is in the form
// in which domains are compared, as most are.
func isPlainDomain(d string) bool {
	for i := range len(d) {
		if c := d[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return !strings.Contains(d, acePrefix)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// The parameters of Punycode: RFC 3492, section 5.
const (
	punyBase        = 36
	punyTMin        = 1
	punyTMax        = 26
	punySkew        = 38
	punyDamp        = 700
	punyInitialBias = 72
	punyInitialN    = 128
)

// decodePunycode decodes what follows the prefix of a label (RFC 3492,
// section 6.2).
func decodePunycode(s string) (string, bool) {
	var out []rune
	if i := strings.LastIndexByte(s, '-'); i > 0 {
		if !isASCII(s[:i]) {
			return "", false
		}
		out = []rune(s[:i])
		s = s[i+1:]
	}
	n, i, bias := int32(punyInitialN), int32(0), int32(punyInitialBias)
	for len(s) > 0 {
		before, w := i, int32(1)
		for k := int32(punyBase); ; k += punyBase {
			if s == "" {
				return "", false
			}
			digit, ok := punyDigit(s[0])
			s = s[1:]
			if !ok || digit > (math.MaxInt32-i)/w {
				return "", false
			}
			i += digit * w
			t := min(max(k-bias, punyTMin), punyTMax)
			if digit < t {
				break
			}
			if w > math.MaxInt32/(punyBase-t) {
				return "", false
			}
			w *= punyBase - t
		}
		size := int32(len(out)) + 1
		bias = punyAdapt(i-before, size, before == 0)
		if i/size > utf8.MaxRune-n {
			return "", false
		}
		n += i / size
		i %= size
		if !utf8.ValidRune(n) {
			return "", false
		}
		out = append(out, 0)
		copy(out[i+1:], out[i:])
		out[i] = n
		i++
	}
	return string(out), true
}

func punyDigit(c byte) (int32, bool) {
	if c >= 'a' && c <= 'z' {
		return int32(c - 'a'), true
	}
	if c >= 'A' && c <= 'Z' {
		return int32(c - 'A'), true
	}
	if c >= '0' && c <= '9' {
		return int32(c-'0') + 26, true
	}
	return 0, false
}

// punyAdapt is RFC 3492, section 6.1.
func punyAdapt(delta, size int32, first bool) int32 {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / size
	k := int32(0)
	for delta > (punyBase-punyTMin)*punyTMax/2 {
		delta /= punyBase - punyTMin
		k += punyBase
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}
