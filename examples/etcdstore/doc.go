// Package etcdstore keeps the documents of an [icpcode.Engine] in etcd: the
// engine on a consensus store, without SQL. It is an example to copy, and a
// whole store: it passes storetest, on one node and on three, and keeps what
// it acknowledged while nodes are killed.
//
//	client, err := clientv3.New(clientv3.Config{Endpoints: []string{"127.0.0.1:2379"}})
//	…
//	eng := icpcode.New(etcdstore.New(client, nil), &icpcode.Options{…})
//
// # Keys
//
// Every document, every event and every place of a record in a list is one
// key. IDs are path-escaped in them, so that no two keys can be confused:
//
//	doc/ledger/i-bp1abc//0/                             {"version":3,"body":{…}}
//	doc/receipt/1001/order-77/0/                        {"version":1,"body":{…}}
//	doc/record///0/012345678901                         {"version":2,"body":{…},"places":[…]}
//	event/012345678901/00000000000000000002             {…}
//	list/owner/None/1001/7ff9b2…cfcecd…~mfrggzdf
//	list/owner/Available/1001/7ff9b2…cfcecd…~mfrggzdf
//
// Options.Prefix comes before all of them. A place ends in the instant of issue
// and the code, both with their bits inverted, so that the newest come first.
//
// # Versions
//
// A Commit is one transaction of etcd. It writes under the condition that each
// document it replaces is still the very one that it has read, by its
// ModRevision, and that nothing is where something comes to be. The version
// that the engine expects is compared with what was read.
//
// etcd answers a transaction whose conditions do not hold without an error:
// that, and nothing else, is a conflict. All errors are unknown outcomes, also
// "request timed out" and "leader changed". The client repeats a transaction
// only as long as no connection is there to send it.
//
// # Operations
//
// etcd takes 128 comparisons and 128 operations in a transaction, unless its
// flag --max-txn-ops says otherwise. A Put and an event are one of each here,
// so [Store.MaxWrites] is 128, too.
//
// A record has up to fourteen places in lists: under each of seven indexes it is
// among all records and among those of its state. An issue of 20 codes writes
// 42 documents, and 160 places. They need not be in the same transaction:
//
//   - If everything fits into one, it is one. An issue of up to twelve codes is.
//   - Else the new places are written first, in transactions of their own. Then
//     the documents are committed, and after that the old places are deleted.
//
// A place is only a hint. Its key ends in a random tag, and it counts if the
// record that it leads to has that tag for it. So places are right at the
// moment at which their record is, whoever comes between; places that a failed
// Commit has left are passed over, and no two Commits share one that the one
// could delete to the other's harm. A Commit that conflicts deletes its own. One
// whose outcome is unknown leaves up to fourteen keys for each record: they cost
// some bytes, and List a look each.
//
// # Reads
//
// All reads are linearizable, on every node. The documents of one Load are of
// one revision. A Load of more than 128 documents asks again at the same
// revision, so compaction must leave revisions for a few seconds; if it did not,
// the call returns etcd's error, and can be repeated.
//
// List reads the keys of a page and then its records. etcd counts what a range
// with a limit leaves out, so that a page of a list of 50,000 took five times as
// long at its beginning as at its end. So List reads a stream instead, which
// servers have since 3.7, and breaks it off: a page costs the same everywhere. For
// older servers make scan a Get with a limit.
//
// Leases are not used: no document of an engine ends by itself.
package etcdstore
