"""The exceptions of polyseme: every error raised on purpose is a `PolysemeError`."""


class PolysemeError(Exception):
    """Base class of all errors raised on purpose; the message is one line for the user."""


class SourceError(PolysemeError):
    """A circuit, table, problem or source file breaks a rule.

    The message names the place and the rule.
    """


class OptionError(PolysemeError, ValueError):
    """An argument or option is of a wrong type, out of range, or in conflict with the others.

    The message names the argument, its value and the rule.
    """


class CapacityError(PolysemeError):
    """The result asked for does not fit into the neurons, a number type, a file, or memory."""


class TooFewNeuronsError(CapacityError):
    """A construction cannot be built with so few neurons, but perhaps with more."""


class FileFormatError(PolysemeError):
    """A saved network or answer key is not what `docs/format.md` describes."""


class MissingExtraError(PolysemeError):
    """An optional dependency is not installed; the message names the extra to install."""


class PolysemeWarning(UserWarning):
    """A network is not what was asked for, or was asked what it was not made for.

    The message is one line: what the command line says on standard error too.
    """
