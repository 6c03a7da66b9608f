package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode/inventory"
)

// stdinName is the file that stands for standard input.
const stdinName = "-"

// survey reads all the files once, before any server is answered: pages of one
// list, records of one server and addresses can be in any of them. What is
// wrong with a file is told when it is read for its servers.
func (c *command) survey(files []string, q *question) (*inventory.Survey, error) {
	v := &inventory.Survey{Mainland: q.mainland, OwnerBuys: c.ownerBuys}
	for _, name := range files {
		if err := c.keep(name); err != nil {
			return nil, &exitError{exitInput, err}
		}
		f, err := c.readable(name, serversHeader)
		if err != nil {
			continue
		}
		for err := range v.Read(c.shown(name), f) {
			var path *os.PathError
			if errors.As(err, &path) {
				f.close()
				return nil, &exitError{exitInput, err}
			}
		}
		f.close()
	}
	return v, nil
}

// keep copies what can be read only once, standard input or a pipe, to a
// temporary file, from which open reads it from then on.
func (c *command) keep(name string) error {
	info, err := os.Stat(name)
	if name != stdinName && (err != nil || info.Mode().IsRegular() || info.IsDir()) {
		return nil
	}
	if c.kept[name] != nil {
		return nil
	}
	from := c.stdin
	if name != stdinName {
		f, err := os.Open(name)
		if err != nil {
			return nil // it is told when it is opened
		}
		defer func() { _ = f.Close() }() // it was only read
		from = f
	}
	to, err := os.CreateTemp("", "icpcode-*")
	if err != nil {
		return err
	}
	_ = os.Remove(to.Name()) // at once, where that can be, or by forget
	if c.kept == nil {
		c.kept = make(map[string]*kept)
	}
	k := &kept{File: to}
	c.kept[name] = k
	in := &ending{r: c.watch.reading(from)}
	_, err = io.Copy(to, in)
	if k.end = in.err; k.end != nil {
		return nil
	}
	return err
}

// kept is a copy of what could be read only once.
type kept struct {
	*os.File
	end error // with which the reading ended, if that was not the end of the file
}

// ending is a reader that knows with which error it ended, unless that was the
// end of the file.
type ending struct {
	r   io.Reader
	err error
}

func (e *ending) Read(b []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.r.Read(b)
	if err != io.EOF { // io.Reader asks for io.EOF itself
		e.err = err
	}
	return n, err
}

// open begins at the start. What ended the reading then ends it again.
func (k *kept) open() (io.ReadCloser, error) {
	_, err := k.Seek(0, io.SeekStart)
	if k.end == nil {
		return io.NopCloser(k.File), err
	}
	return io.NopCloser(io.MultiReader(k.File, &ending{err: k.end})), err
}

// forget removes the temporary files.
func (c *command) forget() {
	for name, f := range c.kept {
		_ = f.Close()           // it was only kept to be read
		_ = os.Remove(f.Name()) // it is gone where that could be at once
		delete(c.kept, name)
	}
}

// shown is what a file is called.
func (c *command) shown(name string) string {
	if name == stdinName {
		return c.say("standard input", "标准输入")
	}
	return name
}

// open opens a file, or standard input.
func (c *command) open(name string) (io.ReadCloser, error) {
	if f := c.kept[name]; f != nil {
		return f.open()
	}
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
	c.files = len(files)
	watch := c.progress()
	defer watch.done()
	defer c.forget()
	if err := c.there(files); err != nil {
		return err
	}
	files, err := c.sheets(files)
	if err != nil {
		return err
	}
	watch.bytes = 0 // they were only looked at
	if q.survey, err = c.survey(files, q); err != nil {
		return err
	}
	stated := c.stated(q)
	watch.bytes = 0 // the files are read once more
	for _, name := range files {
		f, err := c.readable(name, serversHeader)
		if err != nil {
			if err := c.problem(name, err, nil, c.keepGoing); err != nil {
				return err
			}
			continue
		}
		err = c.eachOf(name, f, q, func(a *answer) error {
			watch.servers++
			stated.met(a.server.Instance.ID)
			return yield(a)
		})
		f.close()
		c.assumed(name, f)
		if err != nil {
			return err
		}
	}
	watch.done()
	for _, e := range q.survey.Missing() {
		name := e.File
		if name == "" {
			name = e.Format.String()
		}
		if err := c.problem(name, e, nil, true); err != nil { // all the servers there are have been answered
			return err
		}
	}
	stated.report()
	if watch.servers == 0 && c.problems == 0 {
		c.empty = true
		c.complain(c.say("there are no servers in what was given: nothing was answered", "所给内容中没有服务器，没有可回答的内容"))
	}
	return nil
}

// isTotal reports whether a row of a list that a person keeps is its last line.
func isTotal(s *inventory.Server) bool {
	id := strings.TrimRight(strings.ToLower(string(s.Instance.ID)), ":： ")
	return s.Format == inventory.OwnCSV && slices.Contains([]string{"合计", "总计", "小计", "共计", "总数", "total", "totals", "sum", "subtotal"}, id)
}

// there looks for the files before anything is answered: a name that is
// mistyped should not come after half of the answers.
func (c *command) there(files []string) error {
	for _, name := range files {
		if file, _ := c.sheetOf(name); file == stdinName || c.keepGoing {
			continue
		}
		if err := c.isThere(name); err != nil {
			return c.problem(name, err, nil, false)
		}
	}
	return nil
}

// eachOf is each for one file.
func (c *command) eachOf(name string, f *source, q *question, yield func(*answer) error) error {
	again := func(s *inventory.Server) {
		c.warn(name, c.say("%s is there again: it counts once", "%s 再次出现：只计一次", s.Instance.ID))
	}
	for s, err := range inventory.Read(f, &inventory.Options{Survey: q.survey, File: c.shown(name), Repeated: again}) {
		if err != nil {
			if err := c.problem(name, err, f, c.keepGoing); err != nil {
				return err
			}
			continue
		}
		f.servers++
		if isTotal(&s) {
			c.warn(c.shown(name), c.say("%q is a line of totals and no server: not read", "%q 是合计行，不是服务器：未读取", s.Instance.ID))
			continue
		}
		a, err := q.ask(name, s)
		if err != nil {
			if err := c.problem(name, errorf("%s: %s: %v", "%s：%s：%v", c.shown(name), s.Instance.ID, err), f, c.keepGoing); err != nil {
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
// terminal while they are found, they show it.
func (c *command) progress() *watch {
	w := &watch{c: c, on: c.watched && !(c.terminal && (c.csv || c.json))}
	if w.on {
		w.next = c.now().Add(firstProgress)
	}
	c.watch = w
	return w
}

// reading watches what is read from r. Where there is no watch, it is not
// watched.
func (w *watch) reading(r io.Reader) io.Reader {
	if w == nil {
		return r
	}
	return &watched{r, w}
}

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
