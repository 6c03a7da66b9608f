package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/presets"
)

// help returns the help of a command, in at most 80 columns.
func (c *command) help(cmd *cobra.Command) string {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(cmd.Long, "\n\n") {
		indented(&b, "", paragraph)
		b.WriteString("\n")
	}
	b.WriteString(c.say("Usage:", "用法：") + "\n  " + usageLine(c, cmd) + "\n")
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n" + c.say("Commands:", "命令：") + "\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				indented(&b, "  "+pad(sub.Name(), 12), sub.Short)
			}
		}
		if !cmd.HasParent() {
			b.WriteString("\n" + c.say("Commands of icpcode-serve, a program of its own:", "单独的程序icpcode-serve的命令：") + "\n")
			for _, s := range c.servedCommands() {
				indented(&b, "  "+pad(s.name, 12), s.text)
			}
		}
	}
	if cmd.HasExample() {
		b.WriteString("\n" + c.say("Examples:", "示例：") + "\n  " + strings.ReplaceAll(cmd.Example, "\n", "\n  ") + "\n")
	}
	b.WriteString("\n" + c.say("Flags (one dash or two):", "选项（一个或两个短横线均可）：") + "\n")
	eachFlag(cmd, func(f *pflag.Flag) {
		name, text := pflag.UnquoteUsage(f)
		b.WriteString("  " + flagName(f.Name, name) + "\n")
		indented(&b, "      ", text)
	})
	return b.String()
}

func flagName(name, value string) string {
	if name == "help" {
		return "-h, -help"
	}
	if value == "" {
		return "-" + name
	}
	return "-" + name + " " + value
}

// eachFlag goes through the flags that a command takes.
func eachFlag(cmd *cobra.Command, yield func(*pflag.Flag)) {
	cmd.LocalFlags().VisitAll(yield)
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) {
		if cmd.LocalFlags().Lookup(f.Name) == nil {
			yield(f)
		}
	})
}

func usageLine(c *command, cmd *cobra.Command) string {
	path, flags := cmd.CommandPath(), c.say("[FLAGS]", "[选项]")
	if cmd.HasAvailableSubCommands() {
		return path + c.say(" COMMAND ", " 命令 ") + flags
	}
	_, args, _ := strings.Cut(cmd.Use, " ")
	return strings.TrimSpace(path + " " + args + " " + flags)
}

// indented writes a paragraph behind its first line's prefix.
func indented(b *strings.Builder, first, text string) {
	for _, l := range wrap(text, tableWidth-width(first)) {
		b.WriteString(strings.TrimRight(first+l, " ") + "\n")
		first = strings.Repeat(" ", width(first))
	}
}

func (c *command) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   c.say("help [COMMAND]", "help [命令]"),
		Short: c.say("help with a command", "显示某个命令的帮助"),
		Long:  c.say("help shows what a command does, as its flag -h.", "help 显示某个命令的说明，与该命令的 -h 相同。"),
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return errorf("there is no command %q", "没有命令 %q", args[0])
			}
			return found.Help()
		},
	}
}

// shells are those that completion can be had for.
var shells = []string{"bash", "zsh", "fish"}

func (c *command) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: c.say("a script that completes commands and flags in a shell", "用于在Shell中补全命令和选项的脚本"),
		Long: c.say(
			"completion prints a script with which a shell completes the commands, flags and rule IDs of icpcode. Load it when the shell starts.",
			"completion 打印一个脚本，使Shell可以补全icpcode的命令、选项和规则ID。请在Shell启动时加载。",
		),
		Example: "source <(icpcode completion bash)\nicpcode completion zsh > \"${fpath[1]}/_icpcode\"\nicpcode completion fish > ~/.config/fish/completions/icpcode.fish",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return errorf("name one shell: %s", "请指定一个Shell：%s", strings.Join(shells, ", "))
			}
			return nil
		},
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args[0] {
			case "bash":
				return c.unwritten(cmd.Root().GenBashCompletionV2(c.out, true))
			case "zsh":
				return c.unwritten(cmd.Root().GenZshCompletion(c.out))
			}
			return c.unwritten(cmd.Root().GenFishCompletion(c.out, true))
		},
	}
}

// ruleWords are rules to choose from, with what they say.
func (c *command) ruleWords(rules []icpcode.Rule) []cobra.Completion {
	var out []cobra.Completion
	for _, r := range rules {
		out = append(out, cobra.CompletionWithDesc(r.String(), r.Title(c.lang)))
	}
	return out
}

// beginning returns the words that begin with what was typed.
func beginning(typed string, words []cobra.Completion) []cobra.Completion {
	return slices.DeleteFunc(words, func(w cobra.Completion) bool { return !strings.HasPrefix(w, typed) })
}

func presetWords() []cobra.Completion { return presets.Names() }
