package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A report as a calendar (RFC 5545): days on which servers expire or stop
// qualifying, and the day on which the caps of grants begin anew. It is data
// only, without the morning's answer.

// event is a day in the calendar.
type event struct {
	date    time.Time // 00:00 in China
	kind    string    // with the date what makes it the same event in the next report
	summary string
	names   []string // the first servers or domains
	count   int
}

// leads are how many days before an expiry the calendar tells of it.
var leads = [...]int{30, 15, 7, 0}

// events are the days of expiries, from today on.
func (e expiries) events(s speaker, at time.Time, count func(int) string) []event {
	var list []event
	for _, k := range e {
		for _, days := range leads {
			date := k.date.AddDate(0, 0, -days)
			if date.Before(midnight(at)) {
				continue
			}
			summary := s.say("server expiry in %d days, on %s: %s", "服务器%d天后到期（%s）：%s", days, k.date.Format(time.DateOnly), count(k.count))
			if days == 0 {
				summary = s.say("server expiry today: %s", "服务器今天到期：%s", count(k.count))
			}
			list = append(list, event{date, fmt.Sprint("expires-", days), summary, k.names, k.count})
		}
	}
	return list
}

// events are the days that matter to a fleet.
func (f *fleet) events(at time.Time) []event {
	list := f.expires.events(f.speaker, at, f.speaker.servers)
	for _, l := range f.sortedLapses() {
		servers, most := l.sure.Servers+l.maybe.Servers, l.sure.Codes+l.maybe.Codes
		if servers == 0 || most == 0 || l.date.Before(midnight(at)) {
			continue
		}
		summary := f.say("%s: too little time is left for new codes from today on, %s fewer", "%s：今天起剩余时长不足，减少%s", f.speaker.servers(servers), f.codes(most))
		if l.maybe.Codes > 0 {
			summary = f.say("%s: too little time is left for new codes from today on, up to %s fewer", "%s：今天起剩余时长不足，最多减少%s", f.speaker.servers(servers), f.codes(most))
		}
		list = append(list, event{l.date, "lapses", summary, l.servers.ids, servers})
	}
	return list
}

// capsReset is the day on which the caps of grants begin anew: the natural year
// ends.
func (s speaker) capsReset(at time.Time) event {
	return event{
		time.Date(at.In(china).Year()+1, 1, 1, 0, 0, 0, 0, china), "caps",
		s.say("the yearly caps of grants begin anew (GRT-OUT, GRT-IN)", "授权与被授权的年度账号数上限重新计算（GRT-OUT、GRT-IN）"), nil, 0,
	}
}

// icsReport is a reporter.
type icsReport struct{ *command }

func (icsReport) row(*reportRow) error { return nil }

func (icsReport) drop() {}

func (i icsReport) finish(r *report) error {
	list := append(slices.Clone(r.events), i.capsReset(r.at))
	slices.SortFunc(list, func(a, b event) int { return cmp.Or(a.date.Compare(b.date), strings.Compare(a.kind, b.kind)) })
	var b strings.Builder
	line := func(name, value string) { fold(&b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//icpcode//icpcode//EN")
	line("CALSCALE", "GREGORIAN")
	line("X-WR-CALNAME", icsText(r.title))
	for _, e := range list {
		about := i.say("Unofficial: the provider's own system decides.", "非官方：最终以提供商的系统为准。")
		if len(e.names) > 0 {
			names := i.list(e.names)
			if e.count > len(e.names) {
				names += i.say(" and %s more", "等", thousands(e.count-len(e.names)))
			}
			about = names + "\n" + about
		}
		line("BEGIN", "VEVENT")
		line("UID", r.kind+"-"+e.kind+"-"+e.date.Format("20060102")+"@icpcode")
		line("DTSTAMP", r.at.UTC().Format("20060102T150405Z"))
		line("DTSTART;VALUE=DATE", e.date.Format("20060102"))
		line("DTEND;VALUE=DATE", e.date.AddDate(0, 0, 1).Format("20060102"))
		line("TRANSP", "TRANSPARENT")
		line("SUMMARY", icsText(e.summary))
		line("DESCRIPTION", icsText(about))
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return write(i.command, b.String())
}

// icsText escapes text.
func icsText(s string) string {
	var lines []string
	for l := range strings.SplitSeq(s, "\n") {
		lines = append(lines, strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`).Replace(safe(l)))
	}
	return strings.Join(lines, `\n`)
}

// fold writes a line in pieces of at most 75 bytes, between characters.
func fold(b *strings.Builder, s string) {
	const most = 75
	room := most
	for len(s) > room {
		n := room
		for !utf8.RuneStart(s[n]) {
			n--
		}
		b.WriteString(s[:n] + "\r\n ")
		s, room = s[n:], most-1
	}
	b.WriteString(s + "\r\n")
}
