package main

import (
	"net/netip"

	"github.com/icpcode/icpcode"
)

// listed is a server of the inventories: of a million only what is asked for.
type listed struct {
	icpcode.Instance
	set   *icpcode.RuleSet
	other *listed // of another provider with the same ID
}

// today are the servers of the inventories.
type today struct {
	n    int
	byID map[icpcode.InstanceID]*listed
	byIP map[netip.Addr]*listed
	said map[string]string // what many servers have in common
}

func newToday() today {
	return today{byID: make(map[icpcode.InstanceID]*listed), byIP: make(map[netip.Addr]*listed), said: make(map[string]string)}
}

func (t *today) add(a *answer) {
	i := a.server.Instance
	if t.find(i.Provider, i.ID) != nil {
		return
	}
	i.Provider, i.Region = t.once(i.Provider), t.once(i.Region)
	i.Product, i.Owner = icpcode.Product(t.once(string(i.Product))), icpcode.AccountID(t.once(string(i.Owner)))
	l := &listed{i, a.set, t.byID[i.ID]}
	t.n++
	t.byID[i.ID] = l
	for _, ip := range i.IPs {
		if _, twice := t.byIP[ip.Unmap()]; !twice {
			t.byIP[ip.Unmap()] = l
		}
	}
}

// once keeps a text once.
func (t *today) once(s string) string {
	if kept, found := t.said[s]; found {
		return kept
	}
	t.said[s] = s
	return s
}

// find finds a server: IDs are one provider's.
func (t *today) find(provider string, id icpcode.InstanceID) *listed {
	l := t.byID[id]
	for l != nil && l.Provider != provider {
		l = l.other
	}
	return l
}

// several reports whether several providers have a server of that ID.
func (t *today) several(id icpcode.InstanceID) bool {
	l := t.byID[id]
	return l != nil && l.other != nil
}

// of finds the server that a filing is about, or nil.
func (t *today) of(f *filed) *listed {
	if f.instance != "" && f.provider != "" {
		return t.find(f.provider, f.instance)
	}
	if f.instance != "" {
		if t.several(f.instance) {
			return nil
		}
		return t.byID[f.instance]
	}
	for _, ip := range f.ips {
		if l := t.byIP[ip]; l != nil && (f.provider == "" || f.provider == l.Provider) {
			return l
		}
	}
	return nil
}
