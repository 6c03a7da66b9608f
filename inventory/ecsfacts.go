package inventory

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/icpcode/icpcode"
)

// server makes sense of the record, or says why it cannot.
func (r *ecsRecord) server() (s Server, problem string) {
	if r.problem != "" {
		return Server{}, r.problem
	}
	if problem := idProblem(r.id); problem != "" {
		return Server{}, "InstanceId " + problem
	}
	s = Server{
		Instance: icpcode.Instance{ID: icpcode.InstanceID(r.id), Product: icpcode.ECS, Provider: "alibaba"},
		Name:     strings.ToValidUTF8(r.name, "\uFFFD"),
		Notes:    append([]Note(nil), r.unreadable[:r.unreadables]...),
	}
	r.place(&s)
	r.billing(&s)
	r.state(&s)
	r.network(&s)
	if r.autoRelease != "" {
		s.note(NoteAutoRelease, "AutoReleaseTime", r.autoRelease)
	}
	return s, ""
}

func (s *Server) note(k NoteKind, field, value string) {
	if len(value) > maxNote {
		value = strings.ToValidUTF8(value[:maxNote], "")
	}
	s.Notes = append(s.Notes, Note{k, field, value})
}

// idProblem says what keeps s from being an ID, or "".
func idProblem(s string) string {
	if s == "" {
		return "is missing"
	}
	if len(s) > 128 {
		return "is longer than 128 bytes"
	}
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return "has a control character"
	}
	if strings.TrimSpace(s) != s {
		return "has space around it"
	}
	return ""
}

func (r *ecsRecord) place(s *Server) {
	if r.region == "" {
		return
	}
	if idProblem(r.region) != "" {
		s.note(NoteUnreadable, "RegionId", r.region)
		return
	}
	s.Instance.Region = r.region
}

// billing: charge type, creation and expiry.
func (r *ecsRecord) billing(s *Server) {
	i := &s.Instance
	switch r.charge {
	case "":
	case "PrePaid":
		i.Billing = icpcode.Subscription
	case "PostPaid":
		i.Billing = icpcode.PayAsYouGo
	default:
		s.note(NoteUnreadable, "InstanceChargeType", r.charge)
	}
	i.Created = r.instant(s, "CreationTime", r.created)
	if i.Billing != icpcode.Subscription {
		return
	}
	expires := r.instant(s, "ExpiredTime", r.expires)
	if expires.Year() >= neverYear {
		s.note(NoteNeverExpires, "ExpiredTime", r.expires)
		return
	}
	i.Expires = expires
	if !expires.IsZero() && !expires.After(i.Created) {
		s.note(NoteEndsBeforeStart, "ExpiredTime", r.expires)
	}
}

// neverYear is the year from which an expiry stands for "never": 2099 for most
// products. No term is that long.
const neverYear = 2099

func (r *ecsRecord) instant(s *Server, field, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, ok := parseInstant(text)
	if !ok {
		s.note(NoteUnreadable, field, text)
		return time.Time{}
	}
	return t
}

// state: Status and OperationLocks.
func (r *ecsRecord) state(s *Server) {
	i := &s.Instance
	switch r.status {
	case "":
	case "Running":
		i.Status = icpcode.StatusRunning
	case "Pending", "Starting":
		i.Status = icpcode.StatusPending
	case "Stopped", "Stopping":
		i.Status = icpcode.StatusStopped
	default:
		s.note(NoteUnreadable, "Status", r.status)
	}
	if len(r.locks.found) > 0 {
		if i.Status == icpcode.StatusRunning || i.Status == icpcode.StatusPending {
			s.note(NoteLocked, "OperationLocks", strings.Join(r.locks.found, ", "))
		}
		i.Status = icpcode.StatusLocked
		for _, reason := range r.locks.found {
			if strings.EqualFold(reason, "refunded") {
				i.Status = icpcode.StatusRefunded
			}
		}
		return
	}
	if i.Status != icpcode.StatusRunning {
		return
	}
	if r.locks.odd {
		i.Status = icpcode.StatusUnknown
		s.note(NoteUnreadable, "OperationLocks", "")
	}
	if !r.locks.given {
		i.Status = icpcode.StatusUnknown
		s.note(NoteLocksMissing, "OperationLocks", "")
	}
}

// network: PublicIpAddress, EipAddress and what takes them away again.
func (r *ecsRecord) network(s *Server) {
	i := &s.Instance
	dropped := NoteKind(0)
	if r.noBandwidth {
		dropped = NoteNoBandwidth
	}
	if r.stoppedMode == "StopCharging" {
		dropped = NoteReleasedIP
	}
	known := r.usable(s, &r.fixed, "PublicIpAddress", dropped)
	if r.stoppedMode == "StopCharging" {
		known = true
	}
	known = r.usable(s, &r.eip, "EipAddress", 0) && known
	if slices.ContainsFunc(s.Notes, func(n Note) bool { return n.Kind == NoteMasked }) {
		i.IPs = nil // not all of them are known
	}
	if len(r.eip.found) == 0 && r.eipAllocated != "" {
		known = false
		s.note(NoteEIPWithoutAddress, "EipAddress", r.eipAllocated)
	}
	if i.PublicIP == icpcode.Yes || !known {
		return
	}
	if r.interfaces > 1 {
		s.note(NoteInterfaces, "NetworkInterfaces", strconv.Itoa(r.interfaces))
		return
	}
	i.PublicIP = icpcode.No
}

// usable adds the addresses of one field to the facts, and reports whether the
// field says all that there is to say. With dropped, none counts.
func (r *ecsRecord) usable(s *Server, a *addresses, field string, dropped NoteKind) (known bool) {
	i := &s.Instance
	known = a.given && !a.odd
	if a.odd {
		s.note(NoteUnreadable, field, "")
	}
	if a.excess {
		s.note(NoteUnreadable, field, fmt.Sprintf("more than %d addresses", maxAddresses))
		if dropped == 0 {
			i.PublicIP = icpcode.Yes
		}
		return known
	}
	for _, found := range a.found {
		ip, err := netip.ParseAddr(found)
		masked := err != nil && strings.ContainsAny(found, "*xX")
		if err != nil && !masked || ip.Zone() != "" {
			s.note(NoteUnreadable, field, found)
			known = false
			continue
		}
		if dropped != 0 {
			s.note(dropped, field, found)
			continue
		}
		if masked {
			s.note(NoteMasked, field, found)
			i.PublicIP = icpcode.Yes
			continue
		}
		ip = ip.Unmap()
		if !public(ip) {
			s.note(NoteNotPublic, field, found)
			continue
		}
		i.PublicIP = icpcode.Yes
		if !slices.Contains(i.IPs, ip) && len(i.IPs) < maxAddresses {
			i.IPs = append(i.IPs, ip)
		}
	}
	return known
}

// carrierGrade is the shared address space of RFC 6598, which the provider
// uses inside.
var carrierGrade = netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10)

func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !carrierGrade.Contains(ip)
}
