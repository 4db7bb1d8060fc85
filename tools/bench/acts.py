from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from config import embedded
from tools.bench import bench, seconds

ROOT = Path(__file__).resolve().parents[2]


@bench("20,000 steps of anybody doing anything, all invariants hold")
def twenty_thousand_steps() -> float:
    """The walk of `make test`, longer and another one every time; a failing step fails the benchmark."""
    url = embedded.Servers(embedded.data_dir()).url(embedded.SUPER)
    environment = os.environ | {"DATABASE_URL": url, "DATABASE_OWNER_URL": url, "LINLI_STEPS": "20000"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/complaints/test_state_machine.py"]
    return seconds(lambda: subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL))
