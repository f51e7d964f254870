# The two commands of this project: `make report` and `make test`. Both set up .venv themselves.
PYTHON ?= python3
PROFILE ?= standard
BIN := .venv/bin
export NO_MKDOCS_2_WARNING = 1

.PHONY: report test check lint types serve demo verify pdf shots measure clean

# make itself takes no options of ours: `make report PROFILE=smoke GATES=--gate` passes them on.
report: .venv/.installed
	$(BIN)/python build.py --profile $(PROFILE) $(GATES)

test: .venv/.installed-test
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

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

# The built site as one PDF, by Chromium.
pdf:
	@$(PYTHON) -m engine.report.pdf $(SITE) build/report.pdf

# Pictures of the built site for README.
shots: .venv/.installed-test
	$(BIN)/python -m tests.browser.shots --site $(SITE)

# Weight, shifts, WCAG, keys and Lighthouse on the built site itself, and Zensical. Speed first: the browser of the
# other tests stays open.
measure: .venv/.installed-test
	$(BIN)/python -m pytest -s -m "measure or browser" --site $(SITE) tests/browser/test_lighthouse.py tests/browser/test_lab_speed.py tests/browser/test_site.py tests/browser/test_measured.py tests/browser/test_pdf.py tests/report/test_zensical.py

clean:
	rm -rf site build docs/report docs/data models/*.safetensors models/*.json models/MANIFEST

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
