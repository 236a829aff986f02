# `make` lists the verbs. Each sets up what it needs in .venv first.

PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
# The fast tests run in as many processes; `make test JOBS=1` for one.
JOBS := 2

# A virtual environment or module path of the caller's shell would lead to another Holdfast than this one.
unexport PYTHONPATH VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help setup demo test conformance on-spark beside-spark faults bench lint format types layers docs site screenshots check lock hooks clean core dev full site-tools

help: ## List these verbs.
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r verb sentence; do printf '%-18s %s\n' "$$verb" "$$sentence"; done

demo: core ## Simulate a company and serve it: open the link that is printed.
	@.venv/bin/holdfast demo

test: dev ## Run the fast tests and the examples of every docstring (at most five minutes).
	@$(PYTEST) -n $(JOBS) --dist loadfile -m "not slow" --ignore=tests/conformance --ignore=tests/browser

conformance: full ## Run every metric on three engines, cell by cell, the real SDKs, and every page in Chromium (needs Java 17).
	@$(MAKE) --no-print-directory -j $(JOBS) on-spark beside-spark

on-spark:
	@$(PYTEST) -p tools.no_skips -m spark tests/conformance

beside-spark:
	@$(PYTEST) -p tools.no_skips -m "not spark" tests/conformance tests/browser

faults: dev ## Run the fault and bad-input tests, and the tests that take long.
	@$(PYTEST) -n $(JOBS) --dist worksteal -m slow --ignore=tests/conformance --ignore=tests/browser

bench: dev ## Time metrics, usage, intake, webhooks, Stripe and pages, each beside a peer; takes an hour.
	@$(PYTHON) -m bench
	@for one in intake visible webhooks stripe web usage; do echo; echo "## $$one"; $(PYTHON) -m bench $$one || exit 1; done

lint: dev ## Check the style of the code.
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check

format: dev ## Rewrite the code in the project's style.
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format

types: dev ## Check the types.
	@.venv/bin/mypy

layers: dev ## Check that each package imports only from those below it.
	@.venv/bin/lint-imports

docs: dev ## Write the reference pages from the code, then check that the docs' links, commands and pages hold.
	@$(PYTHON) -m tools.gen_docs
	@$(PYTEST) tests/docs

screenshots: full ## Take pictures of every page, wide and narrow, light and dark, into build/screenshots (needs Chromium).
	@$(PYTHON) -m tools.screenshots

site: site-tools ## Build the documentation site into build/site: runs the notebook, fails on any warning or broken link.
	@$(PYTHON) -m tools.site

lock: ## Write requirements/*.txt anew from pyproject.toml (needs uv; `make lock UPGRADE=1` moves to newer versions).
	@tools/lock.sh $(if $(UPGRADE),--upgrade)

hooks: dev ## Check style, types and layers before each commit.
	@.venv/bin/pre-commit install

clean: ## Remove .venv, caches and the demo's data.
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis holdfast-demo
	@find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +

core dev full:
	@tools/setup.sh $@

site-tools:
	@tools/setup.sh docs
