# tracegrad: `make demo` shows it, `make test` tests it. Both make what they need in .venv first.
#
# Paths are relative throughout: make cannot hold a path with spaces, and the folder's may have some.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types contracts parity bench clean
.DELETE_ON_ERROR:

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name text; do \
	    printf 'make %-10s %s\n' "$$name" "$$text"; done

# -- the environment -------------------------------------------------------------------------------

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "error: tracegrad needs Python 3.11 or newer, and '$(PYTHON)' is not that" >&2; \
	    echo "  try: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' || { \
	    echo "error: '$(PYTHON)' has no venv with pip" >&2; \
	    echo "  try: the package python3-venv of your system" >&2; exit 1; }
	@echo 'making $(VENV)'
	@"$(PYTHON)" -m venv $(VENV)

# A stamp says which extras are installed; what pyproject.toml names is installed again when it changes.
$(VENV)/.with-demo: pyproject.toml | $(BIN)/python
	@echo 'installing tracegrad (about a minute the first time)'
	@$(PIP) -e '.[render]'
	@touch $@

$(VENV)/.with-dev: pyproject.toml | $(BIN)/python
	@echo 'installing tracegrad and its test tools (a few minutes the first time)'
	@$(PIP) -e '.[dev,render]'
	@touch $@ $(VENV)/.with-demo

$(VENV)/.with-parity: pyproject.toml $(VENV)/.with-dev
	@echo 'installing what tracegrad is compared with (PyTorch: large)'
	@$(PIP) -e '.[dev,render,parity]'
	@touch $@

# -- what to make ----------------------------------------------------------------------------------

# Tests run side by side: threads of BLAS beside them only take each other's processors.
test parity: export OMP_NUM_THREADS := 1

demo: $(VENV)/.with-demo ## train on real data, sum it up, draw it, open the debugger
	@$(BIN)/python -m tracegrad demo -o demo-output

test: $(VENV)/.with-dev ## run the tests
	@$(BIN)/python -m pytest -q -n auto --ignore=tests/parity  # which need PyTorch: make parity

check: lint types contracts test ## everything that must hold before a commit

lint: $(VENV)/.with-dev ## style
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

types: $(VENV)/.with-dev ## types: the code by mypy, the public face by pyright
	@$(BIN)/python -m mypy
	@test ! -d tests/typing || $(BIN)/python -m pyright

contracts: $(VENV)/.with-dev ## which package may import which
	@$(BIN)/lint-imports

parity: $(VENV)/.with-parity ## compare results with PyTorch
	@$(BIN)/python -c 'import torch'  # its tests skip themselves without it: here that is a failure
	@$(BIN)/python -m pytest -q -n auto tests/parity

bench: $(VENV)/.with-parity ## measure speed against PyTorch, HIPS autograd and MyGrad
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python "$$file"; done

clean: ## remove what was made here
	rm -rf $(VENV) demo-output build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
