"""The commands ``cookie-sessions`` and ``flask sessions``, for those who run the keys."""
