"""The web server. No access log: it would keep the addresses of people who wish to stay unknown."""

from __future__ import annotations

import os
import shutil
from typing import Any

from config import embedded

# Each process keeps its figures in a file here; /metrics adds them up.
_metrics = embedded.data_dir() / "metrics"
shutil.rmtree(_metrics, ignore_errors=True)
_metrics.mkdir(parents=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)

bind = f"{os.environ.get('LINLI_BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("LINLI_WEB_WORKERS", "2"))
threads = int(os.environ.get("LINLI_WEB_THREADS", "4"))
preload_app = True
timeout = 60
graceful_timeout = 8
accesslog = None
errorlog = "-"
loglevel = os.environ.get("LINLI_LOG_LEVEL", "WARNING").lower()
control_socket_disable = True
forwarded_allow_ips = os.environ.get("LINLI_PROXY_ADDRESSES", "127.0.0.1,::1")


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
