package console

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/icpcode/icpcode"
)

// severalLine is one filing of several.
type severalLine struct {
	What, Masked, Handle, Field string
	Progress                    *icpcode.Progress
	Older                       []older  // filings that its approval can replace
	Problem                     *problem // why it was not done
	Again                       bool     // it was done before
}

// several is what became of several filings.
type several struct {
	Lines      []severalLine
	Done, Left int
	Strange    []string // lines of numbers that are of none of them
}

// together does one thing to several filings: it counts them and asks first.
func together(c *call) (page, error) {
	handles := c.r.PostForm["filing"]
	if n := different(handles); n == 0 || n > pageSize || n < len(handles) {
		return page{}, &icpcode.InvalidError{Field: "filings", Problem: "are none, or too many"}
	}
	what := c.form("do")
	if !slices.Contains([]string{"approve", "reject", "stage"}, what) {
		return page{}, &icpcode.InvalidError{Field: "do", Problem: "cannot be read"}
	}
	lines := make([]severalLine, len(handles))
	codes := make([]icpcode.Code, len(handles))
	for i, handle := range handles {
		code, err := c.h.handles.Open(c.account, handle)
		if err != nil {
			return page{}, err
		}
		r, err := c.h.eng.Lookup(c, c.account, code, icpcode.Instance{})
		if err != nil {
			return page{}, err
		}
		codes[i] = code
		lines[i] = severalLine{Masked: code.Masked(), Handle: handle, Field: "icp_number_" + strconv.Itoa(i+1)}
		if lines[i].Progress = r.Progress; r.Filing != nil {
			lines[i].What = r.Filing.Domain + r.Filing.App
		}
	}
	if c.form("confirmed") == "" {
		return c.confirmSeveral(what, lines, codes)
	}
	s := several{Lines: lines}
	numbers, replaces := make([]string, len(lines)), make([][]icpcode.Code, len(lines))
	if what == "approve" {
		s.Strange = c.numbers(lines, numbers)
	}
	for i := range lines {
		var err error
		if replaces[i], err = c.opened(c.r.PostForm[replacesField+strconv.Itoa(i+1)]); err != nil {
			return page{}, err
		}
	}
	for i := range lines {
		got, err := c.oneOf(what, codes[i], i, numbers[i], replaces[i])
		if err != nil {
			p := c.problemOf(err)
			lines[i].Problem = &p
			s.Left++
			continue
		}
		lines[i].Again = got.Replayed
		s.Done++
	}
	return page{name: "several", data: s}, nil
}

// different is how many different texts there are.
func different(all []string) int { return len(slices.Compact(slices.Sorted(slices.Values(all)))) }

// oneOf does it to one of them. Each is a request of its own, so that the form
// sent again does what it had not done.
func (c *call) oneOf(what string, code icpcode.Code, i int, number string, replaces []icpcode.Code) (icpcode.Result, error) {
	id := c.requestID() + "." + strconv.Itoa(i+1)
	switch what {
	case "approve":
		return c.h.eng.Approve(c, icpcode.ApproveRequest{Actor: c.account, RequestID: id, Code: code, ICPNumber: number, Replaces: replaces})
	case "reject":
		return c.h.eng.Reject(c, icpcode.RejectRequest{Actor: c.account, RequestID: id, Code: code, Rejection: c.form("rejection")})
	}
	r := icpcode.StageRequest{Actor: c.account, RequestID: id, Code: code}
	if err := r.Stage.UnmarshalText([]byte(c.form("stage"))); err != nil {
		return icpcode.Result{}, err
	}
	return c.h.eng.Stage(c, r)
}

// numbers reads the ICP number of each filing, from its own field or from the
// line that names its website or app, and returns the lines that name none.
func (c *call) numbers(lines []severalLine, numbers []string) (strange []string) {
	for i := range lines {
		numbers[i] = c.form(lines[i].Field)
	}
	for text := range strings.Lines(c.form("numbers")) {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		cut := strings.LastIndexAny(text, " \t,，")
		i := -1
		if cut > 0 {
			what := strings.TrimRight(text[:cut], " \t,，")
			i = slices.IndexFunc(lines, func(l severalLine) bool { return strings.EqualFold(l.What, what) })
		}
		if i < 0 || numbers[i] != "" {
			strange = append(strange, text)
			continue
		}
		_, size := utf8.DecodeRuneInString(text[cut:])
		numbers[i] = text[cut+size:]
	}
	return strange
}

// replacesField is what the boxes of older filings are called, before the number
// of the line.
const replacesField = "replaces_"

func (c *call) confirmSeveral(what string, lines []severalLine, codes []icpcode.Code) (page, error) {
	n := strconv.Itoa(len(lines))
	f := confirmation{
		Action: "/review/several", Back: "/review", Lines: lines,
		Hidden: []field{{"request_id", c.requestID()}, {"confirmed", "1"}, {"do", what}},
		Facts:  []field{{c.text("Filings", "备案数量"), n}},
	}
	carry := func(name string) {
		f.Hidden = append(f.Hidden, field{name, c.form(name)})
		f.Facts = append(f.Facts, field{fieldWords[name].Text(c.lang), c.fieldText(name, c.form(name))})
	}
	switch what {
	case "approve":
		f.Title, f.Numbers = c.text("Approve these filings", "通过以下备案"), true
		f.Note = c.text("Each has an ICP number of its own. An approved filing uses up its code for good.", "每个备案有各自的备案号。通过后服务码即为已使用状态，不能再用于其他备案。")
		moving := 0
		for i := range lines {
			var err error
			if lines[i].Older, err = c.older(codes[i], replacesField+strconv.Itoa(i+1), nil); err != nil {
				return page{}, err
			}
			if len(lines[i].Older) > 0 {
				moving++
			}
		}
		if moving > 0 {
			f.Facts = append(f.Facts, field{c.text("With earlier filings of the same website or app", "其中网站或App另有已有备案的"), strconv.Itoa(moving)})
		}
	case "reject":
		if c.form("rejection") == "" {
			return page{}, &icpcode.InvalidError{Field: "Rejection", Problem: "is empty"}
		}
		f.Title = c.text("Send these filings back", "驳回以下备案")
		carry("rejection")
	case "stage":
		var s icpcode.Stage
		if err := s.UnmarshalText([]byte(c.form("stage"))); err != nil {
			return page{}, err
		}
		f.Title = c.text("Set the stage of these filings", "设置以下备案的审核阶段")
		carry("stage")
	}
	return page{name: "confirm", data: f}, nil
}
