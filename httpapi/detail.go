package httpapi

import "github.com/icpcode/icpcode"

// Detail says in language l which field of a request cannot be read, and why.
func Detail(l icpcode.Lang, err *icpcode.InvalidError) string {
	return invalidDetail(l, fieldName(err.Field), err.Problem)
}
