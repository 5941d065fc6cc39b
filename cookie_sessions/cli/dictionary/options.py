"""The options by which commands are told of samples and dictionaries."""

from __future__ import annotations

from typing import Final

import click

SAMPLE_VARIABLE: Final = "COOKIE_SESSIONS_SAMPLE"
DICTIONARIES_VARIABLE: Final = "COOKIE_SESSIONS_DICTIONARIES"

SAMPLE = click.option(
    "--sample",
    metavar="FILE",
    help=f"The sample. By default what the environment variable {SAMPLE_VARIABLE} says; under "
    f"flask, the application's setting of that name.",
)
DICTIONARIES = click.option(
    "--dictionaries",
    metavar="FILE",
    help=f"The file of the application's dictionaries. By default what the environment variable "
    f"{DICTIONARIES_VARIABLE} says; under flask, the application's setting of that name.",
)
