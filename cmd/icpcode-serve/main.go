// Command icpcode-serve offers an engine over HTTP: the handler of package
// httpapi and the pages of package console, over a SQLite file or PostgreSQL.
//
//	icpcode-serve -demo
//	icpcode-serve migrate -db codes.db
//	icpcode-serve serve -db codes.db -trust-from 127.0.0.1 -facts servers.csv
//
// It is a module of its own: a user who only checks a fleet with icpcode builds
// no database driver. Where both are installed, "icpcode serve" starts it.
// docs/http.md describes it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// The exit statuses.
const (
	exitDone  = 0
	exitFails = 1 // it could not start, or not go on
	exitUsage = 2 // the command line, or a file that it names, is wrong
)

func main() {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it, and it stays ignored
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	status := run(ctx, os.Args[1:], os.Getenv, os.Stderr)
	stop()
	os.Exit(status)
}

// usageError is a mistake in the command line or a file that it names.
type usageError struct{ error }

func misuse(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run runs a command until it ends or ctx does, and returns its exit status.
func run(ctx context.Context, args []string, env func(string) string, stderr io.Writer) int {
	err := dispatch(ctx, args, env, stderr)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	_, _ = fmt.Fprintln(stderr, "icpcode-serve:", err) // where else could it be told
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFails
}

const usage = `usage: icpcode-serve [serve|migrate] [flags]

  serve    offer codes over HTTP to a trusted proxy or service; with -demo
           a small made-up world in a temporary file, on loopback. Flags
           without a command are for serve
  migrate  make or upgrade the tables; nothing else does
`

func dispatch(ctx context.Context, args []string, env func(string) string, stderr io.Writer) error {
	command := ""
	if len(args) > 0 {
		command = args[0]
	}
	if strings.HasPrefix(command, "-") && !slices.Contains([]string{"-h", "-help", "--help"}, command) {
		command = "serve"
	} else if command != "" {
		args = args[1:]
	}
	c := &config{env: env, stderr: stderr}
	switch command {
	case "serve":
		return c.serve(ctx, args)
	case "migrate":
		return c.migrate(ctx, args)
	}
	_, _ = io.WriteString(stderr, usage) // what is wrong is told by the status, too
	if command == "" || command == "help" || command == "-h" || command == "-help" || command == "--help" {
		return flag.ErrHelp
	}
	return misuse("there is no command %q", command)
}
