"""The version of polyseme, which files for other programs name."""

VERSION = "0.1.0"
