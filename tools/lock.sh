#!/bin/sh
# Renew the lock files from pyproject.toml: hashes, no index addresses. Needs uv.
set -e
uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.lock "$@"
uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements-dev.lock "$@"
