# Everything here works on a fresh clone with Python >= 3.11 and make: the first target that needs
# tools makes .venv and installs them. To use another Python: make PYTHON=/path/to/python

PYTHON ?=
ARGS ?=

BIN := .venv/bin
INSTALLED := .venv/.installed

# The folders for mypy: those of the project that exist.
TYPED := $(wildcard hatch_build.py ci capnsafe allocators/capnsafe_allocators fuzz/capnsafe_fuzz fuzz/targets \
	fuzz/drivers/python tests benchmarks)

.PHONY: help
help:
	@echo "make check            lint, types, the quick tests: those that start no process"
	@echo "make test             lint, types, all tests and their coverage, the gate"
	@echo "make test-release     the tests of the benchmarks, which only a release needs"
	@echo "make compile          compile the encoder with mypyc, in build/compiled"
	@echo "make test-compiled    the tests of the encoder, on what 'make compile' made"
	@echo "make fuzz ARGS=...    a campaign; ARGS go to 'capnsafe fuzz'"
	@echo "make drivers          build the drivers of other libraries"
	@echo "make guest            build a message in a WebAssembly guest, and read it there"
	@echo "make gate ARGS=...    check for regressions, as CI does"
	@echo "make bench ARGS=...   measure the budgets"
	@echo "make docs             the reference of every public name as HTML, in build/docs/"
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
	@CAPNSAFE_COMPILE=0 $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check \
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

# Types are checked beside the tests, because mypy uses one processor.
BESIDE := $(MAKE) --no-print-directory --jobs=2 typecheck

.PHONY: check
check: $(INSTALLED) lint
	@$(BESIDE) quick-tests

.PHONY: quick-tests
quick-tests: $(INSTALLED)
	@$(PYTEST) -m "not process and not thorough and not release" $(ARGS)

# Tests and gate run one after the other, because executions of the gate have deadlines. The gate
# traces the encoder with another tool, so the coverage is that of the tests alone.
.PHONY: test
test: $(INSTALLED) lint
	@$(BESIDE) all-tests
	@unset PYTHONDONTWRITEBYTECODE; $(BIN)/capnsafe gate --jobs 2
	@$(BIN)/coverage report --fail-under=100

.PHONY: all-tests
all-tests: $(INSTALLED)
	@$(PYTEST) -m "not release" --cov --cov-report= $(ARGS)

# The browser in which tests look at pages. Only these tests need it.
BROWSERS := chromium chromium-browser google-chrome

.PHONY: browser
browser: $(INSTALLED)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check \
		--constraint ci/constraints.txt --editable '.[browser,checkers]'
	@for name in $(BROWSERS); do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
		$(BIN)/python -m playwright install chromium; \
	fi

# One process, so that nothing disturbs the measurements.
.PHONY: test-release
test-release: $(INSTALLED) browser
	@$(BIN)/python -m pytest -q -m release $(ARGS)

# The compiled package, as a wheel has it. The checkout itself stays plain, because an extension module
# beside an edited source would run in its place. mypyc and the C compiler take some two minutes.
SOURCES := $(shell find capnsafe -name '*.py')
COMPILED := build/compiled
STAMP := $(COMPILED)/.compiled

$(STAMP): $(SOURCES) ci/compile_package.py ci/constraints.txt | $(INSTALLED)
	@echo "Compiling capnsafe (about two minutes) ..."
	@rm -rf $(COMPILED) && mkdir -p $(COMPILED)
	@$(BIN)/python ci/compile_package.py $(COMPILED)
	@touch $@

.PHONY: compile
compile: $(STAMP)
	@echo "The compiled package is in $(COMPILED): PYTHONPATH=$(COMPILED) .venv/bin/python ..."

# The tests of the encoder, on the compiled package.
.PHONY: test-compiled
test-compiled: $(STAMP)
	@CAPNSAFE_PLAIN=0 $(PYTEST) -o 'pythonpath=$(COMPILED) . allocators fuzz' \
		-m "not release" tests/capnsafe tests/catalogue tests/differential $(ARGS)

.PHONY: fuzz
fuzz: $(INSTALLED)
	@$(BIN)/capnsafe fuzz $(ARGS)

.PHONY: drivers
drivers: $(INSTALLED)
	@$(BIN)/python fuzz/drivers/build.py $(ARGS)

.PHONY: guest
guest: $(INSTALLED)
	@$(BIN)/python examples/wasm_guest.py

.PHONY: gate
gate: $(INSTALLED)
	@$(BIN)/capnsafe gate $(ARGS)

.PHONY: bench
bench: $(INSTALLED)
	@$(BIN)/python -m benchmarks $(ARGS)

# A warning is an error, so a docstring that refers to a name that is gone fails.
.PHONY: docs
docs: $(INSTALLED)
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs/reference build/docs
	@echo "The reference is in build/docs: open build/docs/index.html"

.PHONY: coverage
coverage: $(INSTALLED)
	@$(BIN)/coverage html

.PHONY: clean
clean:
	rm -rf .venv .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist htmlcov
