package icpcode

// endLabels say how a filing ended.
var endLabels = []Bilingual{
	EndDeregistered: {"its filing was deregistered", "其备案已注销"},
	EndCancelled:    {"the access of its filing was cancelled", "其备案已取消接入"},
	EndMoved:        {"its filing moved to another code", "其备案已转至其他备案服务码"},
}

// end: LIF-END, of a filing that is to end, and of one that an approval
// replaces.
func (e *explainer) end() words {
	w := e.step(ActionEnd)
	if e.beside {
		w.required = e.say("the code to replace is %s", "被替换的备案服务码状态为%s", StateFiled.Label(e.Lang))
		w.found = e.say("the code is %s", "备案服务码状态为%s", e.state.Label(e.Lang))
	}
	w.required = e.join(w.required, e.say("a filing that has not ended", "备案尚未终止"))
	w.found = e.join(w.found, labelOf(e.Lang, endLabels, e.ended))
	if e.ended != EndNone {
		w.remedy = e.say("none is needed: a filing ends once, and its first end stands", "无需处理，备案只终止一次，以首次登记为准")
	}
	if e.beside {
		w.remedy = e.say("leave the code out of those that are replaced", "请勿将该备案服务码列为被替换")
	}
	if e.Case.End == nil || e.Case.End.Successor == nil {
		return w
	}
	next := e.Case.End.Successor.State
	w.required = e.join(w.required, e.say("the code that it moved to is %s", "备案转入的备案服务码状态为%s", StateFiled.Label(e.Lang)))
	w.found = e.join(w.found, e.say("that code is %s", "转入的备案服务码状态为%s", next.Label(e.Lang)))
	if next != StateFiled {
		w.remedy = e.say("approve the filing that it moved to first", "请先登记转入的备案审核通过")
	}
	return w
}

// service: FIL-SERVICE.
func (e *explainer) service() words {
	w := words{
		required: e.say("filings for one service: the same domain, however it is typed, or the same app",
			"同一互联网信息服务的备案：域名相同（不论书写形式）或App相同"),
		found:  e.say("for one service", "属于同一互联网信息服务"),
		remedy: e.say("choose a filing for the same service", "请选择同一互联网信息服务的备案"),
	}
	if e.outcome == OutcomeFailed {
		w.found = e.say("for different services, or it is not known for which", "不属于同一互联网信息服务，或无法确认")
	}
	return w
}
