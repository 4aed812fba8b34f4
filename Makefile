# Two commands: `make demo` starts the page, `make test` runs all tests. Both make their own environment first.
PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 7860
WORKERS ?= 2
BIN = $(VENV)/bin
export GRADIO_ANALYTICS_ENABLED = False

# The servers that tests share, and what is long, are given out first: tests/conftest.py.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder
LONG = browser notebooks training load batch hosting/test_mutants.py

.PHONY: help demo test test-fast check check-page format examples notebooks pair reading figures lab audit clean chromium

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 12

demo: $(VENV)/.demo  ## start the page and print its address
	$(BIN)/python -m demo --host $(HOST) --port $(PORT)

test: $(VENV)/.test chromium  ## run all tests, the browser's too
	@if command -v node >/dev/null; then node --test tests/explorer/*.test.js; else echo "no node: the tests of the page's modules are skipped; install Node.js 20.19 or newer"; fi
	$(PYTEST)

test-fast: $(VENV)/.test  ## run the quick tests: no browser, notebooks, training, folders of photos, damaged files
	$(PYTEST) $(LONG:%=--ignore=tests/%)

check: $(VENV)/.test check-page  ## lint and types
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/clang-format --dry-run --Werror psa_viz/attention/backends/cpu/*.h psa_viz/attention/backends/cpu/*.cpp

check-page: node_modules/.package-lock.json  ## lint, format and types of the page's JavaScript
	npm run --silent lint && npm run --silent layout && npm run --silent types

format: $(VENV)/.test node_modules/.package-lock.json  ## rewrite the code in the house's format
	$(BIN)/ruff check --fix . && $(BIN)/ruff format . && $(BIN)/clang-format -i psa_viz/attention/backends/cpu/*.h psa_viz/attention/backends/cpu/*.cpp
	npm run --silent format

examples: $(VENV)/.demo  ## explain the page's example photos again
	$(BIN)/python -m demo.make_examples

notebooks: $(VENV)/.test  ## run the ten notebooks
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --nbmake --timeout 900 notebooks

lab: $(VENV)/.test  ## open the notebooks in Jupyter
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "jupyterlab>=4.4,<5"
	$(BIN)/jupyter lab notebooks

pair: $(VENV)/.test  ## make the notebooks from their text form
	$(BIN)/python notebooks/book.py pair

reading: $(VENV)/.test  ## run the notebooks and write the copies for reading
	OMP_NUM_THREADS=1 $(BIN)/python notebooks/book.py render

figures: $(VENV)/.test  ## write the figures in README.md and docs anew from the stored runs
	OMP_NUM_THREADS=1 $(BIN)/python -m docs.figures

audit: $(VENV)/.demo  ## ask pip-audit about everything that is installed; needs the network
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	$(BIN)/python -m pip_audit --local --progress-spinner off

clean:  ## remove the environment and everything that was made
	rm -rf $(VENV) node_modules .pytest_cache .ruff_cache .mypy_cache build dist *.egg-info

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; v in ((3, 11), (3, 12), (3, 13)) or sys.exit("expected Python 3.11 to 3.13, got %d.%d; try make PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.test: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.demo

# For development alone: the browser gets the files of demo/explorer as they are.
node_modules/.package-lock.json: package.json package-lock.json
	npm ci --silent --no-audit --no-fund
	@touch $@

# The browser tests drive Debian's Chromium; elsewhere install Chromium and set CHROMIUM to its path.
chromium:
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || { test -x /usr/bin/apt-get && test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -qq -y chromium >/dev/null; } || echo "no Chromium: the browser tests will be skipped; install it or set CHROMIUM"
