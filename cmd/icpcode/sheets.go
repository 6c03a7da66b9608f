package main

import (
	"errors"
	"os"
	"strings"

	"github.com/icpcode/icpcode/internal/spoken"
)

// sheetOf splits fleet.xlsx#Sheet1 into the file and the sheet of it. A file
// that has such a name itself is that file.
func (c *command) sheetOf(name string) (file, sheet string) {
	file, sheet, found := cutLast(name, "#")
	if !found || isFile(name) || file != stdinName && !isFile(file) {
		return name, ""
	}
	return file, sheet
}

// cutLast is strings.Cut at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// sheets names each sheet with servers of a workbook that has several: people
// keep one for each region or account, and all of them are the fleet.
func (c *command) sheets(files []string) ([]string, error) {
	var out []string
	for _, name := range files {
		file, _ := c.sheetOf(name)
		if err := c.keep(file); err != nil {
			return nil, &exitError{exitInput, err}
		}
		f, err := c.readable(name, serversHeader)
		if err == nil {
			f.close()
		}
		var several *sheetsError
		if !errors.As(err, &several) {
			out = append(out, name) // what is wrong with it is told when it is read
			continue
		}
		c.warn(c.shown(name), c.tell(errorf("the sheets %v all have servers: all are read; %s#%s reads one", "工作表 %v 都有服务器：全部读取；只读一个请用 %s#%s",
			spoken.List(several.names), name, several.names[0])))
		for _, sheet := range several.names {
			out = append(out, name+"#"+sheet)
		}
	}
	return out, nil
}

// isThere reports whether there is a file of that name, or of which a sheet is
// named so.
func (c *command) isThere(name string) error {
	file, _ := c.sheetOf(name)
	_, err := os.Stat(file)
	return err
}
