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
SUPERSET := deploy/superset
DUCKLAKE := deploy/ducklake
SPARK := deploy/spark
ANSIBLE := deploy/ansible
PARSED := $(or $(DBT_TARGET_PATH),target)/partial_parse.msgpack

# The machine's own Python: the first of these between 3.11 and 3.13. Override with `make PYTHON=…`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 && echo $$p && break; done)

export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export RUNTIME__DLTHUB_TELEMETRY := false

##@ Everyday
# With TARGET=spark the models are built there: docs/spark.md.
TALLY_SPARK ?= 127.0.0.1:10000
ON_SPARK := $(if $(filter spark,$(TARGET)),TALLY_SPARK=$(TALLY_SPARK) $(SPARK)/.venv/bin/python,$(BIN)/python)
.PHONY: run
run: setup $(if $(filter spark,$(TARGET)),$(SPARK)/.venv/.installed) ## set everything up and run the whole flow once: mock API, ingestion, dbt build, publishing, reports; TARGET=spark builds on Spark
	$(ON_SPARK) -m orchestration run

.PHONY: setup
setup: $(VENV)/.runtime reports/node_modules/.installed $(PARSED) ## install what Tally needs into .venv and reports/node_modules

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

.PHONY: diff
diff: $(VENV)/.runtime ## compare two publications: the newest with the one before it, or folders: make diff OLD=… NEW=…
	$(BIN)/python -m publishing diff $(OLD) $(NEW)

.PHONY: reports
reports: setup ## build the site's pages into reports/build, where they have changed
	$(BIN)/python -m reports build

.PHONY: serve
serve: $(VENV)/.runtime ## serve the built site on http://127.0.0.1:3000
	$(BIN)/python -m reports serve

.PHONY: mcp
mcp: $(VENV)/.runtime ## serve the metrics and the marts to an agent (MCP), on standard input and output: docs/agents.md
	@$(BIN)/python -m metrics mcp

.PHONY: demo
demo: setup $(VENV)/.test ## record the demonstration as a video, demo/tally.webm: from an empty database to the figures
	$(BIN)/python -m reports build
	$(BIN)/python -m tools demo

.PHONY: docs
docs: $(VENV)/.docs ## dbt's documentation and the lineage of columns, offline: target/static_index.html, target/column_lineage.html
	$(BIN)/python -m tools build

.PHONY: airflow
airflow: $(VENV)/.runtime reports/node_modules/.installed $(AIRFLOW)/.venv/.installed ## Airflow with Tally's schedules, in an environment of its own, on http://127.0.0.1:8080
	$(AIRFLOW)/serve

.PHONY: ducklake
ducklake: $(DUCKLAKE)/.venv/.installed ## an environment that can write a DuckLake, in deploy/ducklake/.venv: docs/many-writers.md
	@echo 'With TALLY_DUCKLAKE set: PATH="$$PWD/$(DUCKLAKE)/.venv/bin:$$PATH"'

.PHONY: spark
spark: $(SPARK)/.venv/.installed ## Spark's Thrift server with Iceberg tables, in an environment of its own, on 127.0.0.1:10000: docs/spark.md
	TALLY_SPARK=$(TALLY_SPARK) $(SPARK)/.venv/bin/python -m orchestration spark

.PHONY: superset
superset: $(VENV)/.runtime $(SUPERSET)/.venv/.installed ## Superset with Tally's dashboards, in an environment of its own, on http://127.0.0.1:8088
	$(SUPERSET)/serve

# Which machine, and what of this checkout: a tag, a branch or a commit. More settings: make release ARGS="-e tally_limit_pct=5"
INVENTORY ?= $(ANSIBLE)/inventory.yaml
VERSION ?= HEAD
.PHONY: release
release: $(ANSIBLE)/.venv/.installed ## take a machine to a running Tally, or to VERSION by way of pre-production (docs/production.md)
	cd $(ANSIBLE) && .venv/bin/ansible-playbook --inventory $(abspath $(INVENTORY)) --extra-vars tally_version=$(VERSION) $(ARGS) tally.yaml

##@ Quality
# Whole files to a worker, the longest first; a test that was collected and did not run fails the run. Bytecode is written:
# else each of some hundred processes compiles the project anew.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder --durations=30

.PHONY: test-setup
test-setup: setup $(VENV)/.test $(VENV)/.docs $(AIRFLOW)/.venv/.installed

.PHONY: test
test: test-setup ## set up and run the tests of the core: 20 to 30 minutes on two cores
	$(PYTEST) -m "not full"

.PHONY: test-full
test-full: test-setup $(DUCKLAKE)/.venv/.installed $(SPARK)/.venv/.installed $(SUPERSET)/.venv/.installed $(ANSIBLE)/.venv/.installed ## the same, and the tests marked full: what needs Superset, Spark, DuckLake or Ansible
	$(PYTEST)

.PHONY: test-spark
test-spark: $(VENV)/.test $(SPARK)/.venv/.installed ## every domain on Spark against DuckDB, as every night (test-full has footfall and orders)
	SPARK_DOMAINS=all $(BIN)/python -m pytest tests/integration/test_spark.py

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
bench: setup $(VENV)/.test $(SPARK)/.venv/.installed ## measure, and write benchmarks/RESULTS.md (over an hour, on a machine that does nothing else); BASE=commit measures that version in turn
	$(BIN)/python -m benchmarks $(if $(filter command line environment,$(origin BASE)),--base $(BASE))

.PHONY: evaluate
evaluate: $(VENV)/.test ## measure the anomaly flag, the estimates and the forecasts of visits against the mock's true counts: a few minutes
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
	$(BIN)/sqlfluff lint --processes 0 models tests/data/*.sql reports/queries reports/sources reports/views
	$(BIN)/python -m warehouse.seeds

# A package that no advisory could be looked up for is a failure too.
.PHONY: audit
audit: $(BIN)/uv ## ask OSV and npm for known advisories on what the locks hold
	$(UV) audit --frozen
	for place in $(AIRFLOW) $(SUPERSET) $(ANSIBLE); do \
		$(BIN)/uv tool run --quiet pip-audit==2.10.1 --strict --vulnerability-service osv --no-deps --disable-pip --requirement $$place/requirements.txt; done
	cd reports && npm audit --package-lock-only

.PHONY: format
format: $(VENV)/.lint ## let ruff and sqlfluff fix what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --processes 0 models tests/data/*.sql reports/queries reports/sources reports/views

##@ Housekeeping
.PHONY: backup
backup: $(VENV)/.runtime ## back the warehouse up: to TALLY_BACKUPS (a folder or URL), or beside it
	$(BIN)/python -m orchestration backup

.PHONY: restore
restore: $(VENV)/.runtime ## put the newest back-up in the warehouse's place, or that of a day: make restore UNTIL=2026-11-21
	$(BIN)/python -m orchestration restore $(if $(UNTIL),--until $(UNTIL))

.PHONY: compact
compact: $(VENV)/.runtime $(if $(filter spark,$(TARGET)),$(SPARK)/.venv/.installed) ## free unused disk space in the warehouse, and purge old ledger rows of loads and runs; TARGET=spark tidies Spark's tables too
	$(ON_SPARK) -m ingestion compact

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

$(DUCKLAKE)/.venv/.installed: pyproject.toml uv.lock | $(BIN)/uv
	@echo "Installing Tally with DuckDB's DuckLake extensions into $(DUCKLAKE)/.venv …"
	@UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=$(DUCKLAKE)/.venv $(BIN)/uv sync --frozen --quiet --compile-bytecode --no-default-groups --group ducklake --python $(BIN)/python
	@touch $@

$(SPARK)/.venv/.installed: pyproject.toml uv.lock | $(BIN)/uv
	@echo "Installing Tally with Spark and DuckDB's Iceberg extensions into $(SPARK)/.venv …"
	@UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=$(SPARK)/.venv $(BIN)/uv sync --frozen --quiet --no-default-groups --group spark --python $(BIN)/python
	@touch $@

$(SUPERSET)/.venv/.installed: $(SUPERSET)/requirements.txt | $(BIN)/uv
	@echo "Installing Superset into $(SUPERSET)/.venv …"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python $(SUPERSET)/.venv
	@$(UV) pip sync --quiet --compile-bytecode --python $(SUPERSET)/.venv/bin/python $(SUPERSET)/requirements.txt
	@touch $@

$(ANSIBLE)/.venv/.installed: $(ANSIBLE)/requirements.txt | $(BIN)/uv
	@echo "Installing Ansible into $(ANSIBLE)/.venv …"
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python $(ANSIBLE)/.venv
	@$(UV) pip sync --quiet --python $(ANSIBLE)/.venv/bin/python $(ANSIBLE)/requirements.txt
	@touch $@

# The first build begins with what is parsed here, and parses again what has changed since.
$(PARSED): | $(VENV)/.runtime
	@$(BIN)/dbt --quiet parse

reports/node_modules/.installed: reports/package.json reports/package-lock.json
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null \
		|| { echo "Tally needs Node.js 20 or newer (with npm): $$(node --version 2>/dev/null || echo none) was found." >&2; exit 1; }
	@echo "Installing the site's packages into reports/node_modules (about a minute) …"
	@cd reports && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
