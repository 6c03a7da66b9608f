module github.com/icpcode/icpcode/cmd/icpcode-serve

go 1.25.0

require (
	github.com/icpcode/icpcode v0.0.0
	github.com/icpcode/icpcode/console v0.0.0
	github.com/icpcode/icpcode/httpapi v0.0.0
	github.com/icpcode/icpcode/sqlstore v0.0.0
	github.com/jackc/pgx/v5 v5.12.0
	github.com/shopspring/decimal v1.6.0
	modernc.org/sqlite v1.55.0
)

require (
	github.com/dustin/go-humanize v1.0.1 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/ncruces/go-strftime v1.0.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/sys v0.46.0 // indirect
	golang.org/x/text v0.41.0 // indirect
	modernc.org/libc v1.74.1 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.11.0 // indirect
)

replace github.com/icpcode/icpcode => ../..

replace github.com/icpcode/icpcode/console => ../../console

replace github.com/icpcode/icpcode/httpapi => ../../httpapi

replace github.com/icpcode/icpcode/sqlstore => ../../sqlstore
