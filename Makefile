# The two that a newcomer needs: `make demo` and `make test`. Both set themselves up in .venv,
# from nothing but Python 3.11 or later with pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEVELOP := $(VENV)/.develop
RELEASE := $(VENV)/release/.ready
LOCKS := locks/build.txt locks/run.txt locks/dev.txt

# Only files whose hash is in a lock, and no build script of anybody else. Then the project itself,
# by the build backend that is locked too. -I: nothing that lies in a folder is taken for a module.
VERIFIED := --quiet --disable-pip-version-check --require-hashes --only-binary :all:
INSTALL := $(BIN)/python -I -m pip install $(VERIFIED)
PROJECT := $(BIN)/python -I -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .

.DEFAULT_GOAL := help
.PHONY: help demo demo-stop test thorough check conditions format lint types rooms generated fresh docs tiny-model fuzz bench bench-account bench-door bench-reliability reliability bench-peers catalogue catalogue-check held locks dist sbom audit mutants clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(READY) ## Serve a tiny model with the real SGLang on this machine
	$(BIN)/deployer engine install
	$(BIN)/deployer apply profiles/cpu-tiny.yaml --yes

demo-stop: $(READY) ## End what `make demo` started
	$(BIN)/deployer destroy cpu-tiny

test: $(DEVELOP) ## Run everything, with the real engine (minutes)
	@DEPLOYER_VOLUME=$${DEPLOYER_VOLUME:-ci} $(BIN)/python -m tools.stages test

thorough: ## Run everything, with every release and thousands of argument lists (most of an hour)
	DEPLOYER_VOLUME=thorough $(MAKE) test

check: $(DEVELOP) ## Run what needs no processes and no engine (a minute)
	@$(BIN)/python -m tools.stages check

conditions: $(DEVELOP) ## Run the tests on one core, without a network, on other Pythons and more: make conditions ONLY=one-core
	$(BIN)/python -m tools.conditions $(ONLY) -- $(TESTS)

format:
	$(BIN)/ruff format --check --quiet .

lint:
	$(BIN)/ruff check --quiet .

types:
	$(BIN)/mypy

rooms:
	$(BIN)/lint-imports --no-cache

fresh: $(DEVELOP)
	$(BIN)/deployer schema | cmp - schemas/profile.schema.json
	$(BIN)/deployer schema --part | cmp - schemas/part.schema.json
	$(BIN)/deployer compile --check profiles/*.yaml
	$(BIN)/python -m tools.checks --check
	$(BIN)/python -m tools.pictures --check

generated: $(DEVELOP) ## Write the schema, the compiled flags and the checks' pages again
	$(BIN)/deployer schema > schemas/profile.schema.json.new
	mv schemas/profile.schema.json.new schemas/profile.schema.json
	$(BIN)/deployer schema --part > schemas/part.schema.json.new
	mv schemas/part.schema.json.new schemas/part.schema.json
	$(BIN)/deployer compile --write profiles/*.yaml
	$(BIN)/python -m tools.checks
	$(BIN)/python -m tools.pictures
	$(BIN)/python bench/gpu/table.py
	$(BIN)/ruff format .

catalogue: $(DEVELOP) ## Ship the catalogue of an engine release: make catalogue VERSION=0.5.24
	@test -n "$(VERSION)" || { echo 'say which release: make catalogue VERSION=0.5.24' >&2; exit 2; }
	$(BIN)/python -m tools.catalogue $(VERSION)

catalogue-check: $(DEVELOP) ## Read every published wheel again, and compare with what is committed
	$(BIN)/python -m tools.catalogue --check

held: $(DEVELOP) ## Ask every release again what it makes of the published commands that we hold (half an hour)
	$(BIN)/python -m tools.held

docs: $(DEVELOP) ## Build the site into build/site, strictly
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

tiny-model: $(DEVELOP) ## Train the tiny model again, and compare with the one that comes along (2 minutes)
	$(BIN)/python -m tools.tiny_model $(WORDS)

fuzz: $(DEVELOP) ## Look for inputs that are stumbled over: make fuzz MINUTES=10 (of each kind)
	$(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),1)

locks: ## Write the locks again, with uv; WORDS=--upgrade takes the newest of everything
	$(PYTHON) -m tools.locks $(WORDS)

dist: $(READY) ## Build the source distribution and the wheel, the same to the byte each time
	rm -f dist/*.whl dist/*.tar.gz
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -I -m hatchling build -d dist

sbom: $(RELEASE) ## Write dist/sbom.json, the packages that a run needs (CycloneDX)
	mkdir -p dist
	$(VENV)/release/bin/cyclonedx-py requirements locks/run.txt --pyproject pyproject.toml \
	  --output-reproducible --output-format JSON --output-file dist/sbom.json

audit: $(RELEASE) ## Ask for known vulnerabilities of every locked package; fails where nobody could be asked
	$(VENV)/release/bin/python -m tools.audit

mutants: $(DEVELOP) ## Measure what the tests see: small faults in compile, diff, plan and check (an hour)
	DEPLOYER_VOLUME=fast $(BIN)/python -m tools.mutants $(WORDS)

bench: $(READY) ## Measure how fast the command line is, beside other tools
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/beside.py

bench-account: $(DEVELOP) ## Measure `history` of 1,000 versions and `status` of 500 apps (1 minute)
	$(BIN)/python -m bench.account

bench-door: $(DEVELOP) ## Measure what the door costs, beside HAProxy and nginx where they are (1 minute)
	$(BIN)/python -m bench.door

bench-reliability: $(DEVELOP) ## Measure how crashes, hangs and ends are seen and borne, beside the usual way (4 minutes)
	$(BIN)/python -m bench.reliability

reliability: $(DEVELOP) ## Let a server undergo every fault, and write docs/reliability.md (5 minutes)
	$(BIN)/python -m tools.reliability

bench-peers: $(READY) ## Install the other tools that `make bench` measures
	$(BIN)/python bench/peers.py

clean: ## Remove what this Makefile made in the checkout
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): pyproject.toml $(LOCKS)
	@$(PYTHON) -c 'import sys; sys.exit("deployer needs Python 3.11 or later; say which: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --requirement locks/build.txt --requirement locks/run.txt
	$(PROJECT)
	@touch $@

$(DEVELOP): $(READY)
	$(INSTALL) --requirement locks/dev.txt
	@touch $@

$(RELEASE): locks/release.txt
	$(PYTHON) -m venv $(VENV)/release
	$(VENV)/release/bin/python -I -m pip install $(VERIFIED) --requirement locks/release.txt
	@touch $@
