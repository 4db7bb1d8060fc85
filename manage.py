#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it borrows the embedded servers under LINLI_DATA."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import embedded

    if embedded.wanted(sys.argv[1:]):
        embedded.borrow()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
