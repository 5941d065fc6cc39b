"""``cookie-sessions doctor``: what a deployment lets through, measured by asking it."""
