package nodeclient

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/icpcode/icpcode/httpapi"
)

var update = flag.Bool("update", false, "write the client anew")

const file = "../../client/node/icpcode.mjs"

// TestClient holds that the client is what is made of the document.
func TestClient(t *testing.T) {
	want, err := Generate(httpapi.Document())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("client/node/icpcode.mjs is not what is made of openapi.json: go test ./internal/nodeclient -update")
	}
}

// TestUnknown holds that what the generator does not know is an error, and no
// client that leaves it out.
func TestUnknown(t *testing.T) {
	for from, to := range map[string]string{
		`"openapi": "3.1.0"`: `"openapi": "2.0"`, `"in": "query"`: `"in": "cookie"`, `"name": "code"`: `"name": "a-code"`,
		`"operationId": "issue"`: `"operationId": "issue a code"`, `"application/json"`: `"text/plain"`, `urn:icpcode:problem:`: `urn:other:`,
		`"next":`: `"more":`, `"in": "header"`: `"in": "body"`, `{38,}`: `{38,}/`, `"pattern": "^[A-Za-z0-9_-]`: `"x": "`, `"summary": "Issue`: `"summary": "*/ Issue`, `"/v1/codes/{code}"`: `"/v1/codes/{code}/{other}"`,
	} {
		text := strings.ReplaceAll(string(httpapi.Document()), from, to)
		if text == string(httpapi.Document()) {
			t.Errorf("the document has no %s", from)
		}
		if _, err := Generate([]byte(text)); err == nil {
			t.Errorf("a document with %s is taken", to)
		}
	}
	if _, err := Generate([]byte(`{`)); err == nil {
		t.Error("what is no JSON is taken")
	}
}
