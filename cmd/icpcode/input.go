package main

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// stdinName is the file that stands for standard input.
const stdinName = "-"

// addresses reads the lists of addresses among the files beforehand, so that
// they are joined to servers of every file. What can be read only once is
// left: its addresses are joined to the servers that come after them.
func (c *command) addresses(files []string) (*inventory.Addresses, error) {
	a := &inventory.Addresses{}
	for _, name := range files {
		info, err := os.Stat(name)
		if name == stdinName || err != nil || !info.Mode().IsRegular() {
			continue // what is wrong is told when it is read for its servers
		}
		f, err := c.open(name)
		if err != nil {
			continue
		}
		for err := range a.Read(c.watch.reading(f)) {
			var path *os.PathError
			if errors.As(err, &path) {
				_ = f.Close() // it was only read
				return nil, &exitError{exitInput, err}
			}
		}
		_ = f.Close() // it was only read
	}
	return a, nil
}

// open opens a file, or standard input.
func (c *command) open(name string) (io.ReadCloser, error) {
	if name == stdinName {
		return io.NopCloser(c.stdin), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close() // nothing was written
		return nil, errorf("%s is a directory", "%s 是目录", name)
	}
	return f, nil
}

// each asks the question about the servers of all files, one after the other,
// and hands on the answers. What is wrong with the files is reported; unless
// c.keepGoing, the first such thing ends it with an *exitError.
func (c *command) each(files []string, q *question, yield func(*answer) error) error {
	seen := newSeen()
	unmet := make(map[icpcode.InstanceID]bool)
	for id := range q.facts.IDs() {
		unmet[id] = true
	}
	watch := c.progress()
	defer watch.done()
	var err error
	if q.addresses, err = c.addresses(files); err != nil {
		return err
	}
	watch.bytes = 0 // the files are read once more
	for _, name := range files {
		f, err := c.open(name)
		if err != nil {
			if err := c.problem(name, err, c.keepGoing); err != nil {
				return err
			}
			continue
		}
		err = c.eachOf(name, watch.reading(f), q, func(a *answer) error {
			watch.servers++
			i := &a.server.Instance
			delete(unmet, i.ID)
			if seen.again(i.Provider, string(i.ID)) {
				c.warn(name, c.say("%s is there again: the first one counts", "%s 再次出现：以第一次为准", i.ID))
				return nil
			}
			return yield(a)
		})
		_ = f.Close() // it was only read
		if err != nil {
			return err
		}
	}
	watch.done()
	for id := range q.facts.IDs() {
		if unmet[id] {
			c.warn(c.factsFile, c.say("%s is in no inventory", "%s 不在任何清单中", id))
		}
	}
	return nil
}

// eachOf is each for one file.
func (c *command) eachOf(name string, r io.Reader, q *question, yield func(*answer) error) error {
	for s, err := range inventory.Read(r, &inventory.Options{Addresses: q.addresses}) {
		var incomplete *inventory.IncompleteError
		if errors.As(err, &incomplete) {
			err = c.problem(name, err, true) // all the servers there are have been answered
		} else if err != nil {
			err = c.problem(name, err, c.keepGoing)
		}
		if err != nil {
			return err
		}
		if s.Instance.ID == "" {
			continue
		}
		a, err := q.ask(name, s)
		if err != nil {
			if err := c.problem(name, errorf("%s: %s: %v", "%s：%s：%v", name, s.Instance.ID, err), c.keepGoing); err != nil {
				return err
			}
			continue
		}
		if err := yield(a); err != nil {
			return err
		}
	}
	return nil
}

// problem reports what is wrong with an inventory, and returns it as the end
// of the command unless that is to go on.
func (c *command) problem(file string, err error, goOn bool) error {
	failure := &exitError{exitInput, errors.New(c.place(file, err))}
	if !goOn {
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

// place puts the file, and in Chinese the record and offset, before an error.
func (c *command) place(file string, err error) string {
	if file == stdinName {
		file = c.say("standard input", "标准输入")
	}
	if c.lang == icpcode.Chinese {
		var record *inventory.RecordError
		var input *inventory.InputError
		var incomplete *inventory.IncompleteError
		switch {
		case errors.As(err, &record):
			return fmt.Sprintf("%s：第%d条记录，第%d字节：%v", file, record.Record, record.Offset, record.Err)
		case errors.As(err, &input) && input.Record == 0:
			return fmt.Sprintf("%s：第%d字节：%v", file, input.Offset, input.Err)
		case errors.As(err, &input):
			return fmt.Sprintf("%s：第%d条记录，第%d字节：%v", file, input.Record, input.Offset, input.Err)
		case errors.As(err, &incomplete) && incomplete.Total > incomplete.Found:
			return fmt.Sprintf("%s：清单不完整：共%d台，只有%d台；请获取其余各页", file, incomplete.Total, incomplete.Found)
		case errors.As(err, &incomplete):
			return fmt.Sprintf("%s：清单不完整：有%d台，但NextToken表明还有更多", file, incomplete.Found)
		}
	}
	var path *os.PathError
	var said *sentence
	if errors.As(err, &path) || errors.As(err, &said) {
		return c.tell(err) // it names the file, or the server
	}
	return file + c.say(": ", "：") + strings.TrimPrefix(err.Error(), "inventory: ")
}

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

// seen remembers the servers by a hash of eight bytes: of a million, two that
// differ are taken for the same one in one run out of some thirty million.
type seen struct {
	seed   maphash.Seed
	hashes map[uint64]struct{}
}

// maxSeen bounds the memory: beyond it servers are not compared.
const maxSeen = 2_000_000

func newSeen() *seen { return &seen{maphash.MakeSeed(), make(map[uint64]struct{})} }

func (s *seen) again(provider, id string) bool {
	h := maphash.Comparable(s.seed, [2]string{provider, id})
	if _, found := s.hashes[h]; found {
		return true
	}
	if len(s.hashes) < maxSeen {
		s.hashes[h] = struct{}{}
	}
	return false
}

// watch shows on a terminal how far a long input has been read.
type watch struct {
	c       *command
	on      bool
	shown   bool
	next    time.Time
	servers int
	bytes   int64
}

// When the first line is shown, and how often it changes.
const (
	firstProgress = time.Second
	everyProgress = 200 * time.Millisecond
)

// progress begins to watch. Where the answers themselves appear on the
// terminal, they show it.
func (c *command) progress() *watch {
	w := &watch{c: c, on: c.watched && !c.terminal}
	if w.on {
		w.next = c.now().Add(firstProgress)
	}
	c.watch = w
	return w
}

// reading watches what is read from r.
func (w *watch) reading(r io.Reader) io.Reader { return &watched{r, w} }

type watched struct {
	r io.Reader
	w *watch
}

func (r *watched) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	r.w.bytes += int64(n)
	r.w.tick()
	return n, err
}

// tick shows how far it is, if it is time to.
func (w *watch) tick() {
	if !w.on {
		return
	}
	now := w.c.now()
	if now.Before(w.next) {
		return
	}
	w.next, w.shown = now.Add(everyProgress), true
	_, _ = fmt.Fprint(w.c.stderr, "\r\x1b[K"+w.c.say("%s, %s MB read", "%s，已读%s MB",
		w.c.speaker.servers(w.servers), thousands(int(w.bytes/1_000_000)))) // nobody is told that it failed
}

// done takes the line away.
func (w *watch) done() {
	if w != nil && w.shown {
		w.shown = false
		_, _ = fmt.Fprint(w.c.stderr, "\r\x1b[K") // nobody is told that it failed
	}
}
