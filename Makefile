# Every target does its own set-up. `make` alone lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Two more than the number of processors, because tests often wait for a server or for another process: with one more,
# tests take 6 % longer on two processors. Each worker takes four seconds of CPU time to collect the tests.
WORKERS = $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 2)')

# Not this project's own tools, so they are not in requirements.lock.
NPM_GENERATORS := @hey-api/openapi-ts@0.95.0 @stoplight/spectral-cli@6.16.3 openapi-typescript@7.13.0 typescript@5.9.3
PYTHON_GENERATORS := datamodel-code-generator==0.89.0
PYINSTALLER := pyinstaller==6.22.3

# pip and pyright do not announce newer versions of themselves, and pip never installs into the user's folder.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_USER := 0
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# Without compiled modules on disk, each worker of the tests takes three more seconds to compile them; `make clean` removes
# them.
unexport PYTHONDONTWRITEBYTECODE
# The settings of `make contract` and `make diff` reach them as environment variables, which a list of processes does not
# show, and as they were given: make would expand a `$` in a variable of its own command line.
SETTINGS := TARGET KEY ALLOW_HTTP SPEND SEED RATE PATIENCE SHARD EDITION OVERLAY STRICT MODEL BASE
$(foreach name,$(SETTINGS),$(if $(filter command,$(origin $(name))),$(eval override $(name) := $$(value $(name)))))
export $(SETTINGS)
ifneq ($(filter command override,$(origin KEY)),)
$(error KEY on the command line is in the list of processes, which others can read: run 'KEY=... make contract' instead)
endif

# Prints the folders that an editable installation puts on the path and the wheel does not contain: those of tools.
define TOOL_FOLDERS
import pathlib, tomllib
build = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["tool"]["hatch"]["build"]
packages = {str(pathlib.Path(package).parent) for package in build["targets"]["wheel"]["packages"]}
print(":".join(str(pathlib.Path(folder).resolve()) for folder in build["dev-mode-dirs"] if folder not in packages))
endef
export TOOL_FOLDERS

# Node.js collects garbage too often without the option, which saves a tenth of the time.
PYRIGHT := NODE_OPTIONS="--max-semi-space-size=64 $$NODE_OPTIONS" $(BIN)/pyright

# Every check but pyright. All of them run, and every failure is reported.
define OTHER_CHECKS
{ \
	status=0; \
	$(BIN)/ruff check --quiet || status=1; \
	$(BIN)/ruff format --check --quiet || { echo "run '$(BIN)/ruff format'" >&2; status=1; }; \
	$(BIN)/mypy || status=1; \
	$(BIN)/python openapi/lint.py || status=1; \
	$(BIN)/python generated_client/generate.py --check || status=1; \
	$(BIN)/python openapi/model_table.py --check || status=1; \
	$(BIN)/python -m contract_suite.reporting.rules_readme --check || status=1; \
	test $$status -eq 0; \
}
endef

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(READY) ## Generate two videos with the SDK against the mock, and save them in out/
	@$(BIN)/python contract_tests/demo.py

.PHONY: test
test: $(READY) ## Run every check and every test
	@# Pyright takes one processor for most of the time of the other checks, and the tests begin meanwhile.
	@mkdir -p build; $(PYRIGHT) >build/pyright.txt 2>&1 & pyright=$$!; \
	$(OTHER_CHECKS) && $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal; others=$$?; \
	wait $$pyright; pyright=$$?; cat build/pyright.txt; test $$pyright -eq 0 && exit $$others

.PHONY: test-wheel
test-wheel: $(READY) ## Build the wheel, try it with each extra and with none, and run every test against it
	@rm -rf dist build/wheel
	@$(BIN)/python -m pip wheel -qq --no-deps --no-build-isolation --wheel-dir dist .
	@$(PYTHON) -m venv build/wheel
	@build/wheel/bin/python -m pip install -qq --require-hashes -r requirements.lock
	@build/wheel/bin/python -m pip install -qq --no-deps dist/*.whl
	@build/wheel/bin/python -c 'import evolink, evolink_client, evolink_mock; \
		assert all("build/wheel" in package.__file__ for package in (evolink, evolink_client, evolink_mock))'
	@for extra in "" batch cli media mock postgres remote workers; do \
		rm -rf build/extra && $(PYTHON) -m venv build/extra && \
		build/extra/bin/python -m pip install -qq "$$(echo dist/*.whl)$${extra:+[$$extra]}" && \
		build/extra/bin/python -P contract_tests/smoke.py $$extra || exit 1; \
	done
	@PYTHONPATH="$$($(BIN)/python -c "$$TOOL_FOLDERS")" build/wheel/bin/python -m pytest -n $(WORKERS) --dist worksteal

.PHONY: dist
dist: $(READY) ## Build the sdist and, from it, the wheel into dist/; check metadata and contents; install and try both
	@rm -rf dist
	@$(BIN)/python -m hatchling build -t sdist -d dist >/dev/null
	@$(BIN)/python -m pip wheel -qq --no-deps --no-build-isolation --wheel-dir dist dist/*.tar.gz
	@$(BIN)/python -m twine --no-color check --strict dist/*
	@$(BIN)/python contract_tests/check_distribution.py dist
	@for file in dist/*.whl dist/*.tar.gz; do for extras in "" "batch cli media mock postgres remote workers"; do \
		rm -rf build/extra && $(PYTHON) -m venv build/extra && \
		build/extra/bin/python -m pip install -qq "$$file$${extras:+[$$(echo $$extras | tr ' ' ,)]}" && \
		build/extra/bin/python -P contract_tests/smoke.py $$extras || exit 1; \
	done; done
	@# A program that PyInstaller makes of the command must find the contract.
	@rm -rf build/frozen && $(PYTHON) -m venv build/frozen/venv
	@build/frozen/venv/bin/python -m pip install -qq $(PYINSTALLER) "$$(echo dist/*.whl)[cli]"
	@cp overlays/evolink/__main__.py build/frozen/program.py
	@cd build/frozen && venv/bin/pyinstaller --noconfirm --log-level ERROR program.py && dist/program/program models >/dev/null

.PHONY: mutants
mutants: $(READY) ## Judge servers that each break one rule, and write the score into contract_tests/harness/mutation/README.md
	@$(BIN)/python -m mutation

.PHONY: bench
bench: $(READY) ## Measure how fast the project is, compared with similar programs, in under three minutes
	@$(BIN)/python -m benchmarks

.PHONY: bench-full
bench-full: $(READY) ## Measure at full size, and write the table into contract_tests/harness/benchmarks/README.md
	@$(BIN)/python -m benchmarks --full

.PHONY: check
check: $(READY) ## Lint, types, the contract's validity, and whether the generated client is current
	@# All others run beside pyright, which takes most of the time.
	@$(OTHER_CHECKS) & others=$$!; $(PYRIGHT); pyright=$$?; wait $$others && exit $$pyright

.PHONY: generate
generate: $(READY) ## Generate the client from the contract, and the table of models in openapi/MODELS.md
	@$(BIN)/python generated_client/generate.py
	@$(BIN)/python openapi/model_table.py

.PHONY: generators
generators: ## Install other OpenAPI tools into build/generators, where the tests find them and try them on the contract
	@mkdir -p build/generators
	@npm install --loglevel=error --ignore-scripts --no-audit --no-fund --no-save --prefix build/generators $(NPM_GENERATORS)
	@$(PYTHON) -m venv build/generators/venv
	@build/generators/venv/bin/python -m pip install -qq $(PYTHON_GENERATORS)

.PHONY: contract
contract: $(READY) ## Judge a server by every documented rule: TARGET=https://... KEY=... SPEND=n; by default the mock
	@$(BIN)/python -m contract_suite

.PHONY: contract-nightly
contract-nightly: $(READY) ## Judge the mock under many seeds, by thousands of generated requests, and run tests at full size
	@SCHEMA_PAIRS=20000 $(BIN)/python -m pytest -q --timeout 1200 contract_tests/tests/contract/test_diff_by_meaning.py
	@$(BIN)/python -m contract_suite.nightly

.PHONY: diff
diff: $(READY) ## Say what changed in the contract since BASE=<commit>, and whether it breaks clients; also in reports/diff.md
	@$(BIN)/python openapi/diff.py

.PHONY: rules
rules: $(READY) ## Update the table of the documented rules, and the mock's list of where each rule is in the contract
	@$(BIN)/python -m contract_suite.reporting.rules_readme

.PHONY: pictures
pictures: $(READY) ## Take new pictures for the README, with Chromium
	@$(BIN)/python contract_tests/pictures.py

.PHONY: mock
mock: $(READY) ## Run the mock server on port 4010; MOCK="--port 4020 --speed 60" changes that
	@$(BIN)/python -m evolink_mock $(MOCK)

.PHONY: lock
lock: $(READY) ## Update all dependencies to their newest allowed versions
	@$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --all-extras --group dev \
		--python-version 3.11 --no-header --upgrade --quiet -o requirements.lock

.PHONY: clean
clean: ## Remove all generated files and the virtual environment
	@rm -rf $(VENV) generated_client/.build-* build dist out reports .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Installs over the former environment, so that a failed set-up does not break it.
$(READY): requirements.lock pyproject.toml
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is required; set it with 'make PYTHON=/path/to/python'" >&2; exit 1; }
	@echo "Setting up $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) && \
		$(BIN)/python -m pip install -qq --require-hashes -r requirements.lock && \
		$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable . || { \
		echo "set-up failed, see above; it needs the venv module and a Python package index" >&2; exit 1; }
	@touch $@
