"""Everything in one foreground process: servers, migrations, demo street, web, worker, watch and beat.

1. take the data directory and the port, or say plainly who has them
2. start or join the embedded servers that nobody named in the environment
3. migrate; load the demo street into an empty database
4. start web, worker, watch and beat; say where to look once the web answers
5. start again what dies, until SIGTERM, SIGINT or SIGHUP stops all of it
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from config import embedded

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
ROLES = [
    ("demo_worker", "社区工作者", "community worker"),
    ("demo_worker2", "社区工作者（同社区）", "community worker, same community"),
    ("demo_outsider", "其他社区工作者", "worker of another community"),
    ("demo_secretary", "社区书记", "community secretary"),
    ("demo_supervisor", "街道督办", "street supervisor"),
    ("demo_discipline", "街道纪检", "street discipline officer"),
    ("demo_assessor", "第三方测评", "third-party assessor"),
    ("demo_delegate", "居民代表", "resident delegate"),
    ("demo_admin", "管理员", "administrator"),
]
STOP_SECONDS = 15
PORT_SECONDS = 3
QUICK_DEATHS = 5  # a process that dies this often within a minute will not get better


class CannotRun(SystemExit):
    """The message goes to the person at the terminal, the exit code is 1."""


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    if "MAKELEVEL" in os.environ:
        _die_with_parent()  # make killed with -9 leaves nothing behind
    home = embedded.data_dir()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    port = int(os.environ.get("PORT", "8000"))
    taken = take_data(home)
    check_port(port)
    borrowed = embedded.borrow_missing()
    try:
        prepare()
        serve(home, port, borrowed)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # one request to stop is enough
        if borrowed:
            borrowed.give_back()
        taken.close()


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def _die_with_parent() -> None:
    """Linux only; elsewhere a killed parent leaves its children to be stopped by hand."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


_LIBC = ctypes.CDLL(None)


def take_data(home: Path) -> IO[str]:
    file = open(home / ".run", "a+")  # noqa: SIM115 (held while we run)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise CannotRun(f"Linli is already running on {home} ({file.read().strip()}). Stop it first.") from None
    file.truncate(0)
    file.write(f"process {os.getpid()}, port {os.environ.get('PORT', '8000')}\n")
    file.flush()
    return file


def check_port(port: int) -> None:
    """Refuse a port somebody else has; a run that was just killed needs a moment to let go of it."""
    bind = os.environ.get("LINLI_BIND", "127.0.0.1")
    deadline = time.monotonic() + PORT_SECONDS
    while error := port_error(bind, port):
        if time.monotonic() > deadline:
            raise CannotRun(f"Port {port} is in use or not allowed ({error}). Choose another: PORT=8080 make run")
        time.sleep(0.1)


def port_error(bind: str, port: int) -> OSError | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            return error
    return None


def prepare() -> None:
    manage("migrate", "--no-input", "-v", "0")
    if os.environ.get("LINLI_DEMO") != "0" and (ROOT / "complaints/management/commands/seed_demo.py").exists():
        manage("seed_demo", "--if-empty")


def manage(*arguments: str) -> None:
    done = subprocess.run([PYTHON, "manage.py", *arguments], cwd=ROOT, check=False, preexec_fn=_die_with_parent)
    if done.returncode:
        raise CannotRun(f"`manage.py {' '.join(arguments)}` failed.")


@dataclass
class Service:
    """One of our processes, in a session of its own so that its children can be ended with it."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, start_new_session=True, preexec_fn=_die_with_parent, stdin=subprocess.DEVNULL
        )

    def revive(self) -> None:
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        self.deaths = [then for then in self.deaths if now - then < 60] + [now]
        if len(self.deaths) >= QUICK_DEATHS:
            raise CannotRun(f"{self.name} keeps ending (exit code {self.process.returncode}); giving up.")
        print(f"{self.name} ended with exit code {self.process.returncode}; starting it again.", flush=True)
        self.kill_group()
        self.start()

    def kill_group(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def services(home: Path) -> list[Service]:
    celery = [PYTHON, "-W", "ignore:You're running the worker", "-m", "celery", "-A", "config", "--quiet"]
    beat = home / "beat"
    beat.mkdir(exist_ok=True)
    quiet = ["--loglevel", os.environ.get("LINLI_LOG_LEVEL", "WARNING")]
    lone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [
        Service("web", [PYTHON, "-m", "gunicorn", "-c", "python:config.gunicorn_conf", "config.wsgi"]),
        Service("worker", [*celery, "worker", "--concurrency", "2", *lone, *quiet]),
        Service("watch", [PYTHON, "manage.py", "watch"]),
        Service("beat", [*celery, "beat", "--schedule", str(beat / "schedule"), "--pidfile", "", *quiet]),
    ]


def serve(home: Path, port: int, borrowed: embedded.Borrowed | None) -> None:
    running = services(home)
    try:
        for service in running:
            service.start()
        told = False
        while True:
            told = told or tell_when_ready(port)
            for service in running:
                service.revive()
            if borrowed:
                borrowed.revive()
            time.sleep(0.5)
    finally:
        stop_all(running)


def stop_all(running: list[Service]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    alive = [service for service in running if service.process]
    for service in alive:
        assert service.process
        service.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for service in alive:
        assert service.process
        try:
            service.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(f"{service.name} does not stop; killing it.", flush=True)
        service.kill_group()
        service.process.wait()


def tell_when_ready(port: int) -> bool:
    bind = os.environ.get("LINLI_BIND", "127.0.0.1")
    host = "127.0.0.1" if bind == "0.0.0.0" else bind
    request = urllib.request.Request(f"http://{host}:{port}/readyz", headers={"Host": "localhost"})
    try:
        with urllib.request.urlopen(request, timeout=2):
            pass
    except urllib.error.HTTPError as error:
        print(f"not ready: {error.read().decode()}", flush=True)
        return False
    except OSError:
        return False
    tell(f"http://{host}:{port}/")
    return True


def tell(address: str) -> None:
    lines = ["", f"  邻里办 Linli   {address}", ""]
    if os.environ.get("LINLI_DEMO") != "0":
        password = os.environ.get("LINLI_DEMO_PASSWORD", "linli-demo")
        lines += [f"  {name:<17} {password}   {zh} · {en}" for name, zh, en in ROLES]
        lines += ["", f"  log in: {address}accounts/login/", ""]
    lines += ["  Ctrl-C stops everything.", ""]
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
