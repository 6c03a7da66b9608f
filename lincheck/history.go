package lincheck

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/icpcode/icpcode"
)

// Check asks whether the history is linearizable: Unknown says that there was
// no answer in 20 seconds.
func (h *History) Check() porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(model(), h.Operations, 20*time.Second)
}

// Count says what there is in a history.
type Count struct {
	Asked    int
	Overlap  int // began before an earlier one had ended
	Done     int
	Refused  int
	None     int // were told that there is no such code
	Replayed int // had been done before
	AtRisk   int // filings that reviews listed
	Ended    int // filings that were seen to have ended
	kinds    map[kind]int
}

// Count counts.
func (h *History) Count() Count {
	c := Count{Asked: len(h.Operations), kinds: map[kind]int{}}
	seen, end := map[string]bool{}, int64(0)
	ended := map[icpcode.Code]bool{}
	for _, o := range h.sorted() {
		if o.Call < end {
			c.Overlap++
		}
		end = max(end, o.Return)
		in, out := o.Input.(input), o.Output.(output)
		if in.Kind == review {
			c.AtRisk += len(out.Codes)
		}
		if out.Ended != icpcode.EndNone {
			ended[in.Code] = true
		}
		if out.NoCode {
			c.None++
		} else if out.Refused != 0 {
			c.Refused++
		} else if in.ID != "" {
			c.Done++
			c.kinds[in.Kind]++
			key := fmt.Sprint(in.World, in.Actor, in.ID)
			if seen[key] {
				c.Replayed++
			}
			seen[key] = true
		}
	}
	c.Ended = len(ended)
	return c
}

// Add adds the counts of another history.
func (c *Count) Add(d Count) {
	c.Asked += d.Asked
	c.Overlap += d.Overlap
	c.Done += d.Done
	c.Refused += d.Refused
	c.None += d.None
	c.Replayed += d.Replayed
	c.AtRisk += d.AtRisk
	c.Ended += d.Ended
	if c.kinds == nil {
		c.kinds = map[kind]int{}
	}
	for k, n := range d.kinds {
		c.kinds[k] += n
	}
}

// sorted returns the operations in the order of their calls.
func (h *History) sorted() []porcupine.Operation {
	return slices.SortedFunc(slices.Values(h.Operations), func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
}

// String tells the history in the order of its calls.
func (h *History) String() string {
	var b strings.Builder
	for _, o := range h.sorted() {
		fmt.Fprintf(&b, "\n%d-%d client %d %+v: %+v", o.Call, o.Return, o.ClientId, o.Input, o.Output)
	}
	return b.String()
}
