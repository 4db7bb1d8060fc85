"""Make sure there is a browser for the browser tests; `make test` asks first."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
PACKAGES = ("chromium", "fonts-noto-cjk")


def path() -> str | None:
    """LINLI_BROWSER, or the first Chromium-like browser on the machine."""
    return os.environ.get("LINLI_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)


def install() -> None:
    print("No browser found; installing Chromium and a Chinese font ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        subprocess.run(["apt-get", *arguments], env=environment, stdout=subprocess.DEVNULL, check=True)


def main() -> int:
    if path():
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install()
    if path():
        return 0
    print(
        "The browser tests need a Chromium-like browser and a Chinese font. Install them"
        f" (Debian: sudo apt-get install {' '.join(PACKAGES)}), or set LINLI_BROWSER to a browser.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
