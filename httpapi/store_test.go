package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
)

// failing is a store that fails, once it is told with what.
type failing struct {
	icpcode.Store
	err error
}

func (s *failing) Load(ctx context.Context, keys ...icpcode.Key) ([]icpcode.Document, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.Store.Load(ctx, keys...)
}

func (s *failing) List(ctx context.Context, q icpcode.Query) (icpcode.Page, error) {
	if s.err != nil {
		return icpcode.Page{}, s.err
	}
	return s.Store.List(ctx, q)
}

// TestStoreErrorsAreNotTold: no word of what a store says of its failure is in
// an answer, whatever the failure claims to be, and the service is told it.
func TestStoreErrorsAreNotTold(t *testing.T) {
	const secret = "postgres-at-10-0-0-7"
	for _, err := range []error{
		errors.New(secret), fmt.Errorf("%w: %s", icpcode.ErrUnavailable, secret), &icpcode.InvalidError{Field: secret, Problem: secret},
		fmt.Errorf("%s: %w", secret, &icpcode.RefusedError{Err: errors.New(secret)}), &icpcode.HookError{Hook: secret, Panic: secret},
		fmt.Errorf("%w: %s", icpcode.ErrNoCode, secret),
	} {
		store := &failing{}
		d := newDesk(t, func(d *desk) { store.Store = d.store; d.store = store })
		store.err = err
		for what, got := range map[string]reply{
			"an issue": d.change("1001", "k", "/v1/codes/issue", `{"instance":"i-1","quantity":1}`),
			"a list":   d.send("1001", http.MethodGet, "/v1/codes/owned", ""),
			"a find":   d.send("1001", http.MethodPost, "/v1/codes/find", `{"code":"012345678901"}`),
		} {
			if got.status < http.StatusInternalServerError || strings.Contains(fmt.Sprint(got.text, got.head), secret) {
				t.Errorf("%s over a store that says %T is answered %d %s", what, err, got.status, got.text)
			}
		}
		if len(d.failed) == 0 || !strings.Contains(d.failed[0].Error(), secret) {
			t.Errorf("of %T the service is told %v", err, d.failed)
		}
	}
}
