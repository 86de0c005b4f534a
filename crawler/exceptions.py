"""Errors of crawler/. Outcomes of fetches are no exceptions: see crawler.model.Outcome."""


class CrawlerError(Exception):
    """Base of every error this package raises on purpose."""


class RosterError(CrawlerError):
    """Raised when bodies.csv or a portal's YAML can't be used; the message lists every offending line."""


class StoreError(CrawlerError):
    """Raised when the database can't be opened, migrated or written (locked, full disk, newer schema)."""


class ClockError(CrawlerError):
    """Raised when the configured time is malformed, or a simulated clock meets a store that holds real runs."""


class EvidenceError(CrawlerError):
    """Raised when captured bytes can't be written, or don't hash to their name any more."""


class ScanError(CrawlerError):
    """Raised when a scan can't start or its child process died of a fault of ours."""


class ProbeError(CrawlerError):
    """Raised when a probe can't start, its child process died, or its entry must not be written."""


class ImportingError(CrawlerError):
    """Raised when a list of bodies can't be read at all, or importing it would leave a roster that can't be used."""


class BrowserError(CrawlerError):
    """Raised when a page must be drawn by a browser and none can be started."""
