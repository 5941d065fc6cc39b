"""``dictionary train``: a dictionary of what people share."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cookie_sessions import clock
from cookie_sessions.cli.defaults import typed
from cookie_sessions.cli.dictionary.options import SAMPLE
from cookie_sessions.cli.dictionary.place import create, sample_at, telling
from cookie_sessions.codec.compress import built_in_octets
from cookie_sessions.dictionaries.compose import DEFAULT_OCTETS, compose
from cookie_sessions.dictionaries.shelf import Shelf
from cookie_sessions.dictionaries.trained import MAX_OCTETS, check
from cookie_sessions.errors import UsageError


@click.command()
@click.argument("file")
@SAMPLE
@click.option(
    "--octets",
    type=click.IntRange(len(built_in_octets()), MAX_OCTETS),
    default=DEFAULT_OCTETS,
    show_default=True,
    help="How large it may be.",
)
def train(*, file: str, sample: str | None, octets: int) -> None:
    """Make a dictionary of what people share, and write it to FILE.

    Nothing uses it yet. Running applications with this sample measure from now on what it would
    save; dictionary inspect shows that.
    """
    source = sample_at(sample)
    with telling(source):
        facts = source.facts()
        phrases = source.phrases()
    if not phrases:
        raise UsageError(
            f"Nothing in the sample is shared by {facts['least']} people yet, after "
            f"{facts['sessions']:,} writes of sessions. Let the application run for longer, or "
            f"raise COOKIE_SESSIONS_SAMPLE_RATE. Nothing was written."
        )
    trained = compose(
        phrases,
        octets=octets,
        sessions=facts["sessions"],
        subjects=facts["least"],
        now=int(clock.now()),
    )
    if not trained.phrases:
        raise UsageError(
            "What people share in the sample is in the dictionary that ships already, or does not "
            "fit into --octets. Raise it, or let the application run for longer. Nothing was "
            "written."
        )
    check(trained, origin=file)
    create(file, Shelf((trained,)))
    try:
        with telling(source):
            source.put_candidate(trained.name, trained.octets)
    except BaseException:
        # Else the file would be in the way of the next try.
        Path(os.path.realpath(file)).unlink(missing_ok=True)
        raise
    click.echo(
        f"{trained.name.hex()}: {len(trained.octets):,} octets, with {len(trained.phrases):,} "
        f"phrases that {trained.subjects} people or more share, of {trained.sessions:,} writes of "
        f"sessions.\n"
        f"What it would save is measured from now on, of sessions that it was not made of: "
        f"{typed('dictionary inspect')} {file}"
    )
