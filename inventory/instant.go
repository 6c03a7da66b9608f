package inventory

import "time"

// parseInstant reads an instant as the providers write them: with minutes,
// seconds or fractions of a second, and Z or an offset with or without colon.
// A year outside 2000 to 9998 is a placeholder and not accepted.
func parseInstant[T string | []byte](s T) (time.Time, bool) {
	// 2006-01-02T15:04
	if len(s) < 17 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' {
		return time.Time{}, false
	}
	year, month, day := digits(s[:4]), digits(s[5:7]), digits(s[8:10])
	hour, minute, second, nanosecond := digits(s[11:13]), digits(s[14:16]), 0, 0
	rest := s[16:]
	if rest[0] == ':' {
		if len(rest) < 4 {
			return time.Time{}, false
		}
		second = digits(rest[1:3])
		if rest = rest[3:]; rest[0] == '.' {
			nanosecond, rest = fraction(rest[1:])
		}
	}
	offset, ok := parseOffset(rest)
	if !ok || year < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 ||
		minute < 0 || minute > 59 || second < 0 || second > 59 || nanosecond < 0 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, time.UTC)
	if t.Day() != day { // 30 February
		return time.Time{}, false
	}
	t = t.Add(-offset)
	return t, plausible(t)
}

// digits returns the number that s spells, or -1.
func digits[T string | []byte](s T) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// fraction reads the digits behind a decimal point as nanoseconds; there are
// none: -1. It returns what follows them.
func fraction[T string | []byte](s T) (nanosecond int, rest T) {
	unit := 100_000_000
	i := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		nanosecond += int(s[i]-'0') * unit
		unit /= 10
	}
	if i == 0 {
		return -1, s
	}
	return nanosecond, s[i:]
}

// parseOffset reads Z, +08:00 or +0800.
func parseOffset[T string | []byte](s T) (time.Duration, bool) {
	if len(s) == 1 {
		return 0, s[0] == 'Z'
	}
	if len(s) != 6 && len(s) != 5 || s[0] != '+' && s[0] != '-' || len(s) == 6 && s[3] != ':' {
		return 0, false
	}
	hour, minute := digits(s[1:3]), digits(s[len(s)-2:])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return 0, false
	}
	offset := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// parseMillis reads an instant in milliseconds since 1970, as 13 or 14 digits.
func parseMillis(s []byte) (time.Time, bool) {
	if len(s) < 12 || len(s) > 15 {
		return time.Time{}, false
	}
	n := digits(s)
	if n < 0 {
		return time.Time{}, false
	}
	t := time.UnixMilli(int64(n)).UTC()
	return t, plausible(t)
}

// plausible reports whether the engine takes t.
func plausible(t time.Time) bool {
	y := t.UTC().Year()
	return y >= 2000 && y <= 9998
}
