"""Malicious `model.json`s, and what may stand in the place of a model folder."""

import json
import os
from pathlib import Path

from tests.security import payloads
from tests.security.plain import edit, plain_model


def _argument(make):
    def build(folder: Path, canary: Path) -> Path:
        value = make(canary)
        return edit(folder, lambda d: d["network"]["arguments"].update(kernel_initializer=value))

    return build


def _network(name):
    def build(folder: Path, canary: Path) -> Path:
        arguments = {"command": f"touch {canary}", "args": ["touch", str(canary)]}
        return edit(folder, lambda d: d.update(network={"name": name, "arguments": arguments}))

    return build


def _field(*path, value):
    def change(data):
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return lambda folder, canary: edit(folder, change)


def _text(make):
    """Return a maker of a `model.json` that is some text, or some bytes."""

    def build(folder: Path, canary: Path) -> Path:
        made = make(canary)
        data = made if isinstance(made, bytes) else made.encode()
        (plain_model(folder) / "model.json").write_bytes(data)
        return folder

    return build


def _sparse_description(folder: Path, canary: Path) -> Path:
    with (plain_model(folder) / "model.json").open("r+b") as file:
        file.truncate(200_000_000)
    return folder


def _link(name, target):
    def build(folder: Path, canary: Path) -> Path:
        (plain_model(folder) / name).unlink()
        (folder / name).symlink_to(target)
        return folder

    return build


def _pipe(folder: Path, canary: Path) -> Path:
    (plain_model(folder) / "model.json").unlink()
    os.mkfifo(folder / "model.json")
    return folder


def _single(name, make):
    def build(folder: Path, canary: Path) -> Path:
        (folder / name).write_bytes(make(canary))
        return folder / name

    return build


def _saved_model(folder: Path, canary: Path) -> Path:
    (folder / "saved_model.pb").write_bytes(b"\x08\x01")
    (folder / "model.keras").write_bytes(payloads.keras_file(payloads.lambda_layer(canary)))
    return folder


def _nested(depth):
    return '{"format": 2, "network": ' + "[" * depth + "]" * depth + "}"


ITEMS = {
    "model": {
        "lambda-bytecode-as-the-model": _text(
            lambda canary: json.dumps(payloads.keras_config(payloads.lambda_layer(canary)))
        ),
        "lambda-bytecode-as-an-argument": _argument(payloads.lambda_layer),
        "lambda-value-as-an-argument": _argument(
            lambda canary: payloads.lambda_layer(canary)["config"]["function"]
        ),
        "tfsm-layer": _argument(payloads.tfsm_layer),
        "enable-unsafe-deserialization": _argument(lambda canary: payloads.unsafe_gadget()),
        "function-of-any-module": _argument(payloads.module_gadget),
        "gadget-deep-in-a-list": _argument(lambda canary: [[payloads.module_gadget(canary)]]),
        "network-is-os-system": _network("os:system"),
        "network-is-subprocess": _network("subprocess:run"),
        "network-is-eval": _network("builtins:eval"),
        "network-is-pickle": _network("pickle:loads"),
        "network-is-get-file": _network("keras.utils:get_file"),
        "network-is-load-model": _network("keras.saving:load_model"),
        "network-is-a-function-of-kseg": _network("kseg.storage:write_text"),
        "network-is-the-program": _network("kseg.__main__:main"),
        "network-is-not-installed": _network("evil_package:net"),
        "network-with-dots-that-lead-up": _network("..evil:net"),
        "network-with-signs-for-the-terminal": _network("\x1b]0;evil\x07:net"),
        "block-with-signs-for-the-terminal": _field(
            "network", "arguments", value={"block": {"name": "\x1b[2J", "args": {}}}
        ),
        "key-with-signs-for-the-terminal": _field(
            "network", "arguments", value={"\x1b[2J\n": [[[[[[[[1]]]]]]]]}
        ),
        "unknown-key-with-signs-for-the-terminal": _field("predict", "\x9b2J", value=1),
        "network-is-a-path": _network("../../evil.py:net"),
        "2-mib": _text(lambda canary: '{"format": 2, "name": "' + "x" * (2 << 20) + '"}'),
        "200-mb-sparse": _sparse_description,
        "nested-3000-deep": _text(lambda canary: _nested(3000)),
        "nested-400000-deep": _text(lambda canary: _nested(400_000)),
        "key-twice": _text(lambda canary: '{"format": 2, "format": 1}'),
        "number-of-5000-digits": _text(lambda canary: '{"format": ' + "9" * 5000 + "}"),
        "not-a-number": _text(lambda canary: '{"format": 2, "name": NaN}'),
        "not-utf-8": _text(lambda canary: b'{"format": 2, "name": "\xff\xfe"}'),
        "pickle-as-description": _text(payloads.pickled),
        "weights-path-up": _field("weights", "file", value="../../../../etc/passwd"),
        "weights-path-absolute": _field("weights", "file", value="/etc/passwd"),
        "weights-from-the-network": _field("weights", "file", value="http://192.0.2.1/w"),
        "weights-in-hdf5": _field("weights", "file", value="weights.h5"),
        "patch-of-terabytes": _field("patch_size_zyx", value=[100_000, 100_000, 100_000]),
        "overlap-that-never-ends": _field("predict", "overlap", value=0.9999999),
        "batch-of-millions": _field("predict", "batch", value=10**7),
        "spacing-of-nothing": _field("preprocess", "spacing_mm", value=[1e-300, 1, 1]),
        "arguments-by-the-million": _field("network", "arguments", value={"f": [1] * 400_000}),
        "description-is-a-link-out": _link("model.json", "/etc/hostname"),
        "description-is-a-link-to-endless-zeros": _link("model.json", "/dev/zero"),
        "weights-are-a-link-out": _link("weights.safetensors", "/etc/hostname"),
        "weights-are-a-link-up": _link("weights.safetensors", "../../../../etc/hostname"),
        "weights-are-a-link-to-endless-zeros": _link("weights.safetensors", "/dev/zero"),
        "links-in-a-circle": _link("model.json", "model.json"),
        "description-is-a-pipe": _pipe,
        "keras-file-with-lambda": _single(
            "model.keras", lambda canary: payloads.keras_file(payloads.lambda_layer(canary))
        ),
        "keras-file-as-zip": _single(
            "model.zip", lambda canary: payloads.keras_file(payloads.tfsm_layer(canary))
        ),
        "old-hdf5-model-with-lambda": _single(
            "model.h5", lambda canary: payloads.hdf5(payloads.legacy_model(canary))
        ),
        "pickle": _single("model.pkl", payloads.pickled),
        "pickle-named-zip": _single("model.zip", payloads.pickled),
        "saved-model": _saved_model,
    }
}
