package icpcode

import "testing"

// A drawn code can be issued unless it is known to exist: one that was looked
// for in vain can, and so can one that nobody looked for, which is for the
// store to say.
func TestVacant(t *testing.T) {
	known, absent, unseen, born := drawnCode(1), drawnCode(2), drawnCode(3), drawnCode(4)
	var v view
	v.fill([]Document{
		{Key: recordKey(known), Version: 1, Body: &Record{Code: known, Version: 1, State: StateAvailable}},
		{Key: recordKey(absent)},
	})
	v.occur(Event{Code: born, Action: ActionBuy, To: StateUnbound})
	for _, c := range []struct {
		name  string
		codes []Code
		want  bool
	}{
		{"none", nil, true},
		{"known", []Code{known}, false},
		{"looked for in vain", []Code{absent}, true},
		{"not looked for", []Code{unseen}, true},
		{"born meanwhile", []Code{born}, false},
		{"one of them known", []Code{absent, unseen, known}, false},
	} {
		if got := v.vacant(c.codes); got != c.want {
			t.Errorf("%s: vacant is %v", c.name, got)
		}
	}
}
