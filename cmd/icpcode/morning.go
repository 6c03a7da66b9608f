package main

import (
	"cmp"
	"slices"
	"time"

	"github.com/icpcode/icpcode"
)

// The morning's answer: the first screen of every form that people read, and
// the object "today" of JSON.

// morning is what to do first, and what would tell most of what could not be
// told.
type morning struct {
	Do        []task     `json:"do"`
	More      int        `json:"more,omitempty"` // tasks that are left out
	Otherwise string     `json:"otherwise,omitempty"`
	WouldTell *wouldTell `json:"would_tell,omitempty"`
}

// task is one thing to do, for servers or filings that need the same.
type task struct {
	By          *time.Time `json:"by"` // null: today
	Count       int        `json:"count"`
	Which       []string   `json:"which"` // the first ten
	Rule        string     `json:"rule,omitempty"`
	Do          string     `json:"do"`
	Responsible string     `json:"responsible"`

	by time.Time
}

// wouldTell is the file that would tell most of what could not be told.
type wouldTell struct {
	File  string `json:"file"`
	Count int    `json:"count"`
}

// Limits on what the morning's answer holds.
const (
	maxNamed   = 10  // servers or domains that a task names
	maxTasks   = 100 // in JSON
	firstLines = 10  // of a terminal
	shownNames = 3   // of a task on the first screen
)

// limited leaves out the last of too many tasks.
func (m *morning) limited() {
	if m.More = max(0, len(m.Do)-maxTasks); m.More > 0 {
		m.Do = m.Do[:maxTasks]
	}
}

// dueText shows before which day something is to be done, in China time.
func (s speaker) dueText(by time.Time) string {
	if by.IsZero() {
		return s.say("today", "今天")
	}
	return s.say("before %s", "%s前", by.In(china).Format(time.DateOnly))
}

// taskText is a task in one paragraph.
func (s speaker) taskText(k *task) string {
	which := s.list(k.Which[:min(len(k.Which), shownNames)])
	if k.Count > shownNames {
		which += s.say(" and %s more", "等%s", map[bool]string{true: s.count(k.Count, "", "", "项"), false: thousands(k.Count - shownNames)}[s.lang == icpcode.Chinese])
	}
	return safe(s.say("%s, %s: %s (%s)", "%s，%s：%s（由%s办理）", s.dueText(k.by), which, k.Do, k.Responsible))
}

// crowd are servers of one kind: the first ones by name, and their buyer.
type crowd struct {
	ids   []string
	owner icpcode.AccountID // of all of them; "": they differ or it is not known
	begun bool
}

// add takes a server in, or with sign -1 out again.
func (c *crowd) add(id icpcode.InstanceID, owner icpcode.AccountID, sign int) {
	if sign < 0 {
		c.ids = slices.DeleteFunc(c.ids, func(s string) bool { return s == string(id) })
		return
	}
	if len(c.ids) < maxNamed {
		c.ids = append(c.ids, string(id))
	}
	if !c.begun {
		c.begun, c.owner = true, owner
	}
	if c.owner != owner {
		c.owner = ""
	}
}

// buyer is the party that acts for servers.
func (s speaker) buyer(owner icpcode.AccountID) string {
	if owner == "" {
		return s.say("the account that bought the server", "服务器的购买账号")
	}
	return s.say("account %s, which bought the server", "服务器的购买账号%s", owner)
}

// fleetToday is the morning's answer of precheck.
type fleetToday struct {
	Servers int `json:"servers"`
	Yes     int `json:"yes"`
	No      int `json:"no"`
	Unknown int `json:"unknown"`
	Codes   int `json:"codes"` // that can be issued now
	morning
}

// soon is how far ahead a date has to be met before anything else is done.
const soon = 30 * day

// today puts together what a person should know first of a fleet: servers that
// soon stop qualifying, what gives more codes, and then the later dates.
func (f *fleet) today(at time.Time) fleetToday {
	t := fleetToday{
		Servers: f.total(), Yes: f.servers[verdictYes], No: f.servers[verdictNo], Unknown: f.servers[verdictUnknown],
		Codes: f.now.Codes, morning: morning{Do: []task{}},
	}
	var later []task
	for _, l := range f.sortedLapses() {
		servers, codes, most := l.sure.Servers+l.maybe.Servers, l.sure.Codes, l.sure.Codes+l.maybe.Codes
		if servers == 0 || most == 0 {
			continue
		}
		do := f.say("renew, or lose %s", "续费，否则减少%s", f.codes(codes))
		if most > codes {
			do = f.say("renew, or lose up to %s", "续费，否则最多减少%s", f.codes(most))
		}
		k := task{
			By: inChina(l.date), by: l.date, Count: servers, Which: l.servers.ids, Responsible: f.buyer(l.servers.owner),
			Do: do,
		}
		if l.date.Sub(at) <= soon {
			t.Do = append(t.Do, k)
			continue
		}
		later = append(later, k)
	}
	cures := f.sortedCures()
	slices.SortStableFunc(cures, func(x, y cure) int { return cmp.Compare(btoi(y.certain), btoi(x.certain)) })
	for _, what := range cures {
		k := f.cures[what]
		if k.Codes == 0 {
			continue
		}
		need := f.needing[what]
		do := f.say("%s; that gives %s", "%s；可再申请%s", what.what, f.codes(k.Codes))
		if !what.certain {
			do = f.say("%s; that gives up to %s", "%s；最多可再申请%s", what.what, f.codes(k.Codes))
		}
		t.Do = append(t.Do, task{Count: k.Servers, Which: need.ids, Do: do, Responsible: f.buyer(need.owner)})
	}
	t.Do = append(t.Do, later...)
	if len(t.Do) > 0 {
		t.Otherwise = f.say("no further site can be filed with these servers", "这些服务器不能再用于备案新的网站")
	}
	t.limited()
	t.WouldTell = f.wouldTell()
	return t
}

// wouldTell finds the file that most servers need of which it cannot be told.
func (f *fleet) wouldTell() *wouldTell {
	const issued, certification = factSet(1 << factIssued), factSet(1 << factCertification)
	var servers [3]int
	var columns factSet
	for facts, k := range f.pending {
		for n, given := range [...]factSet{^(issued | certification), issued, certification} {
			if facts&given != 0 {
				servers[n] += k.Servers
			}
		}
		if k.Servers > 0 {
			columns |= facts &^ (issued | certification)
		}
	}
	best := 0
	for n := range servers {
		if servers[n] > servers[best] {
			best = n
		}
	}
	if servers[best] == 0 {
		return nil
	}
	return &wouldTell{Count: servers[best], File: [...]string{
		f.say("-facts FILE with the columns id, %s", "-facts 文件，列为id、%s", f.list(f.columnWords(columns))),
		f.say("-issued FILE with the columns id, issued", "-issued 文件，列为id、issued（已申请数量）"),
		f.say("-account certification=enterprise, if it is one", "-account certification=enterprise（如为企业账号）"),
	}[best]}
}

// head is the first line of the first screen.
func (t *fleetToday) head(s speaker, at time.Time) string {
	return s.say("ICP filing service codes: of %s, %s may have more, %s may not, %s cannot tell; %s can be issued now. For %s, China time. Unofficial.",
		"ICP备案服务码：%s中，可以申请%s台，不可以%s台，无法判断%s台；现在可申请%s。按北京时间%s判断。非官方。",
		s.servers(t.Servers), thousands(t.Yes), thousands(t.No), thousands(t.Unknown), s.codes(t.Codes), when(at))
}
