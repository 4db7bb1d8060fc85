"""Everything a machine can say about the code: `make check`, or `python -m tools.check NAME ...` for some of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = ["config", "staff", "services", "complaints", "supervision", "planning", "tools", "tests", "manage.py"]
TEMPLATES = ["templates", *(str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("*/templates")))]
NO_DATABASE = {"DATABASE_URL": "postgresql://none@127.0.0.1:1/none", "DATABASE_OWNER_URL": ""}
PRODUCTION = {
    **NO_DATABASE,
    "LINLI_SECRET_KEY": "a key only for this check, long enough and with 123 different letters: qwertzuiop",
    "LINLI_HOSTS": "linli.example.gov.cn",
    "LINLI_HTTPS": "1",
    "LINLI_DEBUG": "0",
}


@dataclass(frozen=True)
class Step:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self) -> tuple[Step, int, str, float]:
        began = time.monotonic()
        done = subprocess.run(
            self.command,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return self, done.returncode, done.stdout, time.monotonic() - began


def tool(name: str, *arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / name), *arguments]


def manage(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "ignore::RuntimeWarning", "manage.py", *arguments]


STEPS = [
    Step("types", tool("mypy", *CODE)),
    Step("format", tool("ruff", "format", "--check", ".")),
    Step("lint", tool("ruff", "check", ".")),
    Step("templates", tool("djlint", *TEMPLATES, "--lint", "--quiet")),
    Step("layers", tool("lint-imports", "--no-cache")),
    Step("migrations", manage("makemigrations", "--check", "--dry-run"), NO_DATABASE),
    Step("deploy", manage("check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
    Step("messages", [sys.executable, "-m", "tools.messages", "check"], NO_DATABASE),
]


def main(names: list[str]) -> int:
    steps = [step for step in STEPS if not names or step.name in names]
    failed = []
    with ThreadPoolExecutor(2) as pool:
        for step, code, output, seconds in pool.map(Step.run, steps):
            print(f"{step.name:<12} {'ok' if code == 0 else 'FAILED':<7} {seconds:5.1f} s", flush=True)
            if code:
                failed.append(step.name)
                print(output, flush=True)
    print("All checks passed." if not failed else f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
