package main

import (
	"bytes"
	"io"
	"os"
)

// spool keeps output back until what stands before it is known: in memory while
// it is short, then in a temporary file. The zero value is empty.
type spool struct {
	memory bytes.Buffer
	file   *os.File
	err    error // with which writing ended
}

// spoolMemory is how much of it stays in memory.
const spoolMemory = 256 << 10

// Write keeps b.
func (s *spool) Write(b []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	_, _ = s.memory.Write(b) // it never fails
	if s.memory.Len() > spoolMemory {
		s.err = s.spill()
	}
	return len(b), s.err
}

// WriteString keeps text.
func (s *spool) WriteString(text string) (int, error) { return s.Write([]byte(text)) }

// spill moves what is in memory to the file.
func (s *spool) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp("", "icpcode-*")
		if err != nil {
			return err
		}
		_ = os.Remove(f.Name()) // at once, where that can be, or by close
		s.file = f
	}
	_, err := s.memory.WriteTo(s.file)
	return err
}

// copyTo writes all that was kept.
func (s *spool) copyTo(w io.Writer) error {
	if s.err != nil {
		return s.err
	}
	if s.file != nil {
		if _, err := s.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.Copy(w, s.file); err != nil {
			return err
		}
	}
	_, err := w.Write(s.memory.Bytes())
	return err
}

// close lets go of the file.
func (s *spool) close() {
	if s.file == nil {
		return
	}
	_ = s.file.Close()           // it was only kept to be copied
	_ = os.Remove(s.file.Name()) // it is gone where that could be at once
	s.file, s.err = nil, os.ErrClosed
}
