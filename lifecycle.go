package icpcode

// State is the recorded state of a code. The zero value is [StateNone]: the
// code does not exist.
type State uint8

// The states of a code. Filed, Refunded and Invalid are terminal.
const (
	StateNone      State = iota
	StateUnbound         // 未绑定实例: paid, not yet tied to an instance
	StateAvailable       // 可使用: can be filed with
	StateFiling          // 备案中: a filing with it is under review
	StateFiled           // 已备案: used, for good
	StateRefunded        // 已退费
	StateInvalid         // 已失效

	numStates = iota
)

var stateNames = [numStates]struct{ en, zh string }{
	{"None", "无"}, {"Unbound", "未绑定实例"}, {"Available", "可使用"}, {"Filing", "备案中"},
	{"Filed", "已备案"}, {"Refunded", "已退费"}, {"Invalid", "已失效"},
}

// String returns the state's English name, "Available".
func (s State) String() string { return s.Label(English) }

// Label returns the state's name as the provider's pages show it.
func (s State) Label(l Lang) string {
	if s >= numStates {
		return "?"
	}
	if l == Chinese {
		return stateNames[s].zh
	}
	return stateNames[s].en
}

// MarshalText returns the state's English name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's English name.
func (s *State) UnmarshalText(b []byte) error {
	for i := range State(numStates) {
		if stateNames[i].en == string(b) {
			*s = i
			return nil
		}
	}
	return invalid("State", "is not the name of a state")
}

// Terminal reports whether a code in state s can get into no other. Of a Filed
// one an operator can still say that its filing ended (LIF-END), and put the
// number right (LIF-CORRECT).
func (s State) Terminal() bool {
	return s == StateFiled || s == StateRefunded || s == StateInvalid
}

// Action is what happens to a code. The zero value is no action.
type Action uint8

// The actions. Where they lead is told by [State.Next].
const (
	ActionNone         Action = iota
	ActionIssue               // free or auto issue (LIF-ISSUE)
	ActionBuy                 // a paid code is bought (LIF-BUY)
	ActionImport              // a code issued elsewhere is taken over (LIF-IMPORT)
	ActionBind                // tied to an instance (LIF-BIND)
	ActionGrant               // granted to another account (GRT-STATE)
	ActionSubmit              // a filing is submitted (LIF-SUBMIT)
	ActionResubmit            // corrected and sent again (LIF-RESUBMIT)
	ActionApprove             // the filing is approved (LIF-APPROVE)
	ActionRelease             // withdrawn or rejected, the code can be used again (LIF-RELEASE)
	ActionForfeit             // withdrawn or rejected, the code is dead (LIF-RELEASE by policy)
	ActionRefund              // the paid code is refunded (LIF-REFUND)
	ActionVoid                // administrative (LIF-VOID)
	ActionCloseRefund         // its instance was refunded (LIF-CLOSE)
	ActionCloseRelease        // its instance was released (LIF-CLOSE)
	ActionReject              // the filing is sent back to be corrected (LIF-REJECT)
	ActionStage               // how far the review of the filing is (LIF-STAGE)
	ActionEnd                 // the filing ends, not the code (LIF-END)
	ActionCorrect             // the ICP number is put right (LIF-CORRECT)

	numActions = iota
)

var actionNames = [numActions]struct {
	en, zh string
	rule   Rule
}{
	{"None", "无", 0},
	{"Issue", "申请", LIFIssue},
	{"Buy", "购买", LIFBuy},
	{"Import", "导入", LIFImport},
	{"Bind", "绑定", LIFBind},
	{"Grant", "授权", GRTState},
	{"Submit", "提交备案", LIFSubmit},
	{"Resubmit", "重新提交", LIFResubmit},
	{"Approve", "备案通过", LIFApprove},
	{"Release", "撤回或驳回", LIFRelease},
	{"Forfeit", "撤回或驳回作废", LIFRelease},
	{"Refund", "退费", LIFRefund},
	{"Void", "作废", LIFVoid},
	{"CloseRefund", "实例退费", LIFClose},
	{"CloseRelease", "实例释放", LIFClose},
	{"Reject", "驳回修改", LIFReject},
	{"Stage", "更新审核阶段", LIFStage},
	{"End", "备案终止", LIFEnd},
	{"Correct", "更正备案号", LIFCorrect},
}

// String returns the action's English name, "Submit".
func (a Action) String() string { return a.Label(English) }

// Label returns the action's name in language l.
func (a Action) Label(l Lang) string {
	if a >= numActions {
		return "?"
	}
	if l == Chinese {
		return actionNames[a].zh
	}
	return actionNames[a].en
}

// Rule returns the rule that governs the action.
func (a Action) Rule() Rule {
	if a >= numActions {
		return 0
	}
	return actionNames[a].rule
}

// MarshalText returns the action's English name.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads an action's English name.
func (a *Action) UnmarshalText(b []byte) error {
	for i := range Action(numActions) {
		if actionNames[i].en == string(b) {
			*a = i
			return nil
		}
	}
	return invalid("Action", "is not the name of an action")
}

// Role is the set of parts that an actor plays towards one code. The zero
// value is a stranger.
type Role uint8

// The parts an actor can play. After a grant the grantee is the holder and
// the owner is not; before it the owner is both owner and holder.
const (
	RoleOwner Role = 1 << iota
	RoleGrantee
	RoleHolder
	RoleOperator
)

// step is one cell of the life-cycle table.
type step struct {
	to State
	by Role // any of these may take the step
}

// steps is the life of a code: the whole of LIF, one cell for each state and
// action. An empty cell is refused. docs/lifecycle.md draws it.
var steps = [numStates][numActions]step{
	StateNone: {
		ActionIssue: {StateAvailable, RoleOwner},
		ActionBuy:   {StateUnbound, RoleOwner},
		// An import takes the state over; StateNone stands for "any".
		ActionImport: {StateNone, RoleOperator},
	},
	StateUnbound: {
		ActionBind:   {StateAvailable, RoleOwner},
		ActionGrant:  {StateUnbound, RoleOwner},
		ActionRefund: {StateRefunded, RoleOwner},
		ActionVoid:   {StateInvalid, RoleOperator},
	},
	StateAvailable: {
		ActionGrant:        {StateAvailable, RoleOwner},
		ActionSubmit:       {StateFiling, RoleHolder},
		ActionRefund:       {StateRefunded, RoleOwner},
		ActionVoid:         {StateInvalid, RoleOperator},
		ActionCloseRefund:  {StateRefunded, RoleOperator},
		ActionCloseRelease: {StateInvalid, RoleOperator},
	},
	StateFiling: {
		ActionResubmit:     {StateFiling, RoleHolder},
		ActionApprove:      {StateFiled, RoleOperator},
		ActionReject:       {StateFiling, RoleOperator},
		ActionStage:        {StateFiling, RoleOperator},
		ActionRelease:      {StateAvailable, RoleHolder | RoleOperator},
		ActionForfeit:      {StateInvalid, RoleHolder | RoleOperator},
		ActionVoid:         {StateInvalid, RoleOperator},
		ActionCloseRefund:  {StateInvalid, RoleOperator},
		ActionCloseRelease: {StateInvalid, RoleOperator},
	},
	StateFiled: {
		ActionEnd:     {StateFiled, RoleOperator},
		ActionCorrect: {StateFiled, RoleOperator},
	},
}

// Next returns the state to which action a leads from s when an actor with
// the given roles takes it, and whether the life of a code allows that. It
// knows nothing of the other rules. An import leads to the imported state,
// for which StateNone stands.
func (s State) Next(a Action, by Role) (State, bool) {
	if s >= numStates || a >= numActions {
		return s, false
	}
	c := &steps[s][a]
	if c.by&by == 0 {
		return s, false
	}
	return c.to, true
}
