# What one does with leadbook; what takes more than a line stands in scripts/.
PORT ?= 8000
MANAGE = MODE=development .venv/bin/python manage.py

.PHONY: help run dev test bench prod-check lint audit messages requirements

help:  ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

run:  ## Start the demo on this machine: make run PORT=8123
	@scripts/run $(PORT)

dev:  ## Start the development server, which reloads what is edited
	@scripts/install dev
	$(MANAGE) migrate --verbosity 0
	$(MANAGE) runserver $(PORT)

test:  ## Run all tests, on SQLite and on PostgreSQL
	@scripts/test

bench:  ## Measure what pages cost as the data grows: make bench SIZES="1000 1000000"
	@scripts/bench

prod-check:  ## Start a whole production on this machine and let the browser's tests at it
	@scripts/prod-check

lint:  ## Check style, templates, migrations and translations
	@scripts/lint

audit:  ## Ask whether the pinned requirements have known vulnerabilities
	@scripts/install dev
	@.venv/bin/python scripts/audit.py

messages:  ## Collect the words of the interface, then compile their translations
	@scripts/install dev
	$(MANAGE) makemessages --locale de --no-location --no-wrap --ignore 'var/*' --ignore '.venv/*' --ignore 'tests/*'
	$(MANAGE) compilemessages --locale de --ignore .venv

requirements:  ## Pin the newest versions that pyproject.toml allows
	@scripts/install dev
	.venv/bin/uv pip compile --upgrade --quiet --generate-hashes --no-annotate --python-version 3.12 --universal pyproject.toml -o requirements/base.txt
	.venv/bin/uv pip compile --upgrade --quiet --generate-hashes --no-annotate --python-version 3.12 --universal --group dev -c requirements/base.txt pyproject.toml -o requirements/dev.txt
