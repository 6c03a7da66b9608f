// Package standin stands in for the service around a console, in tests of
// services that mount one: accounts, their servers, and a phone that is verified
// with one right code. It is for tests alone: it lets every request in.
package standin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/console"
	"github.com/icpcode/icpcode/httpapi"
)

// Service is what a service knows of its accounts and their servers. Its
// methods are safe for concurrent use.
type Service struct {
	phone string

	mu        sync.Mutex
	servers   []icpcode.Instance
	operators map[icpcode.AccountID]bool
	certified map[icpcode.AccountID]icpcode.Certification
	sent      []icpcode.Verification
	revealed  []httpapi.Access
	failed    []error
	broken    map[string]error
}

// New returns a service without servers. phone is the one right code of its
// text messages.
func New(phone string) *Service {
	return &Service{
		phone: phone, operators: map[icpcode.AccountID]bool{}, certified: map[icpcode.AccountID]icpcode.Certification{}, broken: map[string]error{},
	}
}

// Format prints no more than the type.
func (*Service) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("standin.Service")) }

// AddServer adds a server, with all that is known of it, or changes it.
func (s *Service) AddServer(i icpcode.Instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.servers, func(o icpcode.Instance) bool { return o.ID == i.ID })
	if at >= 0 {
		s.servers[at] = i
		return
	}
	s.servers = append(s.servers, i)
}

// AddOperator makes an account one of an operator.
func (s *Service) AddOperator(a icpcode.AccountID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operators[a] = true
}

// Certify says how the real name of an account was verified. Others are not
// known.
func (s *Service) Certify(a icpcode.AccountID, c icpcode.Certification) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.certified[a] = c
}

// Break has a function fail from now on, by its name in the options:
// "Account", "Servers", "Facts", "Certification", "Operator", "SendProof",
// "VerifyPhone" or "Reveal". A nil error mends it.
func (s *Service) Break(function string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken[function] = err
}

// Sent returns the text messages that were sent.
func (s *Service) Sent() []icpcode.Verification {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sent)
}

// Revealed returns the whole codes that were shown on purpose.
func (s *Service) Revealed() []httpapi.Access {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.revealed)
}

// Failed returns what the service was told that an operator of it should look
// at.
func (s *Service) Failed() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.failed)
}

// visitor is the key of the account that asks, in the context of a request.
type visitor struct{}

// As has every request of a handler come from an account: a session of it. ""
// is a visitor without a session.
func (*Service) As(a icpcode.AccountID, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitor{}, a)))
	})
}

// EngineOptions are the options of an engine that asks this service.
func (s *Service) EngineOptions() *icpcode.Options {
	return &icpcode.Options{Operator: s.operator, Facts: s.facts, VerifyPhone: s.verifyPhone}
}

// ConsoleOptions are the options of a console under a path, "/console", that
// asks this service.
func (s *Service) ConsoleOptions(base string) console.Options {
	return console.Options{
		Options: httpapi.Options{
			Account: s.account, Servers: s.serversOf, Facts: s.factsFor, Certification: s.certification, Reveal: s.reveal, Failed: s.fail,
		},
		Base: base, Operator: s.operator, SendProof: s.sendProof,
	}
}

func (s *Service) account(r *http.Request) (icpcode.AccountID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, _ := r.Context().Value(visitor{}).(icpcode.AccountID)
	return a, s.broken["Account"]
}

func (s *Service) operator(_ context.Context, a icpcode.AccountID) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.operators[a], s.broken["Operator"]
}

func (s *Service) serversOf(_ context.Context, a icpcode.AccountID) (own []icpcode.Instance, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.servers {
		if i.Owner == a {
			own = append(own, i)
		}
	}
	return own, s.broken["Servers"]
}

// facts are of all servers, for the engine.
func (s *Service) facts(_ context.Context, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	return s.known(ids, func(icpcode.Instance) bool { return true })
}

// factsFor are of the asker's own servers.
func (s *Service) factsFor(_ context.Context, asker icpcode.AccountID, ids []icpcode.InstanceID) (map[icpcode.InstanceID]icpcode.Instance, error) {
	return s.known(ids, func(i icpcode.Instance) bool { return i.Owner == asker })
}

func (s *Service) known(ids []icpcode.InstanceID, may func(icpcode.Instance) bool) (map[icpcode.InstanceID]icpcode.Instance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[icpcode.InstanceID]icpcode.Instance{}
	for _, i := range s.servers {
		if slices.Contains(ids, i.ID) && may(i) {
			known[i.ID] = i
		}
	}
	return known, s.broken["Facts"]
}

func (s *Service) certification(_ context.Context, a icpcode.AccountID) (icpcode.Certification, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.certified[a], s.broken["Certification"]
}

func (s *Service) sendProof(_ context.Context, v icpcode.Verification) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.broken["SendProof"]; err != nil {
		return err
	}
	s.sent = append(s.sent, v)
	return nil
}

func (s *Service) verifyPhone(_ context.Context, v icpcode.Verification) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.broken["VerifyPhone"]; err != nil {
		return err
	}
	if v.Proof != s.phone {
		return icpcode.ErrNotVerified
	}
	return nil
}

func (s *Service) reveal(_ context.Context, a httpapi.Access) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.broken["Reveal"]; err != nil {
		return err
	}
	s.revealed = append(s.revealed, a)
	return nil
}

func (s *Service) fail(_ context.Context, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = append(s.failed, err)
}
