# Everything here works on a fresh clone with Python >= 3.11 and make: the first target that needs
# tools makes .venv and installs them. To use another Python: make PYTHON=/path/to/python

PYTHON ?=
ARGS ?=

BIN := .venv/bin
INSTALLED := .venv/.installed

# The folders for mypy: those of the project that exist.
TYPED := $(wildcard capnsafe allocators/capnsafe_allocators fuzz/capnsafe_fuzz fuzz/targets \
	tests benchmarks)

.PHONY: help
help:
	@echo "make check            lint, types, and the tests that start no process: two minutes"
	@echo "make test             lint, types, tests and their coverage, the gate: ten minutes"
	@echo "make test-release     the tests of the benchmarks, which only a release needs"
	@echo "make fuzz ARGS=...    a campaign; ARGS go to 'capnsafe fuzz'"
	@echo "make guest            build a message in a WebAssembly guest, which reads it there"
	@echo "make gate ARGS=...    check for regressions, as CI does"
	@echo "make bench ARGS=...   measure the budgets"
	@echo "make lint             ruff"
	@echo "make typecheck        mypy"
	@echo "make coverage         the coverage of the last 'make test' as HTML, in htmlcov/"
	@echo "make venv             make .venv and install the tools, unless that is done"
	@echo "make clean            remove everything that the others made, except findings"

# The stamp is written last, so that an interrupted installation starts again.
$(INSTALLED): pyproject.toml ci/constraints.txt
	@if ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
		python=$$(sh ci/find-python "$(PYTHON)") || exit 1; \
		version=$$("$$python" -c 'import platform; print(platform.python_version())'); \
		echo "Creating .venv with Python $$version ..."; \
		rm -rf .venv && "$$python" -m venv .venv || exit 1; \
	fi
	@echo "Installing capnsafe and its tools (about a minute) ..."
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check \
		--constraint ci/constraints.txt --editable '.[dev]'
	@touch $@

.PHONY: venv
venv: $(INSTALLED)

.PHONY: lint
lint: $(INSTALLED)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

.PHONY: typecheck
typecheck: $(INSTALLED)
	@$(BIN)/mypy $(TYPED)

# ARGS of check, test and test-release go to pytest. Bytecode is kept, because the tests and the gate
# start some hundred processes, and each would compile every module.
PYTEST := unset PYTHONDONTWRITEBYTECODE; \
	$(BIN)/python -m pytest -q --numprocesses=auto --dist=worksteal

.PHONY: check
check: $(INSTALLED) lint typecheck
	@$(PYTEST) -m "not process and not release" $(ARGS)

# Tests and gate run one after the other, because executions of the gate have deadlines. The gate
# traces the encoder with another tool, so the coverage is that of the tests alone.
.PHONY: test
test: $(INSTALLED) lint typecheck
	@$(PYTEST) -m "not release" --cov --cov-report= $(ARGS)
	@unset PYTHONDONTWRITEBYTECODE; $(BIN)/capnsafe gate --jobs 2
	@$(BIN)/coverage report --fail-under=100

# One process, so that nothing disturbs the measurements.
.PHONY: test-release
test-release: $(INSTALLED)
	@$(BIN)/python -m pytest -q -m release $(ARGS)

.PHONY: fuzz
fuzz: $(INSTALLED)
	@$(BIN)/capnsafe fuzz $(ARGS)

.PHONY: guest
guest: $(INSTALLED)
	@$(BIN)/python examples/wasm_guest.py

.PHONY: gate
gate: $(INSTALLED)
	@$(BIN)/capnsafe gate $(ARGS)

.PHONY: bench
bench: $(INSTALLED)
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: coverage
coverage: $(INSTALLED)
	@$(BIN)/coverage html

.PHONY: clean
clean:
	rm -rf .venv .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist htmlcov
