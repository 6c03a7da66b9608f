package merge

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

const ms = time.Millisecond

// Lines returns how many keys the queue knows.
func (q *Queue[K, R]) Lines() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.lines)
}

// TestLinger counts how often a flight yields to the callers that it answered:
// until as many queue as it had, and as queued already, or it is time to go.
func TestLinger(t *testing.T) {
	for name, tt := range map[string]struct {
		come int           // with each yield
		take time.Duration // each yield
		want int
	}{
		"nothing happens": {0, 0, 8},
		"they come back":  {1, 0, 3},
		"all at once":     {9, 0, 1},
		"time runs out":   {0, 4 * ms, 3},
		"just before":     {0, 4*ms - 1, 4},
		"too long":        {0, time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := New[rune](Tuning{Yields: 8}, func(context.Context, []int) {})
				q.queued = 2
				yields := 0
				q.yield = func() {
					yields++
					q.queued += tt.come
					<-time.After(tt.take)
				}
				if q.linger(3, 12*ms); yields != tt.want {
					t.Errorf("it yielded %d times, want %d", yields, tt.want)
				}
			})
		})
	}
}

// TestLingersForAPart shows that a shared flight lingers for a part of the time
// that it took.
func TestLingersForAPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tickets := [3]Ticket[rune, int]{}
		tuned := Tuning{Requests: 8, Weight: 8, Places: 1, Overdue: 4, LeastOverdue: time.Second, Linger: 16, Yields: 8, Quick: 1, Sample: 1}
		q := New[rune](tuned, func(_ context.Context, batch []int) {
			<-time.After(16 * ms)
			for _, i := range batch {
				tickets[i].Answer(func() {})
			}
		})
		yields := 0
		q.yield = func() {
			yields++
			<-time.After(ms / 4)
		}
		for i := range tickets {
			go func() {
				err := q.Do(t.Context(), &tickets[i], i, []rune("k"), 1, func() bool { <-time.After(ms); return true })
				if err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		<-time.After(time.Second)
		if synctest.Wait(); yields != 4 {
			t.Errorf("after 16 ms it yielded %d times of a quarter of one, want a sixteenth: 4", yields)
		}
	})
}
