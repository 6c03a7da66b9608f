// Package pure lists which packages of the module decide without touching the
// world, and which of their files do touch it. The test that holds purity
// (deps_test.go) and the mutation tests (internal/mutate) read the same list,
// so that nothing pure is left out of either.
package pure

// Package is a package whose mutants are tried.
type Package struct {
	Dir string // relative to the module's root; "" is the root package
	// Impure are the files that are not pure, and why. Every other file must
	// be, also one that is new. Their mutants are tried all the same.
	Impure map[string]string
	// Tests are further packages whose tests must kill its mutants, by their
	// directories: those that use it.
	Tests []string
	// Whole says why no file of the package is pure; "" if they are.
	Whole string
}

// Packages returns the list.
func Packages() []Package {
	return []Package{
		{Dir: "", Impure: map[string]string{
			"doc.go":     "has no code",
			"entropy.go": "draws, for all goroutines",
			"hooks.go":   "calls the functions of the options",
			"icpcode.go": "holds the clock and the entropy source",
			"history.go": "asks the store for events",
			"list.go":    "asks the store for pages",
			"loop.go":    "is the loop around the pure part: load, decide, commit",
			"presets.go": "reads an embedded file once, for all goroutines",
			"page.go":    "asks the store for pages, and seals their cursors",
			"move.go":    "reads the ledgers of the new instance",
			"review.go":  "asks the store for closed instances",
			"store.go":   "is the store's contract",
		}},
		{Dir: "internal/merge", Tests: []string{"."}, Whole: "is a queue: it locks and waits for commits"},
		{Dir: "internal/strictjson"},
	}
}
