"""What a page must not do while a test looks at it, and the screens that it is looked at on."""

from __future__ import annotations

from playwright.sync_api import Page

DESK = {"width": 1280, "height": 900}
TALL = {"width": 1280, "height": 4000}  # no menu of ours is longer
PHONE = {"width": 390, "height": 844}


def watched(page: Page, address: str) -> list[str]:
    """Collect console errors, failed requests and requests to anyone else."""
    faults: list[str] = []
    page.on("console", lambda m: faults.append(f"console: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("response", lambda r: faults.append(f"{r.status} {r.url}") if r.status >= 400 else None)

    def asked(url: str) -> None:
        if not url.startswith((address, "data:", "blob:")):
            faults.append(f"outside: {url}")

    page.on("request", lambda request: asked(request.url))
    return faults
