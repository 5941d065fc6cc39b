"""What one user does with a jotter, on two devices, and what each page shows."""

from __future__ import annotations

import random
import string

from tests.examples.serverless.browser import Browser, Seen

# Letters by chance, so that compression leaves most of them; none that HTML writes otherwise.
LONG = "".join(random.Random(7).choices(string.ascii_letters + string.digits + "-._~ !*()", k=5000))
TWO = ("jotter", "jotter.1")


def tell(address: str) -> dict[str, Seen]:
    """Go through the story; what was seen, by what was done.

    Args:
        address: of the application, whatever it runs on.
    """
    laptop, phone = Browser(address), Browser(address)
    story = {"first visit": laptop.look()}
    story["wrong password"] = laptop.seen(laptop.sign_in("Ada", password="no"))
    story["signed in"] = laptop.seen(laptop.sign_in("Ada"))
    story["on the phone too"] = phone.seen(phone.sign_in("Ada"))
    story["a note"] = laptop.seen(laptop.do("/notes", note="milk"))
    story["grown"] = laptop.seen(laptop.do("/notes", note=LONG))
    story["grown, seen again"] = laptop.look()
    thief = laptop.copied()
    story["a copy of the grown one"] = thief.look()
    story["shrunk"] = laptop.seen(laptop.do("/notes/forget"))
    story["shrunk, seen again"] = laptop.look()
    story["signed out everywhere"] = laptop.seen(laptop.do("/sign-out-everywhere"))
    story["the phone after that"] = phone.look()
    story["the copy after that"] = thief.look()
    story["signed in again"] = laptop.seen(laptop.sign_in("Ada"))
    story["signed out"] = laptop.seen(laptop.do("/sign-out"))
    return story
