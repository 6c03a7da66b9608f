package spoken_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/spoken"
)

// TestText: an error speaks both languages, whatever is in it, and keeps its
// cause.
func TestText(t *testing.T) {
	inner := spoken.Errorf("the %s burst", "%s破裂", spoken.Phrase{EN: "pipe", ZH: "管道"})
	lost := &fs.PathError{Op: "open", Path: "a.json", Err: fs.ErrNotExist}
	for _, c := range []struct {
		err    error
		en, zh string
		is     error
	}{
		{spoken.Errorf("100% sure", "100%确定"), "100% sure", "100%确定", nil},
		{spoken.Errorf("%s: %v; known: %v", "%s：%v；可用的有：%v", "x", inner, spoken.List{"a", "b"}), "x: the pipe burst; known: a, b", "x：管道破裂；可用的有：a、b", inner},
		{fmt.Errorf("around: %w", inner), "the pipe burst", "管道破裂", inner},
		{spoken.Errorf("line %d: %v", "第%d行：%v", 3, io.ErrUnexpectedEOF), "line 3: unexpected EOF", "第3行：unexpected EOF", io.ErrUnexpectedEOF},
		{spoken.Errorf("facts: %v", "事实：%v", lost), "facts: a.json: there is no such file", "事实：a.json：没有该文件", fs.ErrNotExist},
		{&fs.PathError{Op: "open", Path: "b", Err: fs.ErrPermission}, "b: it may not be read", "b：没有读取权限", nil},
		{&fs.PathError{Op: "read", Path: "b", Err: errors.New("disk on fire")}, "b: disk on fire", "b：disk on fire", nil},
	} {
		if en, zh := spoken.Text(c.err, icpcode.English), spoken.Text(c.err, icpcode.Chinese); en != c.en || zh != c.zh {
			t.Errorf("%q, %q; want %q, %q", en, zh, c.en, c.zh)
		}
		if c.is != nil && !errors.Is(c.err, c.is) {
			t.Errorf("%v has lost its cause", c.err)
		}
	}
	if spoken.In(io.EOF) != nil {
		t.Error("io.EOF has words")
	}
}
