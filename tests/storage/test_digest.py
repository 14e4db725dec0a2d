import hashlib

import numpy as np
import pytest

from kseg.storage import sha256_bytes, sha256_file, sha256_json


def test_a_file_and_its_bytes_have_one_digest(tmp_path):
    data = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(data)
    assert sha256_file(tmp_path / "a") == sha256_bytes(data) == hashlib.sha256(data).hexdigest()


def test_an_array_is_digested_like_its_bytes():
    array = np.arange(10, dtype=np.int16)
    assert sha256_bytes(array) == sha256_bytes(array.tobytes())


def test_the_order_of_keys_does_not_matter_but_values_do():
    assert sha256_json({"a": [1, 2], "b": None}) == sha256_json({"b": None, "a": [1, 2]})
    assert sha256_json({"a": [1, 2]}) != sha256_json({"a": [2, 1]})
    assert sha256_json({"a": 1}) != sha256_json({"a": "1"})


def test_nan_is_refused():
    with pytest.raises(ValueError):
        sha256_json({"a": float("nan")})
