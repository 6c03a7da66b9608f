package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/icpcode/icpcode"
	"github.com/icpcode/icpcode/httpapi"
	"github.com/shopspring/decimal"
)

// What bounds the programs of an operator.
const (
	programTime = 5 * time.Second
	programsMax = 16 // at a time
	programSays = 1 << 10
)

// programs are those that an operator names, to say what only the operator's
// own systems know. Each is told in one JSON object at its standard input, and
// answers by its exit status: 0 is yes, 1 is no, and anything else a failure.
type programs struct {
	verify, paid, price string

	room chan struct{}
}

func (p *programs) flags(f *flag.FlagSet) {
	f.StringVar(&p.verify, "verify-phone", "", "`program` that says whether the owner's phone was verified for a first grant; without it there is none")
	f.StringVar(&p.price, "price", "", "`price` of a code, such as \"50.00 CNY\"; without it nothing is sold")
	f.StringVar(&p.paid, "paid", "", "`program` that says whether a purchase was paid, and what; goes with -price")
}

var (
	priceForm  = regexp.MustCompile(`^([0-9]{1,9}(?:\.[0-9]{1,4})?) ([A-Z]{3})$`)
	amountForm = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,4})?$`)
)

// set makes the hooks of an engine and of its handler.
func (p *programs) set(demo bool, engine *icpcode.Options, api *httpapi.Options) error {
	if p.verify == "" && p.paid == "" && p.price == "" {
		return nil
	}
	if demo {
		return misuse("-demo verifies and sells by itself: it takes no -verify-phone, -price or -paid")
	}
	if (p.paid == "") != (p.price == "") {
		return misuse("-price and -paid go together")
	}
	p.room = make(chan struct{}, programsMax)
	for _, program := range []*string{&p.verify, &p.paid} {
		if *program == "" {
			continue
		}
		path, err := exec.LookPath(*program)
		if err != nil {
			return misuse("the program cannot be run: %w", err)
		}
		*program = path
	}
	if p.verify != "" {
		engine.VerifyPhone = p.verifyPhone
	}
	if p.price == "" {
		return nil
	}
	form := priceForm.FindStringSubmatch(p.price)
	if form == nil {
		return misuse("-price is an amount and a currency, such as \"50.00 CNY\", and not %q", p.price)
	}
	amount, err := decimal.NewFromString(form[1])
	if err != nil || amount.IsZero() {
		return misuse("-price %q is none", p.price)
	}
	engine.Price = icpcode.Money{Amount: amount, Currency: form[2]}
	api.Paid = p.wasPaid
	return nil
}

// said is how much of what a program prints is kept.
type said struct{ bytes.Buffer }

func (s *said) Write(b []byte) (int, error) {
	_, _ = s.Buffer.Write(b[:min(len(b), programSays-min(programSays, s.Len()))]) // it never fails
	return len(b), nil
}

// run runs a program, and returns what it printed and whether it said yes. What
// a program that fails printed gets into the log, but for the secret that it was
// told.
func (p *programs) run(ctx context.Context, program string, told any, secret string) (string, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, programTime)
	defer cancel()
	select {
	case p.room <- struct{}{}:
		defer func() { <-p.room }()
	case <-ctx.Done():
		return "", false, ctx.Err()
	}
	text, err := json.Marshal(told)
	if err != nil {
		return "", false, err
	}
	cmd := exec.CommandContext(ctx, program)
	cmd.WaitDelay = time.Second // for what it started, and left with its output
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "ICPCODE_") { // the key, and the password of the database
			cmd.Env = append(cmd.Env, v)
		}
	}
	var out, complaint said
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), &out, &complaint
	err = cmd.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() == 1 {
		return "", false, nil
	}
	if ctx.Err() != nil {
		return "", false, ctx.Err()
	}
	if err != nil {
		return "", false, fmt.Errorf("%s: %w: %q", program, err, without(secret, complaint.String()))
	}
	return strings.TrimSpace(out.String()), true, nil
}

// without is a text in which stars stand for a secret, as it is or as JSON
// writes it.
func without(secret, text string) string {
	if secret == "" {
		return strings.TrimSpace(text)
	}
	written, err := json.Marshal(secret)
	if err != nil {
		return ""
	}
	const stars = "****"
	return strings.TrimSpace(strings.NewReplacer(string(written[1:len(written)-1]), stars, secret, stars).Replace(text))
}

func (p *programs) verifyPhone(ctx context.Context, v icpcode.Verification) error {
	_, yes, err := p.run(ctx, p.verify, map[string]any{"granter": v.Granter, "grantee": v.Grantee, "proof": v.Proof, "request_id": v.RequestID}, v.Proof)
	if err == nil && !yes {
		return icpcode.ErrNotVerified
	}
	return err
}

// wasPaid takes the price for what was paid if the program prints nothing.
func (p *programs) wasPaid(ctx context.Context, asked httpapi.Purchase) (paid decimal.NullDecimal, err error) {
	out, yes, err := p.run(ctx, p.paid, map[string]any{
		"account": asked.Account, "request_id": asked.RequestID, "quantity": asked.Quantity, "dry_run": asked.DryRun,
	}, "")
	if err != nil {
		return paid, err
	}
	if !yes {
		return paid, httpapi.ErrNotPaid
	}
	if out == "" {
		return paid, nil
	}
	if !amountForm.MatchString(out) {
		return paid, fmt.Errorf("%s printed no amount: %q", p.paid, out)
	}
	amount, err := decimal.NewFromString(out)
	return decimal.NewNullDecimal(amount), err
}
