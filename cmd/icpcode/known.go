package main

import (
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/spoken"
	"github.com/icpcode/icpcode/inventory"
)

// settle spells the product of a server as the rules do, and refuses a word for
// its provider or product that neither the rule books nor the formats know: it
// is likely mistyped, and must not become a definite no.
func (b *books) settle(i *icpcode.Instance) error {
	providers := b.providers()
	if i.Provider != "" && !slices.Contains(providers, i.Provider) {
		en, zh := meant(strings.ToLower(i.Provider), providers)
		return errorf("provider %q is not known; known are %v"+en, "提供商%q无法识别，可用的有：%v"+zh, i.Provider, spoken.List(providers))
	}
	provider := i.Provider
	if provider == "" {
		provider = b.of("").provider
	}
	products := b.known(provider)
	if i.Product == "" || slices.Contains(products, string(i.Product)) {
		return nil
	}
	for _, p := range products {
		if unspaced(p) == unspaced(string(i.Product)) {
			i.Product = icpcode.Product(p)
			return nil
		}
	}
	en, zh := meant(strings.ToUpper(string(i.Product)), products)
	if i.Provider == "" {
		en, zh = en+"; no provider is stated, so "+provider+" is assumed", zh+"；未给出提供商，按"+provider+"判断"
	}
	return errorf("product %q is not known; known of %s are %v"+en, "产品%q无法识别，%s可用的有：%v"+zh, string(i.Product), provider, spoken.List(products))
}

// providers are those of the formats and of the books.
func (b *books) providers() []string {
	all := inventory.Providers()
	for _, k := range b.list {
		if !slices.Contains(all, k.provider) {
			all = append(all, k.provider)
		}
	}
	return all
}

// known are the products of a provider: those that a set of its book lists, at any
// time, and those that inventories have.
func (b *books) known(provider string) []string {
	if list, ok := b.products[provider]; ok {
		return list
	}
	var list []string
	for _, p := range inventory.Products(provider) {
		list = append(list, string(p))
	}
	for _, k := range b.list {
		if k.provider != provider {
			continue
		}
		for _, set := range k.rules.Sets() {
			for _, p := range set.Products {
				list = append(list, string(p.Product))
			}
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	if b.products == nil {
		b.products = make(map[string][]string)
	}
	b.products[provider] = list
	return list
}
