# make demo    a live migration of the sample shop through a real Airflow, from nothing (GATES=manual KEEP=1 SPEC=rollback ROWS=n RATE=n)
# make demo-stop   ends what KEEP=1 left running
# make test    lint and every test, from nothing (TESTS=tests/unit WORKERS=2)
# make test-faults   kills, crashes and cut connections at random moments, many of them (SEEDS=50 FAULT_RATE=300)
# make bench   the benchmarks, by hand (BENCH='--only copy --rows 1000000 --runs 5')
PYTHON ?= python3
GATES ?= auto
KEEP ?= 0
SPEC ?= shop
ROWS ?= 200000
RATE ?= 150
TESTS ?= tests
WORKERS ?= 2
BENCH ?=
SEEDS ?= 50
FAULT_RATE ?= 300

BIN := .venv/bin

.PHONY: demo demo-stop test test-faults lint bench clean demo-environment test-environment

demo: demo-environment
	@PYTHONPATH=tests $(BIN)/python -m demo --gates=$(GATES) --keep=$(KEEP) --spec=$(SPEC) --rows=$(ROWS) --rate=$(RATE)

demo-stop: demo-environment
	@PYTHONPATH=tests $(BIN)/python -m demo --stop

test: lint
	$(BIN)/python -m pytest -n $(WORKERS) --dist=loadgroup $(TESTS)

test-faults: test-environment
	FAULT_SEEDS=$(SEEDS) FAULT_RATE=$(FAULT_RATE) $(BIN)/python -m pytest tests/integration/faults

lint: test-environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: test-environment
	@$(BIN)/python tests/benchmarks $(BENCH)

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

demo-environment:
	@$(PYTHON) tests/fixtures/install.py demo

test-environment:
	@$(PYTHON) tests/fixtures/install.py test
