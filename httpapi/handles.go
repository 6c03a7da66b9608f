package httpapi

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"

	"github.com/icpcode/icpcode"
)

// Key is a secret of 32 bytes. Texts show only whether there is one.
type Key [32]byte

// Format prints "***", or nothing for the zero value, under every verb.
func (k Key) Format(s fmt.State, _ rune) {
	if k != (Key{}) {
		_, _ = s.Write([]byte("***"))
	}
}

// LogValue shows the same in structured logs.
func (k Key) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(k)) }

// Handles seals codes into handles: texts that may stand in a URL, that mean
// nothing to any account but the one that they were sealed for, and that tell
// nothing of the code. One code has one handle for one account, as long as the
// key is the same. A Handles is safe for concurrent use.
type Handles struct {
	aead   cipher.AEAD
	nonces []byte // the key that nonces are derived by
}

// NewHandles returns the handles of a key: see Options.Key. Of the zero key
// they are those of a random one.
func NewHandles(key Key) *Handles {
	if key == (Key{}) {
		_, _ = rand.Read(key[:]) // it never fails
	}
	block, err := aes.NewCipher(derive(key[:], "icpcode handle: seal"))
	if err != nil {
		panic(err) // only the size of a key can be wrong
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only the size of a block can be wrong
	}
	return &Handles{aead, derive(key[:], "icpcode handle: nonce")}
}

// Format prints no more than the type: a Handles holds keys.
func (Handles) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("httpapi.Handles")) }

// derive makes a key for one purpose.
func derive(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		_, _ = h.Write([]byte(p)) // it never fails
		_, _ = h.Write([]byte{0})
	}
	return h.Sum(nil)
}

// The kinds of what is sealed: a handle is no cursor.
const (
	sealedCode   = "code"
	sealedCursor = "cursor"
)

// Seal returns the handle of a code for an account.
func (h *Handles) Seal(account icpcode.AccountID, code icpcode.Code) string {
	return h.seal(sealedCode, account, code.String())
}

// Open returns the code that a handle was sealed of. The error of a handle
// that is another account's, or none at all, is [icpcode.ErrNoCode]: what an
// account is told of a code that is not its own.
func (h *Handles) Open(account icpcode.AccountID, handle string) (icpcode.Code, error) {
	var code icpcode.Code
	text, ok := h.open(sealedCode, account, handle)
	if !ok || code.UnmarshalText([]byte(text)) != nil {
		return icpcode.Code{}, icpcode.ErrNoCode
	}
	return code, nil
}

// seal seals a text for an account. Its nonce follows from what is sealed, so
// that no nonce ever seals two texts and one text has one seal.
func (h *Handles) seal(kind string, account icpcode.AccountID, text string) string {
	nonce := derive(h.nonces, kind, string(account), text)[:h.aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(h.aead.Seal(nonce, nonce, []byte(text), bound(kind, account)))
}

func (h *Handles) open(kind string, account icpcode.AccountID, sealed string) (string, bool) {
	box, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || strings.ContainsAny(sealed, "\r\n") || len(box) < h.aead.NonceSize() {
		return "", false
	}
	nonce, box := box[:h.aead.NonceSize()], box[h.aead.NonceSize():]
	text, err := h.aead.Open(nil, nonce, box, bound(kind, account))
	return string(text), err == nil
}

func bound(kind string, account icpcode.AccountID) []byte {
	return []byte(kind + "\x00" + string(account))
}
