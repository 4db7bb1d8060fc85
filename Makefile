# Needs only Python >= 3.11 and make. Every step leaves a stamp and is skipped while its inputs stay the same.
.PHONY: run setup test check bench clean messages format

PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
PY := .venv/bin/python
STATIC := $(shell find static -type f 2>/dev/null)
CATALOGUES := $(wildcard locale/*/LC_MESSAGES/django.po)
STAMPS := .venv/.stamp
SETUP := $(STAMPS)/installed $(STAMPS)/vendor $(STAMPS)/messages $(STAMPS)/static

run: setup
	@exec $(PY) -m config.run

setup: $(SETUP)

$(STAMPS)/installed: requirements-dev.lock
	@test -n "$(PYTHON)" || { echo "Linli needs Python 3.11 or newer."; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv .venv || { echo "Cannot make .venv (on Debian: apt install python3-venv)."; exit 1; }
	@echo "Installing Python packages ..."
	@$(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements-dev.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/vendor: package-lock.json tools/vendor.py tools/fonts.py $(STAMPS)/installed
	@echo "Installing front-end libraries and fonts ..."
	@$(PY) -m tools.vendor
	@touch $@

$(STAMPS)/messages: $(CATALOGUES) $(STAMPS)/installed
	@$(PY) -m tools.messages compile
	@touch $@

$(STAMPS)/static: $(STATIC) $(STAMPS)/vendor $(STAMPS)/installed config/settings.py
	@echo "Collecting static files ..."
	@$(PY) manage.py collectstatic --no-input --clear -v 0
	@touch $@

test: setup
	@$(PY) -m tools.browser
	@$(PY) -m config.embedded exec $(PY) -m pytest -n 2 $(ARGS)

check: setup
	@$(PY) -m tools.check

bench: setup
	@$(PY) -m tools.bench $(ARGS)

messages: $(STAMPS)/installed
	@$(PY) -m tools.messages update

format: $(STAMPS)/installed
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .

clean:
	rm -rf static_build static_vendor fonts node_modules .venv/.stamp
