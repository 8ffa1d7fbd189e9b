# Every target sets up .venv by itself, once; the pinned versions are in requirements.txt.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup demo stack test check test-slow test-tools fuzz bench bench-quick reproduce site site-data site-serve format clean

setup: $(READY)

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "polyseme needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

demo: $(READY)
	$(BIN)/python examples/airports.py

# Two processes share the tests, so each has one core; what threads change (nothing) has its own test.
test: export OMP_NUM_THREADS = 1
test: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 -m "not slow"

# Under a minute: format, lint, types, and the tests of files that differ from SINCE.
SINCE ?= HEAD
check: export OMP_NUM_THREADS = 1
check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	tests=$$($(BIN)/python tools/changed_tests.py $(SINCE)) && \
		{ test -z "$$tests" || $(BIN)/python -m pytest -n 2 -m "not slow" $$tests; }

# Large circuits and more seeds: about a quarter of an hour.
test-slow: export OMP_NUM_THREADS = 1
test-slow: $(READY)
	$(BIN)/python -m pytest -n 2 -m slow

# With tools of others, in an environment of their own that takes 2 GB.
TOOLS := .venv-tools
test-tools: $(TOOLS)/.ready
	$(TOOLS)/bin/python -m pytest -n 2 -rs tests/other_tools tests/interpret/benchmark/methods

$(TOOLS)/.ready: requirements.txt requirements-tools.txt pyproject.toml
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-tools.txt
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(TOOLS)/.ready

# A hundred thousand spoilt files, in two processes: about ten minutes. `make fuzz CASES=1000 SEED=7`.
CASES ?= 100000
SEED ?=
fuzz: export OMP_NUM_THREADS = 1
fuzz: $(READY)
	$(BIN)/python tests/fuzz/running.py --cases $(CASES) $(if $(SEED),--seed $(SEED)) --processes 2

# All parts, more than an hour; `make bench PART=depth` or PART="depth refine" those named.
bench: $(READY)
	$(BIN)/python benchmarks/run.py $(PART)

# All parts at small sizes, under 3 minutes, to build/bench-quick.
bench-quick: $(READY)
	$(BIN)/python benchmarks/run.py --quick $(PART)

stack: $(READY)
	$(BIN)/python examples/deep_stack.py

reproduce: $(READY)
	$(BIN)/polyseme reproduce --write docs/reproduction.md

# The introduction and the documentation, from committed results, to build/site.
site: $(READY)
	$(BIN)/python site/build.py

# Those results again: site/introduction/data, about eight minutes of processor time.
# `make site-data PART=telegram` makes those of one part.
site-data: export OMP_NUM_THREADS = 1
site-data: $(READY)
	$(BIN)/python site/make_data.py $(PART)

site-serve: site
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site 8000

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv build dist src/*.egg-info demo
