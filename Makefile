# Builds, runs and tests Wrkbelt. `make` lists what can be made; everything is safe to run again and
# does only what is not done yet.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.NOTPARALLEL:

RELEASE := target/release/wrkbelt
DEBUG := target/debug/wrkbelt
WEB_MODULES := web/node_modules/.installed
WEB_DIST := web/dist/manifest.json
API_CLIENT := web/api-client
API_CLIENT_MODULES := $(API_CLIENT)/node_modules/.installed
E2E_MODULES := tests/e2e/node_modules/.installed

# Folders are among them so that a removed file counts as a change too.
WEB_SOURCES := openapi.json web/package.json web/package-lock.json \
  $(shell find web/widget web/pages web/tools $(API_CLIENT)/src -not -name '*.test.ts' -not -name '*.test.tsx')

BIOME := web/node_modules/.bin/biome
say = tools/say

.PHONY: help demo build web contract check format test web-test e2e schemathesis rust-test test-faults test-controls load bench bench-api screenshots clean tools

help: ## List what can be made
	@echo 'Usage: make TARGET'
	@echo
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  \1\t\2/p' Makefile | expand -t 16
	@echo
	@echo 'ARGS="…" is handed on by demo (make demo ARGS="--listen 0.0.0.0:9000"), schemathesis, test-faults, load, bench and bench-api.'

demo: build ## Start Wrkbelt with three sample businesses and print where they are
	@exec $(RELEASE) demo $(ARGS)

build: tools $(WEB_DIST) ## Build the widget, the pages and target/release/wrkbelt
	@[ -x $(RELEASE) ] || $(say) 'binary: compiling with optimizations; the first time takes some minutes'
	@cargo build --release --locked --package cli

web: tools $(WEB_DIST) ## Build the widget and the pages into web/dist

contract: tools $(WEB_DIST) $(API_CLIENT_MODULES) ## Make the examples, openapi.json, permissions.txt and the types of the client anew
	@WRKBELT_RENEW_EXAMPLES=1 cargo test --locked --quiet --package api --test api -- the_examples_are_what_the_api_answers
	@mkdir -p target
	@cargo run --locked --quiet --package cli -- openapi >target/openapi.json
	@mv target/openapi.json openapi.json
	@cargo run --locked --quiet --package cli -- openapi --permissions >target/permissions.txt
	@mv target/permissions.txt permissions.txt
	@cargo run --locked --quiet --package cli -- flow schema >target/flow.schema.json
	@mv target/flow.schema.json docs/flow.schema.json
	@npm run --silent --prefix $(API_CLIENT) generate

check: tools $(WEB_DIST) $(API_CLIENT_MODULES) ## Formatting and lints; a warning is an error
	@$(say) 'check: Rust formatting'
	@cargo fmt --all --check
	@$(say) 'check: Rust lints'
	@cargo clippy --workspace --all-targets --locked -- -D warnings
	@$(say) 'check: formatting, lints and types of the web parts'
	@npm run --silent --prefix web check
	@npm run --silent --prefix $(API_CLIENT) check
	@$(BIOME) check --error-on-warnings --config-path=web tests/e2e tools

format: tools $(WEB_MODULES) ## Format everything
	@cargo fmt --all
	@npm run --silent --prefix web format
	@$(BIOME) check --write --config-path=web tests/e2e tools

test: web-test e2e schemathesis rust-test ## Every test, with all that it needs installed first

web-test: tools $(WEB_DIST) $(API_CLIENT_MODULES) ## Tests of the widget and the API's client, and the widget's size against the budget
	@$(say) 'test: the widget and the client of the API'
	@npm run --silent --prefix web test
	@$(say) 'test: size of the widget'
	@npm run --silent --prefix web budget

e2e: $(DEBUG) $(E2E_MODULES) ## Book in a real browser
	@CHROMIUM="$$(tools/chromium)"; export CHROMIUM; \
	$(say) "test: bookings in a browser ($$CHROMIUM)"; \
	node tests/e2e/run.mjs $(ARGS)

schemathesis: $(DEBUG) ## Send the API what its document allows and forbids; ARGS=long for many times as much
	@$(say) 'test: the API against its OpenAPI document'
	@python3 tests/schemathesis/run.py $(ARGS)

rust-test: tools $(WEB_DIST) ## Tests of the Rust crates
	@tools/strace
	@$(say) 'test: the Rust crates'
	@tools/rust-tests

test-faults: $(DEBUG) ## The long versions of the tests that break things: half an hour
	@tools/strace
	@$(say) 'test: kills, broken system calls, power cuts, full disks, two servers'
	@WRKBELT_FAULTS=long cargo test --locked --package faults -- --test-threads=1 $(ARGS)
	@$(say) 'test: roles against a model, 1,000,000 times; times of answers about accounts'
	@WRKBELT_FAULTS=long cargo test --locked --package app --test app -- rbac --nocapture
	@WRKBELT_FAULTS=long cargo test --locked --package api --test api -- timing --nocapture
	@$(say) 'test: the primary of a MongoDB replica set killed 30 times'
	@WRKBELT_KILLS=30 cargo test --locked --package store-mongo --test store_mongo -- nothing_acknowledged --nocapture
	@$(say) 'test: 1,000 bits flipped in a database file'
	@WRKBELT_FLIPS=1000 cargo test --locked --package store-sqlite --test engine -- flips --nocapture
	@$(say) 'test: 100,000 hostile visits against the decisions, 3,000 through the API'
	@WRKBELT_HOSTILE_VISITS=100000 cargo test --locked --release --package model --test model -- hostile
	@WRKBELT_HOSTILE_VISITS=3000 cargo test --locked --package api --test api -- hostile
	@$(say) 'test: the API against its OpenAPI document, 100,000 times'
	@python3 tests/schemathesis/run.py long

test-controls: tools $(WEB_DIST) ## Take guards out of the binary: the tests must notice
	@$(say) 'test: compiling a binary without a sync for each commit and without deadlines'
	@cargo build --locked --package cli --features unsafe-normal-sync,unsafe-no-deadlines \
	  --target-dir target/controls
	@WRKBELT_REQUIRE_FAULTS=1 cargo test --locked --package faults \
	  --features unsafe-normal-sync,unsafe-no-deadlines --target-dir target/controls --test faults controls
	@$(say) 'test: rows without checksums, which must be noticed'
	@cargo test --locked --package store-sqlite --features unchecked --target-dir target/controls \
	  --test engine --no-run
	@! cargo test --locked --package store-sqlite --features unchecked --target-dir target/controls \
	  --test engine flips

load: build ## Measure whole bookings through HTTP, beside what the machine could do at most
	@$(RELEASE) load $(ARGS)

bench: tools $(WEB_DIST) ## Measure proofs, routing and the engines, beside what they are compared with
	@$(say) 'bench: routing'
	@cargo bench --locked --package model --bench routing
	@$(say) 'bench: flows'
	@cargo bench --locked --package model --bench validation
	@$(say) 'bench: SQLite'
	@cargo bench --locked --package store-sqlite --bench commits -- $(ARGS)
	@$(say) 'bench: MongoDB'
	@cargo bench --locked --package store-mongo --bench commits

bench-api: build ## Measure the platform API beside an empty handler and Directus; ARGS=reads|logins|directus for a part
	@python3 bench/run.py $(ARGS)

screenshots: $(DEBUG) $(E2E_MODULES) ## Draw docs/images/widget.png anew
	@CHROMIUM="$$(tools/chromium)" node tools/screenshots.mjs

clean: ## Remove everything that was built or installed here
	rm -rf target web/dist web/node_modules $(API_CLIENT)/node_modules tests/e2e/node_modules tests/e2e/screenshots

tools:
	@tools/require cargo node npm

$(WEB_MODULES): web/package.json web/package-lock.json | tools
	@$(say) 'web: installing packages, because web/package-lock.json is new'
	@npm ci --prefix web --no-audit --no-fund --loglevel=error
	@touch $@

$(API_CLIENT_MODULES): $(API_CLIENT)/package.json $(API_CLIENT)/package-lock.json | tools
	@$(say) 'web: installing what makes the API client, because its package-lock.json is new'
	@npm ci --prefix $(API_CLIENT) --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB_DIST): $(WEB_MODULES) $(WEB_SOURCES)
	@$(say) 'web: building the widget and the pages, because their sources changed'
	@npm run --silent --prefix web build

$(E2E_MODULES): tests/e2e/package.json tests/e2e/package-lock.json | tools
	@$(say) 'test: installing the browser driver, because tests/e2e/package-lock.json is new'
	@npm ci --prefix tests/e2e --no-audit --no-fund --loglevel=error
	@touch $@

# Cargo itself knows best whether there is something to do. All targets at once, so that what they
# depend on is compiled once for the binary and the tests.
.PHONY: $(DEBUG)
$(DEBUG): tools $(WEB_DIST)
	@$(say) 'test: compiling the binary and the Rust tests'
	@cargo build --workspace --all-targets --locked
