"""The ways to tell a member of staff or a group: mail, a signed webhook, and group robots of WeCom, DingTalk and Feishu.

`send(channel, to, lines, key)` either has delivered or raises NotDelivered, whose words are ours: neither the address
nor what a server says is repeated. The first of the lines is the subject.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Self
from urllib.parse import SplitResult, quote_plus, urlsplit

from django.conf import settings

from config.lib.channels import TIMEOUT, NotDelivered, mail, signature
from staff.models import Person
from supervision.models import Alert, Robot
from supervision.telling.words import fit

DEADLINE = 6  # seconds for the whole exchange, however slowly the far end drips
MOST_ANSWER = 64 * 1024
WECOM_TEXT, TEXT = 2048, 16_000  # bytes
Kind = Robot.Kind


def send(channel: str, to: Person | Robot, lines: Sequence[str], key: str) -> None:
    """`key` is the same in every try of the same message: mail carries it as its id, our webhook as Idempotency-Key.

    The robots of WeCom, DingTalk and Feishu know no such key: whoever dies between their answer and our proof tells
    the group a second time.
    """
    if channel == Alert.Channel.MAIL:
        _mail(to, lines, key)
    elif channel == Alert.Channel.ROBOT and isinstance(to, Robot):
        robot(to.kind, to.url, to.secret, lines, key, now=time.time())
    else:
        raise NotDelivered("no such channel")


def _mail(to: Person | Robot, lines: Sequence[str], key: str) -> None:
    address = to.email if isinstance(to, Person) else ""
    if not address:
        raise NotDelivered("no mail address")
    mail(address, lines[0], "\n".join(lines), key)


def robot(kind: str, url: str, secret: str, lines: Sequence[str], key: str, *, now: float) -> None:
    """`now` in seconds since 1970: all of them sign the time, and refuse what is older than an hour."""
    body, address, headers = FORMS[kind](url, secret, lines, key, now)
    encoded = json.dumps(body, ensure_ascii=False).encode()
    if kind == Kind.WEBHOOK:
        headers = signed(secret, key, str(int(now)), encoded)
    answer = post(address, encoded, {"Content-Type": "application/json; charset=utf-8", **headers})
    if kind in SAYS:
        _read(answer, SAYS[kind])


# What each of them wants to be sent: body, address, headers

Form = tuple[dict[str, Any], str, dict[str, str]]


def wecom(url: str, secret: str, lines: Sequence[str], key: str, now: float) -> Form:
    """Plain text of at most 2048 bytes; the key lies in the address, there is no signature; 20 messages a minute."""
    return {"msgtype": "text", "text": {"content": fit(lines, WECOM_TEXT)}}, url, {}


def dingtalk(url: str, secret: str, lines: Sequence[str], key: str, now: float) -> Form:
    """Milliseconds and their signature in the address; the group's keyword, if it wants one, has to be in the text."""
    body = {"msgtype": "text", "text": {"content": fit(lines, TEXT)}}
    if not secret:
        return body, url, {}
    at = str(int(now * 1000))
    return body, f"{url}{'&' if '?' in url else '?'}timestamp={at}&sign={quote_plus(dingtalk_sign(secret, at))}", {}


def feishu(url: str, secret: str, lines: Sequence[str], key: str, now: float) -> Form:
    """Seconds and their signature in the body."""
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": fit(lines, TEXT)}}
    if secret:
        at = str(int(now))
        body |= {"timestamp": at, "sign": feishu_sign(secret, at)}
    return body, url, {}


def webhook(url: str, secret: str, lines: Sequence[str], key: str, now: float) -> Form:
    return {"key": key, "title": lines[0], "lines": list(lines)}, url, {}


def dingtalk_sign(secret: str, at: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256).digest()).decode()


def feishu_sign(secret: str, at: str) -> str:
    """Unlike DingTalk's: time and secret are the key, and what is signed is empty."""
    return base64.b64encode(hmac.new(f"{at}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def signed(secret: str, key: str, at: str, body: bytes) -> dict[str, str]:
    return {"Idempotency-Key": key, "X-Linli-Time": at, "X-Linli-Signature": signature(secret, at, body)}


FORMS: dict[str, Callable[[str, str, Sequence[str], str, float], Form]] = {
    Kind.WECOM: wecom,
    Kind.DINGTALK: dingtalk,
    Kind.FEISHU: feishu,
    Kind.WEBHOOK: webhook,
}
# All three answer 200 whatever happened; whether it did stands in the body. Feishu's older answers say StatusCode.
SAYS: dict[str, tuple[str, ...]] = {
    Kind.WECOM: ("errcode",),
    Kind.DINGTALK: ("errcode",),
    Kind.FEISHU: ("code", "StatusCode"),
}


def _read(answer: bytes, names: Sequence[str]) -> None:
    try:
        said = json.loads(answer)
    except ValueError:
        said = None
    code = next((said[name] for name in names if name in said), None) if isinstance(said, dict) else None
    if not isinstance(code, int):
        raise NotDelivered("answer not understood")
    if code != 0:
        raise NotDelivered(f"refused {code}")


# The road there


def post(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The answer's body. One request to the address that was configured: no detours, no proxy, no waiting for ever."""
    parts, address = look_up(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with Limit() as limit:
        line = _line(parts, address, limit)
        try:
            line.request("POST", path, body, {**headers, "Connection": "close"})
            answer = _answer(line.getresponse())
            if limit.over:  # a line cut in its headers reads like an empty answer
                raise TimeoutError
            return answer
        except (OSError, HTTPException, ValueError) as error:
            raise NotDelivered("timeout" if limit.over or isinstance(error, TimeoutError) else _fault(error)) from None
        finally:
            line.close()


class Limit:
    """Hangs up after DEADLINE. A socket's timeout is per read, and a far end that drips would hold us for hours."""

    def __init__(self) -> None:
        self.over = False
        self.wire: socket.socket | None = None
        self.timer = threading.Timer(DEADLINE, self.hang_up)
        self.timer.daemon = True

    def __enter__(self) -> Self:
        self.timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.timer.cancel()
        if self.wire is not None:
            self.wire.close()

    def dial(self, where: tuple[str, int], *rest: Any) -> socket.socket:
        """Keeps a second handle: TLS takes the socket away, and reading the answer takes the connection's."""
        found = socket.create_connection(where, *rest)
        self.wire = found.dup()
        return found

    def hang_up(self) -> None:
        self.over = True
        if self.wire is not None:
            with contextlib.suppress(OSError):
                self.wire.shutdown(socket.SHUT_RDWR)


def look_up(url: str) -> tuple[SplitResult, str]:
    """The parts of the address and the one host address that is talked to: looked up once, so that what was checked
    is what is called. Hosts named in LINLI_ROBOT_HOSTS may lie inside the own network and do without TLS.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        trusted = host in settings.ROBOT_HOSTS
        if parts.scheme not in ("https", "http") or not host or parts.username is not None or not url.isascii():
            raise NotDelivered("address not allowed")
        if parts.scheme == "http" and not trusted:
            raise NotDelivered("address without TLS")
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise NotDelivered("host not found") from None
    except ValueError:
        raise NotDelivered("address not allowed") from None
    if not found or not (trusted or all(is_outside(one) for one in found)):
        raise NotDelivered("address not allowed")
    return parts, found[0]


def is_outside(address: str) -> bool:
    """Whether an IP address lies in the public internet: neither here, nor in the own network, nor anything odd."""
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _nat64(ip)
        if inner is not None:
            return is_outside(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in ipaddress.ip_network("64:ff9b::/96") else None


def _line(parts: SplitResult, address: str, limit: Limit) -> HTTPConnection:
    """A connection to that host address which greets, and checks the certificate of, the host that was named."""
    host, https = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if https else 80)
    line: HTTPConnection = HTTPConnection(host, port, timeout=TIMEOUT)
    if https:
        line = HTTPSConnection(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    line._create_connection = lambda _named, *rest: limit.dial((address, port), *rest)  # type: ignore[attr-defined]
    return line


def _answer(answer: HTTPResponse) -> bytes:
    if not 200 <= answer.status < 300:
        raise NotDelivered(f"HTTP {answer.status}")
    body = answer.read(MOST_ANSWER + 1)
    if len(body) > MOST_ANSWER:
        raise NotDelivered("answer too long")
    return body


def _fault(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "no trusted TLS"
    return "no connection" if isinstance(error, OSError) else "answer not understood"
