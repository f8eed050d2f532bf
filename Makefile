# The commands of this project. `make` alone lists them.
# DATA, CONFIGS and ARTIFACTS reach the shell through the environment, so that names with spaces work.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
GENERATE = $(BIN)/python scripts/generate_orders.py --rows 5000 --seed 1 --borders

export DATA
ifneq ($(CONFIGS),)
export READY_CONFIGS := $(CONFIGS)
endif
ifneq ($(ARTIFACTS),)
export READY_ARTIFACTS := $(ARTIFACTS)
endif

.DEFAULT_GOAL := help
.PHONY: missing help install pipeline load validate db spark-up spark-down docs test test-thorough lint lint-sql ci ci-data dbt-tools wheel bench bench-load bench-gate bench-features bench-sources bench-e2e bench-growth bench-leakage bench-consume bench-import consumers bench-spark bench-serve bench-guard bench-previous test-faults soak licences audit sample clean distclean

help: ## List these commands
	@echo "From Raw to Ready: raw CSV files in, train, validation and test sets out."
	@echo
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "Variables of pipeline and load:  DATA=folder (data/raw)  TARGET=spark; of all:  CONFIGS=folder (configs)  ARTIFACTS=folder (artifacts)"
	@echo "Variable of test:        ARGS='-k gate' and whatever else pytest takes; ARGS='-n 0 -x --pdb' in one process"
	@echo "Variable of install:     PYTHON=python3.12 instead of the newest one found"

install: $(STAMP) ## Install everything into .venv; the other commands do it by themselves

# Also when `dbt clean` has taken the packages away.
$(STAMP): pyproject.toml constraints.txt packages.yml scripts/install.sh $(if $(wildcard dbt_packages/*),,missing)
	@PYTHON='$(PYTHON)' sh scripts/install.sh $(VENV)
	@touch $@

pipeline: $(STAMP) ## Load, validate, build the features, split, record and export
	@$(BIN)/ready run $(if $(TARGET),--target $(TARGET)) $${DATA:+--data "$$DATA"}

load: $(STAMP) ## Only load the CSV files of DATA
	@$(BIN)/ready load $(if $(TARGET),--target $(TARGET)) "$${DATA:-data/raw}"

validate: $(STAMP) ## Only run the gate on what is loaded
	@$(BIN)/ready validate $(if $(TARGET),--target $(TARGET))

db: $(STAMP) ## Start the embedded PostgreSQL server
	@$(BIN)/ready db start

spark-up: $(STAMP) ## Start the local Spark cluster; needs Java 17 and the extra `spark`
	@$(BIN)/ready spark start

spark-down: $(STAMP) ## Stop it; its tables stay
	@$(BIN)/ready spark stop

docs: $(STAMP) ## Serve the dbt documentation
	@$(BIN)/ready docs

# A file stays with one worker: what its tests build once is built once. Integration tests, the long ones, come first.
test: $(STAMP) ## Run the test suite, on all cores
	@$(BIN)/python -m pytest -n $$(nproc) --dist loadfile --no-loadscope-reorder $(ARGS)

test-thorough: $(STAMP) ## The suite with its longer proofs: more examples, builds, configurations and engines
	@$(MAKE) --no-print-directory test ARGS='--thorough $(ARGS)'

lint: lint-sql ## Check style, types, SQL and configs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@for file in configs/orders.yaml examples/*/orders.yaml; do $(BIN)/ready lint --configs "$$(dirname "$$file")" || exit; done

lint-sql: $(STAMP) ## Only check the SQL of models, snapshots and tests
	@sh scripts/lint_sql.sh $(BIN)

ci: lint ## All that a pull request goes through: make lint, make test on each Python found, make ci-data, make wheel
	@for version in 3.10 3.11 3.12 3.13; do \
	  python$$version -c 'import venv, ensurepip' 2>/dev/null || continue; \
	  $(MAKE) --no-print-directory test VENV=.venvs/$$version PYTHON=python$$version || exit; \
	done
	@$(MAKE) --no-print-directory ci-data
	@$(MAKE) --no-print-directory wheel

ci-data: $(STAMP) ## Only compare the tables that the checkout builds with main's (BASE=commit), build what differs, find leaks
	@bash scripts/ci/pull_request.sh $(BIN)/python $(BASE)

dbt-tools: $(STAMP) ## What dbt-bouncer, dbt-coverage, dbt-score and dbterd say of the project
	@bash scripts/ci/dbt_tools/run.sh $(BIN)/python

wheel: $(STAMP) ## Build the wheel, install it into an environment of its own, and use it outside the checkout
	@bash scripts/ci/try_wheel.sh $(BIN)/python

bench-load: $(STAMP) ## Time the loader against one COPY of ready-made JSON, and dlt (ARGS='--rows 5000000')
	@$(BIN)/python scripts/bench/bench_load.py $(ARGS)

bench-gate: $(STAMP) ## Time the gate against SQL by hand and Great Expectations (ARGS='--rows 1000000')
	@$(BIN)/python scripts/bench/bench_gate.py $(ARGS)

bench-features: $(STAMP) ## Time the features against DuckDB and Feast, and 1% new orders against all (ARGS='--rows 5000000')
	@$(BIN)/python scripts/bench/bench_features.py $(ARGS)

bench-sources: $(STAMP) ## Time features of orders, visits and members together, alone, in part, and by DuckDB (ARGS='--visits 10000000')
	@$(BIN)/python scripts/bench/bench_sources.py $(ARGS)

bench-e2e: $(STAMP) ## Time the whole way against the same work as psql steps by hand, and a second run
	@$(BIN)/python scripts/bench/bench_e2e.py $(ARGS)

bench-growth: $(STAMP) ## Time growing numbers of orders, windows and files (ARGS='--rows 10000000')
	@$(BIN)/python scripts/bench/bench_growth.py $(ARGS)

bench-leakage: $(STAMP) ## Which leaks check-leakage finds beside leakprobe and honestclock
	@$(BIN)/python scripts/bench/bench_leakage.py

bench-consume: $(STAMP) ## Time an export into pandas and boosted trees, for models and with decimals (ARGS='--rows 5000000')
	@$(BIN)/python scripts/bench/bench_consume.py $(ARGS)

bench-import: $(STAMP) ## What `import ready` costs beside pyarrow, in seconds and MB
	@$(BIN)/python scripts/bench/bench_import.py

consumers: $(STAMP) ## Try the export with pandas, Polars, scikit-learn, XGBoost and others; the table of docs/consumers.md
	@$(BIN)/python scripts/bench/consumers.py
	@$(BIN)/python scripts/bench/feast_repository.py

bench-spark: $(STAMP) ## Time the whole way on Spark: one worker, two, PostgreSQL, growing orders (ARGS='--rows 10000000')
	@$(BIN)/python scripts/bench/bench_spark.py $(ARGS)

bench-serve: $(STAMP) ## Time the features of one customer from the database beside Feast's online stores (ARGS='--rows 5000000')
	@$(BIN)/python scripts/bench/bench_serve.py $(ARGS)

bench-guard: $(STAMP) ## A small benchmark that fails only when something has become many times slower
	@$(BIN)/python scripts/bench/bench_guard.py $(ARGS)

bench-previous: $(STAMP) ## Time loader, gate and a whole run beside an earlier commit (ARGS='--commit main --rows 5000000')
	@$(BIN)/python scripts/bench/bench_previous.py $(ARGS)

bench: bench-load bench-gate bench-features bench-e2e bench-growth ## All benchmarks; figures and charts in artifacts/bench

test-faults: $(STAMP) ## Kill, starve and cut off the commands at 60 moments
	@$(BIN)/python -m pytest tests/python/integration/test_faults.py --thorough --fault-moments 60 $(ARGS)

soak: $(STAMP) ## Load 500 daily files in a row: nothing may grow (ARGS='--run-every 100')
	@$(BIN)/python scripts/soak.py $(ARGS)

licences: $(STAMP) ## Write docs/licences.md again, after a change of constraints.txt
	@$(BIN)/python scripts/licences.py

audit: $(STAMP) ## Look up the pinned packages among the known vulnerabilities; needs the internet
	@env=$$(mktemp -d) && trap 'rm -rf "$$env"' EXIT && $(BIN)/python -m venv "$$env" && \
		"$$env"/bin/pip install --quiet pip-audit && "$$env"/bin/pip-audit --no-deps --disable-pip -r constraints.txt

sample: $(STAMP) ## Write data/raw and data/dirty again, byte for byte
	@$(GENERATE) --until 2024-07-01 --out data/raw/orders_2024_h1.csv
	@$(GENERATE) --since 2024-07-01 --until 2025-01-01 --out data/raw/orders_2024_h2.csv
	@$(GENERATE) --since 2025-01-01 --out data/raw/orders_2025_h1.csv
	@$(GENERATE) --since 2025-01-01 --dirty --out data/dirty/orders_2025_h1.csv

clean: ## Stop the server; delete its data (.ready), artifacts, dbt's output and caches
	@if [ -d .ready ] && [ -x $(BIN)/python ]; then env -u DATABASE_URL -u PGHOST READY_HOME=.ready $(BIN)/python -m ready db stop; fi
	@if [ -d .ready/spark ] && [ -x $(BIN)/python ]; then env -u READY_SPARK_HOST READY_HOME=.ready $(BIN)/python -m ready spark stop; fi
	@rm -rf .ready artifacts target logs .pytest_cache .hypothesis .mypy_cache .ruff_cache
	@find loader ready scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## The same, and .venv and dbt_packages too
	@rm -rf $(VENV) .venvs dbt_packages build dist
