.DEFAULT_GOAL := help
SHELL := /bin/sh
RUN ?= .venv/bin/
UV := .venv/bin/uv pip
INTO := --python .venv/bin/python
# One more than there are: a sixth of the time a test waits for something.
ON_ALL_CORES := --numprocesses=$(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/.development ## Install everything, exactly as locked

run: .venv/.product ## Run everything on this machine, no keys needed
	@exec $(RUN)python -m visiona.embedded

test: install css ## Run the tests, but not the browser's
	$(RUN)pytest $(ON_ALL_CORES) --ignore=tests/browser

browser: install css ## Walk the pages in Chromium and keep screenshots
	$(RUN)pytest $(ON_ALL_CORES) tests/browser

fuzz: install ## Clean 5,000 mutated pictures in the sandbox
	VISIONA_FUZZ=5000 $(RUN)pytest tests/property/test_uploads.py

soak: install ## Kill, race and storm at full size
	CHAOS_KILLS=100 RACE_REQUESTS=100 STORM_PEOPLE=150 STORM_KILLS=20 LEDGER_STORIES=300 \
		$(RUN)pytest --timeout=900 tests/flows/test_chaos.py tests/flows/test_billing_storm.py tests/credits/test_race.py \
		tests/property/test_ledger.py

bench: install css ## Measure what we promise
	$(RUN)python -m tests.bench

lighthouse: install ## Let Lighthouse judge the pages (needs npm and Chromium)
	$(RUN)python -m tests.lighthouse

lint: install ## Check style, types, imports, templates and migrations
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)mypy .
	$(RUN)lint-imports
	$(RUN)python manage.py makemigrations --check --dry-run
	find templates -name '*.html' | xargs $(RUN)djade --check --target-version 6.1

format: install ## Format Python and templates
	$(RUN)ruff check --fix .
	$(RUN)ruff format .
	find templates -name '*.html' | xargs $(RUN)djade --target-version 6.1

schema: install ## Write the OpenAPI document
	$(RUN)python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

css:
	@$(RUN)python -m visiona.embedded.css

# One environment, two amounts of it: `make run` needs the product, all else the tools as well.
# Each is done again only when its list has changed.
.venv/.product: requirements.txt | .venv/bin/uv
	$(UV) install $(INTO) --requirement requirements.txt
	@touch $@

.venv/.development: requirements-dev.txt | .venv/bin/uv
	$(UV) sync $(INTO) requirements-dev.txt
	@touch $@ .venv/.product

# A pyenv shim may stand for a Python that is not installed, and Debian's may lack `venv`: ask each.
.venv/bin/uv:
	@for python in "python$$(cat .python-version)" python3 python /usr/bin/python3; do \
		if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))' \
			2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Visiona needs Python 3.13 (3.12 will do) with its venv module. Install it, for example" \
			"by: apt install python3.13-venv, brew install python@3.13, or pyenv install 3.13." >&2; \
		exit 1; \
	fi; \
	"$$found" -m venv .venv && .venv/bin/python -m pip install --quiet --disable-pip-version-check uv

.PHONY: help install run test browser fuzz soak bench lint format schema css
