"""What the requirements of OWASP ASVS 5.0.0 ask for that our pages quote, in our own short words.

The numbers and their meaning were compared with the standard's own list, in its repository
github.com/OWASP/ASVS: 5.0/docs_en, release v5.0.0.
"""

from __future__ import annotations

from typing import Final

ASKED: Final = {
    "3.3.1": "cookies are Secure, and their names have a prefix",
    "3.3.2": "SameSite is set as the cookie's purpose needs it",
    "3.3.3": "__Host- is in the name of every cookie that hosts do not share",
    "3.3.4": "session tokens are HttpOnly",
    "3.3.5": "a cookie's name and value are at most 4,096 octets",
    "3.5.1": "requests are known to come from the application itself, as by tokens",
    "3.5.2": "who relies on CORS preflights has no request without one",
    "3.5.3": "safe methods change nothing, or Sec-Fetch-* is checked strictly",
    "7.2.1": "session tokens are verified by a backend that is trusted",
    "7.2.2": "session tokens are made anew, self-contained or references",
    "7.2.3": "references have 128 random bits",
    "7.2.4": "signing in and each proof give a new token and end the old one",
    "7.3.1": "an end after inactivity",
    "7.3.2": "an end whatever happens",
    "7.4.1": "what has ended is used no more; for self-contained tokens by a list or a date",
    "7.4.2": "an account that is closed has no sessions",
    "7.4.3": "the others can be ended after a change of a factor",
    "7.4.4": "signing out is easily found on every page",
    "7.4.5": "administrators end a user's sessions, or all",
    "7.5.1": "a proof anew before what may change how somebody signs in",
    "7.5.2": "users see their sessions, and end them after a proof",
    "7.5.3": "a further factor before what is highly sensitive",
    "8.2.4": "controls that go by the client's address, device and the like, in a session too",
    "9.1.1": "self-contained tokens are verified by signature or MAC first",
    "9.1.2": "only algorithms on a list, and none of them is None",
    "9.1.3": "keys come from sources that were set, and not from the token",
    "9.2.1": "only within the time that the token says",
    "9.2.2": "only of the type and for the purpose that is meant",
    "9.2.3": "only for this audience",
    "9.2.4": "one key for several audiences: the token names its own",
    "11.2.3": "128 bits of security",
    "11.3.2": "approved ciphers and modes, such as AES with GCM",
    "12.2.1": "TLS between clients and services",
    "13.3.1": "secrets are managed by what is made for it, and not in the source",
    "13.3.2": "secrets are there for those alone who need them",
    "13.3.4": "secrets end and are rotated",
    "14.2.1": "no sensitive data in URLs",
    "14.2.2": "no sensitive data in the caches of servers and load balancers",
    "14.3.2": "browsers are told to cache no sensitive data, as by no-store",
    "14.3.3": "nothing sensitive in the browser's storage but session tokens",
    "16.2.5": "session tokens are in logs masked or hashed, if at all",
}
SECTIONS: Final = {
    "7.1": "documentation of session management",
    "7.6": "sessions of federated identities",
}
