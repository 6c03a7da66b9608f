package inventory

import "time"

// parseInstant reads an instant as the providers write them: with minutes,
// seconds or fractions of a second, and Z or an offset with or without colon.
// A year outside 2000 to 9998 is a placeholder and not accepted.
func parseInstant(s string) (time.Time, bool) {
	for _, layout := range [...]string{
		"2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00",
		"2006-01-02T15:04Z0700", "2006-01-02T15:04:05Z0700",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), plausible(t)
		}
	}
	return time.Time{}, false
}

// plausible reports whether the engine takes t.
func plausible(t time.Time) bool {
	y := t.UTC().Year()
	return y >= 2000 && y <= 9998
}
