"""Where things are that tests read."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Circuits that nobody here wrote stand beside the repository, where they are there at all.
CIRCUITS = ROOT.parent / "shared" / "data" / "circuits"
