"""The embedded servers: shared, stopped with the last user, and up again after anything was killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest

from config.embedded import Servers, copy_programs, running, site_of, wheel_programs

ROOT = Path(__file__).resolve().parent.parent
# Borrows, counts the rows of a table it adds to, says the count, and waits for its input to close.
USER = """
import os, sys
from config import embedded
embedded.borrow(superuser=True)
import psycopg2, redis
connection = psycopg2.connect(os.environ["DATABASE_URL"])
with connection, connection.cursor() as cursor:
    cursor.execute("SELECT pg_advisory_xact_lock(1)")
    cursor.execute("CREATE TABLE IF NOT EXISTS visit (at timestamptz)")
    cursor.execute("INSERT INTO visit VALUES (now()) RETURNING (SELECT count(*) FROM visit)")
    count = cursor.fetchone()[0]
redis.Redis(unix_socket_path=os.environ["REDIS_URL"].removeprefix("redis+socket://")).ping()
print(count, flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses the servers until it is told to leave."""

    def __init__(self, home: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not re.match("DATABASE|REDIS|LINLI", name)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER],
            cwd=ROOT,
            env={**environment, "LINLI_DATA": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def output(self) -> IO[str]:
        assert self.process.stdout
        return self.process.stdout

    def visits(self) -> int:
        """The number of visits before this one; waits until the servers answer."""
        return int(self.output.readline())

    def leave(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def be_killed(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "var"
    servers = Servers(tmp_path / "var")
    servers.stop()
    shutil.rmtree(servers.place)  # for root it lies outside of the closed tmp_path


def pids(home: Path) -> tuple[psutil.Process | None, psutil.Process | None]:
    servers = Servers(home)
    return (
        running(servers.pg_data / "postmaster.pid", "postgres"),
        running(servers.redis_data / "redis.pid", "redis-server"),
    )


def test_two_who_start_at_once_share_one_pair_of_servers_and_the_last_one_stops_it(home: Path) -> None:
    first, second = User(home), User(home)
    assert {first.visits(), second.visits()} == {0, 1}
    first.leave()
    assert all(pids(home)), "the second is still there"
    second.leave()
    assert pids(home) == (None, None)


def test_what_was_written_is_there_after_everything_was_killed(home: Path) -> None:
    first = User(home)
    assert first.visits() == 0
    for process in pids(home):
        assert process
        process.kill()
    first.be_killed()
    second = User(home)
    assert second.visits() == 1
    second.leave()
    assert pids(home) == (None, None)


def test_a_killed_user_does_not_keep_the_servers_for_ever(home: Path) -> None:
    first = User(home)
    first.visits()
    first.be_killed()
    assert all(pids(home)), "nobody was there to stop them"
    second = User(home)
    assert second.visits() == 1
    second.leave()
    assert pids(home) == (None, None)


def test_a_pid_file_that_names_a_stranger_is_not_believed(home: Path) -> None:
    first = User(home)
    first.visits()
    first.leave()
    servers = Servers(home)
    (servers.pg_data / "postmaster.pid").write_text(f"{os.getpid()}\n{servers.pg_data}\n1\n5432\n\n\n\nready\n")
    (servers.redis_data / "redis.pid").write_text(f"{os.getpid()}\n")
    second = User(home)
    assert second.visits() == 1
    second.leave()


def test_the_programs_run_from_a_copy_when_the_server_may_not_enter_the_project(tmp_path: Path) -> None:
    wheel = wheel_programs()
    copy_programs(wheel, tmp_path)
    for program in ("postgres", "initdb", "pg_ctl"):
        there = tmp_path / wheel.relative_to(site_of(wheel)) / program
        assert "PostgreSQL" in subprocess.run([there, "--version"], capture_output=True, text=True, check=True).stdout


def test_a_terminated_command_gives_its_share_back(home: Path) -> None:
    user = User(home)
    user.visits()
    user.process.send_signal(signal.SIGTERM)
    user.process.communicate(timeout=60)
    assert pids(home) == (None, None)


def test_one_command_runs_everything_says_where_and_leaves_nothing_behind(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {name: value for name, value in os.environ.items() if not re.match("DATABASE|REDIS|DJANGO", name)}
    environment |= {"LINLI_DATA": str(home), "PORT": port, "LINLI_DEMO": "0", "LINLI_DEBUG": "0"}
    command = [sys.executable, "-m", "config.run"]
    office = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert office.stdout
    assert any(f":{port}/" in line for line in office.stdout), "it says its address when it answers"
    family = [office_process.pid for office_process in psutil.Process(office.pid).children(recursive=True)]
    assert len(family) >= 5, "web, worker and beat with their helpers"

    other_port = {**environment, "PORT": "1"}
    again = subprocess.run(command, cwd=ROOT, env=other_port, capture_output=True, text=True, timeout=60, check=False)
    assert again.returncode == 1
    assert "already running" in again.stderr
    elsewhere = {**environment, "LINLI_DATA": str(home.parent / "other")}
    blocked = subprocess.run(command, cwd=ROOT, env=elsewhere, capture_output=True, text=True, timeout=60, check=False)
    assert blocked.returncode == 1
    assert f"Port {port} is in use" in blocked.stderr

    office.terminate()
    office.communicate(timeout=60)
    assert office.returncode == 0
    assert [pid for pid in family if psutil.pid_exists(pid)] == []
    assert pids(home) == (None, None)
