# What people type. Everything else is `citypark --help`.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help env env-dev demo demo-reset test test-community test-timescale check lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 14

env: $(VENV)/.installed ## create .venv with the `citypark` command

$(VENV)/.installed: requirements.lock pyproject.toml deploy/make-env.sh
	@PYTHON="$(PYTHON)" sh deploy/make-env.sh $(VENV) requirements.lock
	@touch $@

env-dev: $(VENV)/.installed-dev

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

demo: env ## run Suizhou: database, broker, services, simulator and pages
	@exec $(BIN)/citypark up

demo-reset: env ## forget what the demo has stored
	@$(BIN)/citypark reset --yes

check: env-dev ## lint, types and import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: env-dev ## everything CI requires
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest

test-community: env-dev ## the statements of TimescaleDB's Community edition, run for real (needs node)
	@BIN=$(BIN) sh tests/support/community.sh

test-timescale: env-dev ## the database tests on a real TimescaleDB server, set up here (Debian, root)
	@BIN=$(BIN) sh tests/support/timescale.sh $(TESTS)

lock: env-dev ## renew both locks (needs uv in the environment that runs it)
	@uv pip compile -q --generate-hashes --no-emit-index-url --no-header -o requirements.lock pyproject.toml
	@uv pip compile -q --generate-hashes --no-emit-index-url --no-header --extra dev -o requirements-dev.lock pyproject.toml

clean: ## remove the environment
	@rm -rf $(VENV)
