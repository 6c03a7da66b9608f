package icpcode

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// theLife is LIF and GRT-STATE, copied by hand from the description of the
// domain: the rule, the action, the states from which it may be taken, the
// state it leads to, and who may take it. "same" is the state it came from,
// "any" the one that an import says.
const theLife = `
LIF-ISSUE     Issue         None                       Available  owner
LIF-BUY       Buy           None                       Unbound    owner
LIF-IMPORT    Import        None                       any        operator
LIF-BIND      Bind          Unbound                    Available  owner
GRT-STATE     Grant         Unbound,Available          same       owner
LIF-SUBMIT    Submit        Available                  Filing     holder
LIF-RESUBMIT  Resubmit      Filing                     Filing     holder
LIF-APPROVE   Approve       Filing                     Filed      operator
LIF-REJECT    Reject        Filing                     Filing     operator
LIF-STAGE     Stage         Filing                     Filing     operator
LIF-RELEASE   Release       Filing                     Available  holder,operator
LIF-RELEASE   Forfeit       Filing                     Invalid    holder,operator
LIF-REFUND    Refund        Unbound,Available          Refunded   owner
LIF-VOID      Void          Unbound,Available,Filing   Invalid    operator
LIF-CLOSE     CloseRefund   Available                  Refunded   operator
LIF-CLOSE     CloseRefund   Filing                     Invalid    operator
LIF-CLOSE     CloseRelease  Available,Filing           Invalid    operator
LIF-END       End           Filed                      Filed      operator
LIF-CORRECT   Correct       Filed                      Filed      operator
`

// lifeStep is one state of one line of theLife.
type lifeStep struct {
	rule   string
	action Action
	from   State
	to     State
	by     Role
}

// readLife reads theLife.
func readLife(t *testing.T) []lifeStep {
	t.Helper()
	roles := map[string]Role{"owner": RoleOwner, "grantee": RoleGrantee, "holder": RoleHolder, "operator": RoleOperator}
	var life []lifeStep
	for line := range strings.Lines(strings.TrimSpace(theLife)) {
		f := strings.Fields(line)
		if len(f) != 5 {
			t.Fatalf("%q does not have five columns", line)
		}
		s := lifeStep{rule: f[0]}
		if err := s.action.UnmarshalText([]byte(f[1])); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for who := range strings.SplitSeq(f[4], ",") {
			if roles[who] == 0 {
				t.Fatalf("%q: who is %s?", line, who)
			}
			s.by |= roles[who]
		}
		for from := range strings.SplitSeq(f[2], ",") {
			if err := s.from.UnmarshalText([]byte(from)); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			s.to = s.from
			if f[3] == "any" {
				s.to = StateNone
			} else if f[3] != "same" {
				if err := s.to.UnmarshalText([]byte(f[3])); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
			}
			life = append(life, s)
		}
	}
	return life
}

const allRoles = RoleOwner | RoleGrantee | RoleHolder | RoleOperator

// lifeProblems asks the table about every state, action and set of roles, also
// those that do not exist, and returns where it differs from life.
func lifeProblems(life []lifeStep) []string {
	var problems []string
	for from := range State(numStates + 2) {
		for action := range Action(numActions + 2) {
			to, by := from, Role(0)
			for _, s := range life {
				if s.from == from && s.action == action {
					to, by = s.to, s.by
				}
			}
			for roles := range allRoles + 1 {
				wantTo, want := from, false
				if roles&by != 0 {
					wantTo, want = to, true
				}
				gotTo, got := from.Next(action, roles)
				if gotTo != wantTo || got != want {
					problems = append(problems, fmt.Sprintf(
						"%v %v by %04b leads to %v, %v; want %v, %v", from, action, roles, gotTo, got, wantTo, want))
				}
			}
		}
	}
	return problems
}

func TestLifeTable(t *testing.T) {
	life := readLife(t)
	for _, p := range lifeProblems(life) {
		t.Error(p)
	}
	for _, s := range life {
		if got := s.action.Rule().String(); got != s.rule {
			t.Errorf("%v is governed by %s, want %s", s.action, got, s.rule)
		}
		if s.from.Terminal() && s.to != s.from {
			t.Errorf("%v is called terminal and %v leads out of it", s.from, s.action)
		}
	}
	for s := range State(numStates) {
		leaves := false
		for a := range Action(numActions) {
			to, ok := s.Next(a, allRoles)
			leaves = leaves || ok && to != s
		}
		if leaves == s.Terminal() {
			t.Errorf("%v: terminal is %v, and something leads out of it is %v", s, s.Terminal(), leaves)
		}
	}
}

// TestLifeTableSeesEveryFlip flips each cell of the table in turn: where it
// leads to, each of those who may take it, and whether there is one at all.
func TestLifeTableSeesEveryFlip(t *testing.T) {
	life := readLife(t)
	before := steps
	t.Cleanup(func() { steps = before })
	flips := 0
	flip := func(s State, a Action, what string, to step) {
		flips++
		steps[s][a] = to
		if len(lifeProblems(life)) == 0 {
			t.Errorf("%v %v: %s, and nobody noticed", s, a, what)
		}
		steps[s][a] = before[s][a]
	}
	filled := 0
	for s := range State(numStates) {
		for a := range Action(numActions) {
			cell := before[s][a]
			if cell.by == 0 {
				for r := RoleOwner; r <= RoleOperator; r <<= 1 {
					flip(s, a, "a cell was added", step{StateInvalid, r})
				}
				continue
			}
			filled++
			for to := range State(numStates) {
				if to != cell.to {
					flip(s, a, fmt.Sprintf("it leads to %v", to), step{to, cell.by})
				}
			}
			for r := RoleOwner; r <= RoleOperator; r <<= 1 {
				flip(s, a, fmt.Sprintf("role %04b was flipped", r), step{cell.to, cell.by ^ r})
			}
		}
	}
	if filled != len(life) {
		t.Errorf("the table has %d cells, the description %d", filled, len(life))
	}
	if want := filled*(numStates-1+4) + (numStates*numActions-filled)*4; flips != want {
		t.Errorf("%d flips, want %d", flips, want)
	}
	if steps != before {
		t.Error("the table is not as it was")
	}
	// Whoever reads the description wrongly is seen too.
	for i := range life {
		wrong := append(append([]lifeStep{}, life[:i]...), life[i+1:]...)
		if len(lifeProblems(wrong)) == 0 {
			t.Errorf("without %+v the description agrees as well", life[i])
		}
	}
}

func TestLifeNames(t *testing.T) {
	seen := map[string]bool{}
	name := func(kind, en, zh, label string, text []byte, err error) {
		if en == "" || zh == "" || en != label || string(text) != en || err != nil || seen[kind+en] || seen[kind+zh] {
			t.Errorf("%s %q (%q, %q, %q, %v) is not a name of its own", kind, en, zh, label, text, err)
		}
		seen[kind+en], seen[kind+zh] = true, true
	}
	for s := range State(numStates) {
		text, err := s.MarshalText()
		name("State", s.String(), s.Label(Chinese), s.Label(English), text, err)
		var back State
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%v reads back as %v, %v", s, back, err)
		}
	}
	for a := range Action(numActions) {
		text, err := a.MarshalText()
		name("Action", a.String(), a.Label(Chinese), a.Label(English), text, err)
		var back Action
		if err := back.UnmarshalText(text); err != nil || back != a {
			t.Errorf("%v reads back as %v, %v", a, back, err)
		}
	}
	if s := State(numStates); s.String() != "?" || s.Label(Chinese) != "?" || s.Terminal() {
		t.Errorf("a state beyond the last is %v", s)
	}
	if a := Action(numActions); a.String() != "?" || a.Label(Chinese) != "?" || a.Rule() != 0 {
		t.Errorf("an action beyond the last is %v, of %v", a, a.Rule())
	}
	for _, text := range []string{"", "available", "AVAILABLE", " Available", "?"} {
		var s State
		var a Action
		if err := s.UnmarshalText([]byte(text)); !errors.Is(err, ErrInvalid) {
			t.Errorf("state %q: got %v, %v", text, s, err)
		}
		if err := a.UnmarshalText([]byte(text)); !errors.Is(err, ErrInvalid) {
			t.Errorf("action %q: got %v, %v", text, a, err)
		}
	}
}
