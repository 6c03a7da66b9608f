package main

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
)

// past is what review -json said before (-since): the risks, by filing and rule.
type past map[string]pastRisk

// pastRisk is a risk that there was.
type pastRisk struct {
	Domain   string             `json:"domain,omitempty"`
	App      string             `json:"app,omitempty"`
	Instance icpcode.InstanceID `json:"instance,omitempty"`
	Rule     string             `json:"rule"`
}

func (k pastRisk) key() string {
	service := (&icpcode.Filing{Domain: k.Domain, App: k.App}).Service()
	return strings.Join([]string{service, string(k.Instance), k.Rule}, "\x00")
}

// readPast reads what review -json printed.
func readPast(r io.Reader) (*past, error) {
	var doc struct {
		Filings *[]struct {
			pastRisk
			Risks []struct{ Rule string }
		}
	}
	d := json.NewDecoder(io.LimitReader(r, maxResolved))
	if err := d.Decode(&doc); err != nil {
		return nil, jsonProblem(err, d.InputOffset())
	}
	if doc.Filings == nil {
		return nil, errorf("it is not what review -json prints", "不是 review -json 的输出")
	}
	out := make(past)
	for _, f := range *doc.Filings {
		for _, k := range f.Risks {
			risk := f.pastRisk
			risk.Rule = k.Rule
			out[risk.key()] = risk
		}
	}
	return &out, nil
}

// isNew leaves of the reasons of a filing the risks that are new, and reports
// whether there are any.
func (r *reviewing) isNew(f *reviewed) bool {
	f.risks = slices.DeleteFunc(f.risks, func(k finding) bool {
		key := r.riskOf(f, k).key()
		_, there := (*r.past)[key]
		if there {
			r.sum.still[key] = true
		}
		return there
	})
	f.unknowns, f.advice = f.unknowns[:0], f.advice[:0]
	return len(f.risks) > 0
}

// clearedSince are the risks that there were and are no more.
func (r *reviewing) clearedSince() []pastRisk {
	cleared := []pastRisk{}
	for _, key := range sortedKeys(*r.past) {
		if !r.sum.still[key] {
			cleared = append(cleared, (*r.past)[key])
		}
	}
	return cleared
}

func (r *reviewing) riskOf(f *reviewed, k finding) pastRisk {
	d := pastRisk{Domain: f.domain, App: f.app, Instance: f.instance, Rule: k.Rule.String()}
	if f.server != nil {
		d.Instance = f.server.ID
	}
	return d
}
