package inventory_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/icpcode/icpcode/inventory"
)

// TestFormulaErrors: what a spreadsheet shows where a formula failed is refused
// in every cell of our own formats, with the line, also where it would pass for a
// comment.
func TestFormulaErrors(t *testing.T) {
	read := func(r io.Reader) string {
		_, err := inventory.ReadFacts(r)
		return fmt.Sprint(err)
	}
	for _, word := range []string{"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#GETTING_DATA"} {
		says := fmt.Sprintf("%q is what a spreadsheet shows where a formula failed, and no value", word)
		for _, c := range []struct{ text, where string }{
			{"id,owner\nweb-1," + word + "\n", "line 2, owner: "},
			{"id,owner\nweb-1,1\nweb-2, " + word + " \n", "line 3, owner: "},
			{"id,product\nweb-1," + word + "\n", "line 2, product: "},
			{"id,status\nweb-1," + word, "line 2, status: "},
			{"owner,id\n1," + word + "\n", "line 2, id: "},
			{"id,owner\n" + word + ",1\n", "line 2: "},
			{"id;owner\nweb-1;1\n# a comment\n" + word + ";1\n", "line 4: "},
			{"id,owner\nweb-1,1\n" + word, "line 3: "},
			{word + ",x\nid,owner\n", "line 1: "},
		} {
			want := "inventory: facts, " + c.where + says
			for _, r := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text)), iotest.DataErrReader(strings.NewReader(c.text))} {
				if got := read(r); !strings.HasPrefix(got, want) {
					t.Errorf("facts %q: %s, want %s", c.text, got, want)
				}
			}
		}
		for _, c := range []struct{ text, where string }{
			{"id,name\nweb-1," + word + "\n", "line 2, name: "},
			{"id,owner\nweb-1,1\nweb-2," + word + "\n", "line 3, owner: "},
			{"name,id\nx," + word + "\n", "line 2, id: "},
			{"id,name\n" + word + ",x\n", "line 2: "},
			{"id;name\nweb-1;x\n# a comment\n" + word + ";x\n", "line 4: "},
			{"id\tname\r\nweb-1\tx\r\n" + word + "\r\n", "line 3: "},
			{"id,name\nweb-1,x\n" + word, "line 3: "},
			{`{"id":"web-1","name":"` + word + `"}`, "name: "},
			{`{"id":"` + word + `"}`, "id: "},
		} {
			for _, r := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text))} {
				var errs []string
				for s, err := range inventory.Read(r, nil) {
					if err != nil {
						errs = append(errs, err.Error())
					} else if s.Name == word || string(s.Instance.ID) == word {
						t.Errorf("%q is read", c.text)
					}
				}
				if len(errs) != 1 || !strings.Contains(errs[0], c.where+says) {
					t.Errorf("%q: %v, want %s", c.text, errs, c.where+says)
				}
			}
		}
	}
	// Comments that only look so, and values with such a word in them.
	text := "# x\nid,name,owner\n#N/A means that it is not known\n#NUMBER,x\nweb-1,see #N/A,1\n# #REF!\n"
	for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
		var servers []inventory.Server
		for s, err := range inventory.Read(r, nil) {
			if err != nil {
				t.Fatal(err)
			}
			servers = append(servers, s)
		}
		if len(servers) != 1 || servers[0].Name != "see #N/A" {
			t.Error(servers)
		}
	}
	long := "id,owner\n" + strings.Repeat("web-1,1234567\n", 700) + "#REF!,1\n"
	if _, errs := readAny(long, nil); len(errs) != 1 || !strings.Contains(errs[0].Error(), "line 702: ") {
		t.Error(errs)
	}
}
