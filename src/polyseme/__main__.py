"""`python -m polyseme`: the command line."""

import sys

from polyseme.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
