# Each target's comment is its line in `make help`.
.DEFAULT_GOAL := help
PORT ?= 8000
EXAMPLES ?= 50000
bin := .venv/bin
export PATH := $(CURDIR)/.venv/.node/bin:$(PATH)
# Where a machine forbids bytecode, each of the tests' many processes would compile all that it imports, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help bootstrap web run test coverage kit check locked quick unit fuzz faults pictures bench siege bless fresh pin clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

bootstrap: ## Install what is missing: PostgreSQL with PostGIS, and the locked packages in .venv
	@scripts/bootstrap

web: bootstrap ## Build the map and GraphiQL, if web/ changed
	@scripts/web

run: bootstrap ## Serve on PORT (8000), with a private PostGIS and a sample county; Ctrl-C stops all
	@scripts/web || echo "web: serving without the map and GraphiQL" >&2
	@exec $(bin)/python manage.py demo --port $(PORT)

test: bootstrap ## Everything that must pass: lint, types, floors, all tests
	@$(MAKE) --no-print-directory -j 2 locked kit
	@$(bin)/pytest -q -m cpu tests/unit
	@$(bin)/pytest -q -n 2 --dist worksteal -m "not fuzz and not cpu"

# Apart from test: coverage's tracer for greenlets (CPython 3.11) was seen to hang in a weakref callback.
coverage: bootstrap ## The same tests under coverage; at least 95% of branches
	@$(MAKE) --no-print-directory kit
	@$(bin)/pytest -q -n 2 --dist worksteal -m "not fuzz and not cpu" --cov --cov-report term:skip-covered

# The browser, clients and tools that tests use, and the tests of the pages.
kit:
	@scripts/bootstrap tools
	@scripts/web check
	@scripts/contracts
	@scripts/spatial
	@scripts/contracts docs/cookbook

check: bootstrap ## Formatting, lint, types, floors and the lock file
	@$(MAKE) --no-print-directory locked

locked: quick
	@.venv/.uv/bin/uv lock --check --quiet

quick: ## The same without the lock file, for every commit
	@$(bin)/ruff format --check --quiet .
	@$(bin)/ruff check --quiet .
	@$(bin)/mypy
	@$(bin)/lint-imports --no-cache >/dev/null || $(bin)/lint-imports --no-cache

unit: bootstrap ## The tests that need no database, with a few random examples, but for those that measure CPU time or memory
	@GATEWAY_TEST_EXAMPLES=5 $(bin)/pytest -q -n 2 --dist loadfile -m "not fuzz and not cpu and not memory" tests/unit

fuzz: bootstrap ## What is left out of test, hours: exhaustive cases, EXAMPLES (50,000) random operations, and the property tests with all their examples
	@scripts/bootstrap faults
	@GATEWAY_TEST_EXAMPLES=$(EXAMPLES) GATEWAY_TEST_GEOMETRIES=200000 $(bin)/pytest -q -n 2 --dist worksteal \
		-o faulthandler_timeout=0 -m "fuzz or hypothesis or examples"

faults: bootstrap ## Kill, freeze and fill what gateways run on, under load, and tell what was lost; ONLY=promotion SECONDS=10 OUT=faults.json
	@scripts/bootstrap tools
	@scripts/bootstrap faults
	@ONLY="$(ONLY)" FAULT_SECONDS=$(SECONDS) OUT=$(OUT) $(bin)/pytest -q -m fuzz tests/faults

pictures: bootstrap ## Take the pictures of docs/images again, in the county of make run; that of QGIS is taken by hand
	@$(MAKE) --no-print-directory kit
	@$(bin)/python scripts/pictures

bench: bootstrap ## Measure the gateway against its peers; ONLY=viewport,growth ROUNDS=5 BEFORE=../before KEPT=yes OUT=bench.json
	@scripts/bench
	@ONLY=$(ONLY) BEFORE=$(BEFORE) KEPT=$(KEPT) OUT=$(OUT) ROUNDS=$(ROUNDS) ROUND_SECONDS=$(ROUND_SECONDS) CONNECTIONS=$(CONNECTIONS) $(bin)/python -m benchmarks

siege: bootstrap ## Attack the gateway beside a polite client; ONLY=perimeters,unread SIEGE_SECONDS=10 OUT=siege.json
	@ONLY=$(ONLY) OUT=$(OUT) SIEGE_SECONDS=$(SIEGE_SECONDS) $(bin)/python -m benchmarks.siege

bless: bootstrap ## Rewrite what is generated and compared: the schema, docs/settings.md, golden answers
	@$(bin)/python manage.py export_schema
	@$(bin)/python manage.py diffsettings --markdown >docs/settings.md
	@[ ! -d tests/golden ] || $(bin)/pytest -q --bless tests/golden

fresh: ## As root: make run, the first query and make test on fresh Debian 12 and 13; SYSTEMS=trixie TESTS=no BENCH="ONLY=point"
	@python3 scripts/fresh $(if $(SYSTEMS),--systems "$(SYSTEMS)") $(if $(TESTS),--tests "$(TESTS)") $(if $(BENCH),--bench "$(BENCH)") $(if $(FRESH_DIR),--directory "$(FRESH_DIR)")

pin: ## Pin the images of Dockerfile and docker-compose.yml to the digests that their tags have today
	@scripts/pin

clean: ## Remove caches and the tests' databases; .venv and .data stay
	@rm -rf .data/test .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage* htmlcov dist gateway/http/static/app
	@find . -name __pycache__ -not -path './.venv/*' -not -path '*/node_modules/*' -exec rm -rf {} +
