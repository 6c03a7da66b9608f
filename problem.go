package icpcode

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// problems are what can be wrong with a field, beside those of a filing. A # stands
// for a number or an ID; what follows a colon is a value.
var problems = [...]Bilingual{
	{"and Limit and Look are of pages, and this list is whole", "、条数和查看条数只用于分页，本列表不分页"},
	{"are more than #", "超过#个"},
	{"are more than the codes have", "多于备案服务码所属的实例"},
	{"are not as many as the operation is about", "数量与操作不符"},
	{"are not between # and #", "数量须为#至#个"},
	{"are not the whole history of one code in order", "不是一个备案服务码按顺序的完整记录"},
	{"are not as many as the operation can have", "数量与操作不符"},
	{"begin after the first one: what came before was purged", "缺少最早的记录：之前的已清除"},
	{"contradicts itself", "前后矛盾"},
	{"differs from that of another set", "与另一个规则集中的不同"},
	{"does not begin with #", "须以#开头"},
	{"does not fit into one commit of this store: at most # codes do", "超出一次提交的上限：最多#个备案服务码"},
	{"does not go together with an instance, a number or another service", "不能与实例、备案号或其他互联网信息服务同时指定"},
	{"ends early", "内容不完整"},
	{"goes together with a grantee", "须与被授权账号同时填写"},
	{"goes together with an instance", "须与实例同时填写"},
	{"has a character that is neither a digit nor a space or hyphen", "含有数字、空格和连字符以外的字符"},
	{"has a control character", "含有控制字符"},
	{"goes together with Stage or Rejected", "须与审核阶段或驳回条件同时填写"},
	{"goes together with a filing that moved", "只能与移至其他备案服务码的备案同时填写"},
	{"has a code twice", "重复列出了同一备案服务码"},
	{"has a fraction of a cent", "不足一分的部分无效，最多两位小数"},
	{"has a fraction of a microsecond", "精度超过微秒"},
	{"has a rule that no decision answers", "含有不参与判断的规则"},
	{"has a space or a character that does not print", "含有空格或不可见字符"},
	{"has a three-valued fact that is not Unknown, No or Yes", "含有取值不正确的事实，可用的有：未知、否、是"},
	{"has an empty code", "含有空的备案服务码"},
	{"has both a domain and an app", "不能同时填写域名和App"},
	{"has facts about an instance twice", "重复填写了同一实例的事实"},
	{"has fewer than twelve digits", "不足12位数字"},
	{"has more than # codes", "超过#个备案服务码"},
	{"has more than # elements", "超过#项"},
	{"has more than twelve digits", "超过12位数字"},
	{"has no rule set", "没有规则集"},
	{"has one that is not the instance of any of the codes", "含有不属于这些备案服务码的实例"},
	{"has the code itself", "不能含有该备案服务码自己"},
	{"has something after the document", "文档之后还有多余内容"},
	{"has space around it", "首尾有空格"},
	{"is Unbound, which only a paid code without an instance can be", "不能为未绑定实例：只有未绑定的收费备案服务码可以"},
	{"is a mainland region too", "同时列为中国大陆地域"},
	{"is above #", "超过上限#"},
	{"is another's, which only an operator may ask for", "属于其他账号，只有提供商可以查询"},
	{"is before it was issued", "早于申请时间"},
	{"is below #", "低于下限#"},
	{"is cited by no field of the set", "未被该规则集的任何字段引用"},
	{"is cited by no set", "未被任何规则集引用"},
	{"is empty", "不能为空"},
	{"is empty, which no code can be filed with", "不能为空：备案须有实例"},
	{"is empty, which only that of a paid code can be", "不能为空：只有收费备案服务码可以没有实例"},
	{"is given twice", "重复出现"},
	{"is larger than # MiB", "超过#兆字节"},
	{"is listed twice", "重复列出"},
	{"is longer than # bytes", "过长，最多#字节（一个汉字占三字节）"},
	{"is longer than any pasted code", "过长，不是备案服务码"},
	{"is missing", "缺失"},
	{"is missing: what is inferred says from what", "缺失：推断的内容须说明依据"},
	{"is negative", "不能为负数"},
	{"is nested too deeply", "嵌套过深"},
	{"is not #, but a product that is not listed supplies no codes", "须为#：未列出的产品不支持备案服务码"},
	{"is not a date such as #-#-#", "须为日期，例如#-#-#"},
	{"is not a known format", "不是已知的格式"},
	{"is not a known kind", "不是已知的类型"},
	{"is not a known operation", "不是已知的操作"},
	{"is not a known origin", "不是已知的来源"},
	{"is not a known stage", "不是已知的审核阶段"},
	{"is not a known state", "不是已知的状态"},
	{"is not a known value", "取值不正确"},
	{"is not a state that a code can have", "不是备案服务码可有的状态"},
	{"is not after that of the set before: the two overlap", "须晚于前一个规则集的生效时间，否则两者重叠"},
	{"is not an amount of money", "不是有效的金额"},
	{"is not below #^#", "金额过大，须小于#的#次方"},
	{"is not between # and #", "须为#至#"},
	{"is not between # and #^#", "须为#至#的#次方"},
	{"is not from # to #", "须为#至#"},
	{"is not how an instance is closed", "不是实例退费或释放"},
	{"is not known", "不是已知的名称"},
	{"is not of the format that is imported here", "不符合此处导入的备案服务码格式"},
	{"is not the ID of a rule", "不是规则编号"},
	{"is not the instance of the code", "不是该备案服务码所属的实例"},
	{"is not the name of a part", "不是已知的名称"},
	{"is not the name of a problem", "不是已知的名称"},
	{"is not the name of a state", "不是已知的状态"},
	{"is not the name of a value", "取值不正确"},
	{"is not the name of an action", "不是已知的操作"},
	{"is not valid UTF-8", "不是有效的文本"},
	{"is not what a page before of this list returned", "不是本列表前一页返回的位置"},
	{"is not what the operation has", "与操作不符"},
	{"is null", "不能为空值"},
	{"is out of range", "超出范围"},
	{"is outside the years # to #", "超出#年至#年的范围"},
	{"is set for a code that is not Filed", "只有已备案的备案服务码可以填写"},
	{"is set for a code that was not bought", "只有收费备案服务码可以填写"},
	{"is set for a code without an instance", "未绑定实例的备案服务码不能填写"},
	{"is set, but a product that is not listed supplies no codes", "不能设置：未列出的产品不支持备案服务码"},
	{"is set, but no grant is allowed", "不能设置：规则集不允许授权"},
	{"is set, but no instance has to run", "不能设置：规则集不要求实例正常运行"},
	{"is set, but no term is asked for", "不能设置：规则集不要求购买时长"},
	{"is set, but only a subscription has a term", "不能设置：只有包年/包月才有时长"},
	{"is set, but the set lists no mainland region", "不能设置：规则集未列出中国大陆地域"},
	{"is set, but there is a batch", "不能设置：已给出单次上限"},
	{"is set, but there is a quota", "不能设置：已给出配额"},
	{"is set, but there is no quota", "不能设置：没有配额"},
	{"is not a known end of a filing", "不是已知的备案终止方式"},
	{"is that of another set", "与另一个规则集重复"},
	{"is that of the instance to be left", "与要离开的实例相同"},
	{"is for an operator that names no account", "仅供提供商在不指定账号时使用"},
	{"is the code itself", "不能是该备案服务码自己"},
	{"is the owner", "不能是购买账号自己"},
	{"is too long", "过长"},
	{"is zero", "不能为零"},
	{"names a code twice", "重复列出了同一备案服务码"},
	{"names a rule that cannot be assumed", "含有不能假定通过的规则"},
	{"names a rule that no filing is judged by", "含有备案时不判断的规则"},
	{"names a rule that refuses", "含有已列为拒绝的规则"},
	{"names no document of the book", "不是规则簿中的文件"},
	{"names no field and no rule", "不是已知的字段或规则"},
	{"is not JSON: see line #, column #", "不是有效的JSON：见第#行第#列"},
	{"is not known, but spelt otherwise", "不是已知的名称，应写作"},
	{"cannot be read", "无法读取"},
	{"cannot be read from this type", "无法由该类型读取"},
	{"cannot be read into this type", "无法读入该类型"},
	{"has a cap whose answer is not Unknown, No or Yes", "含有取值不正确的上限，可用的有：未知、否、是"},
	{"has a cap with both a count and an answer", "同一上限不能既有数量又有结论"},
	{"has a state that no code has", "含有备案服务码不可能有的状态"},
	{"has an origin that is not a known value", "含有取值不正确的来源"},
	{"has facts that are not among those of the instances", "所指的事实不在各实例的事实之中"},
	{"has parts that the asker cannot play", "含有操作账号不可能有的身份"},
	{"has no currency of three capitals such as CNY", "须有三个大写字母的货币代码，例如CNY"},
	{"was ended in a way that it cannot have been", "不可能以这种方式失效"},
	{"has a filing that ended as it cannot", "备案不可能以这种方式终止"},
	{"is not a SHA-# in hexadecimal", "须为十六进制的SHA-#值"},
	{"is not a known problem", "不是已知的备案信息问题"},
	{"is not a known index", "不是已知的索引"},
	{"is not how a filing can end", "备案不可能以这种方式终止"},
	{"goes together with a filing that moved, and an operator that asks", "只能由提供商与移至其他备案服务码的备案同时填写"},
	{"names an account, which a case does not", "不能含有账号"},
	{"is not a web address that begins with https:// or http://", "须为以https://或http://开头的网址"},
	{"is set, though everything is asked for", "查询全部时不能填写"},
	{"would have more than # codes attached, the most that one instance can have", "关联的备案服务码将超过#个，即单个实例的上限"},
	{"would have more than # codes attached, the most that this store can close with it", "关联的备案服务码将超过#个，即可随实例一并处理的上限"},
}

// forms are what a value of JSON can be, and what it had to be.
var forms = [...]Bilingual{
	{"an object", "对象"},
	{"an array", "列表"},
	{"a string", "带引号的文本"},
	{"a number", "数字"},
	{"an integer", "整数"},
	{"true", "true"},
	{"false", "false"},
	{"true or false", "true或false"},
	{"a time such as 2026-01-06T00:00:00+08:00", "时间，例如2026-01-06T00:00:00+08:00"},
	{"a valid decimal", "金额"},
	{"a valid state", "状态"},
	{"valid rule IDs", "规则编号"},
}

// fieldLabels name the fields of requests as people know them. A field that has
// none is shown as it is.
var fieldLabels = map[string]Bilingual{
	"Account": {"the account", "账号"}, "Actor": {"the account that asks", "操作账号"}, "Code": {"the code", "备案服务码"},
	"Codes": {"the codes", "备案服务码"}, "GrantTo": {"the target account", "目标账号"}, "Grantee": {"the grantee", "被授权账号"},
	"Owner": {"the owner", "购买账号"}, "Quantity": {"the number of codes", "服务码数量"}, "Remark": {"the remark", "备注"},
	"Reason": {"the reason", "原因"}, "Rejection": {"what is to be corrected", "驳回原因"}, "Paid": {"the amount paid", "实付金额"},
	"ICPNumber": {"the ICP number", "备案号"}, "Product": {"the product", "产品类型"}, "Granted": {"the time of the grant", "授权时间"},
	"Issued": {"the time of the issue", "申请时间"}, "State": {"the state", "状态"}, "Stage": {"the stage", "审核阶段"}, "Limit": {"the limit", "条数"}, "Look": {"how many codes to look at", "查看条数"},
	"After": {"the position", "翻页位置"}, "End": {"the end of the filing", "备案终止方式"}, "Successor": {"the code that the filing moved to", "移至的备案服务码"},
	"Replaces": {"the codes to replace", "要替换的备案服务码"}, "Before": {"the age", "起始时间"}, "All": {"all accounts", "全部账号"}, "Certification": {"the kind of account", "账号的认证类型"}, "Instance": {"the instance", "实例"},
	"Instances": {"the instances", "实例"}, "InstanceID": {"the instance's ID", "实例编号"}, "Instance.ID": {"the instance's ID", "实例编号"},
	"Instance.Owner": {"the instance's owner", "实例的购买账号"}, "Instance.Product": {"the product", "产品类型"}, "Instance.Region": {"the region", "地域"},
	"Instance.Provider": {"the provider", "提供商"}, "Instance.Billing": {"the billing", "计费方式"}, "Instance.Status": {"the instance's status", "实例状态"},
	"Instance.TermMonths": {"the term bought, in months,", "购买月数"}, "Instance.FirstTermMonths": {"the term first bought, in months,", "首次购买月数"},
	"Instance.Created": {"the time of creation", "创建时间"}, "Instance.Expires": {"the expiry", "到期时间"}, "Instance.IPs": {"the addresses", "公网IP"},
	"Instance.OrderAmount": {"the amount of the order", "订单金额"}, "Instance.ContractQuota": {"the quota of the contract", "合同约定的配额"},
	"Filing": {"the filing", "备案"}, "Filing.Domain": {"the domain", "域名"}, "Filing.App": {"the app's name", "App名称"},
	"Filing.Subject": {"the subject", "备案主体"}, "Filing.Kind": {"the kind of filing", "备案类型"}, "Filing.IPs": {"the filed addresses", "备案IP"},
	"Filing.ICPNumber": {"the ICP number", "备案号"}, "RequestID": {"the request's ID", "请求编号"}, "sites": {"the number of sites", "网站数量"}, "year": {"the year", "年份"},
	"today.ID": {"the instance's ID", "实例编号"}, "By": {"what the list is by", "列表的索引"}, "Value": {"the value that is looked for", "查询的值"},
	"Events": {"the events", "记录"}, "Decision": {"the decision", "判断结果"}, "Digest": {"the digest", "摘要"}, "Format": {"the format of codes", "备案服务码格式"},
	"Options.Clock": {"the service's clock", "服务的时钟"}, "Options.Price": {"the price", "价格"},
	"At": {"the time", "判断时间"}, "Operation": {"the operation", "操作"}, "Bought": {"the buyer", "购买者"}, "Closed": {"how the instance was closed", "实例的关闭方式"},
	"Resting": {"the number of filings that rest on the instance", "依赖该实例的备案数量"}, "End.Successor": {"the code that the filing moved to", "移至的备案服务码"},
	"Filing.Problem": {"the problem of the filing", "备案信息的问题"}, "Grant": {"the grant", "授权"}, "Grant.Phone": {"the verification by phone", "手机验证"},
	"Grant.Codes": {"the codes of the grant", "授权的备案服务码"}, "Grant.Instances": {"the instances of the grant", "授权所涉的实例"},
	"Tri": {"the answer", "是否"}, "Billing": {"the billing", "计费方式"}, "Status": {"the status", "状态"}, "Origin": {"the origin", "来源"},
	"FilingKind": {"the kind of filing", "备案类型"}, "FilingProblem": {"the problem of the filing", "备案信息的问题"}, "Relation": {"the relation", "关系"},
	"Phone": {"the verification by phone", "手机验证"}, "Role": {"the part", "身份"}, "Rule": {"the rule", "规则"}, "RuleIDs": {"the rules", "规则"},
	"Action": {"the action", "操作"}, "Outcome": {"the outcome", "结果"}, "Fact": {"the fact", "事实"},
}

// fieldLabel returns the name of a field in language l. Of one within another,
// "Grant.Codes.Product", it is that of its last part.
func fieldLabel(l Lang, field string) string {
	for name, more := field, true; more; _, name, more = strings.Cut(name, ".") {
		if label, ok := fieldLabels[name]; ok {
			return label.Text(l)
		}
	}
	return field
}

var varied = regexp.MustCompile(`\d+`)

// problemText returns a problem in language l: in Chinese the pair's, with the
// numbers and the value that the problem has.
func problemText(l Lang, problem string) string {
	if l != Chinese {
		return problem
	}
	if zh, ok := problemZH(problem, ""); ok {
		return zh
	}
	if names, one := strings.CutPrefix(problem, noneOf); one {
		return "须为以下之一：" + strings.ReplaceAll(names, ", ", "、")
	}
	if zh, ok := formZH(problem); ok {
		return zh
	}
	if head, value, cut := strings.Cut(problem, ": "); cut {
		if zh, ok := problemZH(head, value); ok {
			return zh
		}
	}
	return problem
}

// formZH returns in Chinese that a value "is a string, not an integer" or "is
// not an integer".
func formZH(problem string) (string, bool) {
	is, not, both := strings.Cut(problem, ", not ")
	if !both {
		is, not = "", strings.TrimPrefix(problem, "is not ")
	}
	i := slices.IndexFunc(forms[:], func(f Bilingual) bool { return "is "+f.English == is })
	n := slices.IndexFunc(forms[:], func(f Bilingual) bool { return f.English == not })
	if n < 0 || both && i < 0 {
		return "", false
	}
	zh := "须为" + forms[n].Chinese
	if both {
		zh += "，不能是" + forms[i].Chinese
	}
	return zh, true
}

func problemZH(problem, value string) (string, bool) {
	form := varied.ReplaceAllString(problem, "#")
	for _, p := range problems {
		if p.English != form {
			continue
		}
		zh := p.Chinese
		for _, n := range varied.FindAllString(problem, -1) {
			zh = strings.Replace(zh, "#", n, 1)
		}
		if value != "" {
			zh += "：" + value
		}
		return zh, true
	}
	for _, p := range filingProblems[1:] {
		if p.problem == problem {
			return p.zh, true
		}
	}
	return "", false
}

// Text says in language l which field is wrong, and how. It names no Go field
// that people have a name for.
func (e *InvalidError) Text(l Lang) string {
	if p := filingProblem(e.Field, e.Problem); filingProblems[p].problem == e.Problem && filingProblems[p].field == e.Field {
		return p.Text(l)
	}
	return l.say("%s %s", "%s：%s", fieldLabel(l, e.Field), problemText(l, e.Problem))
}

// ProblemText returns Problem in language l, for a service that names the field
// by itself. A problem that this package does not make stays as it is.
func (e *InvalidError) ProblemText(l Lang) string { return problemText(l, e.Problem) }

// Text says in language l what is wrong with the book, and where. The path is
// that of the JSON form.
func (e *RuleBookError) Text(l Lang) string {
	problem := problemText(l, e.Problem)
	if e.Path == "" {
		return l.say("the rule book: %s", "规则簿有误：%s", problem)
	}
	return l.say("the rule book: %s: %s", "规则簿有误：%s：%s", e.Path, problem)
}

// Text says in language l that the request was refused, and by which rules: by
// their IDs, for operators. What suits a customer are Decision.Reasons.
func (e *RefusedError) Text(l Lang) string {
	d := e.Decision
	if !d.Decided {
		return l.say("refused: nothing was decided", "未通过：尚未判断")
	}
	fail, unknown := "", ""
	if d.Fail != 0 {
		fail = l.say("refused: %s", "未通过：%s", d.Fail)
	}
	if u := d.Unknown &^ d.Assumed; u != 0 {
		unknown = l.say("unknown: %s", "缺少事实，无法判断：%s", u)
	}
	return l.join(fail, unknown)
}

// errorTexts are what the sentinels say to people.
var errorTexts = [...]struct {
	of     error
	en, zh string
}{
	{ErrUnknownOutcome, "whether it was done is not known: repeat the same request", "无法确定是否已完成，请重复同一请求"},
	{ErrRefused, "refused by the rules", "不符合规则，未通过"},
	{ErrHook, "a service that was asked did not answer", "所依赖的服务未能应答"},
	{ErrInvalid, "the request is not valid", "请求有误"},
	{ErrNoCode, "there is no such code for this account", "本账号没有该备案服务码"},
	{ErrRequestReused, "this request ID was used for another request", "该请求编号已用于其他请求"},
	{ErrDiffers, "the code is known already and differs", "该备案服务码已存在，且内容不同"},
	{ErrConflict, "others changed the same at the same time: repeat the request", "同一内容正被其他请求修改：请稍后重试"},
	{ErrUnavailable, "the store is unavailable: nothing was done", "存储暂不可用：未做任何更改"},
	{ErrNotVerified, "the phone was not verified", "手机验证未通过"},
	{ErrNoRules, "no rule set is in force at that time", "该时间没有生效的规则集"},
	{ErrRuleBook, "the rule book is not valid", "规则簿有误"},
	{ErrNoPrice, "no price is configured", "尚未配置收费备案服务码的价格"},
	{ErrEntropy, "no random code could be drawn", "无法生成随机的备案服务码"},
}

// ErrorText returns what an error of this package says to people in language l,
// wrapped or not: of those with a text of their own that, of the others what
// their sentinel says. Of an error of others it is "". It is for operators and
// logs: a customer is better served by [Category.Text] and, of a refusal, by the
// reasons of its Decision.
func ErrorText(err error, l Lang) string {
	var text interface {
		error
		Text(l Lang) string
	}
	if errors.As(err, &text) {
		return text.Text(l)
	}
	for _, t := range errorTexts {
		if errors.Is(err, t.of) {
			return Bilingual{t.en, t.zh}.Text(l)
		}
	}
	return ""
}
