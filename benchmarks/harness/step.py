"""The process of one job: `python -m harness.step MODULE FUNCTION ARGUMENTS`, the row as JSON."""

from __future__ import annotations

import json
import sys
from importlib import import_module

if __name__ == "__main__":
    module, function, arguments = sys.argv[1:]
    print(json.dumps(getattr(import_module(module), function)(**json.loads(arguments))))
