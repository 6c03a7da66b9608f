package presets

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// reviewWorkingDays is how long a review takes at most: twenty working days.
const reviewWorkingDays = 20

// calendar reads testdata/calendar: which days the notices name, and whether
// they are worked.
func calendar(t *testing.T) map[time.Time]bool {
	t.Helper()
	data, err := os.ReadFile("../testdata/calendar/holidays.txt")
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[time.Time]bool)
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	note := func(d time.Time, worked bool) {
		if _, twice := named[d]; twice {
			t.Fatalf("%s is named twice", d.Format(time.DateOnly))
		}
		named[d] = worked
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if f[0] == "#" {
			continue
		}
		if f[0] == "work" {
			if d := day(f[1]); d.Weekday() != time.Saturday && d.Weekday() != time.Sunday {
				t.Fatalf("%s is worked anyway", f[1])
			}
			note(day(f[1]), true)
			continue
		}
		for d := day(f[1]); !d.After(day(f[2])); d = d.AddDate(0, 0, 1) {
			note(d, false)
		}
	}
	return named
}

// TestReviewDaysHold computes the longest review over every day of submission
// of the years whose holidays are published, and wants the horizon of every
// preset's set in force to hold it, and to be no longer (RSK-EXPIRING). The day
// of submission does not count.
func TestReviewDaysHold(t *testing.T) {
	named := calendar(t)
	worked := func(d time.Time) bool {
		if w, ok := named[d]; ok {
			return w
		}
		return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
	}
	end := time.Date(2026, time.December, 31, 0, 0, 0, 0, time.UTC)
	longest, starts := 0, 0
	var from []string
	for start := time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC); ; start = start.AddDate(0, 0, 1) {
		last := start
		for n := 0; n < reviewWorkingDays; {
			last = last.AddDate(0, 0, 1)
			if worked(last) {
				n++
			}
		}
		if last.After(end) {
			break // the holidays that follow are not published
		}
		starts++
		days := int(last.Sub(start) / (24 * time.Hour))
		if days > longest {
			longest, from = days, nil
		}
		if days == longest {
			from = append(from, start.Format(time.DateOnly))
		}
	}
	t.Logf("%d days of submission; the longest reviews, of %d days, begin on %q", starts, longest, from)
	if starts < 1000 {
		t.Errorf("only %d days of submission", starts)
	}
	if got := strings.Join(from, " "); longest != 36 || got != "2024-12-31" {
		t.Errorf("the longest reviews take %d days, from %s", longest, got)
	}
	for _, name := range Names() {
		p, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range p.Book.Sets() {
			if s.Risk.ReviewDays != longest {
				t.Errorf("%s: a horizon of %d days, not %d", s.Version, s.Risk.ReviewDays, longest)
			}
		}
	}
}

// TestCalendarHasSources: each year of the calendar has one notice, with its date
// and where it was read, and no other year has.
func TestCalendarHasSources(t *testing.T) {
	data, err := os.ReadFile("../testdata/calendar/SOURCES.md")
	if err != nil {
		t.Fatal(err)
	}
	years := make(map[int]int)
	for d := range calendar(t) {
		years[d.Year()] = 0
	}
	row := regexp.MustCompile(`(?m)^\| (\d{4}) \| 国务院办公厅关于(\d{4})年部分节假日安排的通知, 国办发明电〔\d{4}〕\d+号 \| \d{4}-\d\d-\d\d \| https?://\S+ \|$`)
	for _, m := range row.FindAllStringSubmatch(string(data), -1) {
		year, err := strconv.Atoi(m[1])
		if _, has := years[year]; err != nil || !has || m[1] != m[2] {
			t.Errorf("%s: not of a year of the calendar", m[0])
		}
		years[year]++
	}
	for year, rows := range years {
		if rows != 1 {
			t.Errorf("%d has %d notices", year, rows)
		}
	}
	if len(years) < 3 {
		t.Errorf("a calendar of %d years", len(years))
	}
}
