// Package inventory reads what cloud providers' own tools print about servers
// into the facts that package icpcode decides on.
//
// [Read] recognises every format that is listed at [Format] by its content and
// reads it one server at a time, so that a file of a million servers is never
// held in memory:
//
//	for server, err := range inventory.Read(os.Stdin, nil) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(server.Instance.ID, server.Instance.Billing)
//	}
//
// A fact that the format does not give is left unknown, never guessed. No
// provider's list says who bought a server, for how many months, whether it is
// a trial, and whether another filing holds its IP; [ReadFacts] reads those from
// a CSV, and [Facts.Apply] says what they changed. [Addresses] joins lists of
// public addresses to the servers that they are bound to. Where fields contradict
// each other the restrictive one wins, and [Server.Notes] says so.
//
// docs/inventory.md says which fact comes from which field of which format.
package inventory

import (
	"github.com/icpcode/icpcode"
)

// Server is one server of an inventory.
type Server struct {
	// Instance holds the facts that the inventory gives. All others are
	// unknown.
	Instance icpcode.Instance
	// Name is what its owner called it, as found: any text, also one with
	// control characters, so escape it before it reaches a terminal or a
	// spreadsheet.
	Name string
	// Notes tell what a reader should know of how the facts were found:
	// fields that contradict each other, cannot be read or are missing.
	Notes []Note
	// Format is what it was read from. Record is its number in the input,
	// counted from 1, and Offset that of its first byte.
	Format Format
	Record int
	Offset int64
	// Interfaces are the IDs of its network interfaces if it has several, or if
	// its provider is Huawei Cloud: a list of addresses may name these instead of
	// the server.
	Interfaces []string

	// Network is the private network (VPC) of a NAT gateway, and that of a
	// server for which no public address was found.
	Network string
	// Conflicts are the facts about which its records contradict each other,
	// where they were compared: see [Survey].
	Conflicts []Conflict
}

// ErrFormat says that the input is not of a format that was asked for.
var ErrFormat error = errorf("not an inventory of a known format", "不是可识别的清单")

// FormatError says what an input, or a part of it, is instead of an inventory,
// as far as that can be told, and what to do. It matches [ErrFormat].
type FormatError struct {
	what, do phrase
	kind     Kind
	detail   string
}

// phrase is a text in the two languages.
type phrase struct{ en, zh string }

func (p phrase) In(l icpcode.Lang) string {
	if l == icpcode.Chinese {
		return p.zh
	}
	return p.en
}

// Error returns the text in English.
func (e *FormatError) Error() string { return e.Text(icpcode.English) }

// Text returns in language l what it is and what to do. What it quotes of the
// input is escaped and safe to print.
func (e *FormatError) Text(l icpcode.Lang) string {
	text := notInventory.In(l) + e.what.In(l)
	if e.do != (phrase{}) {
		text += phrase{"; ", "；"}.In(l) + e.do.In(l)
	}
	return text
}

var notInventory = phrase{ErrFormat.Error() + ": ", "不是可识别的清单："}

// Is makes the error match [ErrFormat].
func (e *FormatError) Is(target error) bool { return target == ErrFormat }

// ErrTooLong says that a name or value to be kept is longer than 64 KiB, or a
// row of a CSV longer than 256 KiB.
var ErrTooLong error = errorf("a value is longer than %d KiB", "值超过%d KiB", maxToken>>10)

// InputError says where the input could not be read on: it ended early, it is
// not JSON, it is of another format, or its reader failed. It is the last
// thing that a sequence yields. Err may match [io.ErrUnexpectedEOF],
// [ErrFormat], [ErrTooLong] or the reader's error.
type InputError struct {
	Record int    // the record that was being read, counted from 1; 0: none
	Offset int64  // in bytes from the start of the input
	Format Format // of the last record or list; 0: none was seen
	Err    error
}

// Error gives the position and the cause, in English.
func (e *InputError) Error() string { return "inventory: " + e.Text(icpcode.English) }

// Text returns the position and the cause in language l.
func (e *InputError) Text(l icpcode.Lang) string {
	if e.Record == 0 {
		return errorf("byte %d: %v", "第%d字节：%v", e.Offset, e.Err).Text(l)
	}
	return placed(e.Format, e.Record, e.Offset, e.Err).Text(l)
}

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// RecordError says that one record cannot be told apart from others or from
// something else. The sequence goes on with the next one if it is let to. Err
// may match [ErrFormat]: an object that is no record of a known format, such
// as an error of the provider's between two pages.
type RecordError struct {
	Record int    // counted from 1
	Offset int64  // of the record's first byte
	Format Format // 0: not known
	Err    error
}

// Error gives the position and the cause, in English.
func (e *RecordError) Error() string { return "inventory: " + e.Text(icpcode.English) }

// Text returns the position and the cause in language l.
func (e *RecordError) Text(l icpcode.Lang) string {
	return placed(e.Format, e.Record, e.Offset, e.Err).Text(l)
}

// Unwrap returns the cause.
func (e *RecordError) Unwrap() error { return e.Err }

// IncompleteError says that the inventory does not hold all the records that
// it speaks of: pages are missing. It comes after all the records, once for
// each list: a provider's region, a kind of list and a length. Records are
// counted once, however often they are there.
type IncompleteError struct {
	Found  int // records of the list that are there
	Total  int // records that the list says there are; 0: it does not say how many more
	Format Format
	Region string // "": the records do not say, or are of several
	File   string // "": several, or not known; see [Survey.Read]
}

// Error gives the numbers, as far as they are known, in English.
func (e *IncompleteError) Error() string { return "inventory: " + e.Text(icpcode.English) }

// Text returns the numbers, as far as they are known, in language l.
func (e *IncompleteError) Text(l icpcode.Lang) string {
	one, many, zh := "server", "servers", "台"
	if e.Format.isAddress() {
		one, many, zh = "address", "addresses", "个地址"
	}
	of := func(n int) phrase {
		unit := many
		if n == 1 {
			unit = one
		}
		return phrase{unit, zh}
	}
	var in phrase
	if e.Region != "" {
		in = phrase{" in " + e.Region, e.Region}
	}
	if e.Total > e.Found {
		return errorf("incomplete: %[3]d of %[2]d %[4]s%[1]v; fetch the other pages too", "%[1]v清单不完整：共%[2]d%[5]s，只有%[3]d%[5]s；请获取其余各页",
			in, e.Total, e.Found, many, zh).Text(l)
	}
	return errorf("incomplete: %[2]d %[3]v%[1]v, and the list says that there are more; fetch the other pages too", "%[1]v清单不完整：有%[2]d%[3]v，但清单表明还有更多；请获取其余各页",
		in, e.Found, of(e.Found)).Text(l)
}
