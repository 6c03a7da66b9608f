// Command icpcode says which servers of a fleet may have ICP filing service
// codes (ICP备案服务码), how many, and what would have to change for the others.
// It reads what the cloud providers' own tools print and asks no network unless it is told to:
//
//	aliyun ecs DescribeInstances | icpcode precheck -
//
// docs/cli.md describes its commands, flags and exit statuses.
package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// The exit statuses. With several, the first of usage, input, no and unknown
// counts.
const (
	exitYes     = 0 // every server may have codes, or what was asked for was printed
	exitNo      = 1 // a server may not
	exitUsage   = 2 // the command line, or a file that it names besides inventories, is wrong
	exitInput   = 3 // an inventory is not complete or cannot be read, or the output not written
	exitUnknown = 4 // of a server it cannot be told, and none may not
)

func main() {
	// The garbage of reading is small and short-lived, what has to be kept of a
	// million servers is not: a tight heap costs little and saves a third.
	debug.SetGCPercent(25)
	s := &system{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		env: os.Getenv, now: time.Now,
		terminal: term.IsTerminal(int(os.Stdout.Fd())),
		watched:  term.IsTerminal(int(os.Stderr.Fd())),
	}
	if s.terminal {
		// 0 if the terminal does not say.
		s.columns, _, _ = term.GetSize(int(os.Stdout.Fd()))
	}
	os.Exit(run(os.Args[1:], s))
}

// system is what the command sees of the machine.
type system struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) string
	now            func() time.Time
	terminal       bool // stdout is one
	watched        bool // stderr is a terminal
	columns        int  // of the terminal; 0: not known
}

// run runs the command and returns its exit status.
func run(args []string, s *system) int {
	if len(args) == 2 && args[0] == "help" && served[args[1]] {
		args = []string{args[1], "-h"}
	}
	if len(args) > 0 && served[args[0]] {
		return s.hand(args)
	}
	if completesDash(args) {
		var out bytes.Buffer
		to := s.stdout
		s.stdout = &out
		status := execute(args, s)
		s.stdout = to
		// A shell takes only what begins with what was typed.
		_, _ = io.WriteString(to, strings.ReplaceAll("\n"+out.String(), "\n--", "\n-")[1:]) // a shell is told of no errors
		return status
	}
	return execute(args, s)
}

// completing reports whether a shell asks how to complete a command line.
func completing(args []string) bool {
	return len(args) > 1 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completesDash reports whether it is a flag that is to be completed, written
// with one dash.
func completesDash(args []string) bool {
	if !completing(args) {
		return false
	}
	last := args[len(args)-1]
	return len(last) > 1 && last[0] == '-' && last[1] != '-' && !strings.Contains(last, "=")
}

func execute(args []string, s *system) int {
	args = doubleDash(args)
	c := newCommand(s, args)
	root := c.root()
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		return c.status()
	}
	var failure *exitError
	if !errors.As(err, &failure) {
		failure = &exitError{exitUsage, c.usageError(err, root, args)}
	}
	c.complain(c.tell(failure.err))
	if failure.status == exitInput && c.others {
		c.complain(c.say("the rest was not answered; -keep-going reports what cannot be read and answers the rest", "其余部分未回答；加 -keep-going 可报告无法读取的内容并回答其余部分"))
	}
	if failure.status == exitUsage {
		cmd, _, found := root.Find(args)
		if found != nil {
			cmd = root
		}
		c.complain(c.say("%s -h says how it is used", "用法见 %s -h", cmd.CommandPath()))
	}
	return failure.status
}

// exitError is an error that ends the command with a status.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string { return e.err.Error() }

func (e *exitError) Unwrap() error { return e.err }

func usage(err error) error { return &exitError{exitUsage, err} }

// doubleDash spells flags with two dashes: as in Go's own tools, one is enough,
// so no letters are taken together. What follows a bare -- stays as it is.
func doubleDash(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == "--" {
			copy(out[i:], args[i:])
			return out
		}
		// Of -h there is no longer form to be meant, unless it is still being
		// typed.
		long := len(a) > 2 && a[2] != '=' || len(a) == 2 && completing(args)
		if long && a[0] == '-' && 'a' <= a[1] && a[1] <= 'z' {
			a = "-" + a
		}
		out[i] = a
	}
	return out
}
