package apitest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/memstore"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
)

// newValidator reads the handler's document.
func newValidator(t *testing.T, text []byte) (validator.Validator, map[string]bool) {
	t.Helper()
	doc, err := libopenapi.NewDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	model, err := doc.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	operations := map[string]bool{}
	for path, item := range model.Model.Paths.PathItems.FromOldest() {
		for method, op := range item.GetOperations().FromOldest() {
			operations[strings.ToUpper(method)+" "+path] = false
			if op.OperationId == "" || op.Summary == "" {
				t.Errorf("%s %s has no name or no summary", method, path)
			}
		}
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return v, operations
}

// TestDocumentIsValid lints the document by the schema of OpenAPI 3.1.
func TestDocumentIsValid(t *testing.T) {
	v, operations := newValidator(t, httpapi.Document())
	if ok, errs := v.ValidateDocument(); !ok {
		for _, e := range errs {
			t.Errorf("%s: %s", e.Message, e.Reason)
		}
	}
	if len(operations) < 20 {
		t.Errorf("the document has %d operations", len(operations))
	}
	bad := bytes.Replace(httpapi.Document(), []byte(`"in": "path"`), []byte(`"in": "nowhere"`), 1)
	if w, _ := newValidator(t, bad); w != nil {
		if ok, _ := w.ValidateDocument(); ok {
			t.Error("a parameter that is nowhere is not found: the linter does not look")
		}
	}
}

// exchanges checks that what a client sends and gets is what the document
// says.
type exchanges struct {
	t          *testing.T
	v          validator.Validator
	operations map[string]bool // those that were answered with success
	n          int
}

func newExchanges(t *testing.T) *exchanges {
	v, operations := newValidator(t, httpapi.Document())
	return &exchanges{t: t, v: v, operations: operations}
}

func (e *exchanges) RoundTrip(r *http.Request) (*http.Response, error) {
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(got.Body)
	if err != nil {
		return nil, err
	}
	e.n++
	e.check(r, sent, got, answer)
	got.Body = io.NopCloser(bytes.NewReader(answer))
	return got, nil
}

func (e *exchanges) check(r *http.Request, sent []byte, got *http.Response, answer []byte) {
	r = r.Clone(context.Background())
	r.Body = io.NopCloser(bytes.NewReader(sent))
	got.Body = io.NopCloser(bytes.NewReader(answer))
	if ok, errs := e.v.ValidateHttpResponse(r, got); !ok {
		for _, err := range errs {
			e.t.Errorf("%s %s is answered %d %s: %s: %s", r.Method, r.URL, got.StatusCode, answer, err.Message, err.Reason)
		}
	}
	if got.StatusCode != http.StatusOK {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(sent))
	if ok, errs := e.v.ValidateHttpRequest(r); !ok {
		for _, err := range errs {
			e.t.Errorf("%s %s %s was done, and is not what the document says: %s: %s", r.Method, r.URL, sent, err.Message, err.Reason)
		}
	}
	e.operations[e.name(r)] = true
}

// name is the operation that a request is for.
func (e *exchanges) name(r *http.Request) string {
	path := r.URL.Path
	if _, named := e.operations[r.Method+" "+path]; !named {
		words := strings.Split(path, "/")
		words[3] = "{code}"
		path = strings.Join(words, "/")
	}
	return r.Method + " " + path
}

// missing lists the operations that were never answered with success.
func (e *exchanges) missing() []string {
	var missing []string
	for name, seen := range e.operations {
		if !seen {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}

// TestExchangeIsChecked plants answers that the document does not have.
func TestExchangeIsChecked(t *testing.T) {
	e := newExchanges(t)
	for what, answer := range map[string]string{
		"no next": `{"records":[]}`, "a code as it is": `{"records":[{"code":"012345678901"}],"next":""}`, "no object": `[]`,
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, answer)
		}))
		inner := new(testing.T)
		e.t = inner
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/v1/codes/owned", nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		if !inner.Failed() {
			t.Errorf("an answer with %s is not found", what)
		}
		srv.Close()
	}
}

// TestOtherOperations asks for what no history does.
func TestOtherOperations(t *testing.T) {
	e := newExchanges(t)
	api := httptest.NewServer(httpapi.New(icpcode.New(memstore.New(), nil), httpapi.Options{
		Account: func(*http.Request) (icpcode.AccountID, error) { return "1001", nil },
		Servers: func(context.Context, icpcode.AccountID) ([]icpcode.Instance, error) {
			return []icpcode.Instance{{ID: "i-1", Owner: "1001", Trial: icpcode.No}}, nil
		},
	}))
	defer api.Close()
	client := http.Client{Transport: e}
	for _, path := range []string{"/v1/instances", "/v1/codes/move?instance=i-1&to=i-2", "/v1/grants/grantees", "/v1/grants/grantees?year=2025", "/v1/openapi.json"} {
		got, err := client.Get(api.URL + path) //nolint:noctx // the server bounds it
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		if got.StatusCode != http.StatusOK {
			t.Errorf("%s is answered %d", path, got.StatusCode)
		}
	}
}
