package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/icpcode/icpcode"
)

// issued is how many codes servers have had so far. The zero value does not
// know.
type issued struct {
	known bool
	each  int // of a server that byID does not name
	byID  map[icpcode.InstanceID]int
	named []icpcode.InstanceID // of byID, that the command line names
	ids   []icpcode.InstanceID // of byID, that the file names
	file  string               // "": there is none
}

// maxIssued is the most that any quota allows; maxIssuedFile bounds memory.
const (
	maxIssued     = 1_000_000
	maxIssuedFile = 64 << 20 // bytes
)

// of returns how many codes the server has had, or -1.
func (s *issued) of(id icpcode.InstanceID) int {
	if n, ok := s.byID[id]; ok {
		return n
	}
	if s.known {
		return s.each
	}
	return -1
}

// parseIssued reads the values of -issued: a number that holds for every
// server, ID=NUMBER for one of them, and a file with the columns id and issued.
func (c *command) parseIssued(values []string) (*issued, error) {
	s := &issued{}
	for _, v := range values {
		if n, err := strconv.Atoi(strings.TrimSpace(v)); err == nil {
			if n < 0 || n > maxIssued || s.known {
				return nil, errorf("%q: one number from 0 to %d", "%q：应为一个0至%d的数字", v, maxIssued)
			}
			s.known, s.each = true, n
			continue
		}
		if id, count, found := strings.Cut(v, "="); found && !isFile(v) {
			if err := s.add(id, count, &s.named); err != nil {
				return nil, errorf("%q: %v", "%q：%v", v, err)
			}
			continue
		}
		if s.file != "" {
			return nil, errorf("more than one file", "文件多于一个")
		}
		s.file = v
		f, err := c.readable(v, issuedHeader)
		if errors.Is(err, os.ErrNotExist) {
			return nil, errorf("%q is neither a number (0), nor ID=NUMBER (i-1=2), nor a CSV file with the columns id and issued",
				"%q 既不是数字（0），也不是 实例ID=数字（i-1=2），也不是含id、issued两列的CSV文件", v)
		}
		if err != nil {
			return nil, err
		}
		err = s.read(io.LimitReader(f, maxIssuedFile+1))
		f.close()
		if errors.Is(err, errIssuedHeader) && f.text != nil {
			if said := recognise(err, f.head); said != nil {
				err = said
			}
		}
		if err != nil {
			return nil, errorf("%s: %v", "%s：%v", c.shown(v), err)
		}
		c.assumed(v, f)
	}
	return s, nil
}

// isFile reports whether there is a file of that name.
func isFile(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// trimmed takes away what people do not see around a value: spaces of all
// kinds, and characters of no width.
func trimmed(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '\u200B' || r == '\uFEFF' })
}

// add says how many codes a server had.
func (s *issued) add(id, count string, ids *[]icpcode.InstanceID) error {
	id, count = trimmed(id), trimmed(count)
	if err := checkID(id); err != nil {
		return errorf("id %v", "id：%v", err)
	}
	key := icpcode.InstanceID(id)
	if _, twice := s.byID[key]; twice {
		return errorf("%q is there twice", "%q 出现两次", key)
	}
	n, err := strconv.Atoi(ungrouped(count))
	if err != nil || n < 0 || n > maxIssued {
		return errorf("%q is not a number from 0 to %d", "%q 应为0至%d的数字", count, maxIssued)
	}
	if s.byID == nil {
		s.byID = make(map[icpcode.InstanceID]int)
	}
	s.byID[key] = n
	*ids = append(*ids, key)
	return nil
}

// grouped is a number as spreadsheets show it.
var grouped = regexp.MustCompile(`^\d{1,3}(,\d{3})+$`)

// ungrouped takes the commas out of 1,000.
func ungrouped(s string) string {
	if grouped.MatchString(s) {
		return strings.ReplaceAll(s, ",", "")
	}
	return s
}

// issuedColumns are the names of the two columns.
var issuedColumns = [2][]string{
	{"id", "instanceid", "instance_id", "实例id", "实例", "服务器id"},
	{"issued", "已申请数量", "已申请", "已生成数量", "已使用数量"},
}

// errIssuedHeader says that the first line is another.
var errIssuedHeader = errorf("the header line is not id,issued", "首行应为id,issued（或“实例ID,已申请数量”）")

// readIssued reads a CSV, for its counts.
func readIssued(r io.Reader) (map[icpcode.InstanceID]int, error) {
	s := &issued{byID: make(map[icpcode.InstanceID]int)}
	return s.byID, s.read(r)
}

// read reads a CSV, separated by commas, semicolons or tabs.
func (s *issued) read(r io.Reader) error {
	counted := &counter{r: r}
	c, header, err := csvOf(counted)
	if err != nil {
		return err
	}
	at := [2]int{-1, -1}
	for n, name := range header {
		name = strings.ToLower(trimmed(name))
		for k, names := range issuedColumns {
			if slices.Contains(names, name) && at[k] < 0 {
				at[k] = n
			}
		}
	}
	if len(header) != 2 || at[0] < 0 || at[1] < 0 {
		return errIssuedHeader
	}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			if counted.n > maxIssuedFile {
				return errorf("is larger than %d MiB", "大于%d MiB", maxIssuedFile>>20)
			}
			return nil
		}
		if err != nil {
			return csvProblem(err)
		}
		line, _ := c.FieldPos(0)
		if err := s.add(row[at[0]], row[at[1]], &s.ids); err != nil {
			return errorf("line %d: %v", "第%d行：%v", line, err)
		}
	}
}

// csvOf reads the header line of a CSV whose cells are separated by whatever
// separates those.
func csvOf(r io.Reader) (*csv.Reader, []string, error) {
	in := bufio.NewReaderSize(r, 16<<10)
	head, _ := in.Peek(in.Size()) // what is wrong shows when it is read
	c := csv.NewReader(in)
	c.Comma, c.Comment = separator(head), '#'
	c.TrimLeadingSpace = c.Comma != '\t'
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, errIssuedHeader
	}
	if err != nil {
		return nil, nil, csvProblem(err)
	}
	return c, header, nil
}

// separator is what separates the cells of the first line that has any.
func separator(head []byte) rune {
	for line := range bytes.Lines(head) {
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		best := ','
		for _, r := range [...]rune{';', '\t'} {
			if bytes.Count(line, []byte(string(r))) > bytes.Count(line, []byte(string(best))) {
				best = r
			}
		}
		return best
	}
	return ','
}

// csvProblem puts an error of package csv into words.
func csvProblem(err error) error {
	var bad *csv.ParseError
	if !errors.As(err, &bad) {
		return err
	}
	if errors.Is(bad.Err, csv.ErrFieldCount) {
		return errorf("line %d: it has not as many cells as the header line", "第%d行：单元格数与首行不同", bad.Line)
	}
	return errorf("line %d: a quotation mark where none can be", "第%d行：引号位置有误", bad.Line)
}

// counter counts the bytes that are read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}
