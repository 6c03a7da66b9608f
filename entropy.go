package icpcode

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/icpcode/icpcode/internal/panicked"
)

// source draws from entropy, one caller at a time. It remembers the last draw:
// one that comes twice in a row is of a source that repeats itself.
type source struct {
	mu       sync.Mutex
	r        *bufio.Reader
	lastCode Code
	lastID   [16]byte
}

// newSource reads ahead: a draw from the buffer costs half of one that asks
// the kernel.
func newSource(r io.Reader) *source {
	return &source{r: bufio.NewReaderSize(r, 512)}
}

// draw fills codes with different ones.
func (s *source) draw(codes []Code) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer exhausted(&err)
	for i := range codes {
		for redraws := 0; ; redraws++ {
			c, err := Draw(s.r)
			if err != nil {
				return err
			}
			if c != s.lastCode && !slices.Contains(codes[:i], c) {
				codes[i], s.lastCode = c, c
				break
			}
			if redraws == maxRedraws {
				return fmt.Errorf("%w: it repeats itself", ErrEntropy)
			}
		}
	}
	return nil
}

// requestID draws a request ID of 128 bits.
func (s *source) requestID() (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer exhausted(&err)
	var b [16]byte
	if _, err := io.ReadFull(s.r, b[:]); err != nil {
		return "", fmt.Errorf("%w: %w", ErrEntropy, err)
	}
	if b == s.lastID {
		return "", fmt.Errorf("%w: it repeats itself", ErrEntropy)
	}
	s.lastID = b
	return hex.EncodeToString(b[:]), nil
}

// exhausted, deferred, makes a panic of the entropy source fail like an error
// of it.
func exhausted(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: panic: %v", ErrEntropy, panicked.Value(p))
	}
}
