# The two commands of this project: `make report` and `make test`. Both set up .venv themselves.
PYTHON ?= python3
PROFILE ?= standard
BIN := .venv/bin
export NO_MKDOCS_2_WARNING = 1

.PHONY: report test check lint types serve demo verify clean

# make itself takes no --profile; `make report PROFILE=smoke` passes it on.
report: .venv/.installed
	$(BIN)/python build.py --profile $(PROFILE)

test: .venv/.installed-test
	$(BIN)/python -m pytest

check: lint types test

lint: .venv/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.installed-test
	$(BIN)/mypy

serve: .venv/.installed
	$(BIN)/mkdocs serve

demo: .venv/.installed
	$(BIN)/python -m engine.serve

# Hold a built site and the models against their manifests: `make verify`, or `make verify SITE=folder`.
SITE ?= site
verify: .venv/.installed
	$(BIN)/python -m engine.integrity $(SITE)

clean:
	rm -rf site docs/report docs/data models/*.safetensors models/*.json models/MANIFEST

.venv/.made:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo 'error: Python cannot make environments; on Debian: apt-get install python3-venv' >&2; exit 2; }
	$(PYTHON) -m venv .venv
	touch $@

.venv/.installed: .venv/.made requirements.txt
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

.venv/.installed-test: .venv/.installed requirements-test.txt
	$(BIN)/python -m pip install --quiet -r requirements-test.txt
	touch $@
