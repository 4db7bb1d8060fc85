"""The far end of a webhook, for tests and benchmarks: counts the idempotency keys it sees."""

from __future__ import annotations

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def counting() -> tuple[Counter[str], ThreadingHTTPServer]:
    """Answers until it is shut down; `server_port` says where."""
    keys: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            keys[self.headers["Idempotency-Key"]] += 1
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return keys, server
