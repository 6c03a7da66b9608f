package main

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
	"github.com/icpcode/icpcode/presets"
)

// china is the time of the rules and of everything that is printed.
var china = icpcode.Shanghai()

// parseTime reads the value of -at. A date alone is its first instant in China.
func parseTime(s string) (time.Time, error) {
	t, err := inventory.ParseTime(strings.TrimSpace(s))
	return t.In(china), err
}

// assumable are the rules that -assume can name. How many codes were issued is
// not to be assumed: no assumption oversells.
var assumable = icpcode.Assumable &^ icpcode.MakeRuleIDs(icpcode.GRTEnterprise) // nothing here is granted

// parseAssume reads rule IDs, separated by commas or spaces.
func parseAssume(words []string) (icpcode.RuleIDs, error) {
	var all icpcode.RuleIDs
	for _, w := range words {
		var set icpcode.RuleIDs
		if err := set.UnmarshalText([]byte(strings.ReplaceAll(w, ",", " "))); err != nil {
			en, zh := meant(strings.ToUpper(w), ids(assumable))
			return 0, errorf("%q: not IDs of rules"+en+"; those that can be assumed are %s", "%q：不是规则ID"+zh+"；可以假定的有%s", w, assumable)
		}
		if other := set &^ assumable; other != 0 {
			return 0, errorf("%s cannot be assumed; those that can are %s", "%s不可假定；可以假定的有%s", other, assumable)
		}
		all |= set
	}
	return all, nil
}

// account is what is known of the account that asks for codes. The zero value
// is unknown: then whoever bought a server applies for it.
type account struct {
	id            icpcode.AccountID
	certification icpcode.Certification
	buyer         bool // it bought all the servers of which nobody says who did
	forOthers     bool // the codes are for another account
}

// certifications are the words for them, without spaces, hyphens and
// underscores.
var certifications = map[string]icpcode.Certification{
	"personal": icpcode.Personal, "selfemployed": icpcode.SelfEmployed,
	"soletrader": icpcode.SoleTrader, "enterprise": icpcode.Enterprise,
	"个人": icpcode.Personal, "个体": icpcode.SelfEmployed, "个体工商户": icpcode.SoleTrader, "企业": icpcode.Enterprise,
	"个人认证": icpcode.Personal, "企业认证": icpcode.Enterprise, "company": icpcode.Enterprise, "corporate": icpcode.Enterprise,
}

// spaces are what people put between words in several ways.
var spaces = strings.NewReplacer(" ", "", "-", "", "_", "")

// unspaced takes away what people spell in several ways.
func unspaced(s string) string { return strings.ToLower(spaces.Replace(s)) }

// parseAccount reads facts such as id=1001,certification=enterprise.
func parseAccount(words []string) (account, error) {
	var a account
	seen := make(map[string]bool)
	for f := range strings.SplitSeq(strings.Join(words, ","), ",") {
		if f = strings.TrimSpace(f); f == "" {
			continue
		}
		key, value, found := strings.Cut(f, "=")
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		if !found {
			return account{}, errorf("%q is not KEY=VALUE", "%q 应为 键=值", f)
		}
		if seen[key] {
			return account{}, errorf("%s is there twice", "%s 出现两次", key)
		}
		seen[key] = true
		if err := a.set(key, value); err != nil {
			return account{}, err
		}
	}
	if a.buyer && a.id == "" {
		return account{}, errorf("buyer=yes needs id: which account bought them", "buyer=yes 需要id：由哪个账号购买")
	}
	return a, nil
}

func (a *account) set(key, value string) error {
	switch key {
	case "id":
		if err := checkID(value); err != nil {
			return errorf("id %v", "id：%v", err)
		}
		a.id = icpcode.AccountID(value)
		return nil
	case "certification":
		c, ok := certifications[unspaced(value)]
		if !ok {
			return errorf("certification %q is not personal, self-employed, sole-trader or enterprise", "certification %q 应为个人、个体、个体工商户或企业", value)
		}
		a.certification = c
		return nil
	case "buyer":
		return yesNo(&a.buyer, key, value, "no", "yes")
	case "for":
		return yesNo(&a.forOthers, key, value, "self", "others")
	}
	return errorf("%q is not id, certification, buyer or for", "%q 应为id、certification、buyer或for", key)
}

func yesNo(v *bool, key, value, no, yes string) error {
	value = unspaced(value)
	meansYes := value == yes || yes == "yes" && (value == "true" || value == "y" || value == "是" || value == "1")
	meansNo := value == no || no == "no" && (value == "false" || value == "n" || value == "否" || value == "0")
	if !meansYes && !meansNo {
		return errorf("%s %q is not %s or %s", "%s %q 应为%s或%s", key, value, yes, no)
	}
	*v = meansYes
	return nil
}

// checkID says what keeps s from being an ID.
func checkID(s string) error {
	switch {
	case s == "":
		return errorf("is empty", "为空")
	case len(s) > 128:
		return errorf("is longer than 128 bytes", "超过128字节")
	case safe(s) != s:
		return errorf("has a character that does not print", "含有不可打印的字符")
	}
	return nil
}

// book is a rule book under the name by which it was asked for.
type book struct {
	name     string
	provider string          // of its first set
	preset   *presets.Preset // nil: a file
	rules    *icpcode.RuleBook
}

// books are the rule books to judge by: each server by the book of its own
// provider, or by the first where there is none. Its provider's codes are then
// not what it needs (FIL-FOREIGN).
type books struct {
	list     []book
	products map[string][]string // by provider; see known
	inForce  map[inForce]*icpcode.RuleSet
}

// inForce names a set: a book hands out copies, of which a million servers need
// one.
type inForce struct {
	provider string
	at       time.Time
}

// errNoBook says that a rule book is neither a preset nor a file.
var errNoBook = errorf("neither a preset nor a file", "既非预置也非文件")

// openBook finds a preset by its name, or reads a file.
func openBook(name string, open func(string) (io.ReadCloser, error)) (book, error) {
	p, err := presets.Lookup(name)
	if err == nil {
		return book{name, name, p, p.Book}, nil
	}
	if !errors.Is(err, presets.ErrUnknown) {
		return book{}, err
	}
	f, err := open(name)
	if errors.Is(err, os.ErrNotExist) {
		en, zh := meant(name, presets.Names())
		return book{}, errorf("%q: %v; presets are %s"+en, "%q：%v；预置有%s"+zh, name, errNoBook, strings.Join(presets.Names(), ", "))
	}
	if err != nil {
		return book{}, err
	}
	data, err := io.ReadAll(io.LimitReader(f, 5<<20)) // a rule book is at most 4 MiB
	_ = f.Close()                                     // it was only read
	if err != nil {
		return book{}, err
	}
	rules, err := icpcode.ParseRuleBook(data)
	if err != nil {
		return book{}, errorf("%s: %v", "%s：%v", name, err)
	}
	return book{name, rules.Sets()[0].Provider, nil, rules}, nil
}

// openBooks opens the books of -rules; none are the presets of all providers.
func openBooks(names []string, open func(string) (io.ReadCloser, error)) (*books, error) {
	b := &books{}
	if len(names) == 0 {
		names = presets.Names()
	}
	for _, name := range names {
		opened, err := openBook(name, open)
		if err != nil {
			return nil, err
		}
		b.list = append(b.list, opened)
	}
	return b, nil
}

// defaultProvider is the one whose rules hold for a server that names none.
const defaultProvider = "alibaba"

// of returns the book to judge a provider's servers by.
func (b *books) of(provider string) *book {
	if provider == "" {
		provider = defaultProvider
	}
	return &b.list[max(0, slices.IndexFunc(b.list, func(k book) bool { return k.provider == provider }))]
}

// at returns the set to judge a provider's servers by.
func (b *books) at(provider string, t time.Time) (*icpcode.RuleSet, error) {
	if set := b.inForce[inForce{provider, t}]; set != nil {
		return set, nil
	}
	chosen := b.of(provider)
	set, err := chosen.rules.At(t)
	if err != nil {
		first := when(chosen.rules.Sets()[0].Effective) // a book that was read has a set
		en, zh := chosen.name, chosen.name
		if chosen.preset != nil {
			en, zh = chosen.preset.Title(icpcode.English), chosen.preset.Title(icpcode.Chinese)
		}
		return nil, errorf("no rules of %[1]s are known for %[3]s; those that are known begin at %[4]s: ask with -at %.10[4]s or later",
			"没有%[2]s在%[3]s的规则，已知规则自%[4]s起，请用 -at %.10[4]s 或之后的时间", en, zh, when(t), first)
	}
	if b.inForce == nil {
		b.inForce = make(map[inForce]*icpcode.RuleSet)
	}
	b.inForce[inForce{provider, t}] = set
	return set, nil
}
