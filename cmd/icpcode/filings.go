package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/internal/spoken"
)

// filed is one filing, as a list of filings has it.
type filed struct {
	customer, icp string
	domain, app   string
	instance      icpcode.InstanceID // "": the one that has a filed address
	provider      string
	product       icpcode.Product
	owner         icpcode.AccountID
	ips           []netip.Addr
	state         icpcode.State // StateFiled or StateFiling; 0: it has ended
	service       string        // what the filing is for, in one form
}

// reset makes it an empty filing that reuses the room for addresses.
func (f *filed) reset() { *f = filed{ips: f.ips[:0], state: icpcode.StateFiled} }

func (f *filed) filing() icpcode.Filing {
	return icpcode.Filing{Domain: f.domain, App: f.app, IPs: f.ips}
}

// filingColumns are the columns of a list of filings and the words for them,
// lower-cased and without spaces.
var filingColumns = []struct {
	name  string
	words []string
}{
	{"domain", []string{"domain", "domain_name", "website", "site", "url", "域名", "网站域名", "备案域名"}},
	{"app", []string{"app", "app_name", "app名称", "应用名称"}},
	{"instance", []string{"instance", "instance_id", "instanceid", "id", "server", "实例id", "实例", "服务器id", "服务器实例id"}},
	{"ips", []string{"ips", "ip", "filed_ip", "filed_ips", "ip地址", "备案ip", "接入ip", "网站ip"}},
	{"provider", []string{"provider", "cloud", "提供商", "云服务商", "接入商", "接入服务商"}},
	{"product", []string{"product", "产品"}},
	{"owner", []string{"owner", "account", "购买账号", "账号"}},
	{"icp_number", []string{"icp_number", "icp", "icp_no", "备案号", "icp备案号", "网站备案号", "服务备案号"}},
	{"state", []string{"state", "status", "状态", "备案状态"}},
	{"customer", []string{"customer", "subject", "客户", "客户名称", "主体", "主体名称", "主办单位", "主办单位名称"}},
}

// filingColumn is the place of the column that a header names, or -1.
func filingColumn(header string) int {
	word := strings.ToLower(strings.ReplaceAll(trimmed(header), " ", ""))
	for n := range filingColumns {
		if slices.Contains(filingColumns[n].words, word) {
			return n
		}
	}
	return -1
}

// filingsHeader reports whether a line is the header of a list of filings: it
// names a domain or an app.
var filingsHeader headerTest = func(line string) bool {
	_, header, err := csvOf(strings.NewReader(line + "\n"))
	return err == nil && slices.ContainsFunc(header, func(h string) bool { return filingColumn(h) == 0 || filingColumn(h) == 1 })
}

// filingStates are the words for how far a filing is. 0: it has ended.
var filingStates = map[string]icpcode.State{
	"": icpcode.StateFiled, "filed": icpcode.StateFiled, "approved": icpcode.StateFiled, "active": icpcode.StateFiled, "normal": icpcode.StateFiled,
	"已备案": icpcode.StateFiled, "备案成功": icpcode.StateFiled, "正常": icpcode.StateFiled, "已通过": icpcode.StateFiled,
	"filing": icpcode.StateFiling, "underreview": icpcode.StateFiling, "submitted": icpcode.StateFiling,
	"备案中": icpcode.StateFiling, "审核中": icpcode.StateFiling, "已提交": icpcode.StateFiling,
	"ended": 0, "cancelled": 0, "deregistered": 0, "moved": 0, "已注销": 0, "注销": 0, "取消接入": 0, "已取消接入": 0,
}

// set reads one cell.
func (f *filed) set(column int, cell string) error {
	cell = trimmed(cell)
	name := filingColumns[column].name
	if name == "state" {
		state, known := filingStates[unspaced(cell)]
		if !known {
			return errorf("state %q is not known; known are %v", "状态%q无法识别，可用的有：%v", cell, spoken.List{"filed", "filing", "ended", "已备案", "审核中", "已注销"})
		}
		f.state = state
		return nil
	}
	if cell == "" {
		return nil
	}
	if len(cell) > 1024 {
		return errorf("%s is longer than %d bytes", "%s超过%d字节", name, 1024)
	}
	switch name {
	case "domain":
		f.domain = bareDomain(cell)
	case "app":
		f.app = cell
	case "instance":
		if err := checkID(cell); err != nil {
			return errorf("instance %v", "实例%v", err)
		}
		f.instance = icpcode.InstanceID(cell)
	case "provider":
		f.provider = cell
	case "product":
		f.product = icpcode.Product(cell)
	case "owner":
		if err := checkID(cell); err != nil {
			return errorf("owner %v", "购买账号%v", err)
		}
		f.owner = icpcode.AccountID(cell)
	case "icp_number":
		f.icp = cell
	case "customer":
		f.customer = cell
	case "ips":
		for word := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(" ,;，；、/|\n", r) }) {
			ip, err := netip.ParseAddr(word)
			if err != nil {
				return errorf("%q is not an IP address", "%q 不是IP地址", word)
			}
			f.ips = append(f.ips, ip.Unmap())
		}
	}
	return nil
}

// bareDomain is the domain of what people write for one: an address of a page.
func bareDomain(s string) string {
	if _, after, found := strings.Cut(s, "://"); found {
		s = after
	}
	if i := strings.IndexAny(s, "/?#:"); i >= 0 {
		s = s[:i]
	}
	return s
}

// check says what a filing lacks, and puts what it is for into one form.
func (f *filed) check() error {
	if (f.domain == "") == (f.app == "") {
		return errorf("it has neither a domain nor an app, or both", "域名与App须且只能有一个")
	}
	filing := f.filing()
	f.service = filing.Service()
	if f.domain != "" && !strings.Contains(strings.Trim(f.service, "."), ".") {
		return errorf("%q is no domain", "%q 不是域名", f.domain)
	}
	return nil
}

// place is where in its list a filing stands.
type place func() error

// readFilings hands on the filings of a CSV or of JSON, each until the next one,
// with the place of each. The error of a filing lets the reading go on if yield
// does.
func readFilings(s *source, yield func(f *filed, at place, err error) bool) error {
	if s.text != nil && looksLikeJSON(s.head) {
		return readFilingsJSON(s, yield)
	}
	c, header, err := csvOf(s)
	if errors.Is(err, errIssuedHeader) || err == nil && !filingsHeader(strings.Join(header, ",")) {
		return errorf("it is no list of filings: its first line has no column domain or app; columns are %v", "不是备案列表：首行没有domain（域名）或app列；可用的列有 %v", filingNames())
	}
	if err != nil {
		return err
	}
	at := make([]int, len(header))
	var passed spoken.List
	for n, h := range header {
		at[n] = filingColumn(h)
		if at[n] < 0 {
			passed = append(passed, fmt.Sprintf("%.40q", h))
			continue
		}
		if slices.Contains(at[:n], at[n]) {
			return errorf("column %s is there twice", "列%s出现两次", filingColumns[at[n]].name)
		}
	}
	if len(passed) > 0 {
		s.notices = append(s.notices, errorf("not read: the columns %v", "未读取的列：%v", passed))
	}
	c.ReuseRecord = true
	here := func() error {
		line, _ := c.FieldPos(0)
		return errorf("line %d", "第%d行", line)
	}
	var f filed
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return csvProblem(err)
		}
		f.reset()
		for n, cell := range row {
			if at[n] >= 0 && err == nil {
				err = f.set(at[n], cell)
			}
		}
		if err == nil {
			err = f.check()
		}
		if !yield(&f, here, err) {
			return nil
		}
	}
}

func filingNames() spoken.List {
	var names spoken.List
	for _, c := range filingColumns {
		names = append(names, c.name)
	}
	return names
}

// jsonFilings reads objects whose members are the columns.
type jsonFilings struct {
	n       int // filings so far
	f       filed
	columns map[string]int // by the names that there were; -1: not read
	names   []string       // of the members of this filing, by column
	yield   func(*filed, place, error) bool
}

func (j *jsonFilings) here() error { return errorf("filing %d", "第%d条备案", j.n) }

// one hands on a filing.
func (j *jsonFilings) one(members map[string]any) bool {
	j.n++
	j.f.reset()
	err := j.set(members)
	if err == nil {
		err = j.f.check()
	}
	return j.yield(&j.f, j.here, err)
}

// set sets the columns, in their order.
func (j *jsonFilings) set(members map[string]any) error {
	clear(j.names)
	for name := range members {
		column, known := j.columns[name]
		if !known {
			column = filingColumn(name)
			j.columns[name] = column
		}
		if column < 0 {
			continue
		}
		if j.names[column] != "" {
			return errorf("column %s is there twice", "列%s出现两次", filingColumns[column].name)
		}
		j.names[column] = name
	}
	for column, name := range j.names {
		if name == "" {
			continue
		}
		cell, ok := jsonCell(members[name])
		if !ok {
			return errorf("%s is not a text, number or list of texts", "%s应为文本、数字或文本列表", name)
		}
		if err := j.f.set(column, cell); err != nil {
			return err
		}
	}
	return nil
}

// unread are the members that are no columns.
func (j *jsonFilings) unread() (names spoken.List) {
	for _, name := range sortedKeys(j.columns) {
		if j.columns[name] < 0 {
			names = append(names, name)
		}
	}
	return names
}

// readFilingsJSON reads objects: bare, one a line, in a list, or in a list under
// the key filings.
func readFilingsJSON(s *source, yield func(*filed, place, error) bool) error {
	d := json.NewDecoder(s)
	d.UseNumber()
	j := jsonFilings{columns: make(map[string]int), names: make([]string, len(filingColumns)), yield: yield}
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return jsonProblem(err, d.InputOffset())
		}
		if t != json.Delim('[') && t != json.Delim('{') {
			return errorf("it is no list of filings", "不是备案列表")
		}
		if t == json.Delim('{') {
			members, goOn, err := filingsObject(d, j.one)
			if err != nil {
				return jsonProblem(err, d.InputOffset())
			}
			if !goOn || members != nil && !j.one(members) {
				return nil
			}
			continue
		}
		if goOn, err := filingsList(d, j.one); err != nil || !goOn {
			return jsonProblem(err, d.InputOffset())
		}
	}
	if unread := j.unread(); len(unread) > 0 {
		s.notices = append(s.notices, errorf("not read: the members %v", "未读取的字段：%v", unread))
	}
	return nil
}

// filingsObject reads an object that has begun: a filing, which it returns, or
// one with a list of filings.
func filingsObject(d *json.Decoder, one func(map[string]any) bool) (members map[string]any, goOn bool, err error) {
	members = make(map[string]any)
	listed := false
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, false, err
		}
		name, _ := key.(string)
		if strings.EqualFold(name, "filings") {
			if t, err := d.Token(); err != nil || t != json.Delim('[') {
				return nil, false, errors.Join(err, errorf("filings is not a list", "filings应为列表"))
			}
			listed = true
			if goOn, err := filingsList(d, one); err != nil || !goOn {
				return nil, goOn, err
			}
			continue
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, false, err
		}
		members[name] = v
	}
	_, err = d.Token()
	if listed {
		members = nil
	}
	return members, true, err
}

// filingsList reads a list that has begun.
func filingsList(d *json.Decoder, one func(map[string]any) bool) (goOn bool, err error) {
	var members map[string]any
	for d.More() {
		clear(members)
		if err := d.Decode(&members); err != nil {
			return false, err
		}
		if !one(members) {
			return false, nil
		}
	}
	_, err = d.Token()
	return true, err
}

// jsonProblem puts an error of package json into words.
func jsonProblem(err error, offset int64) error {
	if err == nil {
		return nil
	}
	if isSpoken(err) {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errorf("byte %d: it ends early: print it again", "第%d字节：内容不完整，请重新输出", offset)
	}
	return errorf("byte %d: it is not JSON of that form", "第%d字节：JSON格式有误", offset)
}

// jsonCell is a value as the cell of a CSV has it.
func jsonCell(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case []any:
		var words []string
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return "", false
			}
			words = append(words, s)
		}
		return strings.Join(words, " "), true
	}
	return "", false
}
