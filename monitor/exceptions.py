"""Errors of monitor/. The command line turns each into its exit code and one clear message."""


class MonitorError(Exception):
    """Base of every error this package raises on purpose; exit code 4 unless said otherwise."""


class SettingsError(MonitorError):
    """Raised when settings.toml or an environment variable can't be used; exit code 2."""


class UsageError(MonitorError):
    """Raised when a command is asked for something that can't be (unknown body, id, decision); exit code 2."""


class DeliveryError(MonitorError):
    """Raised by a channel when a message was refused; `permanent` says whether trying again makes sense."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class WatchError(MonitorError):
    """Raised when the watch can't start, because another one is at work on the same store."""


class BackupError(MonitorError):
    """Raised when a backup can't be written, is damaged, or would overwrite what is in use."""


class WorkersKilledError(MonitorError):
    """Raised for a document whose reading ended one worker of the cluster after another."""


class UnsettledError(MonitorError):
    """Raised for a document that may or may not have ended workers of a cluster which is gone."""


class ClusterError(MonitorError):
    """Raised when the cluster that the settings name can't be reached."""
