module github.com/icpcode/icpcode/console

go 1.25.0

require (
	github.com/icpcode/icpcode v0.0.0
	github.com/icpcode/icpcode/httpapi v0.0.0
)

require github.com/shopspring/decimal v1.6.0

replace github.com/icpcode/icpcode => ../

replace github.com/icpcode/icpcode/httpapi => ../httpapi
