package console

import (
	"errors"
	"net/http"
	"slices"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
)

// statuses are those of the table at [icpcode.Category].
var statuses = [...]int{
	icpcode.CategoryNone: http.StatusOK, icpcode.CategoryRefused: http.StatusUnprocessableEntity, icpcode.CategoryInvalid: http.StatusBadRequest,
	icpcode.CategoryNoCode: http.StatusNotFound, icpcode.CategoryTaken: http.StatusConflict, icpcode.CategoryConflict: http.StatusServiceUnavailable,
	icpcode.CategoryUnavailable: http.StatusServiceUnavailable, icpcode.CategoryUnknownOutcome: http.StatusServiceUnavailable,
	icpcode.CategoryHook: http.StatusBadGateway, icpcode.CategorySetup: http.StatusInternalServerError,
	icpcode.CategoryEnded: http.StatusGatewayTimeout, icpcode.CategoryOther: http.StatusInternalServerError,
}

// problem is what went wrong, for a page.
type problem struct {
	Text    string
	Detail  string           // which field, and why
	Reasons []icpcode.Reason // of a refusal
	Repeat  bool             // the same form can be sent again
	status  int
}

// problemOf puts an error into words, and tells the service of those that it
// should look at.
func (c *call) problemOf(err error) problem {
	category := icpcode.CategoryOf(err)
	p := problem{Text: category.Text(c.lang), Repeat: category.Repeat(), status: statuses[category]}
	if errors.Is(err, errNobody) {
		p.Text, p.status = c.text("Please log in first", "请先登录"), http.StatusUnauthorized
	}
	var invalid *icpcode.InvalidError
	if category == icpcode.CategoryInvalid && errors.As(err, &invalid) {
		p.Detail = httpapi.Detail(c.lang, invalid)
	}
	var no *icpcode.RefusedError
	if errors.As(err, &no) {
		p.Reasons = slices.Collect(no.Decision.Reasons(c.lang))
	}
	if p.status >= http.StatusInternalServerError && c.r.Context().Err() == nil {
		c.h.tell(c, err)
	}
	return p
}

// failed is the page of an error that no form can show.
func (c *call) failed(err error) page {
	p := c.problemOf(err)
	return page{status: p.status, name: "failed", data: p}
}
