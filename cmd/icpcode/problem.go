package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"

	"github.com/icpcode/icpcode/internal/spoken"
)

// readable opens a file as text that a reader takes. The error names the file.
func (c *command) readable(name string, test headerTest) (*source, error) {
	file, sheet := c.sheetOf(name)
	f, err := c.open(file)
	if err != nil {
		return nil, err
	}
	s, err := readSheetText(c.watch.reading(f), f, test, sheet)
	if err != nil {
		return nil, errorf("%s: %v", "%s：%v", c.shown(name), err)
	}
	return s, nil
}

// assumed tells once what was assumed of a file, or passed over in it.
func (c *command) assumed(name string, s *source) {
	for _, n := range s.told() {
		c.warn(c.shown(name), c.tell(n))
	}
}

// problem reports what is wrong with an inventory, and returns it as the end
// of the command unless that is to go on. The source is nil if there is none.
func (c *command) problem(file string, err error, s *source, goOn bool) error {
	failure := &exitError{exitInput, errorf("%s", "%s", c.place(file, err, s))} // in words already
	if !goOn {
		var record *inventory.RecordError
		c.others = c.files > 1 || errors.As(err, &record) && c.recognised(err, s) == nil
		return failure
	}
	c.problems++
	if len(c.firstProblems) < maxProblem {
		c.firstProblems = append(c.firstProblems, failure.Error())
	}
	c.watch.done()
	c.complain(failure.Error())
	return nil
}

// place puts the file, and the record and offset if they say something, before
// an error.
func (c *command) place(file string, err error, s *source) string {
	file = c.shown(file)
	if said := c.recognised(err, s); said != nil {
		return file + c.say(": ", "：") + c.tell(said)
	}
	var record *inventory.RecordError
	var input *inventory.InputError
	var incomplete *inventory.IncompleteError
	var reading *readError
	switch {
	case errors.As(err, &reading):
		return file + c.say(": ", "：") + c.tell(reading) // it says where
	case errors.As(err, &record):
		return c.at(file, record.Record, record.Offset, record.Err, s)
	case errors.As(err, &input):
		return c.at(file, input.Record, input.Offset, input.Err, s)
	case errors.As(err, &incomplete):
		return file + c.say(": ", "：") + c.tell(incomplete)
	}
	var path *os.PathError
	if errors.As(err, &path) || isSpoken(err) {
		return c.tell(err) // it names the file, or the server
	}
	return file + c.say(": ", "：") + strings.TrimPrefix(c.tell(err), "inventory: ")
}

// at puts file, record and offset before an error. A text that is not as the
// file has it, and a CSV, have lines, which the error names.
func (c *command) at(file string, record int, offset int64, err error, s *source) string {
	var where []string
	if record > 0 {
		where = append(where, c.say("server %d", "第%d条记录", record))
	}
	if s == nil || !s.line {
		where = append(where, c.say("byte %d", "第%d字节", offset))
	}
	sep := c.say(": ", "：")
	if len(where) == 0 {
		return file + sep + c.tell(err)
	}
	return file + sep + strings.Join(where, c.say(", ", "，")) + sep + c.tell(err)
}

// recognised says what a file is of which nothing can be read, or nil.
func (c *command) recognised(err error, s *source) error {
	var record *inventory.RecordError
	var input *inventory.InputError
	var format *inventory.FormatError
	var reading *readError
	switch {
	case s == nil || s.text == nil || s.servers > 0 || errors.As(err, &reading):
		return nil
	case errors.As(err, &format) && (format.Kind() == inventory.KindProduct || format.Kind() == inventory.KindNoDetails):
		return nil // it says which
	case s.text.failure.err != nil && !errors.Is(s.text.failure.err, io.EOF):
		return nil
	case errors.Is(err, io.ErrUnexpectedEOF) && looksLikeJSON(s.head):
		return nil // it was cut
	case errors.As(err, &record) && (record.Record > 1 || !errors.Is(err, inventory.ErrFormat)):
		return nil
	case errors.As(err, &input) && input.Record > 1:
		return nil
	}
	return recognise(err, s.head)
}

// isSpoken reports whether an error has words in both languages.
func isSpoken(err error) bool { return spoken.In(err) != nil }

// warn tells of something that does not keep the answers from being right.
func (c *command) warn(file, text string) {
	c.watch.done()
	c.complain(file + c.say(": ", "：") + text)
}

// complain writes a line to standard error.
func (c *command) complain(text string) {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "icpcode: "), ": icpcode: ", ": ") // the library's errors begin so too
	_, _ = fmt.Fprintln(c.stderr, "icpcode: "+safe(text))                                 // there is nowhere else to say that this failed
}

// stated follows which rows of the files besides the inventories are about a
// server that there is.
type stated struct {
	c     *command
	lists []statedList
}

// statedList are the rows of one file.
type statedList struct {
	file string
	ids  []icpcode.InstanceID
	left map[icpcode.InstanceID]bool
	near map[icpcode.InstanceID]icpcode.InstanceID // servers with almost that ID
}

// maxNear is how many rows a file may have so that for those that match
// nothing the server is looked for that was meant.
const maxNear = 200

func (c *command) stated(q *question) *stated {
	s := &stated{c: c}
	s.list(c.factsFile, slices.Collect(q.facts.IDs()))
	s.list("-issued", q.issued.named)
	s.list(q.issued.file, q.issued.ids)
	return s
}

func (s *stated) list(file string, ids []icpcode.InstanceID) {
	if len(ids) == 0 {
		return
	}
	l := statedList{file, ids, make(map[icpcode.InstanceID]bool, len(ids)), make(map[icpcode.InstanceID]icpcode.InstanceID)}
	for _, id := range ids {
		l.left[id] = true
	}
	s.lists = append(s.lists, l)
}

// met says that there is such a server.
func (s *stated) met(id icpcode.InstanceID) {
	for _, l := range s.lists {
		delete(l.left, id)
		if len(l.ids) > maxNear {
			continue
		}
		for other := range l.left {
			if nearly(string(id), string(other)) {
				l.near[other] = id
			}
		}
	}
}

// nearly reports whether two IDs differ in case or in one character.
func nearly(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	if len(a) < len(b) {
		a, b = b, a
	}
	if len(a)-len(b) > 1 || len(b) < 6 {
		return false
	}
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	return i < len(b) && len(a) == len(b) && a[i+1:] == b[i+1:] || len(a) > len(b) && a[i+1:] == b[i:]
}

// report tells of the rows that match no server.
func (s *stated) report() {
	for _, l := range s.lists {
		for _, id := range l.ids {
			if !l.left[id] {
				continue
			}
			text := s.c.say("%s is in no inventory: what the file says of it was not used", "%s 不在任何清单中，该行未使用", id)
			if l.file == "-issued" {
				text = s.c.say("%s is in no inventory: what was said of it was not used", "%s 不在任何清单中，该数量未使用", id)
			}
			if near, found := l.near[id]; found {
				text += s.c.say("; is %s meant?", "；是否应为%s？", near)
			}
			s.c.unmatched = append(s.c.unmatched, jsonUnmatched{s.c.shown(l.file), id})
			s.c.warn(s.c.shown(l.file), text)
		}
	}
}
