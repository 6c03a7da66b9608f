package inventory

import (
	"encoding/csv"
	"errors"
	"io"

	"github.com/icpcode/icpcode/internal/spoken"
)

// errorf makes an error in both languages. The two formats take the same verbs,
// of which those for errors say %v and are wrapped all the same.
func errorf(en, zh string, args ...any) *spoken.Error { return spoken.Errorf(en, zh, args...) }

// The errors that say nothing of their own.
var (
	errMissing  = errorf("is missing", "不能为空")
	errNoObject = errorf("is not an object", "不是JSON对象")
	errCount    = errorf("the reader returned an impossible count", "读取出错：返回的字节数无效")
)

// atLine puts a line, counted from 1, before an error.
func atLine(line int, err error) *spoken.Error {
	return errorf("line %d: %v", "第%d行：%v", line, err)
}

// placed puts the place of a record before an error.
func placed(f Format, record int, offset int64, err error) *spoken.Error {
	if f.isAddress() {
		return errorf("address %d, byte %d: %v", "第%d个地址，第%d字节：%v", record, offset, err)
	}
	return errorf("server %d, byte %d: %v", "第%d条记录，第%d字节：%v", record, offset, err)
}

// cutShort says that the input ends where something else was to come.
func cutShort(want string) error {
	return errorf("%v instead of %s", "文件在此处中断，内容不完整：请重新输出完整清单", io.ErrUnexpectedEOF, want)
}

// csvReason puts an error of package csv into words.
func csvReason(err error) error {
	for _, r := range [...]struct {
		err error
		zh  string
	}{
		{csv.ErrFieldCount, "单元格数与表头不同"}, {csv.ErrBareQuote, "引号位置有误"}, {csv.ErrQuote, "引号不成对"},
	} {
		if errors.Is(err, r.err) {
			return errorf("%v", r.zh, err)
		}
	}
	return err
}
