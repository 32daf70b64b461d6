.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test nightly explore coverage mutants chaos fuzz bench burst lint types style screenshots docs \
	specification translations format wheel package \
	constraints system system-nightly clean

# The tests start thousands of Python processes: without .pyc files, each compiles all its modules.
unexport PYTHONDONTWRITEBYTECODE

# Another version beside the usual environment: make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV ?= .venv
API ?= nyra
ARGS ?=
BIN := $(VENV)/bin
READY := $(VENV)/.complete

help:
	@echo 'make demo          buy, activate, go offline and renew on this machine (API=crow, ARGS=...)'
	@echo 'make test          run lint and the tests; a change may land when this passes (ARGS for pytest)'
	@echo 'make nightly       run all of make test, the long test matrices and some mutants, as CI does'
	@echo 'make explore       try new random examples of every property; what fails is a fault to report'
	@echo 'make coverage      measure the branch coverage of the pure modules'
	@echo 'make mutants       test the tests of the pure modules by mutation (ARGS=keystead.trust); takes long'
	@echo 'make chaos         run random schedules of faults (ARGS="--schedules 50 --seed 7")'
	@echo 'make fuzz          fuzz what comes from outside, a minute each target (ARGS="600 webhooks forms")'
	@echo 'make lint          check style, types, spelling, unused names and import contracts'
	@echo 'make format        format the sources and fix what ruff can fix'
	@echo 'make bench         compare speed and memory with measured baselines'
	@echo 'make burst         deliver 50,000 webhooks twice while processes are killed (ARGS="--events 5000")'
	@echo 'make screenshots   save every screen and page: build/screenshots/sheet.png'
	@echo 'make docs          build the documentation as a site: build/site/index.html'
	@echo 'make specification  write the examples of the specification and the test vectors'
	@echo 'make translations  update the translations from the messages and compile them'
	@echo 'make wheel         build dist/*.whl, its bill of materials and license list'
	@echo 'make package       build dist/*.deb and *.rpm for the product in PROFILE=/path/to/keystead.toml'
	@echo 'make constraints   pin the newest versions of all dependencies'
	@echo 'make clean         remove the environment and everything that was built'

$(READY): pyproject.toml constraints.txt packaging/environment.sh
	@packaging/environment.sh $(VENV) $(PYTHON)

system:
	@packaging/debian-packages.sh test

system-nightly:
	@packaging/debian-packages.sh nightly

demo: $(READY)
	@[ -z "$$DISPLAY$$WAYLAND_DISPLAY" ] || packaging/debian-packages.sh window
	@$(BIN)/keystead demo $(if $(filter-out nyra,$(API)),--api $(API)) $(ARGS)

PYTEST := $(BIN)/pytest -n logical --dist worksteal
# Per cent of the branches of the modules that the import contract calls pure.
FLOOR := --pure-coverage --pure-coverage-floor

test: system lint
	$(PYTEST) -m 'not nightly' $(if $(ARGS),,$(FLOOR) 100) $(ARGS)

nightly: system-nightly lint
	@# Its examples are others than those of `make test`: a branch may be missed by chance.
	$(PYTEST) --hypothesis-profile nightly $(if $(ARGS),,$(FLOOR) 99.9) $(ARGS)
	$(if $(ARGS),,$(BIN)/python packaging/mutants.py --nightly)

explore: $(READY)
	$(PYTEST) --hypothesis-profile explore -m generated $(ARGS)

coverage: $(READY)
	$(PYTEST) -m 'not long and not nightly' --pure-coverage $(or $(ARGS),tests/unit tests/properties)

mutants: $(READY)
	@$(BIN)/python packaging/mutants.py $(ARGS)

chaos: $(READY)
	@cd tests && ../$(BIN)/python -m support.chaos $(ARGS)

# Without a wheel of atheris for this Python and system, the targets get random bytes.
fuzz: $(READY)
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install -qq --no-deps \
		--only-binary :all: --require-hashes -r packaging/fuzz-requirements.txt 2>/dev/null || true
	@$(BIN)/python tests/fuzz/run.py $(ARGS)

bench: $(READY)
	@$(BIN)/python tests/benchmarks/run.py $(ARGS)

burst: $(READY)
	@$(BIN)/python tests/burst/run.py $(ARGS)

lint: $(READY)
	@# The type checker takes as long as all the others: a core for each.
	@$(MAKE) --no-print-directory --jobs=2 types style

types:
	$(BIN)/mypy --no-error-summary

style:
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/codespell
	$(BIN)/lint-imports --no-logo
	$(BIN)/vulture

screenshots: $(READY)
	cd tests && ../$(BIN)/python -m support.page_screenshots ../build/screenshots/pages
	cd tests && ../$(BIN)/python -m support.window_screenshots ../build/screenshots

docs: $(READY)
	@# The newest mkdocs-material announces that it will not follow mkdocs 2; this is mkdocs 1.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --config-file packaging/site/mkdocs.yml \
		--site-dir $(CURDIR)/build/site

specification: $(READY)
	@$(BIN)/python packaging/vectors.py
	@$(BIN)/python packaging/specification.py

translations: $(READY)
	@$(BIN)/python packaging/translations.py

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

wheel: $(READY)
	$(BIN)/python -m build --no-isolation
	@$(BIN)/python packaging/sbom.py dist

package: $(READY)
	@$(BIN)/python packaging/build.py $(if $(PROFILE),--profile '$(PROFILE)') $(ARGS)

constraints: $(READY)
	$(BIN)/python -m uv pip compile pyproject.toml --all-extras --group dev --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --quiet \
		--output-file constraints.txt
	$(BIN)/python -m uv pip compile pyproject.toml --extra client --group package --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --quiet \
		--constraints constraints.txt --output-file packaging/requirements.txt
	$(BIN)/python -m uv pip compile pyproject.toml --extra stub --extra postgresql --group container \
		--universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --quiet \
		--constraints constraints.txt --output-file packaging/container/requirements.txt

clean:
	rm -rf .venv* build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find client daemon packaging server_stub shared tests -name __pycache__ -prune -exec rm -rf {} +
