package sqltest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/icpcode/icpcode"
)

// TestMerging presses many callers on few instances, through two engines that
// each let their requests share commits: acknowledgements by far outnumber
// commits, and nothing is done twice, lost or too much.
func TestMerging(t *testing.T) { each(t, engines, merging) }

func merging(t *testing.T, e engine) {
	t.Helper()
	const callers, instances, quota = 48, 4, 200
	s, dbs := e.store(t)
	counted := &counting{Store: s}
	both := []*icpcode.Engine{newEngine(counted), newEngine(counted)}
	l := &load{
		job: func(n int) icpcode.IssueRequest {
			return icpcode.IssueRequest{
				Actor: "owner", RequestID: fmt.Sprintf("r%d", n), Quantity: 1,
				Instance: server("owner", fmt.Sprintf("hot%d", n%instances), quota),
			}
		},
		engine: func(writer, _ int) *icpcode.Engine { return both[writer%2] },
	}
	l.run(t.Context(), t, callers, func() bool { return l.sent.Load() >= instances*(quota+2) })
	codes, problems, err := audit(t.Context(), dbs[0], s, l.acks)
	if err != nil {
		t.Fatal(err)
	}
	commits := counted.commits.Load()
	t.Logf("%d acknowledged and %d refused in %d commits", l.acked.Load(), l.refused.Load(), commits)
	if len(problems) > 0 {
		t.Errorf("problems: %s", summary(problems))
	}
	if codes != instances*quota || int64(codes) != l.acked.Load() || l.refused.Load() < 2*instances {
		t.Errorf("%d codes are there, %d were acknowledged and %d refused, want %d codes", codes, l.acked.Load(), l.refused.Load(), instances*quota)
	}
	if 2*commits > l.acked.Load() {
		t.Errorf("%d requests took %d commits: they were not merged", l.acked.Load(), commits)
	}
}

// counting is a store that counts the Commits it is asked for.
type counting struct {
	icpcode.Store
	commits atomic.Int64
}

// Commit implements [icpcode.Store].
func (c *counting) Commit(ctx context.Context, change icpcode.Change) error {
	c.commits.Add(1)
	return c.Store.Commit(ctx, change)
}
