# `make test` is the whole proof, and what CI runs; `make quick` is for while you
# work; `make mutate` tries the mutants and `make fuzz` runs the fuzzers. `make help`
# lists the rest. Needs Go, git and gcc (for -race).
#
# Modules are discovered from go.work; each is built as its users build it,
# with GOWORK=off.

SHELL := /bin/sh
.NOTPARALLEL:
.DEFAULT_GOAL := help

GO ?= go
export GOWORK := off
# Also on shared machines, where a clone's owner may be another.
export GOFLAGS := -buildvcs=false $(GOFLAGS)

MODULES := $(shell GOWORK= $(GO) list -m -f '{{.Dir}}')
MODULE := github.com/icpcode/icpcode

# Properties are tried this often, with about this many steps each.
CHECKS ?= 10000
STEPS ?= 50
# The least coverage of the root package by the module's tests, in percent.
COVERAGE ?= 95
# Tests that are a step of their own.
OWN_STEP := ^(TestEachRuleDisabled|Test(|Inventory|Page|Review|Merge|SQL|SQLMerge|TiDB)Ratios|TestSQL(Growth|Scale|Paging)|TestTiDB)$$
# The benchmark of `make bench`: package and test.
BENCH_PKG ?= ./internal/bench
BENCH_RUN ?= ^(TestRatios|TestInventoryRatios|TestPageRatios)$$

empty :=
space := $(empty) $(empty)
STEP := sh tools/step
# PROGRESS COMMAND shows of the tests that COMMAND does which have ended.
PROGRESS := sh '$(CURDIR)/tools/progress'
# How a module is called in what make prints: by its folder, the root by its
# name.
readable = $(if $(filter $(CURDIR),$(1)),icpcode,$(patsubst $(CURDIR)/%,%,$(1)))
# $(call each,WHAT,COMMAND) does COMMAND in each module.
each = $(foreach m,$(MODULES),$(STEP) '$(1): $(call readable,$(m))' sh -c "cd '$(m)' && $(2)" &&) true

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

.PHONY: test
test: ## everything below but the mutants, the fuzzers and the measurements: 25 to 35 minutes
	@sh tools/steps 'make test' '25 to 35 minutes on two cores, and some more the first time, which builds the linter' \
		'$(MAKE)' clean-tree fmt-check tidy-check vet build api release-try scripts lint disable race checks cover browser reports consensus databases
	@echo 'make test: everything passed'

.PHONY: clean-tree
clean-tree: ## fail if a go command changes the files of a clean clone
	@$(STEP) 'go commands leave a clean clone clean' sh tools/clean-tree

.PHONY: quick
quick: ## the tests, fast: no race detector, few checks, no servers
	@$(foreach m,$(filter-out %/$(SQLTEST) %/$(ETCD) %/$(CONSOLETEST),$(MODULES)),$(STEP) 'test: $(call readable,$(m))' sh -c "cd '$(m)' && $(GO) test ./..." &&) true

.PHONY: fmt
fmt: ## format all Go files
	@$(call each,gofmt,gofmt -w .)

.PHONY: fmt-check
fmt-check: ## fail if gofmt would change a file
	@$(call each,gofmt would change nothing,test -z \"\$$(gofmt -l . | tee /dev/stderr)\")

.PHONY: tidy-check
tidy-check: ## fail if go.mod or go.sum are not tidy
	@$(call each,go mod tidy would change nothing,$(GO) mod tidy -diff)

.PHONY: vet
vet: ## go vet
	@$(call each,go vet,$(GO) vet ./...)

.PHONY: build
build: ## build every module by itself, and all of them as a workspace
	@$(call each,build with GOWORK=off,$(GO) build -o /dev/null ./...)
	@GOWORK= $(STEP) 'build as a workspace' $(GO) build -o /dev/null $(addsuffix /...,$(MODULES))

.PHONY: scripts
scripts: bin/apidiff ## the tests of the shell scripts in tools/
	@$(foreach t,$(wildcard tools/test/*_test),$(STEP) '$(t)' sh $(t) &&) true

.PHONY: lint
lint: bin/golangci-lint ## golangci-lint, by the list in .golangci.yml
	@$(call each,lint,'$(CURDIR)/bin/golangci-lint' run --config '$(CURDIR)/.golangci.yml' ./...)

# The databases and their tests.
SQLTEST := sqlstore/sqltest
# What of them the race detector looks at: it slows SQLite, which is Go here,
# by a factor of ten.
SQLRACE := ^(TestLinearizable|TestInTx|TestInTxConflict|TestUnavailable|TestPurge.*)$$

.PHONY: databases
databases: servers ## databases killed, cut off and set against each other, the short versions
	@$(STEP) 'databases' $(PROGRESS) sh -c "cd $(SQLTEST) && $(GO) test -count=1 -v -p 1 -shuffle=on -timeout 40m -skip '$(subst $$,\$$,$(OWN_STEP))' ./..."
	@$(STEP) 'databases: -race' $(PROGRESS) sh -c "cd $(SQLTEST) && $(GO) test -count=1 -v -race -timeout 40m -run '$(subst $$,\$$,$(SQLRACE))' ."

# The store over etcd and its tests.
ETCD := examples/etcdstore

.PHONY: consensus
consensus: ## the example store over etcd: conformance, and nodes that are killed, the short versions
	@$(STEP) 'store over etcd' $(PROGRESS) sh -c "cd $(ETCD) && $(GO) test -count=1 -v -shuffle=on -timeout 20m ./..."

# The console in a browser.
CONSOLETEST := console/consoletest

.PHONY: chromium
chromium: ## install Chromium, and a font with Chinese characters, where they are missing
	@$(STEP) 'Chromium' sh tools/browser

.PHONY: browser
browser: chromium ## the console in Chromium, in all ways of looking at it, and with axe-core
	@$(STEP) 'browser' $(PROGRESS) sh -c "cd $(CONSOLETEST) && $(GO) test -count=1 -v -shuffle=on -timeout 20m -skip '^TestReport' ./..."

.PHONY: reports
reports: chromium ## the reports of the command in Chromium
	@$(STEP) 'reports in a browser' $(PROGRESS) sh -c "cd $(CONSOLETEST) && $(GO) test -count=1 -v -timeout 20m -run '^TestReport' ./..."

.PHONY: screenshots
screenshots: chromium ## the pictures of the README, docs/console-*.png, and in SHOTS=DIR one of every page
	@ICPCODE_SCREENSHOTS='$(CURDIR)/docs' $(STEP) 'screenshots' sh -c "cd $(CONSOLETEST) && $(GO) test -count=1 -run '^TestScreenshots\$$' ."
	@[ -z '$(SHOTS)' ] || ICPCODE_SHOTS='$(SHOTS)' $(STEP) 'every page' sh -c "cd $(CONSOLETEST) && $(GO) test -count=1 -timeout 20m -run '^TestPaths\$$' ."

.PHONY: postgres18
postgres18: ## the conformance suite on PostgreSQL 18, which npm brings
	@$(STEP) 'conformance on PostgreSQL 18' tools/postgres18 sh -c "cd $(SQLTEST) && $(GO) test -count=1 -v -run '^TestConformance$$/ICPCODE' ."

# TiDB's server has a module of its own, tools/tidb, which is neither in go.work
# nor in any of the steps above: it has no Go files to format, vet or lint, and
# is compiled for this only.
.PHONY: tidb
tidb: bin/tidb-server ## the same on TiDB, which answers as MySQL 8 does: builds and starts its server
	@ICPCODE_TIDB='$(CURDIR)/bin/tidb-server' $(STEP) 'databases: TiDB' $(PROGRESS) \
		sh -c "cd $(SQLTEST) && $(GO) test -count=1 -v -timeout 40m -run '^TestTiDB$$' ."

.PHONY: yours
yours: ## the same on a server of yours: ICPCODE_DSN='user:password@tcp(host:3306)/' make yours
	@test -n "$$ICPCODE_DSN" || { echo "make yours: set ICPCODE_DSN to postgres://… or to a DSN of go-sql-driver/mysql" >&2; exit 1; }
	@$(STEP) 'databases: yours' sh -c "cd $(SQLTEST) && $(GO) test -count=1 -v -timeout 4h -run '^TestYours$$' ."

.PHONY: servers
servers: ## install the database servers that the tests start, where they are missing
	@$(STEP) 'database servers' sh tools/servers

.PHONY: clients
clients: ## install Node, curl and jq, which tests of the HTTP API run, where they are missing
	@$(STEP) 'clients of the HTTP API' sh tools/clients

# Where nothing starts a goroutine, the race detector sees nothing and costs a
# factor of three to five. Of the root module it leaves out these packages and
# tests, which `cover` runs; of the command it looks at RACED alone, and all its
# tests run without. tools/test/raced_test holds both.
SEQUENTIAL_PACKAGES := examples/tour internal/alibaba internal/disable internal/masking internal/pure internal/spoken internal/strictjson internal/weave internal/year inventory presets ruletest
SEQUENTIAL := ^(TestCheckPresetsSeesEveryFlip|TestDocsInBothLanguagesDiffer|TestLargestRuleBook|TestReasonsAreComplete)$$
COMMAND := cmd/icpcode
RACED := ^Test(Resol|NameServer|Serve)
# What the console is sent that no page sends, one after another.
HOSTILE := ^TestHostile(Fields|Requests|Queries|Headers)$$

# But those of databases and of etcd, which it would look at, too: to build etcd
# so takes two minutes, and to test it several. The tests in a browser have a step
# of their own.
.PHONY: race
race: clients ## all tests, in random order: with the race detector what starts goroutines
	@$(STEP) 'test -race: icpcode' $(GO) test -race -shuffle=on -timeout 30m -skip '$(OWN_STEP)|$(SEQUENTIAL)' $$($(GO) list ./... | grep -vE '/($(subst $(space),|,$(SEQUENTIAL_PACKAGES)))$$')
	@$(STEP) 'test: $(COMMAND)' sh -c "cd '$(COMMAND)' && $(GO) test -shuffle=on -timeout 30m -skip '$(subst $$,\$$,$(OWN_STEP))' ./... && $(GO) test -race -timeout 30m -run '$(RACED)' ./..."
	@$(STEP) 'test: what is hostile to the console' sh -c "cd console && $(GO) test -timeout 30m -run '$(subst $$,\$$,$(HOSTILE))' ."
	@$(foreach m,$(filter-out $(CURDIR) %/$(COMMAND) %/$(SQLTEST) %/$(ETCD) %/$(CONSOLETEST),$(MODULES)),$(STEP) 'test -race: $(call readable,$(m))' sh -c "cd '$(m)' && $(GO) test -race -shuffle=on -timeout 30m -skip '$(subst $$,\$$,$(OWN_STEP)|$(HOSTILE))' ./..." &&) true

# Packages whose tests use rapid, directly or not: only they know its flags.
RAPID = $$($(GO) list -test -f '{{if .ForTest}}{{$$p := .ForTest}}{{range .Deps}}{{if eq . "pgregory.net/rapid"}}{{$$p}}{{"\n"}}{{end}}{{end}}{{end}}' ./... | sort -u)

.PHONY: checks
checks: ## the properties, CHECKS=10000 times with STEPS=50 steps
	@$(STEP) 'properties: $(CHECKS) checks of $(STEPS) steps' \
		$(GO) test -count=1 -timeout 60m $(RAPID) -rapid.checks=$(CHECKS) -rapid.steps=$(STEPS) -skip '$(OWN_STEP)'
	@$(STEP) 'properties over HTTP' sh -c "cd httpapi/apitest && $(GO) test -count=1 -timeout 20m -run '^TestHistories$$' ."

# How many decisions `make decisions` writes as JSON, reads back and decides
# again.
DECISIONS ?= 1000000

.PHONY: decisions
decisions: ## DECISIONS=1000000 decisions of all operations, which must survive JSON
	@ICPCODE_DECISIONS=$(DECISIONS) $(STEP) '$(DECISIONS) decisions survive JSON' \
		$(GO) test -count=1 -v -timeout 60m -run '^TestDecisionsSurviveJSON$$' .

.PHONY: cover
cover: ## fail if the tests cover less than COVERAGE=95 percent of the root package
	@$(STEP) 'coverage of the root package' sh tools/cover $(MODULE) $(COVERAGE) '$(OWN_STEP)'

# Which files `make mutate` tries mutants of: a regular expression.
FILES ?= .

.PHONY: mutate
mutate: ## mutants of the packages that decide, of which the tests must kill 95 percent; FILES='^grant' for some
	@ICPCODE_MUTATE=1 $(STEP) 'mutants' $(GO) test -count=1 -v -timeout 12h -run '^TestMutantsAreKilled$$' ./internal/mutate -files '$(FILES)'

# How long `make fuzz` runs each fuzzer.
FUZZTIME ?= 1m

.PHONY: fuzz
fuzz: ## every fuzzer of every module, each for FUZZTIME=1m
	@$(STEP) 'fuzzers, $(FUZZTIME) each' sh tools/fuzz '$(FUZZTIME)'

.PHONY: disable
disable: ## disable each rule in turn and see its test fail
	@ICPCODE_DISABLE=1 $(STEP) 'each rule disabled in turn' \
		$(GO) test -count=1 -timeout 60m ./internal/disable

# How many seeds `make year` plays on memstore, and how many on SQLite.
YEARS ?= 1000
SQLITE_YEARS ?= 20

.PHONY: year
year: ## a provider's year from each of YEARS=1000 seeds on memstore and SQLITE_YEARS=20 on SQLite, audited
	@$(STEP) 'the page of one year' $(GO) test -count=1 -v -run '^TestYear$$/^seed_0$$' ./internal/year
	@$(STEP) 'years on memstore: $(YEARS) seeds' $(GO) test -count=1 -timeout 4h -run '^TestYear$$' ./internal/year -years $(YEARS)
	@$(STEP) 'years on SQLite: $(SQLITE_YEARS) seeds' sh -c "cd $(SQLTEST) && $(GO) test -count=1 -timeout 4h -run '^TestYear$$' . -years $(SQLITE_YEARS)"

.PHONY: bench
bench: ## what the library costs, as ratios to floors measured beside it
	@ICPCODE_BENCH=1 $(STEP) 'ratios' $(GO) test $(BENCH_PKG) -run '$(BENCH_RUN)' -v -count=1 -benchtime=200ms -timeout 30m
	@ICPCODE_BENCH=1 $(STEP) 'ratios of review' sh -c "cd '$(COMMAND)' && $(GO) test -count=1 -v -timeout 30m -run '^TestReviewRatios\$$' ."

# How long each test of `make torture` goes on, at least.
DURATION ?= 5m

.PHONY: torture
torture: servers ## the long versions of the tests that break databases and etcd, each for DURATION=5m
	@$(STEP) 'databases under torture' sh -c "cd $(SQLTEST) && $(GO) test -count=1 -timeout 24h -v -torture $(DURATION) ."
	@$(STEP) 'etcd under torture' sh -c "cd $(ETCD) && $(GO) test -count=1 -timeout 24h -v -run 'Killed|Loss' -torture $(DURATION) ."

# How many codes the large table has that `make bench-sql` compares with one of
# 100000. To fill it in takes minutes.
GROWN ?= 10000000

.PHONY: bench-sql
bench-sql: servers ## what a SQL store costs, as ratios to hand-written SQL in the same run
	@ICPCODE_BENCH=1 $(STEP) 'ratios of SQL stores' sh -c "cd $(SQLTEST) && $(GO) test -count=1 -timeout 4h -v -run '^(TestSQLRatios|TestSQLGrowth|TestSQLPaging)$$' . -grown $(GROWN)"

.PHONY: bench-merge
bench-merge: servers ## what merging gains, as ratios to not merging and to hand-written SQL
	@ICPCODE_BENCH=1 $(STEP) 'ratios of merging in memory' $(GO) test -count=1 -timeout 1h -v -run '^TestMergeRatios$$' ./internal/bench
	@ICPCODE_BENCH=1 $(STEP) 'ratios of merging over SQL' sh -c "cd $(SQLTEST) && $(GO) test -count=1 -timeout 4h -v -run '^TestSQLMergeRatios$$' ."

# How long `make bench-http` lets clients ask each of four.
HTTPTIME ?= 1m

.PHONY: bench-http
bench-http: servers ## 64 clients ask icpcode-serve on SQLite and PostgreSQL for HTTPTIME=1m each, audited, as a share of the engine's own rate
	@$(STEP) 'load over HTTP' sh -c "cd $(SQLTEST) && $(GO) test -count=1 -timeout 4h -v -run '^TestServeLoad$$' . -http $(HTTPTIME)"

.PHONY: bench-scale
bench-scale: servers ## what a code costs in rows, bytes and log, and what taken codes cost
	@ICPCODE_BENCH=1 $(STEP) 'what a code costs' sh -c "cd $(SQLTEST) && $(GO) test -count=1 -timeout 1h -v -run '^TestSQLScale$$' ."

.PHONY: bench-tidb
bench-tidb: bin/tidb-server ## the ratios on TiDB over its test store, unistore: they are unistore's
	@ICPCODE_BENCH=1 ICPCODE_TIDB='$(CURDIR)/bin/tidb-server' $(STEP) 'ratios of TiDB over unistore' \
		sh -c "cd $(SQLTEST) && $(GO) test -count=1 -timeout 1h -v -run '^TestTiDBRatios$$' ."

# What `make bench-against` compares with, how often, and which measurements.
REV ?=
ROUNDS ?= 5
BENCHES ?= bench

.PHONY: bench-against
bench-against: ## each ratio here beside the commit REV=..., ROUNDS=5 times, of BENCHES='bench bench-sql bench-merge'
	@test -n '$(REV)' || { echo 'make bench-against REV=COMMIT' >&2; exit 1; }
	@MAKE='$(MAKE)' sh tools/bench-against '$(REV)' '$(ROUNDS)' $(BENCHES)

.PHONY: count-against
count-against: ## instructions of a decision and of an issue here and at the commit REV=..., which a busy machine does not change; needs valgrind
	@test -n '$(REV)' || { echo 'make count-against REV=COMMIT' >&2; exit 1; }
	@GO='$(GO)' $(STEP) 'instructions' sh tools/count-against '$(REV)'

.PHONY: api
api: bin/apidiff ## what changed in the API since the last tag, and whether CHANGELOG.md says so
	@$(STEP) 'CHANGELOG.md names what is incompatible since the last tag' sh tools/api

.PHONY: release-try
release-try: ## a release in a copy of this clone, and programs of users of what it tagged, from a module proxy made of files
	@$(STEP) 'release tried' sh tools/release-try

.PHONY: vuln
vuln: bin/govulncheck ## known vulnerabilities in the dependencies (asks a database on the network)
	@$(call each,govulncheck,'$(CURDIR)/bin/govulncheck' ./...)

# The tools, pinned in tools/go.mod.
bin/golangci-lint: TOOL := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
bin/apidiff: TOOL := golang.org/x/exp/cmd/apidiff
bin/govulncheck: TOOL := golang.org/x/vuln/cmd/govulncheck
bin/golangci-lint bin/apidiff bin/govulncheck: tools/go.mod tools/go.sum
	@$(STEP) 'build $@ (once; minutes the first time)' $(GO) build -C tools -o '$(CURDIR)/$@' $(TOOL)

bin/tidb-server: tools/tidb/go.mod tools/tidb/go.sum
	@$(STEP) 'build $@ (ten minutes the first time, then what the build cache has)' \
		$(GO) build -C tools/tidb -ldflags='-s -w' -o '$(CURDIR)/$@' github.com/pingcap/tidb/cmd/tidb-server

.PHONY: clean
clean: ## remove what make made
	rm -rf bin coverage.out
