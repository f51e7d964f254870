"""``python -m engine.integrity [SITE]`` holds a built site and the models against their manifests."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.core.errors import UserError
from engine.integrity.publish import verify

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line a file that differs; return 1 if there is one, 2 where there is nothing to check."""
    parser = argparse.ArgumentParser(prog="python -m engine.integrity", description=__doc__)
    parser.add_argument("site", type=Path, nargs="?", default=ROOT / "site", help="the built site")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project whose models are checked")
    options = parser.parse_args(arguments)
    try:
        found = verify(options.root, options.site)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.code
    for row in found:
        print(f"{row.what}: {row.path}")
    print(f"{len(found)} files differ" if found else "every file is as it was built")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
