"""Metrics of sessions, through the libraries that applications have for them.

Nothing here is loaded by the rest of the package, and each library by its own file alone.
"""
