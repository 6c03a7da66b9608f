package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
)

// served are the commands of icpcode-serve, which is a module of its own: it
// has database drivers, which a user who only checks a fleet need not build.
var served = map[string]bool{"serve": true, "migrate": true}

// servedCommand is one of them, as help and a shell show it.
type servedCommand struct{ name, text string }

func (c *command) servedCommands() []servedCommand {
	return []servedCommand{
		{"migrate", c.say("make or upgrade the tables that serve needs", "创建或升级serve所需的表")},
		{"serve", c.say("codes over HTTP, for services in any language, and in a browser", "通过HTTP向任何语言的服务提供服务码，也可在浏览器中使用")},
	}
}

// serveCommand is the name of that program.
const serveCommand = "icpcode-serve"

// hand lets icpcode-serve do a command of its own, and returns its status. It
// is looked for beside this program, then where the shell looks.
func (s *system) hand(args []string) int {
	c := newCommand(s, args[1:])
	path, err := find(serveCommand)
	if err != nil {
		c.complain(c.say(
			"%s is a program of its own: go install github.com/icpcode/icpcode/cmd/%s@latest",
			"%s是单独的程序：go install github.com/icpcode/icpcode/cmd/%s@latest", serveCommand, serveCommand,
		))
		return exitUsage
	}
	cmd := exec.CommandContext(context.Background(), path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.stdin, s.stdout, s.stderr
	if err := cmd.Start(); err != nil {
		c.complain(c.tell(err))
		return exitUsage
	}
	// It ends by itself when it is told to, and this program after it.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it, and it stays ignored
		signal.Notify(signals, syscall.SIGHUP)
	}
	defer signal.Stop(signals)
	go func() {
		for told := range signals {
			_ = cmd.Process.Signal(told) // it has ended already
		}
	}()
	err = cmd.Wait()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() >= 0 {
		return ended.ExitCode()
	}
	if err != nil {
		c.complain(c.tell(err))
		return exitNo
	}
	return exitYes
}

// find finds a program beside this one, or where the shell looks.
func find(name string) (string, error) {
	if own, err := os.Executable(); err == nil {
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(own), name)); err == nil {
			return path, nil
		}
	}
	return exec.LookPath(name)
}
