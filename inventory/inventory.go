// Package inventory reads what a cloud provider's own tools print about
// servers into the facts that package icpcode decides on.
//
// [ECS] reads Alibaba Cloud's DescribeInstances, one server at a time, so that
// a file of a million servers is never held in memory:
//
//	for server, err := range inventory.ECS(os.Stdin) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(server.Instance.ID, server.Instance.Billing)
//	}
//
// A fact that the format does not give is left unknown, never guessed. No
// inventory says who bought a server, for how many months, whether it is a
// trial, and whether another filing holds its IP; [ReadFacts] reads those from
// a CSV, and [Facts.Apply] says what they changed. Where fields of an
// inventory contradict each other the restrictive one wins, and [Server.Notes]
// says so.
//
// # Which fact comes from which field
//
//	ID        InstanceId
//	Product   icpcode.ECS, always
//	Provider  "alibaba", always
//	Region    RegionId; never read out of ZoneId
//	Billing   InstanceChargeType: PrePaid, PostPaid
//	Status    Status, and OperationLocks: any lock wins over Running, and
//	          without OperationLocks Running is not known
//	Created   CreationTime
//	Expires   ExpiredTime, only if PrePaid: elsewhere it is a placeholder
//	PublicIP  PublicIpAddress and EipAddress; a masked address is present.
//	IPs       The first does not count if StoppedMode is StopCharging or
//	          InternetMaxBandwidthOut is 0, nor any private address. An EIP
//	          on a NAT gateway or load balancer is not the server's, and one
//	          on a secondary network interface is not in this list: with
//	          several interfaces, none found is unknown
//
// Keys are matched exactly, unlike in encoding/json: the lists of some tools
// have keys that differ only in case.
package inventory

import (
	"errors"
	"fmt"
	"strconv"

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
}

// ErrFormat says that the input is not of the format that was asked for.
var ErrFormat = errors.New("not a list of ECS servers as DescribeInstances prints it")

// ErrTooLong says that a name or value to be kept is longer than 64 KiB.
var ErrTooLong = errors.New("a value is longer than 64 KiB")

// InputError says where the input could not be read on: it ended early, it is
// not JSON, it is of another format, or its reader failed. It is the last
// thing that a sequence yields. Err may match [io.ErrUnexpectedEOF],
// [ErrFormat], [ErrTooLong] or the reader's error.
type InputError struct {
	Record int   // the server that was being read, counted from 1; 0: none
	Offset int64 // in bytes from the start of the input
	Err    error
}

// Error gives the position and the cause.
func (e *InputError) Error() string {
	if e.Record == 0 {
		return fmt.Sprintf("inventory: byte %d: %v", e.Offset, e.Err)
	}
	return fmt.Sprintf("inventory: server %d, byte %d: %v", e.Record, e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// RecordError says that one server cannot be told apart from others or from
// something else. The sequence goes on with the next server if it is let to.
type RecordError struct {
	Record int   // counted from 1
	Offset int64 // of the server's first byte
	Err    error
}

// Error gives the position and the cause.
func (e *RecordError) Error() string {
	return fmt.Sprintf("inventory: server %d, byte %d: %v", e.Record, e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *RecordError) Unwrap() error { return e.Err }

// IncompleteError says that the inventory does not hold all the servers that
// it speaks of: pages are missing. It comes after all the servers.
type IncompleteError struct {
	Found int // servers in the listings that are incomplete
	Total int // servers that these listings say there are; 0: they do not say
}

// Error gives the numbers, as far as they are known.
func (e *IncompleteError) Error() string {
	if e.Total <= e.Found {
		return fmt.Sprintf("inventory: incomplete: %d servers, and NextToken says that there are more", e.Found)
	}
	return fmt.Sprintf("inventory: incomplete: %d of %d servers; fetch the other pages too", e.Found, e.Total)
}

// Note is something that a reader should know of how a server's facts were
// found.
type Note struct {
	Kind  NoteKind
	Field string // the field of the inventory, "OperationLocks"
	Value string // what was found there, shortened to 64 bytes; may be ""
}

// NoteKind is what a [Note] is about.
type NoteKind uint8

// The kinds of notes.
const (
	// NoteUnreadable: the value is none that the field can have, so what it
	// would tell is unknown.
	NoteUnreadable NoteKind = iota + 1
	// NoteLocked: the status says otherwise, but a lock holds.
	NoteLocked
	// NoteLocksMissing: it runs, but nothing says whether it is locked.
	NoteLocksMissing
	// NoteNeverExpires: a subscription with a placeholder for its expiry,
	// which is therefore unknown.
	NoteNeverExpires
	// NoteEndsBeforeStart: a subscription that expires no later than it was
	// created.
	NoteEndsBeforeStart
	// NoteReleasedIP: an address that a stop without charges has released.
	NoteReleasedIP
	// NoteNoBandwidth: an address without bandwidth.
	NoteNoBandwidth
	// NoteNotPublic: an address that is not public.
	NoteNotPublic
	// NoteMasked: an address that is there but cannot be read.
	NoteMasked
	// NoteEIPWithoutAddress: an EIP is bound, but its address is not given.
	NoteEIPWithoutAddress
	// NoteInterfaces: no address, but further network interfaces may have one.
	NoteInterfaces
	// NoteAutoRelease: it will be released by itself.
	NoteAutoRelease
)

var noteTexts = [...]struct{ en, zh string }{
	NoteUnreadable:        {"%s%s cannot be read: taken as unknown", "%s%s 无法识别：视为未知"},
	NoteLocked:            {"%s%s holds although Status says otherwise: taken as locked", "%s%s 与 Status 矛盾：以锁定为准"},
	NoteLocksMissing:      {"%s%s is missing: whether it is locked is unknown, and so whether it runs normally", "缺少 %s%s：是否被锁定未知，因此是否正常运行也未知"},
	NoteNeverExpires:      {"%s%s is a placeholder although it is a subscription: taken as unknown", "%s%s 是占位值，与包年包月矛盾：视为未知"},
	NoteEndsBeforeStart:   {"%s%s is not after CreationTime", "%s%s 不晚于 CreationTime"},
	NoteReleasedIP:        {"%s%s is not counted: StopCharging releases the address", "%s%s 不计：节省停机模式会释放公网 IP"},
	NoteNoBandwidth:       {"%s%s is not counted: InternetMaxBandwidthOut is 0", "%s%s 不计：公网出带宽为 0"},
	NoteNotPublic:         {"%s%s is not counted: it is not a public address", "%s%s 不计：不是公网地址"},
	NoteMasked:            {"%s%s is masked: there is an address, but which is unknown", "%s%s 已打码：有公网 IP，但具体地址未知"},
	NoteEIPWithoutAddress: {"%s%s has no address: whether there is one is unknown", "%s%s 没有地址：是否有公网 IP 未知"},
	NoteInterfaces:        {"%s%s: the list does not say whether a secondary interface has an EIP", "%s%s：列表未说明辅助网卡是否绑定弹性公网 IP"},
	NoteAutoRelease:       {"%s%s: it will be released by itself then", "%s%s：届时将自动释放"},
}

// String returns the note in English.
func (n Note) String() string { return n.Text(icpcode.English) }

// Text returns the note in language l. What it quotes of the inventory is
// escaped and safe to print.
func (n Note) Text(l icpcode.Lang) string {
	if int(n.Kind) >= len(noteTexts) || n.Kind == 0 {
		return ""
	}
	t := noteTexts[n.Kind]
	value := ""
	if n.Value != "" {
		value = " " + strconv.Quote(n.Value)
	}
	if l == icpcode.Chinese {
		return fmt.Sprintf(t.zh, n.Field, value)
	}
	return fmt.Sprintf(t.en, n.Field, value)
}
