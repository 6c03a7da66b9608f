package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"
)

func (c *command) precheckCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   c.say("precheck FILE...", "precheck 文件..."),
		Short: c.say("which servers may have codes, how many, and why not the others", "哪些服务器可以申请备案服务码、可以申请多少个，其余为何不可以"),
		Long: c.say(
			"precheck answers for each server of the inventories whether it may have one more code: yes, no, or cannot tell, and then which fact is missing. At the end it says how many codes the fleet can have now, how many more after which remedies, and when that changes because servers expire.\n\nA file is what the provider's tool prints as JSON, or a list of servers as CSV or Excel workbook (.xlsx), with headers in English or Chinese; - is standard input. Texts may be UTF-8, UTF-16 or GB18030 (GBK). Pages of one list may be in several files. What terraform show -json prints of a plan or a state is read, too: what can never give a code shows before it is bought. Of a workbook all sheets with servers are read; fleet.xlsx#Sheet1 is one of them.\n\nA fact that the inventory does not give is unknown and never guessed: no inventory says who bought a server, for how long, whether it is a trial, whether another filing holds its address, or how many codes it has had. Give such facts with -facts, -issued and -account, or assume their rules with -assume. Each server is judged by the rules of its own provider unless -rules says otherwise.\n\nThe exit status is 0 if every server may, 1 if one may not, 4 if none may not but of one it cannot be told, 3 if an inventory is incomplete or cannot be read or there are no servers, 2 if the command line or a file that it names is wrong, or such a file speaks of a server that is in no inventory.",
			"precheck 对清单中的每台服务器回答能否再申请一个备案服务码：可以、不可以，或无法判断以及缺少哪项事实。最后汇总现在可申请的数量、采取哪些措施后还能增加多少，以及何时因到期而变化。\n\n文件可以是云服务商工具输出的JSON，也可以是CSV或Excel工作簿（.xlsx）形式的服务器列表，表头中英文均可；- 表示标准输入。文本编码可为UTF-8、UTF-16或GB18030（GBK）。同一清单的多页可分放在多个文件中。也可读取 terraform show -json 输出的计划或状态：购买之前即可发现无法申请的资源。工作簿中含服务器的工作表全部读取；fleet.xlsx#Sheet1 只读其中一个。\n\n清单没有的事实一律为未知，绝不猜测：没有清单说明服务器由谁购买、购买多久、是否试用、IP是否被其他备案占用、已申请多少个。请用 -facts、-issued、-account 给出，或用 -assume 假定相应规则通过。除非用 -rules 指定，每台服务器按其提供商的规则判断。\n\n退出状态：0表示全部可以；1表示有不可以的；4表示没有不可以但有无法判断的；3表示清单不完整、无法读取或没有服务器；2表示命令行或其所指文件有误，或所指文件中有不在任何清单中的服务器。",
		),
		Example: c.say(
			"aliyun ecs DescribeInstances | icpcode precheck -\nicpcode precheck ecs.json -facts facts.csv -issued 0\nicpcode precheck ecs.json -assume ELG-TERM,ELG-IPINUSE -at 2027-01-01\nicpcode precheck ecs.json -explain i-bp1h4adlltjc1d48goaq\nicpcode precheck *.json -csv > fleet.csv\nicpcode precheck *.json -html > fleet.html\nterraform show -json plan | icpcode precheck -",
			"aliyun ecs DescribeInstances | icpcode precheck -\nicpcode precheck ecs.json -facts facts.csv -issued 0\nicpcode precheck ecs.json -assume ELG-TERM,ELG-IPINUSE -at 2027-01-01\nicpcode precheck ecs.json -explain i-bp1h4adlltjc1d48goaq\nicpcode precheck *.json -csv > fleet.csv\nicpcode precheck *.json -html > fleet.html\nterraform show -json plan | icpcode precheck -",
		),
		Args: func(_ *cobra.Command, files []string) error {
			switch {
			case len(files) == 0:
				return errorf("name the inventory files; - is standard input", "请指定清单文件；- 表示标准输入")
			case c.sitesFlag < 0 || c.sitesFlag > maxSites:
				return errorf("-sites takes a number up to %d", "-sites 应为不超过%d的数字", maxSites)
			case c.sitesFlag > 0 && (c.csv || c.explainID != ""):
				return errorf("-sites goes with neither -csv nor -explain", "-sites 不能与 -csv 或 -explain 同用")
			case c.csv && (c.json || c.explainID != ""):
				return errorf("-csv goes with neither -json nor -explain", "-csv 不能与 -json 或 -explain 同用")
			}
			return c.oneForm(c.json || c.csv || c.explainID != "" || c.sitesFlag > 0)
		},
		RunE: func(_ *cobra.Command, files []string) error { return c.precheck(files) },
	}
	f := cmd.Flags()
	f.BoolVar(&c.json, "json", false, c.say("one JSON document, for programs", "输出一个JSON文档，供程序使用"))
	f.BoolVar(&c.csv, "csv", false, c.say(
		"CSV, a row for each server and reason; without the fleet's totals. With -lang zh for Excel: Chinese headers, and a byte order mark",
		"输出CSV，每台服务器的每个原因一行，数量只在首行；不含汇总。-lang zh 时表头为中文并带BOM，可直接用Excel打开",
	))
	c.reporting(cmd)
	f.IntVar(&c.sitesFlag, "sites", 0, c.say(
		"what to renew, convert, bind or buy so that a `NUMBER` of sites can be filed, fewest changes first", "备案`数量`个网站需要续费、转包月、绑定或购买什么，变更最少的在前"))
	f.StringVar(&c.explainID, "explain", "", c.say("everything about the server of this `ID`", "说明该`ID`的服务器的全部情况"))
	c.judging(cmd)
	c.asking(cmd, c.say(
		"rule `BOOK` to judge all servers by: a preset or a JSON file; several: each server by that of its provider",
		"用于判断所有服务器的`规则簿`：预置名称或JSON文件；给出多个时按服务器的提供商选用",
	))
	return cmd
}

// printer shows answers as they come. It may not keep them.
type printer interface {
	begin(q *question) error
	server(a *answer) error
	// end is not called where the answers are cut short; stop is.
	end(f *fleet) error
	stop(err error) error
}

func (c *command) precheck(files []string) error {
	if err := c.inventories(files); err != nil {
		return err
	}
	q, err := c.question()
	if err != nil {
		return err
	}
	if c.explainID != "" {
		return c.explain(files, q)
	}
	var p printer = newTable(c)
	switch {
	case c.json:
		p = &jsonPrinter{command: c}
	case c.csv:
		p = &csvPrinter{command: c}
	case c.reports() > 0:
		out, err := c.reporter(c.serverColumns())
		if err != nil {
			return err
		}
		p = &reportPrinter{command: c, out: out}
	}
	if err := p.begin(q); err != nil {
		return c.unwritten(err)
	}
	f := newFleet(c.speaker)
	err = c.each(files, q, func(a *answer) error {
		f.add(a)
		c.verdicts[a.verdict]++
		if err := p.server(a); err != nil {
			return c.unwritten(err)
		}
		if c.terminal && (c.csv || c.json) {
			return c.unwritten(c.out.Flush()) // a person is waiting
		}
		return nil
	})
	if err != nil {
		stopped := p.stop(err)
		return errors.Join(err, stopped, c.out.Flush())
	}
	return c.unwritten(p.end(f))
}

// unwritten says that the output could not be written.
func (c *command) unwritten(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitInput, errorf("cannot write: %v", "无法写出：%v", err)}
}

// when shows an instant to the minute, in China.
func when(t time.Time) string { return t.In(china).Format("2006-01-02 15:04") }
