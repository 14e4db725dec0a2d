"""`predictions.json`: what made the masks of a folder, and what came of each scan."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from kseg.errors import RunFolderError
from kseg.storage import remove_file, write_json

RECORD_FILE = "predictions.json"
# What the values in a mask mean; without it no mask can be judged.
_MEANING = ("labels", "regions", "joined")
# What may differ from mask to mask, and then stands with the mask.
_MADE_BY = ("model", "trained_on")


def read_earlier(out: Path) -> dict[str, object]:
    """Return the record of an earlier prediction.

    Args:
        out: folder of the masks.

    Returns:
        dict whose `scans` are all entries with the name of a mask; without any where there is no
        record that can be read, as the folder then tells of no mask.
    """
    try:
        record = json.loads((out / RECORD_FILE).read_text(encoding="utf-8"), parse_constant=_refuse)
        scans = [scan for scan in record["scans"] if isinstance(scan["output"], str)]
        return {**record, "scans": scans}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {"scans": []}


def mask_of(entry: Mapping[str, object], out: Path) -> Path:
    """Return the mask that an entry tells of, which lies in the folder wherever it says.

    Example:
        >>> mask_of({"output": "/elsewhere/a.nii.gz"}, Path("masks")).as_posix()
        'masks/a.nii.gz'
    """
    return out / Path(str(entry["output"])).name


class PredictionRecord:
    """The record of a folder of masks, written anew after each scan.

    It tells of every mask in the folder that kseg has predicted. Entries of an earlier prediction
    stay while their masks are there and are not predicted anew; one that another model made says
    so in its own `model` and `trained_on`. An earlier scan that failed has no mask, and goes.

    Args:
        out: folder of the masks.
        header: mapping of what holds for all masks of this prediction, `model` and `labels` among
            it.
        outputs: paths of all masks that are about to be predicted.

    Raises:
        RunFolderError: if masks stay in which the values mean something else.
    """

    def __init__(self, out: Path, header: Mapping[str, object], outputs: Sequence[Path]):
        self.scans: list[dict] = []
        self._out = out
        # As it will be read again: a tuple is a list there.
        self._header = json.loads(json.dumps(header))
        earlier = read_earlier(out)
        entries = {mask_of(entry, out): entry for entry in earlier["scans"] if _is_done(entry)}
        self._earlier = {path: entry for path, entry in entries.items() if path.is_file()}
        self._stale: list[Path] = []
        staying = [path for path in self._earlier if path not in outputs]
        if earlier.get("model") == self._header["model"]:
            if staying and "joined" in earlier:
                # A run knows what its labels were joined of; a copy of its model does not.
                self._header = {"joined": earlier["joined"]} | self._header
        elif any(earlier.get(key) != self._header.get(key) for key in _MEANING):
            if staying:
                raise _other_labels(staying[0], out)
            self._stale, self._earlier = list(self._earlier), {}
        self._earlier = {
            path: _with_maker(entry, earlier, self._header) for path, entry in self._earlier.items()
        }

    def remove_stale(self) -> None:
        """Remove the masks that are predicted anew with other labels, before any other is there."""
        for path in self._stale:
            remove_file(path)

    def add(self, entry: dict) -> None:
        """Add what came of a scan, and write the record.

        Args:
            entry: dict with `output`, the name of the mask.
        """
        self.scans.append(entry)
        self._earlier.pop(mask_of(entry, self._out), None)
        scans = [*self._earlier.values(), *self.scans]
        write_json(self._out / RECORD_FILE, self._header | {"scans": scans})


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _is_done(entry: Mapping[str, object]) -> bool:
    return entry.get("status") == "done"


def _with_maker(
    entry: Mapping[str, object], earlier: Mapping[str, object], header: Mapping[str, object]
) -> dict:
    """Return an entry that tells what made its mask where that is not what the header tells."""
    maker = {key: entry.get(key, earlier.get(key)) for key in _MADE_BY}
    own = {key: value for key, value in maker.items() if value != header.get(key)}
    return {key: value for key, value in entry.items() if key not in _MADE_BY} | own


def _other_labels(mask: Path, out: Path) -> RunFolderError:
    return RunFolderError(
        why=f"the masks of an earlier prediction in {out}, such as {mask.name}, hold other labels "
        "than this model predicts; side by side nobody could tell what a value means",
        file=out,
        fix="give another --out, or remove the earlier masks",
        code="KS-I06",
    )
