package console

import (
	"errors"

	"github.com/icpcode/icpcode"
)

// act is something to do with one code: it is asked for on the page of the
// code, shown as it would be done, and done once it was confirmed.
type act struct {
	title, note icpcode.Bilingual
	page        string   // what the page of the code is: "codes" or "review"
	fields      []string // of the form, beside the request ID
	do          func(*call, *icpcode.Engine, icpcode.Code) (icpcode.Result, error)
}

var (
	granting = act{
		icpcode.Bilingual{English: "Grant to an account", Chinese: "授权至其他账号"},
		icpcode.Bilingual{English: "A grant cannot be taken back or passed on.", Chinese: "授权后不能撤回，对方也不能再转授。"},
		"codes", []string{"to"}, grant,
	}
	binding = act{
		icpcode.Bilingual{English: "Bind to a server", Chinese: "绑定云产品实例"},
		icpcode.Bilingual{English: "A code is bound to one server for good.", Chinese: "绑定后不能更换云产品实例。"},
		"codes", []string{"server"}, bind,
	}
	refunding = act{
		icpcode.Bilingual{English: "Refund", Chinese: "退费"},
		icpcode.Bilingual{English: "A refunded code cannot be used any more.", Chinese: "退费后该服务码不能再使用。"},
		"codes", []string{"reason"}, refund,
	}
)

// field is a field of a form that is only carried on.
type field struct{ Name, Value string }

// confirmation shows what is about to be done.
type confirmation struct {
	Title, Note string
	Facts       []field // what is known of it, in words
	Action      string  // where it is confirmed
	Back        string
	Hidden      []field
	PhoneNeeded bool
	Problem     *problem
	Lines       []severalLine // that it is about, where they are several
	Numbers     bool          // each line needs an ICP number
}

// serve asks for a confirmation, or does what was confirmed.
func (a *act) serve(c *call) (page, error) {
	p, err := c.find()
	if err != nil {
		return page{}, err
	}
	eng, confirmed := c.h.eng, c.form("confirmed") != ""
	if !confirmed {
		eng = eng.DryRun()
	}
	got, err := a.do(c, eng, p.Code)
	if err == nil && (confirmed || got.Replayed) {
		return page{goOn: "/" + a.page + "/" + p.Handle}, nil
	}
	again, phone := c.mendable(err)
	if err != nil && !(confirmed && again) {
		return p.then(c, "", err)
	}
	f := a.confirmation(c, &p, got)
	f.PhoneNeeded = phone || got.PhoneNeeded
	status := 0
	if err != nil {
		bad := c.problemOf(err)
		f.Problem, status = &bad, bad.status
	} else if err := c.sendProof(got.PhoneNeeded, icpcode.AccountID(c.form("to"))); err != nil {
		return p.then(c, "", err)
	}
	return page{status: status, name: "confirm", data: f}, nil
}

// mendable reports whether the same request, confirmed again, can still
// succeed, and whether its phone is what it needs.
func (c *call) mendable(err error) (again, phone bool) {
	var no *icpcode.RefusedError
	if !errors.As(err, &no) {
		return err != nil && icpcode.CategoryOf(err).Repeat(), c.form("proof") != ""
	}
	for r := range no.Decision.Reasons(c.lang) {
		if r.Rule != icpcode.GRTFirst {
			return false, false
		}
	}
	return no.Decision.PhoneNeeded, no.Decision.PhoneNeeded
}

// sendProof has the proof of a first grant sent, if one is needed.
func (c *call) sendProof(needed bool, to icpcode.AccountID) error {
	send := c.h.o.SendProof
	if send == nil || !needed {
		return nil
	}
	return c.hook("SendProof", func() error {
		return send(c, icpcode.Verification{Granter: c.account, Grantee: to, RequestID: c.requestID()})
	})
}

// confirmation shows an act on a code, as a dry run answered it.
func (a *act) confirmation(c *call, p *codePage, got icpcode.Result) confirmation {
	f := confirmation{
		Title: a.title.Text(c.lang), Note: a.note.Text(c.lang), Action: c.r.URL.Path, Back: "/" + a.page + "/" + p.Handle,
		Hidden: []field{{"request_id", c.requestID()}, {"confirmed", "1"}},
		Facts:  []field{{c.text("Code", "服务码"), p.Masked}},
	}
	for _, name := range a.fields {
		v := c.form(name)
		f.Hidden = append(f.Hidden, field{name, v})
		if v != "" {
			f.Facts = append(f.Facts, field{fieldWords[name].Text(c.lang), c.fieldText(name, v)})
		}
	}
	if !got.Money.IsZero() {
		f.Facts = append(f.Facts, field{c.text("To be paid back", "退款金额"), got.Money.String()})
	}
	return f
}

// fieldWords are the names of fields in a confirmation.
var fieldWords = map[string]icpcode.Bilingual{
	"to":         {English: "Granted to account", Chinese: "被授权账号"},
	"server":     {English: "Server", Chinese: "云产品实例"},
	"reason":     {English: "Reason", Chinese: "原因"},
	"icp_number": {English: "ICP number", Chinese: "备案号"},
	"end":        {English: "How the filing ended", Chinese: "终止方式"},
	"successor":  {English: "Moved to code", Chinese: "移至的服务码"},
	"rejection":  {English: "To be corrected", Chinese: "驳回原因"},
	"stage":      {English: "Stage", Chinese: "审核阶段"},
}

// fieldText is what was chosen in a field, in words.
func (c *call) fieldText(name, value string) string {
	labels := map[string]map[string][2]string{"end": endLabels, "stage": stageLabels}[name]
	if l, ok := labels[value]; ok {
		return c.text(l[0], l[1])
	}
	if name == "successor" {
		if code, err := c.h.handles.Open(c.account, value); err == nil {
			return code.Masked()
		}
	}
	return value
}

func grant(c *call, eng *icpcode.Engine, code icpcode.Code) (icpcode.Result, error) {
	said, err := c.issueRequest(icpcode.Instance{}, 0)
	if err != nil {
		return icpcode.Result{}, err
	}
	return eng.Grant(c, icpcode.GrantRequest{
		Actor: c.account, RequestID: c.requestID(), Codes: []icpcode.Code{code}, GrantTo: icpcode.AccountID(c.form("to")),
		Certification: said.Certification, Proof: c.form("proof"), Assume: said.Assume,
	})
}

func bind(c *call, eng *icpcode.Engine, code icpcode.Code) (icpcode.Result, error) {
	i, err := c.facts(icpcode.InstanceID(c.form("server")))
	if err != nil {
		return icpcode.Result{}, err
	}
	said, err := c.issueRequest(i, 0)
	if err != nil {
		return icpcode.Result{}, err
	}
	return eng.Bind(c, icpcode.BindRequest{Actor: c.account, RequestID: c.requestID(), Code: code, Instance: i, Assume: said.Assume})
}

func refund(c *call, eng *icpcode.Engine, code icpcode.Code) (icpcode.Result, error) {
	return eng.Refund(c, icpcode.RefundRequest{Actor: c.account, RequestID: c.requestID(), Code: code, Reason: c.form("reason")})
}
