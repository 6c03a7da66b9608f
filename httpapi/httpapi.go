package httpapi

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/panicked"
)

// usualTimeout is Options.Timeout if it is 0.
const usualTimeout = 10 * time.Second

// Document is the OpenAPI 3.1 document of the handler, in JSON, as it answers
// at /v1/openapi.json. The caller may change the copy.
func Document() []byte { return bytes.Clone(document) }

//go:embed openapi.json
var document []byte

// New returns a handler of every operation of an engine, under /v1/. It is
// safe for concurrent use and needs no closing. New panics if engine or
// Options.Account is nil, or if a trusted origin is not one.
func New(engine *icpcode.Engine, o Options) http.Handler {
	if engine == nil || o.Account == nil {
		panic("httpapi: New needs an engine and Options.Account")
	}
	if o.Timeout == 0 {
		o.Timeout = usualTimeout
	}
	h := &handler{eng: engine, dry: engine.DryRun(), o: o, handles: NewHandles(o.Key), routes: routes(), named: map[string]bool{}}
	h.o.Key = Key{} // it is in the handles, and in no text of the handler
	for _, r := range h.routes {
		h.named[r.path] = true
	}
	for _, origin := range o.TrustedOrigins {
		if err := h.origins.AddTrustedOrigin(origin); err != nil {
			panic("httpapi: " + err.Error())
		}
	}
	return h
}

type handler struct {
	eng, dry *icpcode.Engine
	o        Options
	handles  *Handles
	routes   []route
	named    map[string]bool // the paths without a handle
	origins  http.CrossOriginProtection
}

// call is one request on its way.
type call struct {
	context.Context //nolint:containedctx // of the one request that it lives for

	h       *handler
	r       *http.Request
	eng     *icpcode.Engine // the real one, or a dry run
	dry     bool
	account icpcode.AccountID
	key     string       // the request ID
	code    icpcode.Code // that the URL addresses
	lang    icpcode.Lang
	query   query
	body    []byte
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	lang := language(r.Header)
	head := w.Header()
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Vary", "Accept-Language")
	head.Set("Content-Language", tags[lang])

	ctx, cancel := context.WithTimeout(r.Context(), h.o.Timeout)
	defer cancel()
	// A client that sends slowly must not keep the connection: a body that no
	// one reads is read by the server when the answer is written. Where there
	// is no deadline to set, the server has its own.
	if until, ok := ctx.Deadline(); ok {
		_ = http.NewResponseController(w).SetReadDeadline(until)
	}
	c := &call{Context: ctx, h: h, r: r, lang: lang}
	answer, err := c.serve(w)
	if err != nil {
		h.fail(w, c, err)
		return
	}
	if res, ok := answer.(result); ok && res.Replayed {
		head.Set("Idempotency-Replayed", "true")
	}
	h.write(w, http.StatusOK, "application/json", answer)
}

// serve finds what is asked for, and does it.
func (c *call) serve(w http.ResponseWriter) (answer any, err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // it is a panic's value, by identity
				panic(p)
			}
			err = fmt.Errorf("httpapi: panic: %v", panicked.Value(p))
		}
	}()
	if c.h.origins.Check(c.r) != nil {
		return nil, errOrigin
	}
	route, handle, err := c.h.find(w, c.r)
	if err != nil {
		return nil, err
	}
	if route.open {
		return json.RawMessage(document), nil
	}
	if err := c.enter(route, handle); err != nil {
		return nil, err
	}
	if route.body != nil {
		if c.body, err = c.read(w); err != nil {
			return nil, err
		}
	}
	return route.do(c)
}

// enter finds out who is asking, and reads what stands beside the body.
func (c *call) enter(route *route, handle string) (err error) {
	err = c.hook("Account", func() (err error) { c.account, err = c.h.o.Account(c.r); return err })
	if err != nil {
		return err
	}
	if c.account == "" {
		return errNobody
	}
	if c.query, err = readQuery(c.r, route.query); err != nil {
		return err
	}
	if c.dry, err = c.query.bool("dry_run"); err != nil {
		return err
	}
	c.eng = c.h.eng
	if c.dry {
		c.eng = c.h.dry
	}
	if route.change {
		if c.key, err = idempotencyKey(c.r.Header); err != nil {
			return err
		}
		if c.key == "" && !c.dry {
			return errNoKey
		}
	}
	if handle != "" {
		c.code, err = c.h.handles.Open(c.account, handle)
	}
	return err
}

// find returns the route of a request, and the handle in its path.
func (h *handler) find(w http.ResponseWriter, r *http.Request) (*route, string, error) {
	var allowed []string
	for i := range h.routes {
		route := &h.routes[i]
		handle, ok := route.match(r.URL.Path)
		if !ok || handle != "" && h.named[r.URL.Path] {
			continue
		}
		if r.Method == route.method || r.Method == http.MethodHead && route.method == http.MethodGet {
			r.Pattern = route.method + " " + route.path // for logs, as of a http.ServeMux
			return route, handle, nil
		}
		allowed = append(allowed, route.method)
	}
	if allowed == nil {
		return nil, "", errNoPath
	}
	slices.Sort(allowed)
	w.Header().Set("Allow", strings.Join(slices.Compact(allowed), ", "))
	return nil, "", errMethod
}

// hook calls a function of the service's. Its failure is an
// [icpcode.HookError], and so is what it returns once the time is over.
func (c *call) hook(name string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &icpcode.HookError{Hook: name, Panic: panicked.Value(p)}
		}
	}()
	if err := f(); err != nil {
		return &icpcode.HookError{Hook: name, Err: err}
	}
	return nil
}

// write writes an answer, whole or not at all.
func (h *handler) write(w http.ResponseWriter, status int, kind string, answer any) {
	b, err := json.Marshal(answer)
	if err != nil {
		// Nothing that is answered can fail so; a value of the service's could.
		h.tell(err)
		status, b = http.StatusInternalServerError, []byte("{}")
	}
	// A client that reads slowly must not keep the connection for ever. Where
	// there is no deadline to set, the server has its own.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.o.Timeout))
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client has left, or has not
}

func (h *handler) tell(err error) {
	if h.o.Failed != nil {
		h.o.Failed(context.Background(), err)
	}
}

// fail answers an error.
func (h *handler) fail(w http.ResponseWriter, c *call, err error) {
	p := c.problem(err)
	left := c.r.Context().Err() != nil
	if p.Status >= http.StatusInternalServerError && !left && h.o.Failed != nil {
		h.o.Failed(c, err)
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Session realm="icpcode"`)
	}
	if p.Repeat {
		w.Header().Set("Retry-After", "1")
	}
	if errors.Is(err, errBody) || p.Status == http.StatusRequestEntityTooLarge || p.Status == http.StatusRequestTimeout {
		w.Header().Set("Connection", "close") // the rest of the body is not read
	}
	h.write(w, p.Status, "application/problem+json", p)
}
