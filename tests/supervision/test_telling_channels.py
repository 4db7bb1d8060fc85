"""What leaves the house, and over which roads: a far end that lies, hangs, drips or sends elsewhere harms nobody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail

from config.lib.channels import NotDelivered, signature
from staff.models import Person
from supervision.models import Robot
from supervision.telling import channels, words
from supervision.telling.words import Told, told
from tests.world import SHANGHAI

LINES = ["提醒 · TST-20261118-0001 · 红灯", "https://linli.example/cases/TST-20261118-0001/"]
KEY = "6f0e-bundle"
NOW = 1_795_000_000.25


@dataclass
class FarEnd:
    """A server on this machine that answers as told and keeps what it was sent."""

    url: str = ""
    answers: Callable[[BaseHTTPRequestHandler], None] = field(default=lambda handler: say(handler, {"errcode": 0}))
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


def say(handler: BaseHTTPRequestHandler, body: Any, status: int = 200, **headers: str) -> None:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(text)


@pytest.fixture
def far(settings: Any) -> Iterator[FarEnd]:
    end = FarEnd()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            end.got.append((self.path, dict(self.headers), body))
            end.answers(self)

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    end.url = f"http://127.0.0.1:{server.server_port}/send?key=token-nobody-may-read"
    settings.ROBOT_HOSTS = frozenset({"127.0.0.1"})
    yield end
    server.shutdown()
    server.server_close()


def go(kind: str, far: FarEnd, secret: str = "") -> tuple[str, dict[str, str], Any]:
    channels.robot(kind, far.url, secret, LINES, KEY, now=NOW)
    path, headers, body = far.got[-1]
    return path, headers, json.loads(body)


def refusal(far: FarEnd, kind: str = "wecom") -> str:
    with pytest.raises(NotDelivered) as caught:
        go(kind, far)
    assert "token" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
    return str(caught.value)


# ---- what each of them is sent


def test_a_wecom_group_gets_plain_text(far: FarEnd) -> None:
    path, _headers, body = go("wecom", far)
    assert body == {"msgtype": "text", "text": {"content": "\n".join(LINES)}}
    assert path == "/send?key=token-nobody-may-read"


def test_a_dingtalk_group_checks_time_and_signature_in_the_address(far: FarEnd) -> None:
    path, _headers, body = go("dingtalk", far, "SECret")
    asked = parse_qs(urlsplit(path).query)
    at = "1795000000250"
    sign = base64.b64encode(hmac.new(b"SECret", f"{at}\nSECret".encode(), hashlib.sha256).digest()).decode()
    assert asked == {"key": ["token-nobody-may-read"], "timestamp": [at], "sign": [sign]}
    assert body == {"msgtype": "text", "text": {"content": "\n".join(LINES)}}
    assert "timestamp" not in go("dingtalk", far)[0], "a robot that asks for a keyword only"


def test_a_feishu_group_checks_time_and_signature_in_the_body(far: FarEnd) -> None:
    far.answers = lambda handler: say(handler, {"code": 0, "msg": "success"})
    body = go("feishu", far, "SECret")[2]
    sign = base64.b64encode(hmac.new(b"1795000000\nSECret", b"", hashlib.sha256).digest()).decode()
    assert body == {
        "msg_type": "text",
        "content": {"text": "\n".join(LINES)},
        "timestamp": "1795000000",
        "sign": sign,
    }


def test_our_own_webhook_is_signed_and_names_the_message(far: FarEnd) -> None:
    far.answers = lambda handler: say(handler, b"", 204)
    _path, headers, body = go("webhook", far, "s" * 32)
    assert headers["Idempotency-Key"] == KEY
    assert headers["X-Linli-Signature"] == signature("s" * 32, headers["X-Linli-Time"], far.got[-1][2])
    assert body == {"key": KEY, "title": LINES[0], "lines": LINES}


def test_a_mail_carries_the_key_as_its_id() -> None:
    channels.send("mail", Person(email="li@example.org"), LINES, KEY)
    channels.send("mail", Person(email="li@example.org"), LINES, KEY)
    assert [letter.extra_headers["Message-ID"] for letter in mail.outbox] == [f"<{KEY}@linli>"] * 2
    assert (mail.outbox[0].subject, mail.outbox[0].to) == (LINES[0], ["li@example.org"])


@pytest.mark.parametrize(
    ("address", "why"), [("", "no mail address"), ("li@example.org\nBcc: all@example.org", "BadHeaderError")]
)
def test_a_mail_that_cannot_go_says_why(address: str, why: str) -> None:
    with pytest.raises(NotDelivered, match=why):
        channels.send("mail", Person(email=address), LINES, KEY)


# ---- what comes back


@pytest.mark.parametrize(
    ("kind", "answer", "why"),
    [
        ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url"}, "refused 93000"),
        ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, "refused 45009"),
        ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, "refused 310000"),
        ("feishu", {"code": 19021, "msg": "sign match fail"}, "refused 19021"),
        ("feishu", {"StatusCode": 9499, "StatusMessage": "Bad Request"}, "refused 9499"),
        ("wecom", {}, "answer not understood"),
        ("wecom", ["errcode", 0], "answer not understood"),
        ("wecom", b"<html>sign in first</html>", "answer not understood"),
    ],
)
def test_a_group_that_answers_200_and_no_has_not_been_told(far: FarEnd, kind: str, answer: Any, why: str) -> None:
    far.answers = lambda handler: say(handler, answer)
    assert refusal(far, kind) == why


@pytest.mark.parametrize("status", [302, 307, 400, 500, 503])
def test_neither_an_error_nor_a_detour_is_a_delivery(far: FarEnd, status: int) -> None:
    far.answers = lambda handler: say(handler, {"errcode": 0}, status, Location=far.url)
    assert refusal(far) == f"HTTP {status}"
    assert len(far.got) == 1, "nobody follows"


def test_a_huge_answer_is_not_read_to_its_end(far: FarEnd) -> None:
    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(10_000):
                handler.wfile.write(b"x" * 65_536)
        except OSError:
            return

    far.answers = pour
    assert refusal(far) == "answer too long"


def test_a_far_end_that_never_answers_is_left(far: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(channels, "TIMEOUT", 0.1)
    far.answers = lambda handler: wait(over)
    assert refusal(far) == "timeout"
    over.set()


@pytest.mark.parametrize("what", ["headers", "body"])
def test_a_far_end_that_drips_is_left_as_well(far: FarEnd, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(channels, "DEADLINE", 0.3)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if what == "body" else b""))
        while not over.wait(0.05):
            try:
                handler.wfile.write(b" " if what == "body" else b"X: y\r\n")
            except OSError:
                return

    far.answers = drip
    assert refusal(far) == "timeout"
    over.set()


def test_nobody_at_home_and_no_trusted_certificate(far: FarEnd) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        far.url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    assert refusal(far) == "no connection"


def wait(over: threading.Event) -> None:
    over.wait(5)


# ---- no road into the own network


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
        "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
        "64:ff9b::7f00:1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_inside_are_not_called(address: str) -> None:
    assert not channels.is_outside(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_outside_are(address: str) -> None:
    assert channels.is_outside(address)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://qyapi.weixin.qq.com/x", "address without TLS"),
        ("ftp://example.org/", "address not allowed"),
        ("file:///etc/passwd", "address not allowed"),
        ("https://user:word@example.org/", "address not allowed"),
        ("https:///nowhere", "address not allowed"),
        ("https://[::1]/", "address not allowed"),
        ("https://127.0.0.1/", "address not allowed"),
        ("https://2130706433/", "address not allowed"),
        ("https://localhost:8443/", "address not allowed"),
        ("https://例子.cn/", "address not allowed"),
        ("https://host:99999/", "address not allowed"),
    ],
)
def test_addresses_that_make_no_sense_or_lead_inside_are_refused(url: str, why: str) -> None:
    with pytest.raises(NotDelivered, match=why):
        channels.look_up(url)


def test_a_name_that_also_leads_inside_is_refused_and_what_was_checked_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = {"both.example": ["8.8.8.8", "10.0.0.1"], "good.example": ["8.8.8.8"]}

    def known(host: str, port: int, **kwargs: Any) -> list[Any]:
        return [(2, 1, 6, "", (one, port)) for one in answers[host]]

    monkeypatch.setattr(socket, "getaddrinfo", known)
    with pytest.raises(NotDelivered, match="not allowed"):
        channels.look_up("https://both.example/")
    parts, found = channels.look_up("https://good.example/hook")
    assert found == "8.8.8.8"
    called: list[Any] = []

    def dial(where: Any, *rest: Any) -> Any:
        called.append(where)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", dial)
    with pytest.raises(NotDelivered, match="no connection"):
        channels.post("https://good.example/hook", b"{}", {})
    assert called == [("8.8.8.8", 443)]
    assert parts.hostname == "good.example"


# ---- what is said

DUE = datetime(2026, 11, 18, 17, 0, tzinfo=SHANGHAI)


def one(**known: Any) -> Told:
    return told(
        "escalation",
        "remind",
        {
            "number": "TST-20261118-0001",
            "light": "red",
            "due": DUE.isoformat(),
            "rung": "逾期当日",
            "link": "/cases/TST-20261118-0001/",
        }
        | known,
    )


def test_a_single_message_says_number_light_due_and_rung_and_links(settings: Any) -> None:
    said, link = words.lines([one()], "https://linli.example")
    for part in ("TST-20261118-0001", "红灯", "逾期当日", "2026-11-18 17:00"):
        assert part in said
    assert link == "https://linli.example/cases/TST-20261118-0001/"
    assert len(words.lines([one()], "")) == 1


def test_what_comes_late_and_what_has_ended_says_so() -> None:
    late = words.line(one(late=(DUE + timedelta(hours=15)).isoformat()))
    assert "2026-11-19 08:00" in late
    assert late != words.line(one())
    assert words.line(one(ended=True)) != words.line(one())


def test_many_become_one_message_with_a_few_lines(settings: Any) -> None:
    said = words.lines([one()] * 49, "https://linli.example")
    assert len(said) == 1 + words.MOST_LINES + 2
    assert "49" in said[0]
    assert "37" in said[-2]
    assert said[-1] == "https://linli.example/inbox/"


def test_a_long_message_is_cut_between_lines_and_keeps_its_link() -> None:
    said = words.lines([one(rung="很长的名字" * 12)] * 20, "https://linli.example")
    cut = words.fit(said, 2048)
    assert len(cut.encode()) <= 2048
    assert cut.splitlines()[0] == said[0]
    assert cut.splitlines()[-1] == said[-1]
    assert words.fit(["x" * 5000], 2048) == "x" * 2048
    assert words.fit(LINES, 2048) == "\n".join(LINES)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"number": 7, "due": "yesterday", "light": None, "link": "//evil.example/", "rung": ["x"], "late": "2026"},
        {"link": "/\\evil.example/"},
        {"due": "2026-11-18T17:00:00", "link": "https://evil.example/", "number": "A\nBcc: x"},
    ],
)
def test_odd_facts_are_left_out_and_never_break_a_line(facts: dict[str, Any]) -> None:
    read = told("escalation", "tell", facts)
    assert (read.due, read.link, read.late) == (None, "", None)
    assert "\n" not in words.line(read)


def test_only_known_facts_are_ever_said() -> None:
    said = words.line(one(resident="周桂兰", phone="13900000001", text="楼道灯"))
    assert not any(secret in said for secret in ("周桂兰", "13900000001", "楼道灯"))


def test_the_kinds_of_robots_all_have_a_form() -> None:
    assert set(channels.FORMS) == set(Robot.Kind)
