# OCMA. Needs GNU make, and Python 3.11 or newer with its venv module; everything else is brought into this folder.
# `make` alone prints help.

UV_VERSION := 0.13.9
# Which Python, when the environment is made. Empty: the first of these that is new enough.
PYTHON ?=
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
# What `make test` runs (T=tests/unit), on how many processes, and further words for pytest, ruff or ocma.
T :=
J := 2
ARGS :=
# What `make bench` measures of publications when nothing else is asked for.
BENCH := burst idle million --processes 1 2 --workspaces 200 2000

SHELL := /bin/sh
BIN := .venv/bin
CODE := $(wildcard src tests migrations bench)
UV_STAMP := .uv/installed-$(UV_VERSION)
# Environments hold absolute paths: in a folder that was moved or copied, the stamp does not count.
STAMP := .venv/synced-$(shell pwd | cksum | cut -d' ' -f1)

export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV UV_PROJECT_ENVIRONMENT PYTHONHOME PYTHONPATH

# Caches go where caches go; into this folder when there is no home that can be written to.
find_cache = dir="$${XDG_CACHE_HOME:-$${HOME:+$$HOME/.cache}}"; \
	while [ -n "$$dir" ] && [ ! -e "$$dir" ]; do dir="$${dir%/*}"; done; [ -n "$$dir" ] && [ -w "$$dir" ] && echo yes
ifneq ($(shell $(find_cache)),yes)
export UV_CACHE_DIR ?= $(CURDIR)/.uv/cache/uv
export PIP_CACHE_DIR ?= $(CURDIR)/.uv/cache/pip
export XDG_CACHE_HOME := $(CURDIR)/.uv/cache
endif

# Trust what the system trusts, as pip does: a company's network may need that.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),)
export UV_SYSTEM_CERTS ?= true
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo up test test-real check lint types floors template bench bench-metrics bench-analysis bench-experiments bench-outage bench-drivers chaos format clean

help: ## Print this.
	@echo 'usage: make TARGET'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
	    printf '%-17s  %s\n' "$$name" "$$text"; done

setup: $(STAMP) ## Make the Python environment (.venv). Every other target does this by itself.

demo: setup ## Start everything with sandbox platforms, connect accounts, publish posts, and stay up. ONCE=1: end then.
	$(BIN)/ocma demo $(if $(filter-out 0,$(ONCE)),--once) $(ARGS)

up: setup ## Start everything for real platforms; keys are read from .env (see .env.template).
	$(BIN)/ocma up $(ARGS)

test: setup ## Run the tests, against a real PostgreSQL and a real Redis, embedded. T=tests/unit runs a part.
	$(BIN)/pytest -m 'not real' -n $(J) --dist loadfile $(ARGS) $(T)

test-real: setup ## Publish on real servers on this machine (Mastodon's API; Bluesky's PDS, fetched once) and read it back.
	$(BIN)/pytest -m real -rs $(ARGS) $(or $(T),tests/real)

check: lint types floors template ## Lint, format, types, import rules, generated files. make -k check goes on after a failure.

lint: setup
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: setup
	$(BIN)/basedpyright

floors: setup
	$(BIN)/lint-imports

template: setup
	$(BIN)/ocma env-template | diff -u .env.template -
	$(BIN)/ocma platform-pages --check docs/platforms
	$(BIN)/ocma models card | diff -u docs/models.md -

bench: setup ## Measure what a publication costs, beside a bare loop and BullMQ, and what reports cost; twenty minutes. ARGS=--help
	$(BIN)/python -m bench.burst $(or $(ARGS),$(BENCH))
	$(if $(ARGS),,$(BIN)/python -m bench.numbers)

bench-metrics: setup ## Measure what reports of figures cost, at hand, not at hand, and in a table that grows; five minutes.
	$(BIN)/python -m bench.numbers $(ARGS)

bench-analysis: setup ## Measure what the analysis of a draft costs: drafts per second on one core, and memory.
	$(BIN)/python -m bench.analysis $(ARGS)

bench-experiments: setup ## Simulate experiments that are looked at after every post: how often they name a false winner.
	$(BIN)/python -m bench.experiments $(ARGS)

bench-outage: setup ## Take Redis away for a minute under load: who fails, who waits, whether limits hold. ARGS='--how freeze'
	$(BIN)/python -m bench.outage $(ARGS)

bench-drivers: setup ## Measure what the choice of the database driver rests on.
	.uv/bin/uv run --frozen --no-sync --with 'psycopg[binary]' python -m bench.drivers

chaos: setup ## Publish while everything is killed, flushed and restarted; the platforms' own books are the judge. ARGS=--help
	$(BIN)/python -m bench.chaos $(ARGS)

format: setup ## Format the code, mend what ruff can mend, write the generated files.
	$(BIN)/ruff check --fix-only --quiet $(CODE)
	$(BIN)/ruff format $(CODE)
	$(BIN)/ocma env-template > .venv/env.template
	cp .venv/env.template .env.template
	$(BIN)/ocma platform-pages docs/platforms
	$(BIN)/ocma models card > .venv/models.md
	cp .venv/models.md docs/models.md

clean: ## Remove what make and the tools made here. Data (.data) and settings (.env) stay.
	rm -rf .venv .uv .pytest_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis dist
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml uv.lock $(UV_STAMP)
	@[ ! -f .venv/place ] || [ "$$(cat .venv/place)" = "$$(pwd)" ] || rm -rf .venv
	.uv/bin/uv sync --frozen --python .uv/bin/python
	@rm -f .venv/synced-*; pwd > .venv/place; touch $@

$(UV_STAMP):
	@python=; for each in $(PYTHONS); do \
	    if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python="$$each"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "OCMA needs Python 3.11 or newer. None of these is: $(PYTHONS)" >&2; \
	    echo "Install one, or name one you have: make setup PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	rm -rf .uv; \
	if ! "$$python" -m venv .uv; then \
	    rm -rf .uv; echo "That Python ($$python) cannot make virtual environments; on Debian: apt install python3-venv" >&2; exit 1; \
	fi
	.uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv==$(UV_VERSION)'
	@touch $@
