"""Sessions are stolen, ended, and must stay so; some of it runs as commands, without pytest."""

import sys
from pathlib import Path

# pytest has its own way of saying where the tests' environment is described.
sys.path.append(str(Path(__file__).resolve().parents[1] / "runner"))
