"""The NVIDIA GPUs of this machine, found without a library that would take their memory."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "CUDA_VISIBLE_DEVICES"
DRIVER_FOLDER = Path("/proc/driver/nvidia/gpus")
LIST_COMMAND = ("nvidia-smi", "-L")
_LIST_SECONDS = 60
_NONE = "-1"
# "GPU 0: NVIDIA H200 (UUID: GPU-5c89852c-...)", and below it the parts of one that is divided.
_GPU_LINE = re.compile(r"GPU (\d+):")
_PART_LINE = re.compile(r"\s+MIG .*\(UUID: (MIG-[^)]+)\)")


@dataclass(frozen=True)
class _Hidden:
    gpus: tuple[str, ...]
    before: str | None


_hidden: _Hidden | None = None


def visible_gpus(
    environment: Mapping[str, str] | None = None,
    command: Sequence[str] = LIST_COMMAND,
    folder: Path = DRIVER_FOLDER,
) -> tuple[str, ...]:
    """Return the GPUs that this process may use, by the names that CUDA knows them by.

    Args:
        environment: Mapping of environment variables; None for those of this process. Where
            `CUDA_VISIBLE_DEVICES` is set, it says all.
        command: words of the command that lists the GPUs. In a container it lists those that the
            container was given.
        folder: path of the folder in which the driver has an entry for each GPU, for where there
            is no such command.

    Returns:
        tuple of str, such as `("0", "1")`. A GPU that is divided (MIG) counts as its parts.

    Example:
        >>> visible_gpus({"CUDA_VISIBLE_DEVICES": "2,3"})
        ('2', '3')
    """
    environment = os.environ if environment is None else environment
    if VARIABLE in environment:
        return _listed(environment[VARIABLE])
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, timeout=_LIST_SECONDS, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        entries = list(folder.iterdir()) if folder.is_dir() else []
        return tuple(str(number) for number in range(len(entries)))
    return _parsed(told)


def hide_gpus() -> None:
    """Keep this process off the GPUs, and leave them to the jobs that it will start.

    It is called before TensorFlow starts, which takes the memory of every GPU that it sees.
    """
    global _hidden
    if _hidden is None:
        _hidden = _Hidden(visible_gpus(), os.environ.get(VARIABLE))
        os.environ[VARIABLE] = _NONE


def gpus_of_jobs() -> tuple[str, ...]:
    """Return the GPUs for the jobs of this process: what it sees, or saw before it hid them."""
    return visible_gpus() if _hidden is None else _hidden.gpus


def gpu_environment(gpus: Sequence[str], slot: int) -> dict[str, str | None]:
    """Return the environment variables that give a job its GPU.

    Args:
        gpus: names of the GPUs, from `gpus_of_jobs`.
        slot: int, which of the jobs that run at a time it is, from 0 on.

    Returns:
        Dict; None stands for a variable that is to be taken away. It is empty where there are no
        GPUs and none are hidden.

    Example:
        >>> gpu_environment(("4", "5"), slot=3)
        {'CUDA_VISIBLE_DEVICES': '5'}
    """
    if gpus:
        return {VARIABLE: gpus[slot % len(gpus)]}
    # None were found, but what was hidden for their sake is not the jobs' business.
    return {} if _hidden is None else {VARIABLE: _hidden.before}


def _listed(text: str) -> tuple[str, ...]:
    names = []
    for name in map(str.strip, text.split(",")):
        # CUDA stops at the first name that is none: `-1`, or what Slurm writes for no GPU.
        if not re.fullmatch(r"\d+|(GPU|MIG)-\S+", name):
            break
        names.append(name)
    return tuple(names)


def _parsed(told: str) -> tuple[str, ...]:
    names: list[tuple[str, list[str]]] = []
    for line in told.splitlines():
        if found := _GPU_LINE.match(line):
            names.append((found[1], []))
        elif (found := _PART_LINE.match(line)) and names:
            names[-1][1].append(found[1])
    return tuple(name for whole, parts in names for name in parts or [whole])
