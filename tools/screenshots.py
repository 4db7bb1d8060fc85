"""Take the pictures of docs/ from a running demo street: `python -m tools.screenshots http://127.0.0.1:8000`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tools import browser as installed

TO = Path(__file__).resolve().parent.parent / "docs" / "images"
WIDTHS = {1440: 900, 390: 844}
STAFF = {
    "worker": {"desk": "/desk/", "list": "/cases/", "log": "/cases/new/", "case": ""},
    "supervisor": {
        "desk": "/desk/",
        "list": "/cases/",
        "board": "/board/",
        "import": "/cases/import/",
        "case": "",
        "inbox": "/inbox/",
        "watch": "/supervision/",
        "rectification": "/supervision/rectification/",
        "orders": "/supervision/orders/",
        "bulletins": "/supervision/bulletins/",
    },
}
PUBLIC = {
    "home": "/",
    "report": "/report/",
    "track": "/track/",
    "guide": "/guide/",
    "conduct": "/conduct/",
    "published": "/bulletins/",
}
A_CASE = "a[href^='/cases/DEMO-']"


def main(base: str) -> None:
    TO.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed.path(), args=["--no-sandbox"])
        for width, height in WIDTHS.items():
            for who, pages in STAFF.items():
                page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
                sign_in(page, base, f"demo_{who}")
                for name, path in pages.items():
                    take(page, base, path or a_case(page, base), f"{name}-{who}-{width}")
            page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN")
            for name, path in PUBLIC.items():
                take(page, base, path, f"{name}-resident-{width}")
        browser.close()


def sign_in(page: Page, base: str, username: str) -> None:
    page.goto(f"{base}/accounts/login/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", os.environ.get("LINLI_DEMO_PASSWORD", "linli-demo"))
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/desk/**")


def a_case(page: Page, base: str) -> str:
    """The first case on the desk."""
    page.goto(f"{base}/desk/")
    return (page.get_attribute(A_CASE, "href") or "/desk/").split("?")[0]


def take(page: Page, base: str, path: str, name: str) -> None:
    page.goto(base + path)
    page.screenshot(path=str(TO / f"{name}.png"))


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
