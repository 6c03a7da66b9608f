package storetest

// The sentences of the contract, in the order of store.go. A test compares
// them with that file.
const (
	ruleConcurrent = `A store MUST be safe for concurrent use.`
	ruleNoRetry    = `A store MUST NOT retry: that is the engine's part.`
	ruleBytes      = `Keys MUST be compared byte for byte: no case folding, no trimming, no normalisation.`
	ruleExact      = `Instants MUST keep at least microseconds, and money every cent.`
	ruleNoSharing  = `What a store was given and what it returns MUST NOT share memory that either side may change later.`
	ruleContext    = `A method MUST return promptly with an error that matches the context's when the context is done before it begins.`

	ruleOrder        = `Load returns the documents of keys, in the order of keys.`
	ruleAbsent       = `A key that was never written MUST yield a Document of that key with version 0 and a nil body, and no error.`
	ruleLoadSees     = `Load MUST see every Commit that was acknowledged before Load began.`
	ruleReceiptsLast = `Load MUST read receipts no earlier than any other key of the same call; one statement or one snapshot does that.`

	ruleAllOrNothing = `Commit MUST write all of the Change or nothing.`
	ruleConflict     = `Commit MUST write nothing and return an error matching ErrConflict if a Put expects another version than the stored one, where an absent document has version 0, or if an event exists already.`
	ruleCrossing     = `Two Commits of which each expects what the other writes MUST NOT both succeed.`
	ruleLarge        = `A Change of at least 1,024 Puts, with an event for each record among them, MUST be accepted, unless the store is Limited.`
	ruleDurable      = `Commit MUST return nil only when the Change is as durable as the store makes anything.`

	ruleExactlyOnce = `Following Page.Next until it is "" MUST return every record that matched throughout exactly once, whatever is written meanwhile.`
	ruleNewest      = `With Query.Newest records MUST come in the order of Record.Issued, the latest first, and those of one instant in the order of the bytes of their codes' text, the last first.`
	ruleMatches     = `List MUST return no record that did not match when it was read.`
	ruleListSees    = `List MUST see every Commit that was acknowledged before List began.`
	rulePage        = `A page MUST hold at most Query.Limit records and MAY hold fewer, even none, while Next is not "".`
	ruleCursor      = `Next MUST be at most 256 bytes.`

	ruleEvents     = `Events returns the events of one code in the order of their sequence.`
	ruleEventsPage = `Events MUST return those after EventQuery.After, at most Limit, without a gap, and none for a code that it does not know.`
	ruleEventsSee  = `Events MUST see every Commit that was acknowledged before Events began.`

	ruleLeast  = `MaxWrites MUST be at least 64, or 0: then the store is not limited.`
	ruleLimit  = `A Change of MaxWrites Puts and events together MUST be accepted.`
	ruleSpares = `PurgeEvents MUST NOT forget an event of a code that is not over, or was over only later.`
	ruleGoesOn = `After a purge Commit MUST accept the events that follow the record's version, and Events MUST return them.`

	ruleEqualKeys = `It is comparable: equal keys are the same document.`
	ruleWhole     = `A store keeps it whole.`
	ruleVersions  = `It only grows, not always by one.`
)

// basics are the cases that all others rest on. If one of them fails, the
// others would only say so again, and under other sentences.
var basics = []testCase{
	{"load-absent", ruleAbsent, checkAbsent},
	{"load-order", ruleOrder, checkLoadOrder},
	{"commit-writes-all", ruleAllOrNothing, checkAll},
	{"whole-bodies", ruleWhole, checkWholeBodies},
	{"whole-codes", ruleWhole, checkWholeCodes},
	{"whole-events", ruleWhole, checkWholeEvents},
	{"events-order", ruleEvents, checkEventsOrder},
	{"list-indexes", ruleExactlyOnce, checkListIndexes},
	{"list-limit", rulePage, checkListLimit},
	{"list-cursor", ruleCursor, checkListCursor},
	{"conflict-stale", ruleConflict, checkStale},
	{"conflict-present", ruleConflict, checkPresent},
	{"no-retry", ruleNoRetry, checkNoRetry},
	{"context-done", ruleContext, checkContext},
}

// cases are all others.
var cases = []testCase{
	{"load-duplicates", ruleOrder, checkLoadDuplicates},
	{"load-acknowledged", ruleLoadSees, checkLoadAcknowledged},
	{"load-receipts-last", ruleReceiptsLast, checkReceiptsLast},

	{"keys-bytes", ruleBytes, checkKeyBytes},
	{"keys-codes", ruleBytes, checkCodeBytes},
	{"keys-listed", ruleBytes, checkListedBytes},
	{"keys-fields", ruleEqualKeys, checkKeyFields},

	{"whole-largest", ruleWhole, checkWholeLargest},
	{"whole-records-listed", ruleWhole, checkWholeRecords},
	{"instants", ruleExact, checkInstants},
	{"money", ruleExact, checkMoney},
	{"sharing-given", ruleNoSharing, checkSharingGiven},
	{"sharing-returned", ruleNoSharing, checkSharingReturned},

	{"version-jumps", ruleVersions, checkVersionJumps},
	{"conflict-future", ruleConflict, checkFuture},
	{"conflict-gone", ruleConflict, checkGone},
	{"conflict-event", ruleConflict, checkEventExists},
	{"conflict-met", ruleConflict, checkMetTwice},
	{"conflict-writes-nothing", ruleAllOrNothing, checkNothing},
	{"limit-least", ruleLeast, checkLeast},
	{"limit-taken", ruleLimit, checkLimit},
	{"commit-large", ruleLarge, checkLarge},
	{"commit-large-or-nothing", ruleAllOrNothing, checkLargeConflict},
	{"commit-kept", ruleDurable, checkKept},

	{"crossing", ruleCrossing, checkCrossing},
	{"crossing-births", ruleCrossing, checkCrossingBirths},
	{"crossing-ring", ruleCrossing, checkCrossingRing},
	{"concurrent-herd", ruleConcurrent, checkHerd},
	{"concurrent-spread", ruleConcurrent, checkSpread},

	{"list-pages", ruleExactlyOnce, checkListPages},
	{"list-grantee", ruleExactlyOnce, checkListGrantee},
	{"list-everything", ruleExactlyOnce, checkListEverything},
	{"list-while-changing", ruleExactlyOnce, checkListWhileChanging},
	{"list-while-racing", ruleExactlyOnce, checkListWhileRacing},
	{"list-newest", ruleNewest, checkListNewest},
	{"list-state", ruleMatches, checkListState},
	{"list-moved", ruleMatches, checkListMoved},
	{"list-without", ruleMatches, checkListWithout},
	{"list-racing", ruleMatches, checkListRacing},
	{"list-acknowledged", ruleListSees, checkListAcknowledged},

	{"events-after", ruleEventsPage, checkEventsAfter},
	{"events-unknown", ruleEventsPage, checkEventsUnknown},
	{"events-racing", ruleEventsPage, checkEventsRacing},
	{"events-acknowledged", ruleEventsSee, checkEventsAcknowledged},
	{"purge-spares", ruleSpares, checkPurgeSpares},
	{"purge-goes-on", ruleGoesOn, checkPurgeGoesOn},
}
