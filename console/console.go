// Package console shows an [icpcode.Engine] in a browser: the pages that the
// sources describe, to mount in a service of yours.
//
//	mux.Handle("/console/", http.StripPrefix("/console", console.New(engine, console.Options{
//		Options: httpapi.Options{Account: who, Servers: servers, Facts: facts},
//		Base:    "/console",
//	})))
//
// The pages of an account are its servers, with a button or every reason why
// there is none; an application with or without a grant; its own and received
// codes; and filing with one. Those of an operator are the filings under
// review. They are in English and Chinese, and need no script.
//
// It trusts nothing that a request says of who is asking: the service does.
// Every form has a request ID, so that what is sent twice is done once. No
// whole code stands in a URL, or on a page but that of the request that made
// it and where it was asked for.
package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/icpcode/icpcode/internal/panicked"
)

// Options says who is asking and what is known. Options.Account is needed.
type Options struct {
	// Options are those of httpapi. TrustedOrigins, Timeout, Key and the
	// functions mean here what they mean there; CodeFormat is not used.
	httpapi.Options
	// Base is the path that the console is mounted under, "/console"; "": the
	// root.
	Base string
	// Operator reports whether an account is shown the pages of operators, as
	// the engine's own Options.Operator does. What an account may do is the
	// engine's to say. nil: none is.
	Operator func(context.Context, icpcode.AccountID) (bool, error)
	// RuleBook is the engine's own, for the page that says its rules. nil:
	// [icpcode.Alibaba], as the engine's.
	RuleBook *icpcode.RuleBook
	// Clock is the engine's own, by which the pages know which rules are in
	// force and how long a filing has been under review. nil: [time.Now], as
	// the engine's.
	Clock func() time.Time
	// SendProof sends the granter what it then enters to prove a first grant, a
	// code by text message (GRT-FIRST). Proof is "". It comes again for the same
	// request ID when a page is loaded again: how often to send is its to say.
	// nil: nothing is sent, and the pages ask for the proof all the same.
	SendProof func(context.Context, icpcode.Verification) error
	// ProofNote stands at the field of the proof: where to look for it, how long
	// it holds. The zero value: nothing does.
	ProofNote icpcode.Bilingual
	// Accounts is the path or URL where the visitor becomes another account, or
	// logs in. "": no page links to it.
	Accounts string
	// Notice stands at the top of every page. The zero value: nothing does.
	Notice icpcode.Bilingual
}

//go:embed pages assets
var files embed.FS

// handler is the console.
type handler struct {
	eng     *icpcode.Engine
	o       Options
	handles *httpapi.Handles
	pages   [2]*template.Template // by language
	mux     *http.ServeMux
	guard   http.Handler
}

// New returns the console over an engine. It panics if Options.Account is nil
// or an origin of TrustedOrigins is none.
func New(engine *icpcode.Engine, o Options) http.Handler {
	if o.Account == nil {
		panic("console: Options.Account is nil")
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Base = strings.TrimSuffix(o.Base, "/")
	h := &handler{eng: engine, o: o, handles: httpapi.NewHandles(o.Key), mux: http.NewServeMux()}
	h.o.Key = httpapi.Key{} // it is in the handles, and in no text of the handler
	for _, l := range []icpcode.Lang{icpcode.English, icpcode.Chinese} {
		h.pages[l] = parsePages(l, o.Base)
	}
	for _, r := range routes {
		h.mux.Handle(r.pattern, h.serve(r.do))
	}
	assets, err := fs.Sub(files, "assets")
	if err != nil {
		panic(err) // it is embedded
	}
	h.mux.Handle("GET /assets/{$}", http.NotFoundHandler()) // their list is no page
	h.mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(assets)))
	none := h.serve(func(*call) (page, error) { return page{}, icpcode.ErrNoCode })
	h.mux.Handle("/", none)
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(h.serve(nil))
	for _, origin := range o.TrustedOrigins {
		if err := csrf.AddTrustedOrigin(origin); err != nil {
			panic("console: " + err.Error())
		}
	}
	h.guard = csrf.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A mux would lead to where a path with dots goes, without the base.
		if clean := path.Clean(r.URL.Path); clean != r.URL.Path && clean+"/" != r.URL.Path {
			none.ServeHTTP(w, r)
			return
		}
		h.mux.ServeHTTP(w, r)
	}))
	return h
}

// policy allows what these pages have, a style sheet of their own and forms to
// themselves, and nothing else.
const policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	h.guard.ServeHTTP(w, r)
}

// call is one request.
type call struct {
	context.Context //nolint:containedctx // of the one request that it lives for

	h        *handler
	r        *http.Request
	lang     icpcode.Lang
	account  icpcode.AccountID
	operator bool
}

// page is an answer: a template and what it shows, or where to go on.
type page struct {
	status int // 0: 200
	name   string
	data   any
	goOn   string // a path here
}

// serve makes a handler of what answers a call, nil of one that is refused
// unread.
func (h *handler) serve(do func(*call) (page, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), h.o.Timeout)
		defer cancel()
		// A client that sends or reads slowly must not keep the connection. Where
		// there is no deadline to set, the server has its own.
		if until, ok := ctx.Deadline(); ok {
			_ = http.NewResponseController(w).SetReadDeadline(until)
		}
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		c := &call{Context: ctx, h: h, r: r, lang: language(w, r)}
		p, err := c.answer(do)
		if err != nil {
			p = c.failed(err)
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(h.o.Timeout))
		h.write(w, c, p)
	})
}

// answer finds out which account asks, and does what is asked for. A panic of the
// service's is an error.
func (c *call) answer(do func(*call) (page, error)) (p page, err error) {
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler { //nolint:errorlint // it is a panic's value, by identity
				panic(v)
			}
			err = fmt.Errorf("console: panic: %v", panicked.Value(v))
		}
	}()
	if do == nil {
		return page{}, errForeign
	}
	if err := c.enter(); err != nil {
		return page{}, err
	}
	return do(c)
}

var (
	// errNobody says that the service does not know who is asking.
	errNobody = errors.New("console: nobody is logged in")
	// errForeign says that a change came from a page of another site.
	errForeign = errors.New("console: sent by another site")
)

// enter finds out who is asking, and reads the form.
func (c *call) enter() error {
	err := c.hook("Account", func() (err error) { c.account, err = c.h.o.Account(c.r); return err })
	if err != nil {
		return err
	}
	if c.account == "" {
		return errNobody
	}
	if c.h.o.Operator != nil {
		err = c.hook("Operator", func() (err error) { c.operator, err = c.h.o.Operator(c, c.account); return err })
		if err != nil {
			return err
		}
	}
	if err := c.r.ParseForm(); err != nil || !sendable(c.r.PostForm) {
		return &icpcode.InvalidError{Field: "form", Problem: "cannot be read"}
	}
	if c.r.Method == http.MethodPost && c.requestID() == "" {
		return &icpcode.InvalidError{Field: "request_id", Problem: "is empty"}
	}
	return nil
}

// sendable reports whether a form is one that a page here can send: it has text,
// each field once but those of ticked boxes, and no mark that no page has.
func sendable(form url.Values) bool {
	for name, values := range form {
		if len(values) > 1 && name != "filing" && !strings.HasPrefix(name, "replaces") {
			return false
		}
		for _, v := range values {
			if !utf8.ValidString(v) || strings.Contains(v, "\x00") {
				return false
			}
		}
	}
	for _, mark := range []string{"again", "confirmed", "refunded"} {
		if v := form.Get(mark); v != "" && v != "1" {
			return false
		}
	}
	return true
}

// hook calls a function of the service's.
func (c *call) hook(name string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &icpcode.HookError{Hook: name, Panic: panicked.Value(v)}
		}
	}()
	if err := f(); err != nil {
		return &icpcode.HookError{Hook: name, Err: err}
	}
	return nil
}

// form returns a field without the spaces around it.
func (c *call) form(name string) string { return strings.TrimSpace(c.r.PostForm.Get(name)) }

func (c *call) requestID() string { return c.form("request_id") }

// newRequestID returns that of a form that is shown for the first time.
func newRequestID() string { return rand.Text() }

// language is what the page was switched to, or else what the browser wishes.
func language(w http.ResponseWriter, r *http.Request) icpcode.Lang {
	tag := r.URL.Query().Get("lang")
	if tag == "zh" || tag == "en" {
		http.SetCookie(w, &http.Cookie{Name: "icpcode_lang", Value: tag, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600})
	} else if c, err := r.Cookie("icpcode_lang"); err == nil {
		tag = c.Value
	} else {
		tag = r.Header.Get("Accept-Language")
	}
	first, _, _ := strings.Cut(tag, ",")
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "zh") {
		return icpcode.Chinese
	}
	return icpcode.English
}

// shown is what every template is given.
type shown struct {
	Name, Base, Path string
	Account          icpcode.AccountID
	Accounts, Notice string
	ProofNote        string
	Operator         bool
	Data             any
}

func (h *handler) write(w http.ResponseWriter, c *call, p page) {
	header := w.Header()
	header.Set("Cache-Control", "no-store") // it may hold codes
	header.Add("Vary", "Accept-Language, Cookie")
	if p.goOn != "" {
		http.Redirect(w, c.r, h.o.Base+p.goOn, http.StatusSeeOther)
		return
	}
	here := url.URL{Path: h.o.Base + c.r.URL.Path}
	if c.r.Method != http.MethodGet {
		here.Path = h.o.Base + "/servers" // a change is not done again to change the language
	}
	var b bytes.Buffer
	err := h.pages[c.lang].ExecuteTemplate(&b, p.name, shown{
		p.name, h.o.Base, here.String(), c.account, h.o.Accounts, h.o.Notice.Text(c.lang), h.o.ProofNote.Text(c.lang), c.operator, p.data,
	})
	if err != nil {
		h.tell(c, err)
		http.Error(w, c.text("This page cannot be shown.", "无法显示此页面。"), http.StatusInternalServerError)
		return
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	if p.status != 0 {
		w.WriteHeader(p.status)
	}
	_, _ = w.Write(b.Bytes()) // the client has left, or has not
}

func (h *handler) tell(ctx context.Context, err error) {
	if h.o.Failed != nil {
		h.o.Failed(ctx, err)
	}
}

// text is one of two texts.
func (c *call) text(en, zh string) string {
	return icpcode.Bilingual{English: en, Chinese: zh}.Text(c.lang)
}
