package icpcode

// filed reports whether a code is filed with: then facts are judged by
// FIL-CHECK, as those of the code's product.
func (e *explainer) filed() bool {
	o := e.Case.Operation
	return o == OperationSubmit || o == OperationResubmit || o == OperationPick
}

// forHolder says a remedy to the account that files: a grantee can do nothing about
// the granter's server.
func (e *explainer) forHolder(r Rule, remedy string) string {
	if r != ELGOwner && !e.asked && e.roles&(RoleOwner|RoleOperator) == 0 {
		return e.say("ask the account that granted the code: %s", "请联系授权账号处理（%s）", remedy)
	}
	return remedy
}

// keptOwner: ELG-OWNER of a filing, which may be a grantee's.
func (e *explainer) keptOwner() words {
	w := e.resold()
	w.remedy = e.say("file with the code of a server of your own", "使用自己服务器的备案服务码进行备案")
	return w
}
