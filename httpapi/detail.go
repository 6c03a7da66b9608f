package httpapi

import "github.com/icpcode/icpcode"

// Detail says in language l which field of a request cannot be read, and why.
// names has the names of fields where that says it, by those of the members
// here; others have these.
func Detail(l icpcode.Lang, err *icpcode.InvalidError, names map[string]string) string {
	field := fieldName(err.Field)
	if name, ok := names[field]; ok {
		field = name
	}
	return invalidDetail(l, field, err)
}
