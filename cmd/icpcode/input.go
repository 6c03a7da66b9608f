package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/inventory"
)

// stdinName is the file that stands for standard input.
const stdinName = "-"

// survey reads all the files once, before any server is answered: pages of one
// list, records of one server and addresses can be in any of them. What is
// wrong with a file is told when it is read for its servers.
func (c *command) survey(files []string, q *question) (*inventory.Survey, error) {
	v := &inventory.Survey{Mainland: q.mainland}
	for _, name := range files {
		if err := c.keep(name); err != nil {
			return nil, &exitError{exitInput, err}
		}
		f, err := c.open(name)
		if err != nil {
			continue
		}
		for err := range v.Read(c.shown(name), c.watch.reading(f)) {
			var path *os.PathError
			if errors.As(err, &path) {
				_ = f.Close() // it was only read
				return nil, &exitError{exitInput, err}
			}
		}
		_ = f.Close() // it was only read
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
			return nil //nolint:nilerr // it is told when it is opened
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
	if err != io.EOF { //nolint:errorlint // io.Reader asks for io.EOF itself
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
	unmet := make(map[icpcode.InstanceID]bool)
	for id := range q.facts.IDs() {
		unmet[id] = true
	}
	watch := c.progress()
	defer watch.done()
	defer c.forget()
	var err error
	if q.survey, err = c.survey(files, q); err != nil {
		return err
	}
	watch.bytes = 0 // the files are read once more
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
			delete(unmet, a.server.Instance.ID)
			return yield(a)
		})
		_ = f.Close() // it was only read
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
		if err := c.problem(name, e, true); err != nil { // all the servers there are have been answered
			return err
		}
	}
	for id := range q.facts.IDs() {
		if unmet[id] {
			c.warn(c.factsFile, c.say("%s is in no inventory", "%s 不在任何清单中", id))
		}
	}
	return nil
}

// eachOf is each for one file.
func (c *command) eachOf(name string, r io.Reader, q *question, yield func(*answer) error) error {
	again := func(s *inventory.Server) {
		c.warn(name, c.say("%s is there again: it counts once", "%s 再次出现：只计一次", s.Instance.ID))
	}
	for s, err := range inventory.Read(r, &inventory.Options{Survey: q.survey, File: c.shown(name), Repeated: again}) {
		if err != nil {
			if err := c.problem(name, err, c.keepGoing); err != nil {
				return err
			}
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
	file = c.shown(file)
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
		case errors.As(err, &incomplete):
			return file + "：" + incompleteZh(incomplete)
		}
	}
	var path *os.PathError
	var said *sentence
	if errors.As(err, &path) || errors.As(err, &said) {
		return c.tell(err) // it names the file, or the server
	}
	return file + c.say(": ", "：") + strings.TrimPrefix(err.Error(), "inventory: ")
}

// incompleteZh says in Chinese what is missing.
func incompleteZh(e *inventory.IncompleteError) string {
	unit := "台"
	if e.Format == inventory.AlibabaEIP || e.Format == inventory.TencentEIP {
		unit = "个地址"
	}
	if e.Total > e.Found {
		return fmt.Sprintf("%s清单不完整：共%d%s，只有%d%s；请获取其余各页", e.Region, e.Total, unit, e.Found, unit)
	}
	return fmt.Sprintf("%s清单不完整：有%d%s，但清单表明还有更多；请获取其余各页", e.Region, e.Found, unit)
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
