package console

import (
	"html/template"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
)

// china is the time that pages show.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

// either returns one of two texts, of which one may be empty.
func either(l icpcode.Lang, en, zh string) string {
	if l == icpcode.Chinese {
		return zh
	}
	return en
}

// groups are the parts in which a whole code is shown. What is copied has no
// space between them: the forms of providers take none.
func groups(code string) []string {
	if len(code) != 12 || strings.Trim(code, "0123456789") != "" {
		return []string{code}
	}
	return []string{code[:4], code[4:8], code[8:]}
}

// parsePages reads the templates for one language: t of two texts is the one in
// that language.
func parsePages(l icpcode.Lang, base string) *template.Template {
	text := func(en, zh string) string { return either(l, en, zh) }
	label := func(labels map[string][2]string, name string) string {
		if t, ok := labels[name]; ok {
			return text(t[0], t[1])
		}
		return name
	}
	return template.Must(template.New("").Funcs(template.FuncMap{
		"t":         text,
		"base":      func() string { return base },
		"other":     func() string { return text("zh", "en") },
		"state":     func(s icpcode.State) string { return s.Label(l) },
		"stage":     func(s icpcode.Stage) string { return label(stageLabels, s.String()) },
		"ended":     func(e icpcode.End) string { return label(endLabels, e.String()) },
		"kind":      func(k icpcode.FilingKind) string { return label(kindLabels, k.String()) },
		"source":    func(r icpcode.Reason) string { return r.Source(l) },
		"time":      func(t time.Time) string { return t.In(china).Format("2006-01-02 15:04") },
		"action":    func(a icpcode.Action) string { return text(actionWords[a.String()], a.Label(icpcode.Chinese)) },
		"stages":    func() []icpcode.Stage { return reviewStages },
		"requestID": newRequestID,
		"product":   func(p icpcode.Product) string { return productLabel(p, l) },
		"groups":    groups,
		"inc":       func(i int) int { return i + 1 },
		"way":       func(w string) string { return label(wayLabels, w) },
		"ends":      func() []icpcode.End { return filingEnds },
		"kinds":     func() []icpcode.FilingKind { return filingKinds },
		"states":    func() []icpcode.State { return codeStates },
	}).ParseFS(files, "pages/*.html"))
}

var (
	filingKinds = []icpcode.FilingKind{icpcode.FilingFirst, icpcode.FilingNewService, icpcode.FilingAccess, icpcode.FilingChange}
	codeStates  = []icpcode.State{
		icpcode.StateUnbound, icpcode.StateAvailable, icpcode.StateFiling, icpcode.StateFiled, icpcode.StateRefunded, icpcode.StateInvalid,
	}
	reviewStages = []icpcode.Stage{icpcode.StageVerification, icpcode.StageSMS, icpcode.StageReview}
	stageLabels  = map[string][2]string{
		"None": {"not known", "未知"}, "Verification": {"verification", "真实性核验"},
		"SMS": {"the regulator's SMS check", "管局短信核验"}, "Review": {"the regulator's review", "管局审核"},
	}
	filingEnds  = []icpcode.End{icpcode.EndDeregistered, icpcode.EndCancelled, icpcode.EndMoved}
	actionWords = map[string]string{ // of a history, in English
		"Issue": "issued", "Buy": "bought", "Import": "taken over", "Bind": "bound", "Grant": "granted", "Submit": "filing submitted", "Resubmit": "filing sent again",
		"Approve": "filing approved", "Release": "filing withdrawn or refused", "Forfeit": "filing withdrawn or refused, code spent", "Refund": "refunded", "Void": "voided",
		"CloseRefund": "server refunded", "CloseRelease": "server released", "Reject": "filing sent back", "Stage": "stage of the review", "End": "filing ended",
		"Correct": "ICP number put right",
	}
	wayLabels = map[string][2]string{
		"domain": {"domain", "域名"}, "app": {"name of the app", "App名称"}, "number": {"ICP number", "备案号"}, "server": {"server", "云产品实例"},
		"account": {"account that issued it", "购买账号"},
	}
	endLabels = map[string][2]string{
		"Deregistered": {"deregistered", "注销"}, "Cancelled": {"access cancelled", "取消接入"}, "Moved": {"moved to another code", "移至其他服务码"},
	}
	kindLabels = map[string][2]string{
		"First": {"first filing", "首次备案"}, "NewService": {"new website or app", "新增互联网信息服务"},
		"Access": {"access filing", "接入备案"}, "Change": {"change of a filing", "变更备案"},
	}
)
