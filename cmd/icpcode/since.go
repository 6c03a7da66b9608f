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

// since leaves of the filings those with a risk that is new, and of their reasons
// the new ones, and returns the risks that have cleared.
func (r *reviewing) since(before past) []pastRisk {
	now := make(map[string]bool)
	for _, f := range r.filings {
		f.risks = slices.DeleteFunc(f.risks, func(k finding) bool {
			key := r.riskOf(f, k).key()
			now[key] = true
			_, there := before[key]
			return there
		})
		f.unknowns, f.advice = nil, nil
	}
	r.filings = slices.DeleteFunc(r.filings, func(f *reviewed) bool { return len(f.risks) == 0 })
	cleared := []pastRisk{}
	for _, key := range sortedKeys(before) {
		if !now[key] {
			cleared = append(cleared, before[key])
		}
	}
	return cleared
}

func (r *reviewing) riskOf(f *reviewed, k finding) pastRisk {
	d := pastRisk{Domain: f.domain, App: f.app, Instance: f.instance, Rule: k.Rule.String()}
	if f.server != nil {
		d.Instance = f.server.server.Instance.ID
	}
	return d
}
