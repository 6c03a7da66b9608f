// Command service is a service over the engine, whole, with net/http, the
// standard library and SQLite alone: accounts see which of their servers may
// have filing service codes and why the others may not, apply, grant in two
// requests, file and are refunded; an operator approves; a nightly run reviews
// the filings of all accounts. It answers in JSON, and in Chinese.
//
//	go run . -db shop.db -demo        # accounts, servers and sessions to try it with
//	go run . -db shop.db              # serve
//	go run . -db shop.db -night ops   # the nightly run
//
// What stands between "glue" comments is what every service over the library
// writes again: README.md says how much that is.
package main
