package main

import (
	"bufio"
	"errors"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/icpcode/icpcode/inventory"
	"github.com/icpcode/icpcode/presets"
)

// command is one run of icpcode.
type command struct {
	*system
	speaker
	out *bufio.Writer // to stdout

	// Flags, as given.
	langFlag    string
	atFlag      string
	ruleFlags   []string
	accFlags    []string
	issFlags    []string
	assFlags    []string
	factsFile   string
	regionFlag  string
	explainID   string
	sitesFlag   int    // of precheck
	dnsFile     string // of review
	resolveFlag string // of review
	sinceFile   string // of review
	allFile     string // of review
	json, csv   bool
	// Reports of precheck and review.
	html, xlsx, ics bool
	showVersion     bool
	keepGoing       bool
	ownerBuys       bool
	diff            bool

	// What came of it.
	kept          map[string]*kept // copies of what can be read only once
	watch         *watch
	problems      int
	files         int  // inventories
	others        bool // what ended it leaves something that could be answered
	empty         bool // there were no servers
	unmatched     []jsonUnmatched
	firstProblems []string
	verdicts      [numVerdicts]int
}

func newCommand(s *system, args []string) *command {
	return &command{
		system: s, speaker: speaker{langOf(args, s.env)},
		out: bufio.NewWriterSize(s.stdout, 64<<10),
	}
}

// status is the exit status of a run that came to its end.
func (c *command) status() int {
	if err := c.out.Flush(); err != nil {
		c.complain(c.say("cannot write: %v", "无法写出：%v", err))
		return exitInput
	}
	switch {
	case len(c.unmatched) > 0:
		return exitUsage
	case c.problems > 0, c.empty:
		return exitInput
	case c.verdicts[verdictNo] > 0:
		return exitNo
	case c.verdicts[verdictUnknown] > 0:
		return exitUnknown
	}
	return exitYes
}

// root makes the command tree in the language of the user.
func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "icpcode",
		Short: c.say("ICP filing service codes: which servers may have them", "ICP备案服务码：哪些服务器可以申请"),
		Long: c.say(
			"icpcode says which servers of a fleet may have ICP filing service codes (ICP备案服务码), how many, and what would have to change for the others. It reads what the cloud providers' own tools print and asks no network, unless review -resolve tells it to. The rules that it knows are unofficial: the provider's own system decides.",
			"icpcode 判断哪些服务器可以申请ICP备案服务码、可以申请多少个，以及其余服务器需要怎样调整。它读取云服务商自己的工具输出的清单；除非使用 review -resolve，否则不访问网络。所用规则并非官方，最终以提供商的系统为准。",
		),
		Example: c.say(
			"aliyun ecs DescribeInstances | icpcode precheck -\nicpcode rules ELG-TERM",
			"aliyun ecs DescribeInstances | icpcode precheck - -lang zh\nicpcode rules ELG-TERM -lang zh",
		),
		SilenceErrors: true, SilenceUsage: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				return errorf("there is no command %q; is %s meant?", "没有命令 %q；是否为 %s？", args[0], strings.Join(near, ", "))
			}
			if isFile(args[0]) {
				return errorf("there is no command %q; to judge the servers of that file: icpcode precheck %[1]s", "没有命令 %q；判断该文件中的服务器：icpcode precheck %[1]s", args[0])
			}
			return errorf("there is no command %q", "没有命令 %q", args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.showVersion {
				return c.unwritten(write(c, c.versions()))
			}
			return cmd.Help()
		},
		SuggestionsMinimumDistance: 2,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if _, err := langNamed(c.langFlag); c.langFlag != "" && err != nil {
				return usage(errorf("-lang %q is neither en nor zh", "-lang %q 应为en或zh", c.langFlag))
			}
			return nil
		},
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	for _, s := range c.servedCommands() {
		root.ValidArgs = append(root.ValidArgs, cobra.CompletionWithDesc(s.name, s.text))
	}
	root.SetIn(c.stdin)
	root.SetOut(c.out)
	root.SetErr(c.stderr)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { _, _ = c.out.WriteString(c.help(cmd)) }) // Flush tells of errors
	root.SetHelpCommand(c.helpCommand())
	root.PersistentFlags().StringVar(&c.langFlag, "lang", "", c.say(
		"`LANGUAGE` of the output, en or zh; without it that of LC_ALL, LC_MESSAGES or LANG",
		"输出的`语言`：en或zh；未指定时按LC_ALL、LC_MESSAGES、LANG",
	))
	root.Flags().BoolVar(&c.showVersion, "version", false, c.say("the version of this command and of its rules", "显示本命令及其规则的版本"))
	root.PersistentFlags().BoolP("help", "h", false, c.say("help with this command", "显示该命令的帮助"))
	_ = root.RegisterFlagCompletionFunc("lang", words("en", "zh")) // the flag is there
	root.AddCommand(c.precheckCommand(), c.reviewCommand(), c.rulesCommand(), c.completionCommand())
	return root
}

// words completes a flag's value with one of the given words.
func words(list ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
}

// usageError says in the user's language what is wrong with a command line, and
// what was likely meant.
func (c *command) usageError(err error, root *cobra.Command, args []string) error {
	if isSpoken(err) {
		return err
	}
	var missing *pflag.NotExistError
	var needs *pflag.ValueRequiredError
	var bad *pflag.InvalidValueError
	switch {
	case errors.As(err, &missing):
		name := missing.GetSpecifiedName()
		if near := nearestFlag(root, args, name); near != "" {
			return errorf("there is no flag -%s; is -%s meant?", "没有选项 -%s；是否为 -%s？", name, near)
		}
		return errorf("there is no flag -%s", "没有选项 -%s", name)
	case errors.As(err, &needs):
		return errorf("the flag -%s needs a value", "选项 -%s 缺少值", needs.GetSpecifiedName())
	case errors.As(err, &bad):
		return errorf("the flag -%s has a wrong value, %q", "选项 -%s 的值 %q 有误", bad.GetFlag().Name, bad.GetValue())
	}
	return errorf("%v", "命令行有误：%v", err)
}

// nearestFlag is the flag of the command that was likely meant, or "".
func nearestFlag(root *cobra.Command, args []string, name string) string {
	cmd, _, err := root.Find(args)
	if err != nil {
		cmd = root
	}
	var names []string
	eachFlag(cmd, func(f *pflag.Flag) { names = append(names, f.Name) })
	return nearest(name, names)
}

// nearest is the word that differs least from what was typed, if it differs
// little or one is a part of the other; else "".
func nearest(typed string, words []string) string {
	best, least := "", len(typed)/3+2
	for _, w := range words {
		d := distance(typed, w)
		if len(typed) > 2 && strings.Contains(w, typed) || len(w) > 2 && strings.HasPrefix(typed, w) {
			d = 1
		}
		if d < least {
			best, least = w, d
		}
	}
	return best
}

// meant asks whether the nearest word was meant, in both languages.
func meant(typed string, words []string) (en, zh string) {
	near := nearest(typed, words)
	if near == "" {
		return "", ""
	}
	return "; is " + near + " meant?", "；是否为 " + near + "？"
}

// distance is how many letters have to change, come or go to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// versions says which version of the command and of the rules this is.
func (c *command) versions() string {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	text := []string{"icpcode " + version + "\n" + c.say("rule sets:", "规则集：")}
	for _, name := range presets.Names() {
		if p, err := presets.Lookup(name); err == nil {
			sets := p.Book.Sets()
			text = append(text, sets[len(sets)-1].Version)
		}
	}
	return strings.Join(text, " ") + "\n"
}

// judging adds the flags of commands that judge servers.
func (c *command) judging(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.factsFile, "facts", "", c.say(
		"CSV or .xlsx `FILE` with facts that no inventory gives, by server: id,owner,trial,term_months,...",
		"CSV或.xlsx`文件`，按服务器给出清单没有的事实：id,owner,trial,term_months等列",
	))
	f.StringArrayVar(&c.issFlags, "issued", nil, c.say(
		"codes issued so far: one `NUMBER` for every server, ID=NUMBER for one of them, or a CSV or .xlsx file with the columns id and issued; without it how many are left is unknown",
		"已申请的数量：适用于所有服务器的`数字`、某台服务器的 实例ID=数字，或含id、issued（实例ID、已申请数量）两列的CSV或.xlsx文件；不给出则剩余数量未知",
	))
	f.StringArrayVar(&c.accFlags, "account", nil, c.say(
		"`FACTS` about the account that applies: id=1001,certification=enterprise,buyer=yes,for=others; without an id the buyer of each server applies",
		"申请账号的`事实`：id=1001,certification=enterprise,buyer=yes,for=others；没有id则由各服务器的购买账号申请",
	))
	f.StringArrayVar(&c.assFlags, "assume", nil, c.say(
		"`RULES` whose missing facts are assumed to pass, such as ELG-TERM; every output says so",
		"缺少事实时假定通过的`规则`，例如ELG-TERM；所有输出都会注明",
	))
	f.StringVar(&c.regionFlag, "region", "", c.say(
		"`REGION` of servers whose inventory does not say theirs",
		"清单未说明地域的服务器所在的`地域`",
	))
	c.owning(cmd)
	f.BoolVar(&c.keepGoing, "keep-going", false, c.say(
		"report what cannot be read and answer the rest; the exit status is 3 all the same",
		"遇到无法读取的内容时报告并继续回答其余部分；退出状态仍为3",
	))
	_ = cmd.RegisterFlagCompletionFunc("assume", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return c.ruleWords(slices.Collect(assumable.All())), cobra.ShellCompDirectiveNoFileComp
	}) // the flag is there
	_ = cmd.RegisterFlagCompletionFunc("account", words(
		"id=", "certification=personal", "certification=self-employed", "certification=sole-trader", "certification=enterprise",
		"buyer=yes", "for=others",
	)) // the flag is there
}

// owning adds the flag that says what the owner in a billing list is.
func (c *command) owning(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.ownerBuys, "owner-buys", false, c.say(
		"take the OwnerId of Alibaba Cloud's billing list for the account that bought the server, which that list does not say",
		"将阿里云费用清单中的OwnerId视为购买账号（该清单本身不说明由谁购买）",
	))
}

// asking adds the flags about rules and time.
func (c *command) asking(cmd *cobra.Command, rulesUsage string) {
	f := cmd.Flags()
	f.StringVar(&c.atFlag, "at", "", c.say(
		"`TIME` that is asked about, past or future: 2026-03-01, \"2026-03-01 10:00\" (China) or RFC 3339; without it now",
		"判断所用的`时间`，可为过去或将来：2026-03-01、\"2026-03-01 10:00\"（北京时间）或RFC 3339；未指定则为现在",
	))
	f.StringArrayVar(&c.ruleFlags, "rules", nil, rulesUsage)
	_ = cmd.RegisterFlagCompletionFunc("at", cobra.NoFileCompletions) // the flag is there
	_ = cmd.RegisterFlagCompletionFunc("rules", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return presetWords(), cobra.ShellCompDirectiveDefault
	}) // the flag is there
}

// question reads the flags into a question.
func (c *command) question() (*question, error) {
	q := &question{at: c.now(), region: c.regionFlag, lang: c.lang, facts: &inventory.Facts{}}
	var err error
	if c.atFlag != "" {
		if q.at, err = parseTime(c.atFlag); err != nil {
			return nil, usage(errorf("-at %v", "-at %v", err))
		}
	}
	if q.assume, err = parseAssume(c.assFlags); err != nil {
		return nil, usage(errorf("-assume: %v", "-assume：%v", err))
	}
	if q.account, err = parseAccount(c.accFlags); err != nil {
		return nil, usage(errorf("-account: %v", "-account：%v", err))
	}
	if err := checkID(q.region); q.region != "" && err != nil {
		return nil, usage(errorf("-region %v", "-region：%v", err))
	}
	if q.issued, err = c.parseIssued(c.issFlags); err != nil {
		return nil, usage(errorf("-issued: %v", "-issued：%v", err))
	}
	if q.books, err = openBooks(c.ruleFlags, c.open); err != nil {
		return nil, usage(errorf("-rules: %v", "-rules：%v", err))
	}
	// The default book has to have rules for that time. Of the others a server
	// may never ask.
	if _, err := q.books.at(q.books.list[0].provider, q.at); err != nil {
		return nil, usage(err)
	}
	if c.factsFile == "" {
		return q, nil
	}
	if q.facts, err = c.readFacts(); err != nil {
		return nil, usage(err)
	}
	return q, nil
}

// readFacts reads the file of -facts.
func (c *command) readFacts() (*inventory.Facts, error) {
	f, err := c.readable(c.factsFile, factsHeader)
	if err != nil {
		return nil, err
	}
	facts, err := inventory.ReadFacts(f)
	f.close()
	if err == nil {
		c.assumed(c.factsFile, f)
		return facts, nil
	}
	var bad *inventory.FactsError
	var reading *readError
	if errors.As(err, &reading) {
		err = reading // it says where
	}
	if errors.As(err, &bad) && bad.Line <= 1 && bad.Column == "" && f.text != nil {
		if said := recognise(err, f.head); said != nil {
			err = said
		}
	}
	return nil, errorf("%s: %v", "%s：%v", c.shown(c.factsFile), err)
}

// inventories checks the names of the inventory files. Standard input can be
// read once.
func (c *command) inventories(files []string) error {
	n := 0
	for _, name := range slices.Concat([]string{c.factsFile}, c.issFlags, c.ruleFlags, files) {
		if name == stdinName {
			n++
		}
	}
	if n > 1 {
		return usage(errorf("standard input (-) can be read only once", "标准输入（-）只能读取一次"))
	}
	return nil
}
