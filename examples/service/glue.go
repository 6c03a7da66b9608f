package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"

	"github.com/icpcode/icpcode"
)

// get and post make a handler of a function. What it returns is the answer.
func get(s *service, do func(context.Context, account, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, err := s.who(r)
		if err != nil {
			fail(w, err)
			return
		}
		v, err := do(r.Context(), a, r)
		answer(w, v, err)
	}
}

func post[T any](s *service, do func(context.Context, account, string, T) (any, error)) http.HandlerFunc {
	return get(s, func(ctx context.Context, a account, r *http.Request) (any, error) {
		id := r.Header.Get("Idempotency-Key")
		if id == "" {
			return nil, &icpcode.InvalidError{Field: "Idempotency-Key", Problem: "is missing"}
		}
		var in T
		err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 64<<10)).Decode(&in)
		if errors.Is(err, icpcode.ErrInvalid) {
			return nil, err
		}
		if err != nil {
			return nil, &icpcode.InvalidError{Field: "body", Problem: "is not the JSON that is expected"}
		}
		return do(ctx, a, id, in)
	})
}

func answer(w http.ResponseWriter, v any, err error) {
	if err != nil {
		fail(w, err)
		return
	}
	write(w, http.StatusOK, v)
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // it may hold codes
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Print(err) // the client has left
	}
}

// glue: from errors to HTTP

// statuses are those of the table at icpcode.Category.
var statuses = map[icpcode.Category]int{
	icpcode.CategoryRefused: http.StatusUnprocessableEntity, icpcode.CategoryInvalid: http.StatusBadRequest,
	icpcode.CategoryNoCode: http.StatusNotFound, icpcode.CategoryTaken: http.StatusConflict,
	icpcode.CategoryConflict: http.StatusServiceUnavailable, icpcode.CategoryUnavailable: http.StatusServiceUnavailable,
	icpcode.CategoryUnknownOutcome: http.StatusServiceUnavailable, icpcode.CategoryHook: http.StatusBadGateway,
	icpcode.CategorySetup: http.StatusInternalServerError, icpcode.CategoryEnded: http.StatusGatewayTimeout,
	icpcode.CategoryOther: http.StatusInternalServerError,
}

func fail(w http.ResponseWriter, err error) {
	category := icpcode.CategoryOf(err)
	status, text := statuses[category], category.Text(icpcode.Chinese)
	if errors.Is(err, errNobody) {
		status, text = http.StatusUnauthorized, "请先登录"
	}
	if status >= http.StatusInternalServerError {
		log.Print(err)
	}
	out := map[string]any{"category": category.String(), "text": text, "repeat": category.Repeat()}
	var refused *icpcode.RefusedError
	if errors.As(err, &refused) {
		out["reasons"], out["phone_needed"] = reasons(refused.Decision), refused.Decision.PhoneNeeded
	}
	var invalid *icpcode.InvalidError
	if errors.As(err, &invalid) {
		out["field"], out["problem"] = invalid.Field, invalid.Problem
	}
	write(w, status, out)
}

// glue: end

// glue: from decisions to JSON

func reasons(d icpcode.Decision) []icpcode.Reason {
	return slices.AppendSeq([]icpcode.Reason{}, d.Reasons(icpcode.Chinese))
}

// decided is what a dry run decided, also where it was refused.
func decided(r icpcode.Result, err error) (icpcode.Decision, error) {
	var refused *icpcode.RefusedError
	if errors.As(err, &refused) {
		return refused.Decision, nil
	}
	if err != nil {
		return icpcode.Decision{}, err
	}
	return *r.Decision, nil
}

// glue: end

// glue: pages

// line is a code as lists show it.
type line struct {
	icpcode.Record
	Label string `json:"label"` // its state, in Chinese
}

func pageOf(list func(context.Context, icpcode.ListRequest) (icpcode.Page, error)) func(context.Context, account, *http.Request) (any, error) {
	return func(ctx context.Context, a account, r *http.Request) (any, error) {
		q := icpcode.ListRequest{Actor: a.ID, Account: a.ID, Newest: true, After: r.FormValue("after")}
		if err := q.State.UnmarshalText([]byte(r.FormValue("state"))); err != nil && r.FormValue("state") != "" {
			return nil, &icpcode.InvalidError{Field: "state", Problem: "is not a known state"}
		}
		p, err := list(ctx, q)
		lines := make([]line, 0, len(p.Records))
		for _, rec := range p.Records {
			lines = append(lines, line{rec, rec.State.Label(icpcode.Chinese)})
		}
		return map[string]any{"codes": lines, "next": p.Next}, err
	}
}

// glue: end

// glue: the nightly run

// night writes what is at risk in the filings of all accounts, one line of
// JSON each. It ends at the first error: run it again then.
func (s *service) night(ctx context.Context, as icpcode.AccountID, out io.Writer) error {
	// Any other account would review its own codes alone, and say nothing.
	if is, err := s.isOperator(ctx, as); err != nil || !is {
		return cmp.Or(err, fmt.Errorf("%s is no operator", as))
	}
	lines := json.NewEncoder(out)
	for a, err := range s.eng.Review(ctx, icpcode.ListRequest{Actor: as}) {
		if err != nil {
			return err
		}
		if err := lines.Encode(map[string]any{
			"holder": a.Record.Holder(), "code": a.Record.Code.Masked(), "service": a.Record.Service(), "reasons": reasons(a.Decision),
		}); err != nil {
			return err
		}
	}
	return nil
}

// glue: end
