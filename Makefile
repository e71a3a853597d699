# Dingke: every command of a developer. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DINGKE_HOME ?= $(CURDIR)/var
# a set-up step is done again when what it depends on changes
STAMP := $(VENV)/.stamps

.DEFAULT_GOAL := help
.PHONY: help setup setup-run demo run test test-fast check fix lint types contracts migrations messages translations openapi openapi-check docs method pictures system-packages lock bundle clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(STAMP)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Dingke needs Python 3.11 or newer; set PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMP) && touch $@

$(STAMP)/run: $(STAMP)/venv requirements/run.txt pyproject.toml
	@[ -f $(STAMP)/dev ] || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP)/dev: $(STAMP)/venv requirements/dev.txt pyproject.toml
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(STAMP)/run

$(STAMP)/frontend: $(STAMP)/venv package.json package-lock.json tools/collect_vendor.py
	@command -v npm >/dev/null || { echo "Dingke's set-up needs Node.js 20 or newer (npm was not found)."; exit 1; }
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@$(PYTHON) tools/collect_vendor.py
	@mkdir -p $(STAMP) && touch $@

$(STAMP)/translations: $(STAMP)/run $(wildcard src/dingke/*/locale/zh_Hans/LC_MESSAGES/django.po) tools/messages.py
	@$(BIN)/python tools/messages.py compile
	@touch $@

setup-run: $(STAMP)/run $(STAMP)/frontend $(STAMP)/translations ## what the product needs to run

setup: $(STAMP)/dev $(STAMP)/frontend $(STAMP)/translations ## what developers need besides

system-packages: ## Chromium, PostgreSQL, CJK fonts and xmlsec1 for the tests, by apt when missing and allowed
	@$(PYTHON) tools/system_packages.py

demo: setup-run ## set everything up and run the demonstration company at http://127.0.0.1:8000
	@$(BIN)/dingke demo

run: setup-run ## run an installation of your own in ./var
	@$(BIN)/dingke up

test: setup system-packages ## all tests: SQLite, PostgreSQL, browser
	@$(BIN)/python -m pytest -n 2 -m "not browser"
	@$(BIN)/python tools/with_postgres.py $(BIN)/python -m pytest -n 2 -m "not browser and not sqlite_only"
	@$(BIN)/python -m pytest -m browser -p no:randomly

test-fast: setup ## tests on SQLite without a browser
	@$(BIN)/python -m pytest -n 2 -m "not browser"

lint: $(STAMP)/dev
	@$(BIN)/ruff check src tools manage.py
	@$(BIN)/ruff format --check src tools manage.py
	@$(BIN)/codespell src docs tools README.md README.en.md CONTRIBUTING.md CHANGELOG.md

types: setup
	@$(BIN)/mypy

contracts: $(STAMP)/dev
	@$(BIN)/lint-imports

migrations: setup
	@$(BIN)/python manage.py check
	@$(BIN)/python manage.py makemigrations --check --dry-run

translations: $(STAMP)/dev
	@$(BIN)/python tools/messages.py check

openapi: setup ## write the API description again
	@$(BIN)/python tools/openapi_current.py --write

openapi-check: setup
	@$(BIN)/python tools/openapi_current.py

messages: $(STAMP)/dev ## bring new texts into the catalogues
	@$(BIN)/python tools/messages.py update
	@$(BIN)/python tools/messages.py compile

check: lint types contracts migrations translations openapi-check test ## exactly what CI runs

fix: $(STAMP)/dev ## format and mend what tools can mend
	@$(BIN)/ruff check --fix src tools manage.py
	@$(BIN)/ruff format src tools manage.py

docs: $(STAMP)/dev ## build the documentation into ./site
	@$(BIN)/mkdocs build --strict --quiet

method: setup ## the catalogue items with the tests that show them
	@$(BIN)/python tools/method.py

pictures: setup system-packages ## take the pictures of the docs again
	@DINGKE_PICTURES=docs $(BIN)/python -m pytest -m browser -k main_page -p no:randomly

lock: $(STAMP)/dev ## compile the requirements anew
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group build --group dev pyproject.toml -c requirements/run.txt -o requirements/dev.txt

bundle: setup ## an offline bundle for an intranet in ./dist, installed once without a network to prove it
	@$(BIN)/python tools/bundle.py --check

clean: ## remove what the set-up made; keeps ./var
	rm -rf $(VENV) node_modules site src/dingke/core/static/vendor src/dingke/core/vendor_icons.json
