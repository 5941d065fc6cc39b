"""``python -m cookie_sessions.cli``, for where the script is not on the path."""

from cookie_sessions.cli.program import main

main()
