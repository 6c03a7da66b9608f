package icpcode

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

const (
	// usualLimit is ListRequest.Limit if it is 0.
	usualLimit = 20
	maxLimit   = 1000
	// maxLooked is how many records a page looks at, if ListRequest.Look is 0,
	// until it is handed out as it is.
	maxLooked = 1000
)

// AssessmentPage is one page of a list.
type AssessmentPage struct {
	Assessments []Assessment
	Next        string // "" after the last page
}

// OwnedPage is one page of [Engine.Owned], for a caller that keeps nothing
// between pages. It holds at most ListRequest.Limit codes, and can hold fewer,
// even none, while Next is not "": it looks at no more than ListRequest.Look,
// of which those that are not the actor's to know do not count. Next is
// ListRequest.After of the page after it; it tells nothing, has always the
// same length, and is good for the same actor asking for the same list, until
// Options.CursorKey changes. Anything else is an [*InvalidError]. Codes that
// come or go between pages are on one of them or on none, all others are on
// one.
func (e *Engine) OwnedPage(ctx context.Context, r ListRequest) (Page, error) {
	return recordPage(e.page(ctx, owned(r)))
}

// ReceivedPage is one page of [Engine.Received], as OwnedPage is of Owned.
func (e *Engine) ReceivedPage(ctx context.Context, r ListRequest) (Page, error) {
	return recordPage(e.page(ctx, received(r)))
}

// PickPage is one page of [Engine.Pick], as OwnedPage is of Owned.
func (e *Engine) PickPage(ctx context.Context, r ListRequest) (AssessmentPage, error) {
	return e.page(ctx, picked(r))
}

// ReviewPage is one page of [Engine.Review], as OwnedPage is of Owned. What
// the account owns comes before what it received, also with Newest.
func (e *Engine) ReviewPage(ctx context.Context, r ListRequest) (AssessmentPage, error) {
	return e.page(ctx, reviewed(r))
}

func recordPage(p AssessmentPage, err error) (Page, error) {
	if err != nil {
		return Page{}, err
	}
	records := make([]Record, len(p.Assessments))
	for i := range records {
		records[i] = p.Assessments[i].Record
	}
	return Page{Records: records, Next: p.Next}, nil
}

// page makes one page of a list.
func (e *Engine) page(ctx context.Context, l *listing) (p AssessmentPage, err error) {
	if l.r.Limit < 0 || l.r.Limit > maxLimit {
		return p, invalid("Limit", "is not from 1 to 1000")
	}
	limit := l.r.Limit
	if limit == 0 {
		limit = usualLimit
	}
	if l.r.Look < 0 || l.r.Look > maxLooked {
		return p, invalid("Look", "is not from 1 to 1000")
	}
	look := l.r.Look
	if look == 0 {
		look = maxLooked
	}
	if err := e.begin(ctx, l); err != nil {
		return p, err
	}
	at, err := e.cursors.open(l.r.After, l.bound())
	if err != nil {
		return p, err
	}
	looked, ask := 0, limit
	for at.pass < len(l.passes) {
		got, err := e.look(ctx, l, at, limit-len(p.Assessments), min(ask, look-looked))
		if err != nil {
			return AssessmentPage{}, err
		}
		p.Assessments = append(p.Assessments, got.shown...)
		looked += got.looked
		ask = min(4*ask, maxLooked) // little was shown: look further
		if at.after = got.next; got.next == "" {
			at.pass++
		}
		if len(p.Assessments) == limit || looked >= look || got.short {
			break
		}
	}
	if l.mixed {
		if err := e.skipHidden(ctx, l, &at); err != nil {
			return AssessmentPage{}, err
		}
	}
	if at.pass < len(l.passes) {
		p.Next, err = e.cursors.seal(at, l.bound())
	}
	return p, err
}

// skipHidden moves a position to before the next record that can be shown, or
// to the end: whether a page is the last must not depend on what others have.
func (e *Engine) skipHidden(ctx context.Context, l *listing, at *position) error {
	for at.pass < len(l.passes) {
		q := l.query(at.pass)
		q.After, q.Limit = at.after, pageSize
		found, err := e.listPage(ctx, q)
		if err != nil {
			return err
		}
		for i := range found.Records {
			if l.concerns(at.pass, &found.Records[i]) {
				return nil
			}
		}
		if at.after = found.Next; found.Next == "" {
			at.pass++
		}
	}
	return nil
}

// look is one look into a list.
type look struct {
	shown  []Assessment
	looked int    // records, where hidden ones are among them only the others
	next   string // the store's cursor behind them
	short  bool   // the store has more, and returned fewer than it could: it has looked at enough
}

// look looks at up to ask records from a position on, for what the list shows
// of them, at most room.
func (e *Engine) look(ctx context.Context, l *listing, at position, room, ask int) (look, error) {
	for {
		q := l.query(at.pass)
		q.After, q.Limit = at.after, ask
		found, err := e.listPage(ctx, q)
		if err != nil {
			return look{}, err
		}
		got := look{looked: max(len(found.Records), 1), next: found.Next}
		if !l.mixed {
			got.short = found.Next != "" && len(found.Records) < ask
		} else {
			got.looked = 0
			for i := range found.Records {
				if l.knows(&found.Records[i]) {
					got.looked++
				}
			}
		}
		all, err := e.show(ctx, l, at.pass, found.Records)
		if err != nil {
			return look{}, err
		}
		if len(all) <= room {
			for i := range all {
				got.shown = append(got.shown, all[i].Assessment)
			}
			return got, nil
		}
		// Only the store knows the cursor in between. More may be shown by
		// then, but never more than records were asked for.
		ask = min(ask-1, all[room-1].at+1)
	}
}

// listPage asks the store for one page.
func (e *Engine) listPage(ctx context.Context, q Query) (Page, error) {
	page, err := e.store.List(ctx, q)
	if err != nil {
		return page, unavailable(ctx, "list", err)
	}
	if page.Next != "" && page.Next == q.After {
		return page, &storeError{"list", errors.New("the store returned the cursor that it was given")}
	}
	if len(page.Records) > q.Limit {
		return page, &storeError{"list", fmt.Errorf("the store returned %d records on a page of at most %d", len(page.Records), q.Limit)}
	}
	return page, nil
}

// bound is what a cursor is bound to: the asker, and all that decides which
// records the list has and in what order.
func (l *listing) bound() []byte {
	var d digest
	d.text(l.name)
	d.text(string(l.r.Actor))
	d.text(string(l.r.Account))
	d.number(int64(l.base.By))
	d.text(l.base.Value)
	d.number(int64(l.r.State))
	d.number(int64(l.r.Stage))
	d.instant(l.r.Before)
	for _, is := range [...]bool{l.call.operator, l.r.Newest, l.r.Rejected} {
		d.number(int64(tri(is)))
	}
	return d.buf
}

// position is where a list goes on: a pass, and the store's cursor in it.
type position struct {
	pass  int
	after string
}

// cursors seals positions, so that a cursor tells its holder nothing: a
// store's own may hold a code that is another's.
type cursors struct {
	aead cipher.AEAD // adds its nonce, a random one
}

func newCursors(key [32]byte) *cursors {
	if key == [32]byte{} {
		_, _ = rand.Read(key[:]) // it never fails
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // only the size of a key can be wrong
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only the size of a block can be wrong
	}
	return &cursors{aead}
}

// The plain text of every cursor has one length: the pass, how long the
// store's cursor is, and that cursor in room for the longest.
const (
	cursorHead = 3
	cursorSize = cursorHead + maxCursor
)

func (c *cursors) seal(at position, bound []byte) (string, error) {
	if len(at.after) > maxCursor {
		return "", &storeError{"list", fmt.Errorf("the store returned a cursor of %d bytes", len(at.after))}
	}
	plain := make([]byte, cursorSize)
	plain[0] = byte(at.pass)
	binary.BigEndian.PutUint16(plain[1:], uint16(len(at.after)))
	copy(plain[cursorHead:], at.after)
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nil, nil, plain, bound)), nil
}

func (c *cursors) open(sealed string, bound []byte) (position, error) {
	if sealed == "" {
		return position{}, nil
	}
	box, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || strings.ContainsAny(sealed, "\r\n") { // which the decoder passes over
		return position{}, errCursor
	}
	plain, err := c.aead.Open(nil, nil, box, bound)
	if err != nil || len(plain) != cursorSize {
		return position{}, errCursor
	}
	n := binary.BigEndian.Uint16(plain[1:])
	return position{int(plain[0]), string(plain[cursorHead : cursorHead+int(n)])}, nil
}

var errCursor = invalid("After", "is not what a page before of this list returned")
