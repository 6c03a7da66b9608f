module github.com/icpcode/icpcode/console/consoletest

go 1.26.0

require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	github.com/icpcode/icpcode v0.0.0
	github.com/icpcode/icpcode/console v0.0.0
	github.com/icpcode/icpcode/httpapi v0.0.0
	github.com/shopspring/decimal v1.6.0
)

require github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect

replace github.com/icpcode/icpcode => ../..

replace github.com/icpcode/icpcode/console => ..

replace github.com/icpcode/icpcode/httpapi => ../../httpapi
