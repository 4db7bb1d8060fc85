#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it borrows the embedded servers under LINLI_DATA."""

import os
import sys

OWNER_COMMANDS = {"migrate", "makemigrations", "sqlmigrate", "createcachetable", "flush", "grant", "create_app_role"}
OWNER_COMMANDS |= {"rotate_keys"}  # has to reach reports on conduct, which are closed to the application


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config import embedded

    if embedded.wanted(sys.argv[1:]):
        embedded.borrow()
    if sys.argv[1:2] and sys.argv[1] in OWNER_COMMANDS:
        os.environ["LINLI_AS_OWNER"] = "1"
    if sys.argv[1:2] != ["runserver"]:
        os.environ["LINLI_REACH"] = "office"  # a command acts for the office, not for somebody signed in
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
