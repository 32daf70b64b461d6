.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test bench lint screenshots translations format wheel package constraints system clean

# Another version beside the usual environment: make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV ?= .venv
API ?= nyra
ARGS ?=
BIN := $(VENV)/bin
READY := $(VENV)/.complete

help:
	@echo 'make demo    pay, activate, go offline, come back: the whole story on this machine (API=crow, ARGS=...)'
	@echo 'make test    everything that must hold before a change lands; pass ARGS to pytest'
	@echo 'make bench   speed and weight, as ratios to a floor'
	@echo 'make lint    ruff, mypy and the import contracts'
	@echo 'make screenshots  every screen of the window in every state, and every page: build/screenshots/sheet.png'
	@echo 'make translations  bring the translations up to date with the messages, and compile them'
	@echo 'make format  put the sources in shape'
	@echo 'make wheel   dist/*.whl'
	@echo 'make package dist/*.deb and *.rpm, for the product of PROFILE=/path/to/keystead.toml'
	@echo 'make constraints  pin the newest versions of all dependencies'
	@echo 'make clean   remove the environment and everything built'

$(READY): pyproject.toml constraints.txt packaging/environment.sh
	@packaging/environment.sh $(VENV) $(PYTHON)

system:
	@packaging/debian-packages.sh test

demo: $(READY)
	@[ -z "$$DISPLAY$$WAYLAND_DISPLAY" ] || packaging/debian-packages.sh window
	@$(BIN)/keystead demo $(if $(filter-out nyra,$(API)),--api $(API)) $(ARGS)

test: system lint
	$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

bench: $(READY)
	@$(BIN)/python tests/benchmarks/run.py $(ARGS)

lint: $(READY)
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy --no-error-summary

screenshots: $(READY)
	cd tests && ../$(BIN)/python -m support.page_pictures ../build/screenshots/pages
	cd tests && ../$(BIN)/python -m support.screens ../build/screenshots

translations: $(READY)
	@$(BIN)/python packaging/translations.py

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

wheel: $(READY)
	$(BIN)/python -m build --no-isolation

package: $(READY)
	@$(BIN)/python packaging/build.py $(if $(PROFILE),--profile '$(PROFILE)') $(ARGS)

constraints: $(READY)
	$(BIN)/python -m uv pip compile pyproject.toml --all-extras --group dev --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --quiet \
		--output-file constraints.txt
	$(BIN)/python -m uv pip compile pyproject.toml --extra client --group package --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --quiet \
		--constraints constraints.txt --output-file packaging/requirements.txt

clean:
	rm -rf .venv* build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find client daemon packaging server_stub shared tests -name __pycache__ -prune -exec rm -rf {} +
