package icpcode

// Text returns what a service can tell its customer of an error of this
// category, in language l: a sentence without a stop, which names nothing of a
// program and nothing of what the error holds. It is "" of CategoryNone. The
// reasons of a refusal stand in its Decision, and what is wrong with a request
// in its InvalidError.
func (c Category) Text(l Lang) string {
	if c >= Category(len(categoryTexts)) {
		return ""
	}
	return categoryTexts[c].Text(l)
}

var categoryTexts = [...]Bilingual{
	CategoryRefused:        {"This cannot be done for the reasons given", "不符合办理条件，原因见下"},
	CategoryInvalid:        {"Something in the request is missing or wrong; correct it and try again", "填写有误或不完整，请改正后重新提交"},
	CategoryNoCode:         {"Your account has no such filing service code", "本账号没有该备案服务码"},
	CategoryTaken:          {"This was submitted before with other content; start again", "该申请已用其他内容提交过，请重新填写"},
	CategoryConflict:       {"Too many are at work on this now; try again in a moment", "当前办理人数较多，请稍后重试"},
	CategoryUnavailable:    {"The service is not available now; try again later", "服务暂不可用，请稍后重试"},
	CategoryUnknownOutcome: {"It is not certain yet whether this was done; submit the same again, it is done only once", "办理结果暂未确认，请原样重新提交，不会重复办理"},
	CategoryHook:           {"Something that is needed for this does not work now; try again later", "办理所需的其他服务暂时异常，请稍后重试"},
	CategorySetup:          {"This is not set up yet; please contact support", "该功能尚未配置好，请联系客服"},
	CategoryEnded:          {"The request ended before it was done; try again", "请求已中断，请重试"},
	CategoryOther:          {"Something went wrong; please contact support", "系统出现异常，请联系客服"},
}
