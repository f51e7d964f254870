"""Profile → plan → run → records → report → site. ``python build.py --help`` lists the options."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from engine.core import machine, profile, tell
from engine.core.errors import UserError
from engine.core.gather import Gathered, publish_models
from engine.core.jobs import Surroundings
from engine.core.options import Options, parse
from engine.core.records import Build
from engine.core.store import Store
from engine.data import mnist
from engine.plan import MODELS, plan
from engine.red.evasion.registry import ATTACKS
from engine.report import site
from engine.report.view import View
from engine.sast.scan import scan
from engine.threats import model as threats

ROOT = Path(__file__).resolve().parent
REFRESH_SECONDS = 30.0


def say(line: str) -> None:
    """Print one line for the user."""
    print(line, file=sys.stderr, flush=True)


class Report:
    """Turns whatever is known into pages: early, while jobs land, and at the end."""

    def __init__(self, gathered: Gathered, facts: Build, findings: Future[list[Any]], cache: Path) -> None:
        self.gathered, self.facts, self.findings, self.cache = gathered, facts, findings, cache
        self.began, self.next, self.shown = monotonic(), 0.0, -1

    def tick(self) -> None:
        """Render when new cells have landed and the last rendering is long enough ago."""
        began = monotonic()
        if began >= self.next and self.gathered.done() != self.shown:
            self.render()
            self.next = monotonic() + max(REFRESH_SECONDS, 10 * (monotonic() - began))

    def render(self) -> dict[str, tuple[Any, ...]]:
        """Write model cards and pages from what is known now; return the records."""
        self.shown = self.gathered.done()
        publish_models(self.gathered, {name: model.title for name, model in MODELS.items()}, ROOT / "models")
        facts = replace(self.facts, jobs_done=self.shown, seconds=monotonic() - self.began)
        static = {
            "sast": tuple(self.findings.result()),
            "threats": tuple(threats.load()),
            "provenance": (facts,),
        }
        records = self.gathered.records() | static
        entries = {entry.name: entry for entry in ATTACKS}
        view = View(
            records=records, arrays=self.gathered.arrays(), build=facts, attacks=entries, models=MODELS
        )
        site.write(site.render(view, cache=self.cache), ROOT / "docs")
        return records


def facts_of(options: Options, chosen: profile.Profile, digits: mnist.Digits, jobs: int) -> Build:
    """Return what is known of this build before anything has run."""
    return Build(
        profile=Path(options.profile).stem,
        title=chosen.title,
        about=chosen.about,
        dataset=digits.name,
        dataset_digests=digits.digests,
        carrier=digits.carrier,
        packages=machine.packages(),
        machine=machine.name(),
        cores=machine.cores(),
        python=platform.python_version(),
        revision=machine.revision(ROOT),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=0.0,
        seeds=chosen.seeds,
        train_images=min(chosen.train_images or len(digits.train_y), len(digits.train_y)),
        test_images=min(chosen.test_images or len(digits.test_y), len(digits.test_y)),
        attack_images=min(chosen.attack_images or len(digits.test_y), len(digits.test_y)),
        jobs_total=jobs,
        jobs_done=0,
        settings=asdict(chosen),
    )


def build(options: Options) -> int:
    """Take the five steps; return the exit code."""
    chosen = profile.load(options.profile)
    if options.seed is not None:
        chosen = replace(chosen, seeds=tuple(range(options.seed, options.seed + len(chosen.seeds))))
    digits = mnist.load(options.data, say)
    around = Surroundings(machine.packages(), machine.device(options.device), mnist.identity(digits))
    work, store = plan(chosen, around, (len(digits.train_y), len(digits.test_y))), Store(options.store)
    if options.list or options.explain:
        lines = (
            tell.explain(work, store, options.explain) if options.explain else tell.plan_lines(work, store)
        )
        print("\n".join(lines))
        return 0
    wanted = work.select(options.only)
    todo = wanted if options.fresh else {name for name in wanted if not store.sound(work.keys[name])}
    gathered, failed = Gathered(work, store, Path(options.profile).stem), 0
    with ThreadPoolExecutor(1) as aside:
        findings = aside.submit(scan, ROOT, semgrep_configs=options.semgrep_config)
        facts = facts_of(options, chosen, digits, len(work.jobs))
        report = Report(gathered, facts, findings, options.store / "figures")
        try:
            if todo:
                from engine.core.execute import execute

                tick = report.tick if options.site else lambda: None
                failed = execute(gathered, todo, mnist.encode(digits), around, options, tick)
        except KeyboardInterrupt:
            failed = -1
            say("stopping; finished jobs are kept, the same command goes on from here")
        records = report.render() if options.site else gathered.records()
        place = site.build_site(ROOT) if options.site else None
    tell.close(store, chosen.title, records, failed, len(todo), place)
    return 130 if failed < 0 else int(failed > 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and turn every error into one line and an exit code."""
    options = parse(arguments)
    try:
        return build(options)
    except UserError as error:
        say(f"error: {error}")
        return error.code
    except Exception as error:
        if options.debug:
            raise
        say(f"error: {type(error).__name__}: {error}; run again with --debug for the traceback")
        return 1


if __name__ == "__main__":
    sys.exit(main())
