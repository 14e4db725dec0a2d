"""Why a trial failed, in a sentence."""

from kseg.engine import JobTimedOutError, WorkerDiedError
from kseg.errors import KsegError
from kseg.recipe import TuneSection
from kseg.tune.objective import NotFiniteError

_LONGEST = 500


def reason_of(error: BaseException, tune: TuneSection) -> str:
    """Return why a trial failed.

    Args:
        error: what its process raised, or how it ended.
        tune: `TuneSection`.

    Returns:
        str, one line.
    """
    if isinstance(error, JobTimedOutError):
        return f"it ran longer than tune.time_limit ({tune.time_limit})"
    if isinstance(error, WorkerDiedError):
        return f"its process {error.told}"
    if isinstance(error, KsegError):
        return _one_line(f"{error.why}  [{error.code}]")
    if isinstance(error, MemoryError):
        return "it ran out of memory"
    told = _one_line(str(error))
    if isinstance(error, NotFiniteError):
        return told
    return f"{type(error).__name__}: {told}" if told else type(error).__name__


def _one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST]
