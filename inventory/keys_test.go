package inventory

import "testing"

// The keys are looked for in a table of our own: each is found, after a few
// steps, and nothing else is.
func TestKeyTable(t *testing.T) {
	used := 0
	for k, name := range keyNames {
		if name == "" {
			continue
		}
		used++
		if got := keyOf([]byte(name)); got != key(k) {
			t.Errorf("%s is found as %d, not %d", name, got, k)
		}
		steps := 1
		for i := slotOf([]byte(name)); keyTable[i] != key(k); i = (i + 1) % keySlots {
			steps++
		}
		if steps > 6 {
			t.Errorf("%s takes %d steps: change slotOf", name, steps)
		}
		for _, other := range []string{name + "x", "x" + name, name[:len(name)-1], name + "\x00"} {
			if got := keyOf([]byte(other)); got != 0 && keyNames[got] != other {
				t.Errorf("%q is found as %s", other, keyNames[got])
			}
		}
	}
	if used*2 > keySlots {
		t.Errorf("%d keys in %d slots: double keySlots", used, keySlots)
	}
	if got := keyOf(nil); got != 0 {
		t.Errorf("the empty key is found as %s", keyNames[got])
	}
}
