// Package icpcode issues, grants and follows ICP filing service codes
// (ICP备案服务码).
//
// Every website or app that is served from mainland China must be filed with
// the regulator (备案), and a filing needs a code that ties it to a cloud
// server. This package decides which servers may have codes, issues them under
// quotas, grants them to other accounts under yearly caps, follows each code
// and its filing through their lives, and explains every refusal, over a
// [Store] of your own.
//
// The next three sections are a map: a reader who builds a service, writes
// rules or writes a store needs only one of them.
//
// # For services
//
// To issue a code takes these names. [New] makes an [Engine] from a store,
// such as that of package memstore or sqlstore, and from [Options].
// [Engine.Issue] takes an [IssueRequest] with the facts about a server: an
// [Instance], with its [Product], [Billing] and [Status], each of them a value
// or unknown, as a [Tri] is. It returns a [Result] with every [Code], or a
// [*RefusedError] that gives every [Reason] in a [Lang]. [CategoryOf] says of
// any error what to do.
//
// All operations are methods of the engine:
//
//   - Codes: [Engine.Issue], [Engine.Grant], [Engine.Import];
//     [Engine.Void] and [Engine.CloseInstance] end them.
//   - Paid codes: [Engine.Buy], [Engine.Bind], [Engine.Refund].
//   - Filings, for the holder of a code: [Engine.Submit], [Engine.SubmitAuto],
//     [Engine.Resubmit], [Engine.Release].
//   - Filings, for operators: [Engine.Stage], [Engine.Reject],
//     [Engine.Approve], [Engine.Correct], [Engine.End].
//   - Lists: [Engine.Owned], [Engine.Received], [Engine.Pick] of codes to file
//     with, [Engine.Review] of filings at risk, [Engine.PlanMove] of filings that
//     leave a server. Each has a form that ends in Page, for a service that
//     keeps nothing between requests.
//   - One code: [Engine.Lookup], [Engine.History]. One account:
//     [Engine.GrantQuota], [Engine.Grantees].
//   - What any of these would answer: [Engine.DryRun]. Together with writes of
//     the caller's: [Engine.InTx].
//
// Module httpapi puts the engine behind HTTP, module console before a browser.
// Package inventory reads facts from what the tools of cloud providers print.
//
// # For rule authors
//
// A [RuleBook] holds dated versions of all the rules, each a [RuleSet]: what a
// product needs ([ProductRules], [Requirements], [AccountRule]), the caps on
// grants ([GrantRules]), the life of codes ([LifeRules]), what is checked when
// filing ([FilingRules]) and what puts a filing at risk ([RiskRules]).
// [Alibaba] is the preset book, package presets has those of other providers,
// [ParseRuleBook] reads one from JSON and [NewRuleBook] takes values. A
// decision at an instant uses the set in force at that instant.
//
// [RuleSet.Decide] judges any operation. It takes a [Case], which has all that a
// decision rests on, and returns a [Decision], which has the answer of each
// [Rule]. [RuleSet.Check] is its short form for an issue. Both are pure and need
// no store. Package ruletest proves what is guaranteed below for a book of
// your own. docs/rules.md describes every rule with its source, and every
// field. The presets are transcribed from public documents and are not
// official.
//
// # For store authors
//
// A [Store] keeps small versioned documents and has four methods. A [Document]
// is a [Key] of some [Kind], a version and a [Body]: a [Ledger], [Partners], a
// [Record] or a [Receipt]. Commit is a compare-and-swap over several documents:
// it writes all of a [Change] if every [Put] finds the version that it expects,
// and otherwise nothing. That asks no more of a database than guarded writes in
// one transaction at its default isolation level. List takes a [Query] with an
// [Index] and returns a [Page]; Events takes an [EventQuery]. A store may be
// [Limited], and a [Purger].
//
// The contract stands at [Store] in sentences with MUST, and storetest.Run
// checks each of them. A whole store is in the CustomStore example. Between
// load and commit the engine decides; on [ErrConflict] it decides again.
//
// # Words
//
// A code (备案服务码) ties one website or app to one instance (云产品实例). Its
// owner (购买账号) bought the instance and issued the code; that never changes.
// Its grantee (被授权账号) is the one account that received the right to use
// it. Its holder is the account that may file with it now: the grantee if it
// was granted, else the owner. An operator is the provider's own staff or
// systems. The quota (配额) is how many codes an instance can ever issue. A
// filing is an application that consumes a code on success. A natural year
// (自然年) runs from 1 January 00:00 in Asia/Shanghai.
//
// # What it guarantees
//
// Over any store that keeps the contract of [Store], under any number of
// goroutines, engines and processes, crashes and repeated requests:
//
//  1. An engine never issues above an instance's quota and never grants above
//     an account's yearly cap (ELG-QUOTA, GRT-OUT, GRT-IN). Imports are
//     exempt: they count, but no quota and no cap refuses them. One limit
//     binds them, too: an instance has at most 1,000 codes, and fewer over a
//     [Limited] store, because one commit closes them all. To a closed
//     instance only Filed, Refunded and Invalid codes are imported.
//  2. A code, its events, the count of its instance and the caps of its grant
//     change together or not at all.
//  3. No two codes are ever equal, dead ones included (COD-UNIQUE).
//  4. A request takes effect at most once; once done, the same one again gets
//     the first result, until its receipt is purged.
//  5. A request that is refused or fails changes nothing and costs nothing.
//  6. Only the holder of a code files with it. Every account but its owner,
//     its grantee and operators gets [ErrNoCode], whether or not the code
//     exists.
//  7. Filed, Refunded and Invalid are for good. The events of a code add up to
//     its record: see [RecordOf].
//  8. What is refunded for a code is what was paid for it, once.
//  9. A fact that an eligibility rule needs and that is not known never passes
//     it, unless that was assumed, which the code records. A refusal names
//     every rule that refuses, with what was required, what was found and a
//     remedy.
//
// Package ruletest proves these for a rule book of your own, package storetest
// proves the contract for a store of your own.
//
// # The life of a code
//
//	Issue ──────────────────▶ Available
//	Buy ──▶ Unbound ── Bind ──▶ Available
//	Available ── Submit ──▶ Filing ── Approve ──▶ Filed
//	                        Filing ── Release ──▶ Available
//
//	Unbound, Available ── Refund ──────────────────▶ Refunded
//	Available ── its instance is refunded ─────────▶ Refunded
//	Filing ── its instance is refunded ────────────▶ Invalid
//	Available, Filing ── its instance is released ─▶ Invalid
//	Unbound, Available, Filing ── Void ────────────▶ Invalid
//
// The whole table, with the party that may take each step, is in
// docs/lifecycle.md; [State.Next] is the table. An Available code whose
// instance has expired reads Invalid at that instant and works again once it is
// renewed, without a sweeper: see [Record.Effective].
//
// # Facts
//
// The library looks nothing up. Each request states the facts about its
// instance as of now in an [Instance], whose zero fields are unknown. Where no
// source gives a fact, a request or a rule set can assume that its rule
// passes; every code records what was assumed. Where facts are optional, and a
// request states none, Options.Facts is asked for them. If it fails, so does
// the operation: a failure is never taken for a fact that is unknown.
//
// # Requests
//
// A request has an Actor, which the caller has authenticated, and a RequestID.
// The same actor sending the same request with the same ID again, after a
// crash, a time-out or an [UnknownOutcomeError], gets the first result; another
// request with that ID is [ErrRequestReused]. Two requests are the same if they
// ask for the same, with codes in the same order. Facts, certification, proof,
// assumptions and time may differ: a retry brings them afresh. If the ID is empty,
// the engine draws one and returns it in the [Result] or the
// [*UnknownOutcomeError]. A refusal leaves no trace: the same request may
// succeed later. Options.Operator says which actors are operators.
//
// Requests that meet at one engine share a commit; docs/merging.md says when,
// and what an error of one means for the others. Options.Unmerged switches it
// off.
//
// # Time
//
// The clock is read once per operation, and that reading serves all of its
// retries: a grant that begins before midnight and commits after it counts in
// the old year. The order of what happened to a code is the sequence of its
// events, never time, so that a clock may go back. Instants are of the years
// 2000 to 9998 and are truncated to the microsecond.
//
// # Secrets
//
// A code alone opens nothing, but treat it as a secret all the same: errors of
// this package never show one whole. Packages fmt and log/slog show every type
// of this package that holds a code with the code masked. A code shows whole in
// [Code.String], which is for its holder's eyes, and so in package fmt where a
// Code or a slice of them is printed by itself and in package log/slog where a
// slice of them is; and in JSON, and so in any slice that a slog.JSONHandler
// writes. Events and filings hold references to subjects, never names, phones or
// identity numbers; see [Filing].
package icpcode
