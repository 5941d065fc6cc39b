"""Speed and size, measured against peers in one process and one run: ``python -m benchmarks``.

These are programs, not tests: they print ratios and the mark each one has to reach, and no test
fails on a time.
"""
