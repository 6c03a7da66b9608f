package inventory

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/icpcode/icpcode"
)

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
	// NoteExpired: the status says otherwise, but its term has ended.
	NoteExpired
	// NoteStopped: one status says that it runs, another that it does not.
	NoteStopped
	// NoteChanging: it is being changed, so whether it runs normally is unknown.
	NoteChanging
	// NoteHostBilling: it is paid for with the host that it is on, so its own
	// billing is unknown.
	NoteHostBilling
	// NoteLaterCreation: two fields give different instants of creation. The
	// later one is taken, which leaves the shorter term.
	NoteLaterCreation
	// NoteEarlierExpiry: two fields give different instants of expiry. The
	// earlier one is taken.
	NoteEarlierExpiry
	// NoteEIPUnlisted: it has no address of its own, but the list does not say
	// whether an EIP is bound to it.
	NoteEIPUnlisted
	// NoteMaybeReleasedIP: an address that a stop without charges has
	// released unless it is an EIP.
	NoteMaybeReleasedIP
	// NoteEIPElsewhere: an address of the server that a list of EIPs says is
	// not bound to it. Whether it has it is unknown.
	NoteEIPElsewhere
	// NoteEIPUnbound: an EIP that names the server but is not bound.
	NoteEIPUnbound
	// NoteEIPDenied: an EIP is bound to the server, but the server's own
	// record says that it has no address. Whether it has one is unknown.
	NoteEIPDenied
	// NoteEIPLocked: an EIP of the server is locked, so whether its address
	// can be filed is unknown.
	NoteEIPLocked
	// NoteEIPUnclear: an EIP names the server, but whether it is bound cannot
	// be read.
	NoteEIPUnclear
	// NoteEIPInterface: an EIP is bound to a network interface of which no
	// record says whose it is.
	NoteEIPInterface
	// NoteEIPTwice: two records of an EIP contradict each other about what it
	// is bound to.
	NoteEIPTwice
	// NoteGateway: it has no address, but a NAT gateway in its network has one.
	NoteGateway
	// NoteFilesDirectly: its product gives no codes, since one files with it
	// directly.
	NoteFilesDirectly
)

var noteTexts = [...]struct{ en, zh string }{
	NoteUnreadable:        {"%s%s cannot be read: taken as unknown", "%s%s 无法识别，视为未知"},
	NoteLocked:            {"%s%s holds although the status says otherwise: taken as locked", "%s%s 与状态矛盾，以锁定为准"},
	NoteLocksMissing:      {"%s%s is missing: whether it is locked is unknown, and so whether it runs normally", "缺少 %s%s，是否被锁定未知，因此是否正常运行也未知"},
	NoteNeverExpires:      {"%s%s is a placeholder although it is a subscription: taken as unknown", "%s%s 是占位值，与包年/包月矛盾，视为未知"},
	NoteEndsBeforeStart:   {"%s%s is not after the creation", "%s%s 不晚于创建时间"},
	NoteReleasedIP:        {"%s%s is not counted: StopCharging releases the address", "%s%s 未计入（节省停机模式会释放公网IP）"},
	NoteNoBandwidth:       {"%s%s is not counted: InternetMaxBandwidthOut is 0", "%s%s 未计入（公网出带宽为0）"},
	NoteNotPublic:         {"%s%s is not counted: it is not a public address", "%s%s 未计入（不是公网地址）"},
	NoteMasked:            {"%s%s is masked: there is an address, but which is unknown", "%s%s 已打码，有公网IP，但具体地址未知"},
	NoteEIPWithoutAddress: {"%s%s has no address: whether there is one is unknown", "%s%s 没有地址，是否有公网IP未知"},
	NoteInterfaces:        {"%s%s: the list does not say whether a secondary interface has an EIP", "%s%s，列表未说明辅助网卡是否绑定弹性公网IP"},
	NoteAutoRelease:       {"%s%s: it will be released by itself then", "%s%s，届时将自动释放"},
	NoteExpired:           {"%s%s although the status says otherwise: taken as expired", "%s%s 与状态矛盾，以已到期为准"},
	NoteStopped:           {"%s%s although the status says otherwise: taken as stopped", "%s%s 与状态矛盾，以已停止为准"},
	NoteChanging:          {"%s%s: it is being changed, so whether it runs normally is unknown", "%s%s，正在变更，是否正常运行未知"},
	NoteHostBilling:       {"%s%s: it is paid for with its host, so its own billing is unknown", "%s%s，随宿主机计费，实例本身的计费方式未知"},
	NoteLaterCreation:     {"%s%s contradicts the other instant of creation: the later one is taken", "%s%s 与另一创建时间矛盾，以较晚者为准"},
	NoteEarlierExpiry:     {"%s%s contradicts the other instant of expiry: the earlier one is taken", "%s%s 与另一到期时间矛盾，以较早者为准"},
	NoteEIPUnlisted:       {"%s%s: no address of its own, and the list does not say whether an EIP is bound to it", "%s%s，自身无公网IP，列表未说明是否绑定弹性公网IP"},
	NoteMaybeReleasedIP:   {"%s%s: the stop without charges has released it unless it is an EIP, which the list does not say", "%s%s，关机不收费会释放公网IP，弹性公网IP除外，列表未区分"},
	NoteEIPElsewhere:      {"%s%s is in the server's own record, but a list of EIPs says that it is not bound here: whether there is an address is unknown", "%s%s 在实例记录中，但弹性公网IP列表显示未绑定到本实例，无法判断是否有公网IP"},
	NoteEIPUnbound:        {"%s%s is not counted: it names this server, but is not bound", "%s%s 未计入（指向本实例，但未处于绑定状态）"},
	NoteEIPDenied:         {"%s%s is bound here by the list of EIPs, but the server's own record has no address: whether there is one is unknown; print both lists again", "%s%s 在弹性公网IP列表中已绑定到本实例，但实例自身的记录没有公网IP，无法判断是否有公网IP，请重新导出两份列表"},
	NoteEIPUnclear:        {"%s%s names this server, but whether it is bound cannot be read: whether there is an address is unknown", "%s%s 指向本实例，但绑定状态无法识别，无法判断是否有公网IP"},
	NoteEIPInterface:      {"%s%s is bound to a network interface that may be this server's: whether there is an address is unknown", "%s%s 绑定在某个弹性网卡上，该网卡可能属于本实例，无法判断是否有公网IP"},
	NoteEIPTwice:          {"%s%s is in several records that contradict each other about what it is bound to: whether there is an address is unknown", "%s%s 的多条记录对绑定关系说法不一，无法判断是否有公网IP"},
	NoteGateway:           {"%s%s: no address of its own, but this NAT gateway in the same network has one; if it serves this server, ask for the code with the gateway", "%s%s，自身没有公网IP，但同一专有网络的该NAT网关有；若由它提供公网访问，请用该网关申请"},
	NoteFilesDirectly:     {"%s%s: a Lighthouse gives no codes; file with it directly, in the account that bought it", "%s%s，轻量应用服务器不提供备案服务码（授权码），请在购买账号内直接选择该服务器备案"},
	NoteEIPLocked:         {"%s%s is locked: whether its address can be filed is unknown", "%s%s 已被锁定，其地址能否备案未知"},
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

// maxNote is how much of a value a note quotes.
const maxNote = 64

func (s *Server) note(k NoteKind, field string, value []byte) {
	v := strings.ToValidUTF8(string(value[:min(len(value), maxNote)]), "")
	s.Notes = append(s.Notes, Note{k, field, v})
}
