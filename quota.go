package icpcode

import "strconv"

// ledgers are the counts that an issue reads and raises.
type ledgers struct {
	instance, account       *Ledger // nil: nothing counted yet
	instanceKey, accountKey Key
	perAccount              bool // the product is counted per account too
	ours                    bool // the actor owns the instance, as far as known
}

// ledgerAccount returns the account that an account's ledger is of: the
// instance's owner, or the actor where that is assumed.
func (c *call) ledgerAccount(i *Instance) AccountID {
	if i.Owner == "" {
		return c.actor
	}
	return i.Owner
}

func (c *call) ledgerKeys(keys []Key, i *Instance) []Key {
	keys = append(keys, ledgerKey(i.ID))
	if c.book.countsPerAccount(i.Product) {
		keys = append(keys, accountLedgerKey(c.ledgerAccount(i), i.Product))
	}
	return keys
}

// ledgerPuts is how many ledgers a request about an instance of that product
// puts at most.
func (c *call) ledgerPuts(p Product) int {
	if c.book.countsPerAccount(p) {
		return 2
	}
	return 1
}

func (c *call) readLedgers(v *view, i *Instance, assume RuleIDs) ledgers {
	l := ledgers{instanceKey: ledgerKey(i.ID), perAccount: c.book.countsPerAccount(i.Product)}
	l.instance = read[Ledger](v, l.instanceKey)
	if l.perAccount {
		l.accountKey = accountLedgerKey(c.ledgerAccount(i), i.Product)
		l.account = read[Ledger](v, l.accountKey)
	}
	l.ours = i.Owner == c.actor || i.Owner == "" && (assume|c.set.Assume).Has(ELGOwner)
	return l
}

// tell tells a case what the ledgers say, as far as it is the actor's to know.
func (l *ledgers) tell(c *Case) {
	if !l.ours {
		return
	}
	c.IssuedInstance = 0
	if l.instance != nil {
		c.IssuedInstance, c.Closed = l.instance.Issued, l.instance.Closed
	}
	if !l.perAccount {
		return
	}
	c.IssuedAccount = 0
	if l.account != nil {
		c.IssuedAccount = l.account.Issued
	}
}

// room reports whether n more codes can be attached to the instance, so that
// closing it can still be committed at once.
func (l *ledgers) room(c *call, n int) error {
	if l.instance != nil {
		n += l.instance.Attached
	}
	most := c.capacity.attached()
	if n <= most {
		return nil
	}
	if most < maxAttached {
		return invalid("Instance.ID", "would have more than "+strconv.Itoa(most)+" codes attached, the most that this store can close with it")
	}
	return invalid("Instance.ID", "would have more than 1000 codes attached, the most that one instance can have")
}

// take attaches n codes, and counts them as issued if they use the quota.
func (l *ledgers) take(v *view, n int, counts bool) {
	issued := 0
	if counts {
		issued = n
	}
	var next Ledger
	if l.instance != nil {
		next = *l.instance
	}
	next.Attached += n
	next.Issued += issued
	v.put(l.instanceKey, &next)
	if l.perAccount && counts {
		var account Ledger
		if l.account != nil {
			account = *l.account
		}
		account.Issued += issued
		v.put(l.accountKey, &account)
	}
}

// close returns today's facts about the instance of r with what the ledger
// knows: that it was closed.
func (l *Ledger) close(today Instance, r *Record) Instance {
	if l.Closed == ActionNone {
		return today
	}
	today.ID = r.InstanceID
	today.Status = StatusReleased
	if l.Closed == ActionCloseRefund {
		today.Status = StatusRefunded
	}
	return today
}
