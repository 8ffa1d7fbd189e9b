"""Files read and written: regular files read whole, outputs that appear whole or not at all."""

from polyseme.common.files.paths import one_line, reason_of, shown_path
from polyseme.common.files.temporaries import Piece
from polyseme.common.files.writing import write_whole

__all__ = ["Piece", "one_line", "reason_of", "shown_path", "write_whole"]
