"""The one exception family: everything polyseme raises on purpose is a `PolysemeError`."""


class PolysemeError(Exception):
    """Root of all errors raised on purpose; its message is one line fit to show a user."""


class SourceError(PolysemeError):
    """A circuit, table, problem or file breaks a rule; the message names the place and the rule."""


class CompileError(PolysemeError):
    """A well-formed circuit cannot be compiled as asked."""


class FileFormatError(PolysemeError):
    """A saved network or answer key is not what `docs/format.md` describes."""


class MissingExtraError(PolysemeError):
    """An optional dependency is needed; the message names the extra to install."""
