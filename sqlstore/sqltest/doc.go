// Package sqltest proves that package sqlstore keeps its promises on real
// databases, under crashes, lost links, failovers and contention. It is a
// module of its own, so that database drivers stay out of the go.sum of
// sqlstore's users, and it has nothing but tests.
//
// The tests start servers of their own, see package dbtest; `sh tools/servers`
// in the root of the repository installs them. A test whose server is missing
// is skipped, which is an error when CI=true. If ICPCODE_POSTGRES names a
// directory with bin and lib of another version of PostgreSQL, the contract is
// proved on that as well; if ICPCODE_TIDB names TiDB's server, most is proved on
// that (make tidb), and if ICPCODE_DSN names a server of the reader's, on that
// (make yours).
//
// Each fault test asserts that its faults fired, and has a control with a
// planted bug that must be caught. By default they are short;
//
//	go test -torture 1m -timeout 3h
//
// runs the long versions, each for at least a minute.
package sqltest
