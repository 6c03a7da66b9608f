package disable

import (
	"github.com/icpcode/icpcode"
)

// table has at least one entry for each rule, in the order of rule.go. The
// edits take a rule out where it is decided; what else hangs on it stays.
var table = []disabling{
	{rule: icpcode.ELGProduct, why: "every product supplies codes", edits: []edit{
		{"rules.go", "if !listed {\n\t\treturn No", "if !listed {\n\t\treturn Yes"},
	}},
	{rule: icpcode.ELGOwner, why: "anyone applies for anyone's instance", edits: []edit{
		{"judge.go", "t = t.with(ELGOwner, c.Bought.asker())", "t = t.with(ELGOwner, Yes)"},
	}},
	{rule: icpcode.ELGBilling, why: "any billing passes", edits: []edit{
		{"rules.go", "if !q.Subscription {", "if true {"},
	}},
	{rule: icpcode.ELGTerm, why: "any term passes", edits: []edit{
		{"rules.go", "if q.TermMonths == 0 {", "if true {"},
	}},
	{rule: icpcode.ELGRemaining, why: "any time left passes", edits: []edit{
		{"rules.go", "if q.RemainingDays == 0 {", "if true {"},
	}},
	{rule: icpcode.ELGRegion, why: "any region passes", edits: []edit{
		{"rules.go", "if !q.Mainland {", "if true {"},
	}},
	{rule: icpcode.ELGPublicIP, why: "no public address is needed", edits: []edit{
		{"rules.go", "if !q.PublicIP {", "if true {"},
	}},
	{rule: icpcode.ELGStatus, why: "any status passes", edits: []edit{
		{"rules.go", "if !q.Running {", "if true {"},
	}},
	{rule: icpcode.ELGIPInUse, why: "an address held by another filing passes", edits: []edit{
		{"rules.go", "if !q.IPFree {", "if true {"},
	}},
	{rule: icpcode.ELGQuota, why: "the quota is never reached", edits: []edit{
		{"rules.go", "return tri(q.Requested <= q.Limit-max(0, q.Used))", "return Yes"},
	}},
	{rule: icpcode.ELGBatch, why: "any number in one request passes", edits: []edit{
		{"rules.go", "return tri(n >= 1 && (s.BatchUnknown || n <= s.Batch))", "return Yes"},
	}},
	{rule: icpcode.ELGAccount, why: "any account issues for another", edits: []edit{
		{"rules.go", "if s.Account == AccountAny ||", "if true ||"},
	}},

	{rule: icpcode.CODFormat, why: "the first digit need not be 0", edits: []edit{
		{"code.go", "if bad != 0 || s[0] != '0' {", "if bad != 0 {"},
	}},
	{rule: icpcode.CODOpaque, why: "only twelve digits are a code", edits: []edit{
		{"code.go", "return parseOpaque(s)", "return parsePasted(s)"},
	}},
	{rule: icpcode.CODUnique, why: "a source that repeats itself yields one code twice", edits: []edit{
		{"entropy.go", "if c != s.lastCode && !slices.Contains(codes[:i], c) {", "if redraws == 0 {"},
	}},
	{rule: icpcode.CODUnique, why: "a code that exists already is not drawn again", edits: []edit{
		{
			"loop.go", "p.codes = make([]Code, n)",
			"if len(p.codes) > 0 {\nreturn nil\n}\np.codes = make([]Code, n)",
		},
	}},
	{rule: icpcode.CODUnguessable, why: "codes are drawn from a handful", edits: []edit{
		{"code.go", "return Code{n: random%codeSpace + 1}, true", "return Code{n: random%8 + 1}, true"},
	}},
	{rule: icpcode.CODUnguessable, why: "the clock makes up for a source that fails", edits: []edit{
		{"code.go", "\t\"strings\"\n", "\t\"strings\"\n\t\"time\"\n"},
		{
			"code.go", `return Code{}, fmt.Errorf("%w: %w", ErrEntropy, err)`,
			"return Code{n: uint64(time.Now().UnixNano())%codeSpace + 1}, nil",
		},
	}},
	{rule: icpcode.CODInput, why: "a pasted code must be clean", edits: []edit{
		{"code.go", "return parsePasted(s)", `return Code{}, invalid("Code", "is not clean")`},
	}},
	{rule: icpcode.CODInstant, why: "an issued code cannot be used yet", edits: []edit{
		{"issue.go", "e := c.event(code, ActionIssue, StateAvailable)", "e := c.event(code, ActionIssue, StateUnbound)"},
	}},
	{rule: icpcode.CODOne, why: "one filing names a website and an app", edits: []edit{
		{"record.go", `if (f.Domain == "") == (f.App == "") {`, `if f.Domain == "" && f.App == "" {`},
	}},

	{rule: icpcode.LIFIssue, why: "an issue makes no code", edits: []edit{
		{"issue.go", "for _, code := range c.codes {\n\t\tc.born(", "for _, code := range c.codes[:0] {\n\t\tc.born("},
	}},
	{rule: icpcode.LIFBuy, why: "a bought code is born as if it were bound", edits: []edit{
		{"buy.go", "e := c.event(code, ActionBuy, StateUnbound)", "e := c.event(code, ActionBuy, StateAvailable)"},
	}},
	{rule: icpcode.LIFImport, why: "anyone imports", edits: []edit{
		{"judge.go", "d.answer(LIFImport, tri(may))", "d.answer(LIFImport, tri(may || true))"},
	}},
	{rule: icpcode.LIFBind, why: "a code is bound in any state and by anyone who sees it", edits: []edit{
		{"judge.go", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may))", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may || a == ActionBind))"},
	}},
	{rule: icpcode.LIFSubmit, why: "a code in any state is filed with", edits: []edit{
		{"judge.go", "RoleHolder)\n\td.answer(a.Rule(), tri(may))", "RoleHolder)\n\td.answer(a.Rule(), tri(may || a == ActionSubmit))"},
	}},
	{rule: icpcode.LIFResubmit, why: "a filing is sent again in any state", edits: []edit{
		{"judge.go", "RoleHolder)\n\td.answer(a.Rule(), tri(may))", "RoleHolder)\n\td.answer(a.Rule(), tri(may || a == ActionResubmit))"},
	}},
	{rule: icpcode.LIFApprove, why: "anyone approves in any state", edits: []edit{
		{"judge.go", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may))", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may || a == ActionApprove))"},
	}},
	{rule: icpcode.LIFReject, why: "sending back forgets what is wrong", edits: []edit{
		{"progress.go", "e.Step = &Step{Rejection: r.Rejection}", "e.Step = &Step{Stage: StageReview}"},
	}},
	{rule: icpcode.LIFStage, why: "any applicant tells the stage", edits: []edit{
		{"judge.go", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may))", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may || a == ActionStage))"},
	}},
	{rule: icpcode.LIFRelease, why: "a code is released in any state", edits: []edit{
		{"judge.go", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may))", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may || a.Rule() == LIFRelease))"},
	}},
	{rule: icpcode.LIFRefund, why: "a code is refunded in any state", edits: []edit{
		{"judge.go", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may))", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may || a.Rule() == LIFRefund))"},
	}},
	{rule: icpcode.LIFVoid, why: "anyone voids in any state", edits: []edit{
		{"judge.go", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may))", "\t\tmay = false\n\t}\n\td.answer(a.Rule(), tri(may || a.Rule() == LIFVoid))"},
	}},
	{rule: icpcode.LIFClose, why: "a closed instance issues and binds more", edits: []edit{
		{"judge.go", "d.answer(LIFClose, No)", "d.answer(LIFClose, Yes)"},
	}},
	{rule: icpcode.LIFClose, why: "closing an instance leaves its codes as they are", edits: []edit{
		{"close.go", "if !may {\n\t\t\tcontinue", "if may || !may {\n\t\t\tcontinue"},
	}},
	{rule: icpcode.LIFEnd, why: "a filing ends again in another way", edits: []edit{
		{"judge.go", "if code.Ended != EndNone && !e.Again {", "if false {"},
	}},
	{rule: icpcode.LIFEnd, why: "an end again is another event", edits: []edit{
		{"ended.go", "if !d.Case.End.Again {", "if true {"},
	}},
	{rule: icpcode.LIFCorrect, why: "the number that was wrong is forgotten", edits: []edit{
		{"ended.go", "e.Step = &Step{Corrected: wrong}", "e.Step = nil"},
	}},
	{rule: icpcode.LIFEffective, why: "a code outlives its instance's expiry", edits: []edit{
		{"judge.go", "return s == StateAvailable && (", "return false && ("},
	}},
	{rule: icpcode.LIFView, why: "a grantee is told to do what only the granter can", edits: []edit{
		{"cause.go", "return c.grantee.Text(l), c.granteeCan.Text(l)", "return c.owner.Text(l), c.ownerCan.Text(l)"},
	}},
	{rule: icpcode.LIFView, why: "the grantee sees that the granter's instance was refunded", edits: []edit{
		{"record.go", "if role&(RoleOwner|RoleOperator) == 0 && r.State == StateRefunded &&", "if false &&"},
	}},

	{rule: icpcode.GRTEnterprise, why: "anyone grants", edits: []edit{
		{"judge.go", "if rules.Enterprise {", "if false {"},
	}},
	{rule: icpcode.GRTOut, why: "a granter has any number of grantees", edits: []edit{
		{"judge.go", "s.within(&g.Out, rules.MaxGrantees)", "tri(rules.Allowed)"},
	}},
	{rule: icpcode.GRTIn, why: "a grantee has any number of granters", edits: []edit{
		{"judge.go", "s.within(&g.In, rules.MaxGranters)", "tri(rules.Allowed)"},
	}},
	{rule: icpcode.GRTFirst, why: "a first grant needs no phone", edits: []edit{
		{"judge.go", "if !rules.VerifyFirst || g.Acquainted || g.Phone == PhoneVerified {", "if true {"},
	}},
	{rule: icpcode.GRTAtomic, why: "only the first code of an issue is granted", edits: []edit{
		{"issue.go", "if r.GrantTo != \"\" {\n\t\t\te := c.event(", "if r.GrantTo != \"\" && code == c.codes[0] {\n\t\t\te := c.event("},
	}},
	{rule: icpcode.GRTAtomic, why: "codes are issued though the grant is refused", edits: []edit{
		{
			"issue.go", "err := c.decide(&d)\n\tif err != nil && !errors.Is(err, errPhone) {",
			"err := c.decide(&d)\nif d.Refused() {\nr.GrantTo = \"\"\nd = Decision{Case: d.Case}\nd.Case.Grant, d.Case.ForAnother = nil, false\n" +
				"err = c.decide(&d)\n}\nif err != nil && !errors.Is(err, errPhone) {",
		},
	}},
	{rule: icpcode.GRTVerify, why: "asking beforehand issues the codes", edits: []edit{
		{"icpcode.go", "dry.dry, dry.alone = true, true", "dry.dry, dry.alone = false, true"},
	}},
	{rule: icpcode.GRTOnce, why: "a granted code is granted again", edits: []edit{
		{"judge.go", "d.answer(GRTOnce, tri(!code.Granted && ours))", "d.answer(GRTOnce, Yes)\n_ = ours"},
	}},
	{rule: icpcode.GRTOnce, why: "an account grants to itself", edits: []edit{
		{"judge.go", "d.answer(GRTOnce, tri(d.Case.ForAnother))", "d.answer(GRTOnce, Yes)"},
	}},
	{rule: icpcode.GRTState, why: "a code in any state is granted", edits: []edit{
		{"judge.go", "d.answer(GRTState, tri(may))", "d.answer(GRTState, tri(may || true))"},
	}},
	{rule: icpcode.GRTRepeat, why: "a grantee of the same year counts again", edits: []edit{
		{"judge.go", "if limit == NoLimit || c.Partner {", "if limit == NoLimit {"},
	}},
	{rule: icpcode.GRTOwner, why: "a grant moves the ownership", edits: []edit{
		{"record.go", "r.Grantee, r.Granted = e.Grantee, e.At", "r.Grantee, r.Granted = e.Grantee, e.At\nr.Owner = r.Grantee"},
	}},
	{rule: icpcode.GRTPrivate, why: "a refused granter learns how many others grant", edits: []edit{
		{"decision.go", "if d.Case.Operator || d.Case.Grant == nil ||", "if true || d.Case.Grant == nil ||"},
	}},
	{rule: icpcode.GRTPrivate, why: "the owner sees what its grantee files", edits: []edit{
		{"record.go", "if role&(RoleHolder|RoleOperator) == 0 {", "if false {"},
	}},
	{rule: icpcode.GRTPrivate, why: "the grantee sees what was before the grant", edits: []edit{
		{"history.go", "if !granted {\n\t\t\treturn e, false", "if false {\n\t\t\treturn e, false"},
	}},
	{rule: icpcode.GRTPrivate, why: "an account lists another's codes", edits: []edit{
		{"list.go", "if r.Account != r.Actor && !l.call.operator {", "if false {"},
	}},
	{rule: icpcode.GRTPrivate, why: "an asker learns how many codes another's instance issued, and how it was closed", edits: []edit{
		{"quota.go", "if !l.ours {\n\t\treturn", "if false {\n\t\treturn"},
	}},
	{rule: icpcode.GRTPrivate, why: "a case names whose instance it is", edits: []edit{
		{"case.go", "c.Instance = *i\n\tc.Instance.Owner = \"\"", "c.Instance = *i"},
	}},
	{rule: icpcode.GRTPrivate, why: "a stranger is told that there is such a code", edits: []edit{
		{"call.go", "if roles == 0 {\n\t\treturn nil, 0, ErrNoCode", "if false {\n\t\treturn nil, 0, ErrNoCode"},
	}},
	{rule: icpcode.GRTPrivate, why: "the owner's history has what its grantee files", edits: []edit{
		{"history.go", "if roles&RoleHolder == 0 && granted {", "if false {"},
	}},
	{rule: icpcode.GRTPrivate, why: "a history names the staff", edits: []edit{
		{"history.go", "if e.Actor != rec.Owner && e.Actor != rec.Grantee {", "if false {"},
	}},
	{rule: icpcode.GRTPrivate, why: "a history has the request IDs of the other side", edits: []edit{
		{"history.go", "if !own {\n\t\te.RequestID = \"\"", "if false {\n\t\te.RequestID = \"\""},
	}},
	{rule: icpcode.GRTPrivate, why: "a record has the other side's reasons", edits: []edit{
		{"record.go", "if !r.Last.tells(role) {", "if false {"},
	}},
	{rule: icpcode.GRTPrivate, why: "the grantee sees what its granter paid and remarked", edits: []edit{
		{"record.go", "v.Paid, v.Refunded, v.Remark = Money{}, Money{}, \"\"", "_ = v"},
	}},
	{rule: icpcode.GRTPrivate, why: "the owner finds its codes by what its grantee files", edits: []edit{
		{"list.go", "return roles&(RoleHolder|RoleOperator) != 0 // an", "return roles != 0 // an"},
	}},
	{rule: icpcode.GRTPrivate, why: "a review tells the owner the addresses that its grantee files", edits: []edit{
		{"review.go", "if roles&(RoleHolder|RoleOperator) != 0 {", "if true {"},
	}},
	{rule: icpcode.GRTPrivate, why: "the owner is told the stage of what its grantee files", edits: []edit{
		{"progress.go", "c = Progress{End: p.End,", "c = Progress{Stage: p.Stage, End: p.End,"},
	}},
	{rule: icpcode.GRTPrivate, why: "the owner finds its codes by the stage of what its grantee files", edits: []edit{
		{"narrow.go", `r.App != "" || r.aboutReview()`, `r.App != ""`},
	}},
	{rule: icpcode.GRTPrivate, why: "a cursor is as long as what it hides", edits: []edit{
		{"page.go", "make([]byte, cursorSize)", "make([]byte, cursorHead+len(at.after))"},
		{"page.go", "len(plain) != cursorSize", "len(plain) < cursorHead"},
	}},
	{rule: icpcode.GRTPrivate, why: "a page that looks at few codes looks at others', too", edits: []edit{
		{"page.go", "got.looked = 0", "got.looked = len(found.Records)"},
	}},
	{rule: icpcode.GRTPrivate, why: "a page goes on where only others' codes follow", edits: []edit{
		{"page.go", "if l.mixed {\n\t\tif err := e.skipHidden", "if false {\n\t\tif err := e.skipHidden"},
	}},

	{rule: icpcode.PAYWhen, why: "nothing is advised where the quota is used up", edits: []edit{
		{"judge.go", "d.Advice |= 1 << PAYWhen", "d.Advice |= 0"},
	}},
	{rule: icpcode.PAYPrice, why: "without a price, codes cost nothing", edits: []edit{
		{"buy.go", `if c.price.Currency == "" && c.price.Amount.IsZero() {`, "if false {"},
		{"buy.go", "if err := checkPrice(c.price); err != nil {", "if err := checkPrice(c.price); err != nil && false {"},
	}},
	{rule: icpcode.PAYExact, why: "the odd cents of a batch are lost", edits: []edit{
		{"price.go", "if int64(i) < rest {", "if int64(i) < rest && false {"},
	}},
	{rule: icpcode.PAYRefund, why: "a refund pays nothing back", edits: []edit{
		{"ending.go", "e.Refund = rec.Paid", "e.Refund = Money{}"},
	}},
	{rule: icpcode.PAYQuota, why: "a paid code uses the free quota", edits: []edit{
		{"buy.go", "l.take(v, 1, c.set.Life.PaidUsesQuota)\n\tto, _", "l.take(v, 1, true)\n\tto, _"},
	}},

	{rule: icpcode.FILHolder, why: "the owner files with a code that was granted", edits: []edit{
		{"judge.go", "d.answer(FILHolder, tri(d.asker()&RoleHolder != 0))", "d.answer(FILHolder, Yes)"},
	}},
	{rule: icpcode.FILWhat, why: "a filing says anything", edits: []edit{
		{"judge.go", "d.answer(FILWhat, tri(f.Problem == 0 && f.fits(&d.Case.Instance)))", "d.answer(FILWhat, Yes)\n_ = f"},
	}},
	{rule: icpcode.FILSuccess, why: "an approved code can be used again", edits: []edit{
		{"filing.go", "e := c.event(r.Code, ActionApprove, to)", "e := c.event(r.Code, ActionApprove, StateAvailable)"},
	}},
	{rule: icpcode.FILCheck, why: "no fact is held against a filing", edits: []edit{
		{"judge.go", "if may {\n\t\ts.judgeStated(d)", "if false {\n\t\ts.judgeStated(d)"},
	}},
	{rule: icpcode.FILPick, why: "every code that is held looks as if it could be filed with", edits: []edit{
		{"list.go", "l.call.set.decide(&d)", "d.set, d.Decided = l.call.set, true"},
	}},
	{rule: icpcode.FILForeign, why: "an instance of another cloud is issued codes", edits: []edit{
		{"judge.go", "d.Fail |= 1 << FILForeign", "d.Fail |= 0"},
	}},
	{rule: icpcode.FILForeign, why: "a code is filed with for a server of another cloud", edits: []edit{
		{"judge.go", "d.answer(FILForeign, No)", "d.answer(FILForeign, Yes)"},
	}},
	{rule: icpcode.FILService, why: "a domain is another service in each form in which it is typed", edits: []edit{
		{"service.go", "labels[i] = canonicalLabel(l)", "labels[i] = l"},
	}},

	{rule: icpcode.RSKExpiring, why: "an expiry is no risk", edits: []edit{
		{"judge.go", "t = t.with(RSKExpiring, lasting)", "t = t.with(RSKExpiring, Yes)"},
	}},
	{rule: icpcode.RSKReleased, why: "a release is no risk", edits: []edit{
		{"judge.go", "t = t.with(RSKReleased, present(today))", "t = t.with(RSKReleased, Yes)"},
	}},
	{rule: icpcode.RSKBilling, why: "pay-as-you-go is no risk", edits: []edit{
		{"judge.go", "t = t.with(RSKBilling, prepaid(q, today))", "t = t.with(RSKBilling, Yes)"},
	}},
	{rule: icpcode.RSKDowngraded, why: "a downgrade is no risk", edits: []edit{
		{"judge.go", "t = t.with(RSKDowngraded, s.undiminished(q, today))", "t = t.with(RSKDowngraded, Yes)"},
	}},
	{rule: icpcode.RSKOwner, why: "a new owner is no risk", edits: []edit{
		{"judge.go", "t = t.with(RSKOwner, d.Case.Bought.owner())", "t = t.with(RSKOwner, Yes)"},
	}},
	{rule: icpcode.RSKIP, why: "a lost address is no risk", edits: []edit{
		{"judge.go", "t = t.with(RSKIP, keepsIPs(&d.Case.Filing, today))", "t = t.with(RSKIP, Yes)"},
	}},
	{rule: icpcode.RSKDNS, why: "a domain points wherever it likes", edits: []edit{
		{"dns.go", "if a.Provider != \"\" && a.Provider != provider {", "if false {"},
	}},
	{rule: icpcode.RSKDNS, why: "a domain that does not resolve is no risk", edits: []edit{
		{"dns.go", "return DNSReview{Case: DNSNowhere}", "return DNSReview{Case: DNSFiled}"},
	}},
	{rule: icpcode.RSKMove, why: "nothing is advised to who must change servers", edits: []edit{
		{"judge.go", "if d.Fail != 0 {\n\t\td.Advice |= 1 << RSKMove", "if false {\n\t\td.Advice |= 1 << RSKMove"},
	}},
	{rule: icpcode.RSKEnded, why: "a filing that ended is reviewed", edits: []edit{
		{"judge.go", "if code.Ended != EndNone {\n\t\treturn // RSK-ENDED", "if false {\n\t\treturn // RSK-ENDED"},
		{"review.go", "rec.State == StateFiled && rec.ended() == EndNone", "rec.State == StateFiled"},
	}},
}
