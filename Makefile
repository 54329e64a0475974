# Everything here works on a fresh clone with Python >= 3.11 and make: the first target that needs
# tools makes .venv and installs them. Another Python: make PYTHON=/path/to/python

PYTHON ?=
ARGS ?=

BIN := .venv/bin
INSTALLED := .venv/.installed

# What mypy looks at: those of the project's folders that are there.
TYPED := $(wildcard capnsafe allocators/capnsafe_allocators fuzz/capnsafe_fuzz fuzz/targets \
	tests benchmarks)

.PHONY: help
help:
	@echo "make test             lint, types, tests and their coverage, the gate"
	@echo "make fuzz ARGS=...    a campaign; ARGS are those of 'capnsafe fuzz'"
	@echo "make guest            builds a message in a WebAssembly guest, which reads it there"
	@echo "make gate ARGS=...    what CI runs against regressions"
	@echo "make bench ARGS=...   the budgets, measured"
	@echo "make lint             ruff"
	@echo "make typecheck        mypy"
	@echo "make coverage         the coverage of the last 'make test' as HTML, in htmlcov/"
	@echo "make venv             .venv with everything in it, if it is not there"
	@echo "make clean            removes what the others made, findings excepted"

# The stamp comes last, so that an installation that was broken off is begun again.
$(INSTALLED): pyproject.toml
	@if ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
		python=$$(sh ci/find-python "$(PYTHON)") || exit 1; \
		version=$$("$$python" -c 'import platform; print(platform.python_version())'); \
		echo "Creating .venv with Python $$version ..."; \
		rm -rf .venv && "$$python" -m venv .venv || exit 1; \
	fi
	@echo "Installing capnsafe and its tools (about a minute) ..."
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable '.[dev]'
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

# One after the other: the gate has deadlines, and some tests measure, so that neither likes company. The
# gate runs the encoder in processes of its own, instrumented by another tool: coverage is that of
# the tests alone. Both start some hundred processes, which would all compile everything anew where
# bytecode is not kept.
.PHONY: test
test: $(INSTALLED) lint typecheck
	@unset PYTHONDONTWRITEBYTECODE; \
		$(BIN)/python -m pytest -q --numprocesses=auto --dist=worksteal --cov --cov-report=
	@unset PYTHONDONTWRITEBYTECODE; $(BIN)/capnsafe gate --jobs 2
	@$(BIN)/coverage report --fail-under=99.9

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
