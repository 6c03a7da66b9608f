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
	"errors"
	"fmt"

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
var ErrFormat = errors.New("not an inventory of a known format")

// FormatError says what an input, or a part of it, is instead of an inventory,
// as far as that can be told, and what to do. It matches [ErrFormat].
type FormatError struct {
	what, do phrase
	product  bool
}

// IsProduct reports whether it is known to be a list of another product, or of
// servers without details.
func (e *FormatError) IsProduct() bool { return e.product }

// phrase is a text in the two languages.
type phrase struct{ en, zh string }

func (p phrase) in(l icpcode.Lang) string {
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
	text := notInventory.in(l) + e.what.in(l)
	if e.do != (phrase{}) {
		text += phrase{"; ", "；"}.in(l) + e.do.in(l)
	}
	return text
}

var notInventory = phrase{ErrFormat.Error() + ": ", "不是可识别的清单："}

// Is makes the error match [ErrFormat].
func (e *FormatError) Is(target error) bool { return target == ErrFormat }

// ErrTooLong says that a name or value to be kept is longer than 64 KiB, or a
// row of a CSV longer than 256 KiB.
var ErrTooLong = errors.New("a value is longer than 64 KiB")

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

// Error gives the position and the cause.
func (e *InputError) Error() string {
	if e.Record == 0 {
		return fmt.Sprintf("inventory: byte %d: %v", e.Offset, e.Err)
	}
	return fmt.Sprintf("inventory: %s %d, byte %d: %v", e.Format.record(), e.Record, e.Offset, e.Err)
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

// Error gives the position and the cause.
func (e *RecordError) Error() string {
	return fmt.Sprintf("inventory: %s %d, byte %d: %v", e.Format.record(), e.Record, e.Offset, e.Err)
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

// Error gives the numbers, as far as they are known.
func (e *IncompleteError) Error() string {
	one, many := "server", "servers"
	if e.Format.isAddress() {
		one, many = "address", "addresses"
	}
	in := ""
	if e.Region != "" {
		in = " in " + e.Region
	}
	if e.Total > e.Found {
		return fmt.Sprintf("inventory: incomplete: %d of %d %s%s; fetch the other pages too", e.Found, e.Total, many, in)
	}
	if e.Found != 1 {
		one = many
	}
	return fmt.Sprintf("inventory: incomplete: %d %s%s, and the list says that there are more; fetch the other pages too", e.Found, one, in)
}
