# Tally's whole interface. `make help` prints the targets; set-up is a part of each that needs it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
UV := UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv
UV_VERSION := 0.13.9
# Compiled here and now: where PYTHONDONTWRITEBYTECODE is set, each command would compile dlt and dbt again, for seconds.
SYNC := $(UV) sync --frozen --inexact --quiet --compile-bytecode --python $(BIN)/python

AIRFLOW := orchestration/airflow

# The machine's own Python: the first of these between 3.11 and 3.13. Override with `make PYTHON=…`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 && echo $$p && break; done)

export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export RUNTIME__DLTHUB_TELEMETRY := false

##@ Everyday
.PHONY: run
run: setup ## set everything up and run the whole flow once: mock API, ingestion, dbt build, publishing, reports
	$(BIN)/python -m orchestration run

.PHONY: setup
setup: $(VENV)/.runtime reports/node_modules/.installed ## install what Tally needs into .venv and reports/node_modules

.PHONY: api
api: $(VENV)/.runtime ## serve the mock providers on http://127.0.0.1:8000
	$(BIN)/python -m mock_api

.PHONY: ingest
ingest: $(VENV)/.runtime ## load what the providers have written since the last time
	$(BIN)/python -m orchestration ingest

.PHONY: build
build: $(VENV)/.runtime ## dbt build: staging, marts and their tests
	$(BIN)/dbt build

.PHONY: publish
publish: $(VENV)/.runtime ## write the marts as Parquet beside the warehouse
	$(BIN)/python -m publishing

.PHONY: reports
reports: setup ## build the site's pages into reports/build, where they have changed
	$(BIN)/python -m reports build

.PHONY: serve
serve: $(VENV)/.runtime ## serve the built site on http://127.0.0.1:3000
	$(BIN)/python -m reports serve

.PHONY: docs
docs: $(VENV)/.docs ## dbt's documentation and the lineage of columns, offline: target/static_index.html, target/column_lineage.html
	$(BIN)/python -m tools build

.PHONY: airflow
airflow: $(VENV)/.runtime reports/node_modules/.installed $(AIRFLOW)/.venv/.installed ## Airflow with Tally's schedules, in an environment of its own, on http://127.0.0.1:8080
	$(AIRFLOW)/serve

##@ Quality
# Two workers, whole files, the longest first; a test that was collected and did not run fails the run. Bytecode is written:
# else each of some hundred processes compiles the project anew.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=30
TEST_SETUP := setup $(VENV)/.test $(VENV)/.docs $(AIRFLOW)/.venv/.installed

.PHONY: test
test: $(TEST_SETUP) ## set up and run the tests of the core: 20 minutes on two cores
	$(PYTEST) -m "not full"

.PHONY: test-full
test-full: $(TEST_SETUP) ## the same, and the tests marked full: what needs Superset, Spark, DuckLake or Ansible
	$(PYTEST)

# What a pull request changes, and what is downstream of it. Needs a warehouse that was built before the change (`make build`).
BASE ?= origin/main
.PHONY: slim
slim: $(VENV)/.runtime ## dbt build of what differs from BASE (origin/main) and all that is downstream
	rm -rf target/base && mkdir -p target/base/project/tests
	git archive "$$(git merge-base HEAD $(BASE))" dbt_project.yml profiles.yml models macros seeds tests/data | tar -x -C target/base/project
	if [ -f target/partial_parse.msgpack ]; then cp target/partial_parse.msgpack target/base/; fi  # what is the same need not be parsed again
	$(BIN)/dbt --quiet parse --project-dir target/base/project --profiles-dir target/base/project --target-path $(CURDIR)/target/base
	$(BIN)/dbt build --select state:modified+ --defer --state target/base

.PHONY: bench
bench: setup $(VENV)/.test ## measure, and write benchmarks/RESULTS.md (half an hour, on a machine that does nothing else)
	$(BIN)/python -m benchmarks

.PHONY: evaluate
evaluate: $(VENV)/.test ## measure the anomaly flag and the estimates against the mock's true counts: a year and 39 doors, a minute
	$(BIN)/python -m benchmarks.evaluate

.PHONY: soak
soak: $(VENV)/.test ## kill ingestion and dbt build fifty times each, at random moments, and check what they leave; give ingestion 500 odd answers (half an hour)
	$(BIN)/python -m tests.soak
	HOSTILE_EXAMPLES=500 $(BIN)/python -m pytest tests/integration/test_hostile_provider.py -k any_answer --timeout 7200

.PHONY: lint
lint: $(VENV)/.runtime $(VENV)/.test $(VENV)/.lint ## ruff, mypy, sqlfluff, and the seeds that you fill in
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 0 models tests/data/*.sql
	$(BIN)/python -m warehouse.seeds

.PHONY: format
format: $(VENV)/.lint ## let ruff and sqlfluff fix what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --processes 0 models tests/data/*.sql

##@ Housekeeping
.PHONY: backup
backup: $(VENV)/.runtime ## back the warehouse up: to TALLY_BACKUPS (a folder or URL), or beside it
	$(BIN)/python -m orchestration backup

.PHONY: restore
restore: $(VENV)/.runtime ## put the newest back-up in the warehouse's place, or that of a day: make restore UNTIL=2026-11-21
	$(BIN)/python -m orchestration restore $(if $(UNTIL),--until $(UNTIL))

.PHONY: compact
compact: $(VENV)/.runtime ## free unused disk space in the warehouse, and purge old ledger rows of loads and runs
	$(BIN)/python -m ingestion compact

.PHONY: clean
clean: ## remove what was built and the default warehouse (not .venv, not reports/node_modules)
	rm -rf target logs dbt_packages reports/build reports/.work data/warehouse.*

.PHONY: help
help: ## print this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Stamps: a target that is younger than its lock file is not installed again.
$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo "Tally needs Python 3.11, 3.12 or 3.13 with venv: none was found on the PATH." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Tally needs Python's venv module (Debian: apt-get install python3-venv)." >&2; rm -rf $(VENV); exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.runtime: pyproject.toml uv.lock | $(BIN)/uv
	@echo "Installing the Python packages into $(VENV) …"
	@$(SYNC)
	@touch $@

$(VENV)/.test: pyproject.toml uv.lock | $(VENV)/.runtime
	@$(SYNC) --group test
	@touch $@

$(VENV)/.lint: pyproject.toml uv.lock | $(VENV)/.runtime
	@$(SYNC) --group lint
	@touch $@

$(VENV)/.docs: pyproject.toml uv.lock | $(VENV)/.runtime
	@$(SYNC) --group docs
	@touch $@

$(AIRFLOW)/.venv/.installed: $(AIRFLOW)/requirements.txt | $(BIN)/uv
	@echo "Installing Airflow into $(AIRFLOW)/.venv …"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python $(AIRFLOW)/.venv
	@$(UV) pip sync --quiet --python $(AIRFLOW)/.venv/bin/python $(AIRFLOW)/requirements.txt
	@touch $@

reports/node_modules/.installed: reports/package.json reports/package-lock.json
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null \
		|| { echo "Tally needs Node.js 20 or newer (with npm): $$(node --version 2>/dev/null || echo none) was found." >&2; exit 1; }
	@echo "Installing the site's packages into reports/node_modules (about a minute) …"
	@cd reports && npm install --no-audit --no-fund --loglevel=error
	@touch $@
