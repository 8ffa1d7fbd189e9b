"""The one exception family: everything polyseme raises on purpose is a `PolysemeError`."""


class PolysemeError(Exception):
    """Root of all errors raised on purpose; its message is one line fit to show a user."""


class SourceError(PolysemeError):
    """A circuit, table, problem or file breaks a rule; the message names the place and the rule."""


class OptionError(PolysemeError, ValueError):
    """An argument or option is of a wrong type, out of range, or does not go with the rest.

    The message names the argument, its value and the rule.
    """


class CapacityError(PolysemeError):
    """What was asked for does not fit: into the neurons, a number type, a file, or memory."""


class TooFewNeuronsError(CapacityError):
    """A construction cannot be built with so few neurons; with more it may be."""


class FileFormatError(PolysemeError):
    """A saved network or answer key is not what `docs/format.md` describes."""


class MissingExtraError(PolysemeError):
    """An optional dependency is needed; the message names the extra to install."""
