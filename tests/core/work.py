"""Small jobs for the runner's tests; workers import this module by name."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil

from engine.core.bundle import RECORDS, Bundle
from engine.core.errors import UserError
from engine.core.jobs import Context


def ok(context: Context) -> Bundle:
    """Say how many inputs it was given and how large the data is."""
    context.progress(0.5, "half")
    return {RECORDS: f"{sorted(context.needs)} {len(context.data)}".encode()}


def broken(_context: Context) -> Bundle:
    raise RuntimeError("no luck")


def user(_context: Context) -> Bundle:
    raise UserError("the images are upside down", "turn them")


def dies(_context: Context) -> Bundle:
    os._exit(1)


def parent(_context: Context) -> Bundle:
    """Say how the process was started that this worker comes from."""
    return {RECORDS: " ".join(psutil.Process(os.getppid()).cmdline()).encode()}


def slow(context: Context) -> Bundle:
    """Leave a mark that it has begun, then take a minute."""
    Path(str(context.spec["mark"])).touch()
    time.sleep(60)
    return {RECORDS: b"late"}
