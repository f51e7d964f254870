"""Profile → plan → run → records → report → site. ``python build.py --help`` lists the options."""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from engine.core import earlier, machine, profile, tell
from engine.core.errors import UserError
from engine.core.facts import facts
from engine.core.gather import Gathered, publish_models
from engine.core.jobs import Surroundings
from engine.core.options import Options, parse
from engine.core.records import Build
from engine.core.store import Store
from engine.data import mnist
from engine.integrity import standing
from engine.integrity.publish import SBOM, seal_data, seal_site
from engine.integrity.sbom import sbom
from engine.lab.export import Lab
from engine.models import MODELS
from engine.plan import plan
from engine.plan.catalogue import catalogue
from engine.report import site
from engine.report.live import Live, Records
from engine.sast import advisories, answers
from engine.sast.report import gate, published
from engine.sast.scan import scan
from engine.threats.stand import Threats

ROOT = Path(__file__).resolve().parent


def say(line: str) -> None:
    """Print one line for the user."""
    print(line, file=sys.stderr, flush=True)


def static(
    findings: Future[list[Any]],
    asked: Future[list[Any]],
    listed: Future[bytes],
    threats: Threats,
    lab: Lab,
    rows: Records,
    facts: Build,
) -> tuple[Records, dict[str, bytes]]:
    """Return the scan, the threats and the lab as they stand, and files beside them; waits for the scanners."""
    scanned, log = published(findings, asked, ROOT, threats.passed)
    stand, drawn = threats.stand(rows | {"sast": scanned}, facts)
    files = {"data/sast.sarif": log, "data/threat-dragon.json": drawn, f"data/{SBOM}": listed.result()}
    small, sent = lab.made(rows["training"], facts)
    return {"sast": scanned, "threats": stand, "lab": small}, files | sent


def answered(*asked: Future[Any]) -> bool:
    """Tell whether all that was asked aside has its answer, or its error."""
    return all(each.done() for each in asked)


def write(live: Live, waiting: Iterable[Future[Any]], memory: Path) -> Path:
    """Write the last pages, build the site and seal what is published, unless all of it stands as it would be.

    ``waiting`` is what the pages still lack. ``memory`` is the file that tells what the site was made from.
    """
    for each in waiting:
        each.result()
    live.settle()
    known = live.known()
    parts = (site.environment(), live.gathered.state(), known.static, list(known.files), *known.files.values())
    made = standing.made_from(ROOT, known.facts, parts)
    if live.earlier is None and standing.stands(ROOT, memory, made):
        say("nothing that the site is made from has changed; it stands as it was written")
        return ROOT / site.FOLDER
    live.draw(known)
    seal_data(ROOT, known.facts)
    place = site.build_site(ROOT)
    seal_site(ROOT, known.facts)
    standing.remember(ROOT, memory, made)
    return place


def build(options: Options) -> int:
    """Take the five steps; return the exit code."""
    chosen, name = profile.load(options.profile, options.seed), Path(options.profile).stem
    digits = mnist.load(options.data, say)
    images = len(digits.train_y), len(digits.test_y)
    device = machine.device(options.device)
    around = Surroundings(machine.packages(), device, mnist.identity(digits), machine.precision(device))
    work, store = plan(chosen, around, images), Store(options.store)
    before = earlier.load(options.compare) if options.compare else None
    if options.list or options.explain:
        lines = tell.explain(work, store, options.explain) if options.explain else tell.plan_lines(work, store)
        print("\n".join(lines))
        return 0
    wanted = set[str]().union(*(work.select(glob) for glob in options.only or (None,)))
    todo = wanted if options.fresh else {job for job in wanted if not store.sound(work.keys[job])}
    gathered, failed, place, threats = Gathered(work, store, name), 0, None, Threats(ROOT, store)
    titles = {model.name: model.title for model in MODELS.values()}
    lab = Lab(digits, store, titles, options.store / "lab")
    with ThreadPoolExecutor(5) as aside:
        findings = aside.submit(scan, ROOT, semgrep_configs=options.semgrep_config)
        asked = aside.submit(advisories.kept, ROOT, options.store / "advisories.json")
        tested = aside.submit(threats.look, answers.tests()) if options.site else None
        known = facts(name, chosen, digits, images, len(work.jobs), ROOT)
        listed = aside.submit(sbom, known.revision, known.started)
        follow, cache = partial(static, findings, asked, listed, threats, lab), options.store / "figures"
        ready = partial(answered, findings, listed)
        live = Live(gathered, known, follow, catalogue(), ROOT / "docs", cache, aside, before, ready)
        try:
            if todo:
                from engine.core.execute import execute

                tick = live.tick if options.site else lambda: None
                failed = execute(gathered, todo, mnist.encode(digits), around, options, tick)
        except KeyboardInterrupt:
            failed = -1
            threats.stop()
            say("stopping; finished jobs are kept, the same command goes on from here")
        publish_models(gathered, titles, ROOT / "models")
        if tested:  # who stops a build does not wait for the advisory service, which is asked once a day
            place = write(live, [tested] if failed < 0 else [tested, asked], options.store / "site.json")
        stopped = live.stopped(options.gate, say) | gate(ROOT, findings.result(), options, say)
    tell.close(store, chosen.title, gathered.records(), failed, len(todo), place)
    return 130 if failed < 0 else int(failed > 0 or stopped)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and turn every error into one line and an exit code."""
    options = parse(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop as cleanly as Ctrl-C does
    try:
        return build(options)
    except UserError as error:
        say(f"error: {error}")
        return error.code
    except Exception as error:
        if options.debug:
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            say("error: no space left on the disk; free some and run again, finished jobs are kept")
            return 2
        say(f"error: {type(error).__name__}: {error}; run again with --debug for the traceback")
        return 1


if __name__ == "__main__":
    sys.exit(main())
