"""What is no longer as it was when a training began, told one by one, and whether it may go on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from kseg.errors import RunFolderError
from kseg.recipe import write_flow

_NOWHERE = ("not there", "")
_SHOWN = 20


def recipe_changes(before: Mapping, now: Mapping) -> list[str]:
    """Return what of the recipe and of kseg has changed.

    Args:
        before: identity that a checkpoint holds.
        now: `recipe_identity` of today.

    Returns:
        List of sentences.

    Example:
        >>> before = {"kseg": "0.1.0", "recipe": {"optimizer.learning_rate": 0.001}}
        >>> now = {"kseg": "0.2.0", "recipe": {"optimizer.learning_rate": 0.002}}
        >>> recipe_changes(before, now)
        ['kseg 0.1.0 -> 0.2.0', 'optimizer.learning_rate: 0.001 -> 0.002']
    """
    told = []
    if before["kseg"] != now["kseg"]:
        told.append(f"kseg {before['kseg']} -> {now['kseg']}")
    old, new = _versions(before), _versions(now)
    for part in dict.fromkeys((*old, *new)):
        if old.get(part) != new.get(part):
            told.append(f"{part} {old.get(part, 'not there')} -> {new.get(part, 'not there')}")
    old, new = before["recipe"], now["recipe"]
    for key in dict.fromkeys((*new, *old)):
        if old.get(key) != new.get(key):
            told.append(f"{key}: {write_flow(old.get(key))} -> {write_flow(new.get(key))}")
    return told


def data_changes(before: Mapping, now: Mapping) -> list[str]:
    """Return what of the data has changed.

    Args:
        before: identity that a checkpoint holds.
        now: `data_identity` of today.

    Returns:
        List of sentences.

    Example:
        >>> names = {"labels": ["background", "liver"], "channels": ["CT"]}
        >>> before = {**names, "train": {"a": "1", "b": "2"}, "validation": {}}
        >>> data_changes(before, {**names, "train": {"a": "9"}, "validation": {"b": "2"}})
        ['case a: its files changed', 'case b: it trained -> it validates']
    """
    told = [
        f"{what}: {write_flow(before.get(what))} -> {write_flow(now.get(what))}"
        for what in ("labels", "channels", "regions", "reading")
        if before.get(what) != now.get(what)
    ]
    old, new = _parts(before), _parts(now)
    for case in dict.fromkeys((*old, *new)):
        (was, was_digest), (is_, is_digest) = old.get(case, _NOWHERE), new.get(case, _NOWHERE)
        if was != is_:
            told.append(f"case {case}: {was} -> {is_}")
        if _NOWHERE not in (old.get(case, _NOWHERE), new.get(case, _NOWHERE)):
            told += [f"case {case}: its files changed"] * (was_digest != is_digest)
    return told


def judged_otherwise(before: Mapping, now: Mapping) -> bool:
    """Return whether scores of a validation are no longer comparable with those from before.

    Args:
        before: identity that a checkpoint holds.
        now: identity of today.

    Returns:
        bool, True if other cases or masks validate, or these are read or predicted otherwise.

    Example:
        >>> before = {"recipe": {"predict.overlap": 0.5, "fit.ema": 0.9}, "validation": {"a": "1"}}
        >>> judged_otherwise(before, before | {"recipe": {"predict.overlap": 0.5}})
        False
        >>> judged_otherwise(before, before | {"validation": {"a": "2"}})
        True
    """
    data = ("labels", "channels", "regions", "reading", "validation")
    old, new = before["recipe"], now["recipe"]
    # How many windows the network is given at once is a matter of memory alone.
    keys = {*old, *new} - {"predict.batch"}
    changed = [key for key in keys if old.get(key) != new.get(key)]
    return any(before.get(what) != now.get(what) for what in data) or any(
        # The window of a prediction is as large as a patch.
        key == "patches.size" or key.split(".")[0] in ("data", "preprocess", "predict")
        for key in changed
    )


def impossible(
    before: Mapping,
    now: Mapping,
    trained_on: Mapping[str, Sequence[str]] | None = None,
    images: Mapping[str, str] | None = None,
) -> list[str]:
    """Return why a training cannot go on with its changes, whoever accepts them.

    What changes the shape of the network or of its optimizer is found later, where they are built.

    Args:
        before: identity that a checkpoint holds.
        now: identity of today; without its data as long as these are not known.
        trained_on: digests by the id of each case that any sitting has trained on; None for those
            that the checkpoint's identity names.
        images: digest of the image alone by the id of each case, or None.

    Returns:
        List of sentences; empty where nothing stands in the way.
    """
    why = []
    if before["recipe"].get("fit.init") != now["recipe"].get("fit.init"):
        why.append("fit.init is only read before the first step")
    if "labels" not in now:
        return why
    if _meaning(before) != _meaning(now):
        why.append("the network has learnt the labels that were there")
    if before["channels"] != now["channels"]:
        why.append("the network has learnt the channels that were there")
    leaked = leaked_cases(before, now, trained_on or {}, images or {})
    if leaked:
        more = f" and {len(leaked) - 3} more" if len(leaked) > 3 else ""
        why.append(
            f"the network has been trained on {', '.join(leaked[:3])}{more}, so that it cannot be "
            "validated on them"
        )
    return why


def leaked_cases(
    before: Mapping,
    now: Mapping,
    trained_on: Mapping[str, Sequence[str]],
    images: Mapping[str, str],
) -> list[str]:
    """Return the validation cases that the network has been trained on, under whatever id.

    Args:
        before: identity that a checkpoint holds.
        now: identity of today, with its data.
        trained_on: digests by the id of each case that any sitting has trained on.
        images: digest of the image alone by the id of each case.

    Returns:
        List of ids.

    Example:
        >>> before = {"train": {"b": "2"}, "validation": {}}
        >>> now = {"train": {"b": "2"}, "validation": {"a": "7", "c": "3", "copy": "2"}}
        >>> leaked_cases(before, now, {"a": ["1"]}, {})
        ['a', 'copy']
    """
    known = {*before["train"].values()}.union(*trained_on.values())
    return [
        case
        for case, digest in now["validation"].items()
        if case in before["train"]
        or case in trained_on
        or digest in known
        or images.get(case) in known
    ]


def refuse_changes(
    changes: Sequence[str], reasons: Sequence[str], accept: bool, folder: Path
) -> None:
    """Refuse to go on with changes that nobody accepted, or that cannot be accepted.

    Args:
        changes: sentences, what changed.
        reasons: sentences, why it cannot go on at all.
        accept: bool, whether the caller accepts the changes.
        folder: path of the run folder.

    Raises:
        RunFolderError: with the list of what changed.
    """
    if not changes or (accept and not reasons):
        return
    lines = ["this run folder holds a training that began otherwise:", *changes[:_SHOWN]]
    lines += [f"and {len(changes) - _SHOWN} changes more"] * (len(changes) > _SHOWN)
    fix = "take the changes back, or give another folder with --out"
    if reasons:
        lines += ["it cannot go on with these changes:", *reasons]
    else:
        fix += "; --accept-changes goes on with them, and the folder will tell of it"
    text = "\n".join(line if line.endswith(":") else f"    {line}" for line in lines)
    raise RunFolderError(why=text, file=folder, fix=fix, code="KS-G10")


def _versions(identity: Mapping) -> dict[str, str]:
    """Return the version of each plug-in."""
    return {
        f"{kind} {name}": version or "without version"
        for kind, name, version in identity.get("plugins", ())
    }


def _meaning(identity: Mapping) -> list[object]:
    """Return all that says what a value of a mask means."""
    reading = identity.get("reading") or {}
    joined, ignore = reading.get("joined"), reading.get("ignore")
    return [identity["labels"], identity.get("regions"), joined, ignore]


def _parts(identity: Mapping) -> dict[str, tuple[str, str]]:
    """Return what each case is for, and its digest."""
    return {case: ("it trained", digest) for case, digest in identity["train"].items()} | {
        case: ("it validates", digest) for case, digest in identity["validation"].items()
    }
