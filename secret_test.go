package icpcode

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is printed of Options is all of them.
func TestPlainOptions(t *testing.T) {
	names := func(t reflect.Type) (names []string) {
		for i := range t.NumField() {
			names = append(names, t.Field(i).Name)
		}
		return names
	}
	if diff := cmp.Diff(names(reflect.TypeFor[Options]()), names(reflect.TypeFor[plainOptions]())); diff != "" {
		t.Errorf("the fields of Options, and those that are printed (-want +got):\n%s", diff)
	}
}
