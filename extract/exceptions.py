"""Errors of extract/: each says file, place, value and how to mend; none is raised for mere doubt."""


class ExtractError(Exception):
    """Base of every error this package raises on purpose."""


class ConfigurationError(ExtractError):
    """Raised when a file of config/ (or the office's facts/) is missing, malformed or contradicts its schema."""


class UnreadableDocumentError(ExtractError):
    """Raised when a document can't be read at all: damaged, locked with a password, of a medium without reader."""


class LimitExceededError(UnreadableDocumentError):
    """Raised when a document passes a limit of size, members, pages, spans, memory or time."""


class GuardError(ExtractError):
    """Raised when our own side kept a document from being read; says nothing of the document."""


class RecordError(ExtractError):
    """Raised when a JSON record given in place of a document is not of schema 1."""
