package icpcode

import "time"

// narrow makes q a query for the one instance, number or service that is asked
// for, if any.
func (r *ListRequest) narrow(q *Query) (bool, error) {
	f := Filing{Domain: r.Domain, App: r.App}
	for _, n := range [...]struct {
		by           Index
		field, typed string
		value        string
	}{
		{ByInstance, "InstanceID", string(r.InstanceID), string(r.InstanceID)},
		{ByICPNumber, "ICPNumber", r.ICPNumber, r.ICPNumber},
		{ByService, "Domain", r.Domain, f.Service()},
		{ByService, "App", r.App, f.Service()},
	} {
		if n.typed == "" {
			continue
		}
		if q.By != 0 {
			return true, invalid(n.field, "does not go together with an instance, a number or another service")
		}
		q.By, q.Value = n.by, n.value
		if n.field == "Domain" {
			if p := domainProblem(n.typed); p != "" {
				return true, invalid(n.field, p)
			}
		} else if err := checkID(n.field, n.typed); err != nil {
			return true, err
		}
	}
	return q.By != 0, nil
}

// aboutFiling reports whether something of a filing is asked for.
func (r *ListRequest) aboutFiling() bool {
	return r.ICPNumber != "" || r.Domain != "" || r.App != "" || r.aboutReview()
}

// aboutReview reports whether what was told of a review is asked for.
func (r *ListRequest) aboutReview() bool { return r.Stage != StageNone || r.Rejected }

// inReview reports whether what was told of a review is what is asked for.
func (r *ListRequest) inReview(p *Progress) bool {
	since := func(t time.Time) bool { return r.Before.IsZero() || t.Before(r.Before) }
	if p == nil || r.Rejected && (p.Rejection == "" || !since(p.Rejected)) {
		return false
	}
	return r.Stage == StageNone || p.Stage == r.Stage && since(p.Staged)
}

// checkReview checks what is asked of reviews.
func (r *ListRequest) checkReview() error {
	if r.Stage > StageReview {
		return invalid("Stage", "is not a known stage")
	}
	if !r.Before.IsZero() && !r.aboutReview() {
		return invalid("Before", "goes together with Stage or Rejected")
	}
	return nil
}
