"""`python -m polyseme`: the command line."""

import sys

from polyseme.cli.entry import entry

if __name__ == "__main__":
    sys.exit(entry())
