package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// word reads itself from text, as do the enumerations of a rule book.
type word string

func (w word) MarshalText() ([]byte, error) { return []byte(w), nil }

var errWord = errors.New("no such word")

func (w *word) UnmarshalText(b []byte) error {
	if len(b) == 0 || b[0] == 'x' {
		return errWord
	}
	*w = word(b)
	return nil
}

type Base struct {
	Flag  bool  `json:"flag"`
	Small int8  `json:"small"`
	Count uint8 `json:"count"`
}

type Item struct {
	Name string `json:"name"`
	Base
}

type Inner struct{ Deep int }

type Tagged struct{ Inside int }

type document struct {
	Title   string          `json:"title"`
	Size    int             `json:"size,omitempty"`
	At      time.Time       `json:"at"`
	Amount  decimal.Decimal `json:"amount"`
	Word    word            `json:"word"`
	Names   []string        `json:"names"`
	Items   []Item          `json:"items"`
	One     Item            `json:"one"`
	Kids    []document      `json:"kids"`
	Ignored int             `json:"-"`
	Plain   int
	Inner   Inner
	Tagged  `json:"tagged"`
	hidden  int

	Table map[string][]int `json:"table"`
}

func TestDecode(t *testing.T) {
	const text = ` {"title":"\ud83d\ude00 \u00e9\\ud800","size":-7,"at":"2026-01-06T00:00:00+08:00","amount":"99.50",
		"word":"w\u006frd","names":["a" , "" ],"items":[ ],"one":{"flag":true,"name":"n","small":-128,"count":255},
		"kids":[{"amount":7},{"amount":1e2}],"Plain":0,
		"Inner":{"Deep":1},"tagged":{"Inside":2},"table":{"a b":[1],"":[]}} `
	var got document
	if err := Decode([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	want := document{
		Title: "😀 é\\ud800", Size: -7, At: time.Date(2026, 1, 6, 0, 0, 0, 0, time.FixedZone("", 8*3600)),
		Amount: decimal.RequireFromString("99.50"), Word: "word", Names: []string{"a", ""}, Items: []Item{},
		One:   Item{Name: "n", Base: Base{Flag: true, Small: -128, Count: 255}},
		Kids:  []document{{Amount: decimal.NewFromInt(7)}, {Amount: decimal.RequireFromString("1e2")}},
		Inner: Inner{1}, Tagged: Tagged{2}, hidden: 0,
		Table: map[string][]int{"a b": {1}, "": {}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// keys returns n members of an object.
func keys(n int) string {
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`"k%d":[]`, i))
	}
	return strings.Join(members, ",")
}

func TestDecodeRefuses(t *testing.T) {
	long := strings.Repeat("9", maxScalar+1)
	deep := strings.Repeat(`{"kids":[`, maxDepth)
	for _, c := range []struct{ text, want string }{
		{``, "ends early"},
		{`  `, "ends early"},
		{`{`, "ends early"},
		{`{"one":{"name":`, "one.name: ends early"},
		{`{"names":["a"`, "names: ends early"},
		{`{"title":"a`, "title: ends early"},
		{`{} {}`, "has something after the document"},
		{`{}]`, "has something after the document"},
		{`{}x`, "has something after the document"},
		{`{"names":["a",]}`, "names[1]: is not JSON: see line 1, column 15"},
		{`{"names":["a"}`, "names: is not JSON: see line 1, column 14"},
		{`{"title":"a",}`, "is not JSON: see line 1, column 14"},
		{`{"title" "a"}`, "title: is not JSON: see line 1, column 10"},
		{`{"size":007}`, "is not JSON: see line 1, column 10"},
		{`{'title':"a"}`, "is not JSON: see line 1, column 2"},
		{`{"title":"` + "\n" + `"}`, "title: is not JSON: see line 1, column 10"},
		{"{\"title\":\"\u00e9\",\n\n  \"names\": [\"\u5907\", x]}", "names[1]: is not JSON: see line 3, column 18"},
		{"\ufeff{}", "is not JSON: see line 1, column 1"},
		{`[]`, "is an array, not an object"},
		{`"a"`, "is a string, not an object"},
		{`null`, "is null"},
		{`{"title":null}`, "title: is null"},
		{`{"at":null}`, "at: is null"},
		{`{"amount":null}`, "amount: is null"},
		{`{"word":null}`, "word: is null"},
		{`{"names":null}`, "names: is null"},
		{`{"names":["a",null]}`, "names[1]: is null"},
		{`{"one":null}`, "one: is null"},
		{`{"title":1}`, "title: is a number, not a string"},
		{`{"title":true}`, "title: is true, not a string"},
		{`{"title":{}}`, "title: is an object, not a string"},
		{`{"names":{}}`, "names: is an object, not an array"},
		{`{"names":"a"}`, "names: is a string, not an array"},
		{`{"one":[]}`, "one: is an array, not an object"},
		{`{"one":{"flag":"true"}}`, "one.flag: is a string, not true or false"},
		{`{"one":{"flag":0}}`, "one.flag: is a number, not true or false"},
		{`{"items":[{},{"small":"1"}]}`, "items[1].small: is a string, not an integer"},
		{`{"size":false}`, "size: is false, not an integer"},
		{`{"size":1.0}`, "size: is not an integer"},
		{`{"size":1e2}`, "size: is not an integer"},
		{`{"size":1E2}`, "size: is not an integer"},
		{`{"size":9223372036854775808}`, "size: is out of range"},
		{`{"one":{"small":128}}`, "one.small: is out of range"},
		{`{"one":{"small":-129}}`, "one.small: is out of range"},
		{`{"one":{"count":256}}`, "one.count: is out of range"},
		{`{"one":{"count":-1}}`, "one.count: is out of range"},
		{`{"at":"2026-01-06"}`, "at: is not a time such as 2026-01-06T00:00:00+08:00"},
		{`{"at":1767628800}`, "at: is not a time such as 2026-01-06T00:00:00+08:00"},
		{`{"at":{}}`, "at: is an object, not a time such as 2026-01-06T00:00:00+08:00"},
		{`{"amount":"many"}`, "amount: is not a valid decimal"},
		{`{"amount":[1]}`, "amount: is an array, not a valid decimal"},
		{`{"amount":` + long + `}`, "amount: is too long"},
		{`{"word":"xyz"}`, "word: is not a valid word"},
		{`{"word":1}`, "word: is a number, not a valid word"},
		{`{"word":"` + long + `"}`, "word: is too long"},
		{`{"titel":1}`, "titel: is not known"},
		{`{"Title":"a"}`, "Title: is not known, but spelt otherwise: title"},
		{`{"ſize":1}`, `["\u017fize"]: is not known, but spelt otherwise: size`},
		{`{"one":{"NAME":"a"}}`, "one.NAME: is not known, but spelt otherwise: name"},
		{`{"Base":{}}`, "Base: is not known"},
		{`{"Deep":1}`, "Deep: is not known"},
		{`{"Inside":1}`, "Inside: is not known"},
		{`{"Tagged":{}}`, "Tagged: is not known, but spelt otherwise: tagged"},
		{`{"a0z9-A_Z":1}`, "a0z9-A_Z: is not known"},
		{`{"` + strings.Repeat("k", 64) + `":1}`, strings.Repeat("k", 64) + ": is not known"},
		{`{"hidden":1}`, "hidden: is not known"},
		{`{"Ignored":1}`, "Ignored: is not known"},
		{`{"-":1}`, "-: is not known"},
		{`{"":1}`, `[""]: is not known`},
		{`{"one":{"a b\u0007":1}}`, `one["a b\a"]: is not known`},
		{`{"` + strings.Repeat("k", 65) + `":1}`, `["` + strings.Repeat("k", 64) + `"]: is not known`},
		{`{"title":"a","size":1,"title":"a"}`, "title: is given twice"},
		{`{"title":"a","\u0074itle":"a"}`, "title: is given twice"},
		{`{"items":[{"name":"a","flag":true,"flag":true}]}`, "items[0].flag: is given twice"},
		{"{\"title\":\"a\xffb\"}", "title: is not valid UTF-8"},
		{"{\"tit\xffle\":1}", "is not valid UTF-8"},
		{`{"title":"\ud800"}`, "title: is not valid UTF-8"},
		{`{"title":"\udc00\ud800"}`, "title: is not valid UTF-8"},
		{`{"title":"\n\ud800"}`, "title: is not valid UTF-8"},
		{`{"title":"\ud83d\ude00\ud800"}`, "title: is not valid UTF-8"},
		{`{"title":"\ud800x"}`, "title: is not valid UTF-8"},
		{`{"title":"\ud800\ud800"}`, "title: is not valid UTF-8"},
		{`{"title":"\ud83d\u00e9"}`, "title: is not valid UTF-8"},
		{`{"names":[` + strings.Repeat(`"",`, MaxElements) + `""]}`, "names: has more than 1000 elements"},
		{`{"names":` + strings.Repeat("[", 1_000_000), "names[0]: is an array, not a string"},
		{strings.Repeat(`{"one":`, 1_000_000), "one.one: is not known"},
		{deep, "is nested too deeply"},
		{`{"table":[]}`, "table: is an array, not an object"},
		{`{"table":null}`, "table: is null"},
		{`{"table":{"a":1}}`, "table.a: is a number, not an array"},
		{`{"table":{"a b":[null]}}`, `table["a b"][0]: is null`},
		{`{"table":{"a":[],"\u0061":[]}}`, "table.a: is given twice"},
		{`{"table":{"a":[]`, "table: ends early"},
		{`{"table":{` + keys(MaxElements+1) + `}}`, "table: has more than 1000 elements"},
	} {
		var got document
		err := Decode([]byte(c.text), &got)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.80s: got %v, want an *Error", c.text, err)
			continue
		}
		if c.text != deep && !strings.HasPrefix(err.Error(), c.want) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.80s: got %q, want %q", c.text, err, c.want)
		}
	}
}

// TestDecodeKeepsReplacement checks that a U+FFFD that the document does hold
// is not taken for one that encoding/json put there.
func TestDecodeKeepsReplacement(t *testing.T) {
	for _, text := range []string{`"\ufffd"`, `"\uFFFD"`, "\"\ufffd\"", `"\\ud800"`, `"\"\\\/\b\f\n\r\t"`, `"\u0000"`} {
		var got, want string
		if err := Decode([]byte(text), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if err := json.Unmarshal([]byte(text), &want); err != nil || got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// TestDecodeLimits goes up to each limit.
func TestDecodeLimits(t *testing.T) {
	if MaxElements != 1000 || maxScalar != 1024 || maxDepth != 100 {
		t.Error("a limit is not what the documentation says")
	}
	var got []string
	if err := Decode([]byte(`[`+strings.Repeat(`"",`, MaxElements-1)+`""]`), &got); err != nil || len(got) != MaxElements {
		t.Errorf("got %d elements and %v, want %d", len(got), err, MaxElements)
	}
	var table map[string][]int
	if err := Decode([]byte(`{`+keys(MaxElements)+`}`), &table); err != nil || len(table) != MaxElements {
		t.Errorf("got %d members and %v, want %d", len(table), err, MaxElements)
	}
	longest := strings.Repeat("w", maxScalar)
	var w word
	if err := Decode([]byte(`"`+longest+`"`), &w); err != nil || string(w) != longest {
		t.Errorf("longest word: got %d bytes and %v", len(w), err)
	}
}

func TestDecodeDepth(t *testing.T) {
	nested := func(n int) string {
		return strings.Repeat(`{"kids":[`, n) + `{}` + strings.Repeat(`]}`, n)
	}
	var got document
	if err := Decode([]byte(nested(maxDepth/2)), &got); err != nil {
		t.Error(err)
	}
	err := Decode([]byte(nested(maxDepth/2+1)), &got)
	if err == nil || !strings.HasSuffix(err.Error(), ".kids: is nested too deeply") {
		t.Errorf("got %v", err)
	}
}

func TestErrorUnwraps(t *testing.T) {
	var got document
	if err := Decode([]byte(`{"word":"xyz"}`), &got); !errors.Is(err, errWord) {
		t.Errorf("got %v, want it to wrap what the type said", err)
	}
}

func TestDecodeUnreadableType(t *testing.T) {
	var got struct{ F float64 }
	err := Decode([]byte(`{"F":1}`), &got)
	if err == nil || err.Error() != "F: cannot be read into this type: float64" {
		t.Errorf("got %v", err)
	}
}

// FuzzDecode checks that nothing panics, and that whatever Decode accepts
// encoding/json accepts, with the same value.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"title":"\ud83d\ude00","size":-7,"at":"2026-01-06T00:00:00+08:00","amount":"99.50","Plain":1}`,
		`{"word":"w","names":["a"],"items":[{"flag":true,"small":1}],"one":{"name":"n","count":2},"kids":[{"kids":[]}]}`,
		`{"amount":1e2}`, `{"amount":"\u0039"}`, `{"title":"\ud800"}`, `{"size":1,"Size":2}`, `{"names":null}`, `{}{}`,
		`{"at":"\u0032026-01-06T00:00:00Z"}`, `{"kids":[{"kids":[{"kids":[{}]}]}]}`, "{\"title\":\"\xff\"}", `[1,]`, `{"size":-0}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got document
		err := Decode(data, &got)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%T is no *Error", err)
			}
			return
		}
		var want document
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			t.Fatalf("accepted what something follows: %v", err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, encoding/json %+v", got, want)
		}
	})
}
