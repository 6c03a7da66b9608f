package icpcode

import (
	"time"

	"github.com/icpcode/icpcode/internal/merge"
)

// Every number that the engine was tuned by stands here, with what was
// measured. docs/decisions.md has the dates and the set-ups.

// merging is how requests share their commits.
func merging(c capacity) merge.Tuning {
	return merge.Tuning{
		// 64 callers on one PostgreSQL instance did 0.15 of the best by hand
		// unmerged, and 10 with 128 requests to a commit.
		Requests: 128,
		// What the store takes. A request that weighs more goes alone.
		Weight: c.total(),
		// One is decided while the other commits. With sixteen, 16 callers on
		// PostgreSQL, MariaDB and SQLite did 0.6, 0.8 and 0.9 of the best by
		// hand; with two 0.9, 1.1 and 1.4. One, three and four were no better.
		Places: 2,
		// Not measured, but chosen: a commit that waits for a row lock takes
		// seconds, and one in a hundred takes twice what is usual.
		Overdue:      4,
		LeastOverdue: 10 * time.Millisecond,
		// Without it 16 callers shared a commit by 8 and 64 by 32; with it by
		// 15 and 54. A timer is too coarse for it, so it yields.
		Linger: 16,
		Yields: 4096,
		// Over memstore, merging did 0.5 to 0.9 of unmerged. How many are
		// timed, and how often a request tries before it queues, is chosen:
		// few enough to cost nothing, and enough to notice within some dozen.
		Quick:    20 * time.Microsecond,
		Sample:   16,
		Straight: 2,
	}
}

// Retries are bounded. The first ones follow at once, since a conflict means
// that another request succeeded; later ones wait a random part of a delay that
// doubles.
const (
	maxAttempts  = 64
	firstBackoff = 20 * time.Microsecond
	lastBackoff  = 20 * time.Millisecond
)

// lockWait is how long an attempt takes, at least, whose conflict is taken for
// a lock that the store did not get in time. Chosen: InnoDB waits for a second at
// least, and an attempt that merely lost a race takes some milliseconds.
const lockWait = 250 * time.Millisecond

const (
	// halving is how many conflicts in a row halve a batch, so that a request
	// that always conflicts ends up alone. To try all of them singly after
	// two was slower everywhere.
	halving = 8
	// maxFailures is how many attempts of a flight may fail in a row, other
	// than by a conflict, until the store is taken to be out of order. To
	// find one bad request of 128 by halving takes seven.
	maxFailures = 16
)

// sureLookups is how often the history of a code that exists must have been
// looked for, and not found, until it is taken to be purged rather than new:
// once or twice it may be another engine's import that has just happened.
const sureLookups = 3
