import hashlib
import io
import os
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from kseg.dataset.sources import digits as module
from kseg.dataset.sources.digits import digits_file, open_digits
from kseg.errors import ManifestError, VolumeError
from tests.workflow.digits_of import blobs, write_digits

REAL = os.environ.get("KSEG_TEST_DATA")


@pytest.fixture
def served(monkeypatch):
    """Return a function that serves bytes on the loopback interface in place of the real file."""
    servers = []

    def serve(content, status=200):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(module, "URL", f"http://127.0.0.1:{server.server_port}/mnist.npz")

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_arrays_come_as_they_are_stored(tmp_path):
    file = write_digits(tmp_path / "mnist.npz", train=30, test=20)
    digits = open_digits(file)
    images, labels = blobs(30, 0)
    np.testing.assert_array_equal(digits.train_images, images)
    np.testing.assert_array_equal(digits.train_labels, labels)
    assert digits.file == file and len(digits.test_labels) == len(digits.test_images) == 20
    assert digits.label_counts == (3,) * 10


def test_a_folder_and_the_place_of_keras_hold_the_file_by_its_name(tmp_path, monkeypatch):
    write_digits(tmp_path / "keras/datasets/mnist.npz", train=30, test=20)
    assert len(open_digits(tmp_path / "keras/datasets").train_labels) == 30
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    assert len(open_digits(None).train_labels) == 30
    home = digits_file(None, {})
    assert home.parts[-3:] == (".keras", "datasets", "mnist.npz") and home.is_absolute()
    assert digits_file(Path("some/OTHER.NPZ"), {}) == Path("some/OTHER.NPZ")


def test_no_file_is_told_with_the_two_ways_out_and_nothing_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_fetch", lambda: pytest.fail("it was fetched"))
    with pytest.raises(ManifestError) as refused:
        open_digits(tmp_path)
    error = refused.value
    assert (error.code, error.exit_code) == ("KS-E18", 4)
    assert error.file == str(tmp_path / "mnist.npz")
    assert "--data" in error.fix and "data.download=true" in error.fix


def test_a_download_is_checked_stored_and_made_once(tmp_path, served, monkeypatch):
    content = write_digits(tmp_path / "synthetic.npz", train=30, test=20).read_bytes()
    served(content)
    monkeypatch.setattr(module, "URL_SHA256", hashlib.sha256(content).hexdigest())
    place = tmp_path / "cache"
    assert len(open_digits(place, download=True).train_labels) == 30
    assert (place / "mnist.npz").read_bytes() == content
    monkeypatch.setattr(module, "URL", "http://127.0.0.1:1/gone")
    assert len(open_digits(place, download=True).train_labels) == 30


@pytest.mark.parametrize(
    ("status", "why"), [(200, "SHA-256"), (404, "404")], ids=["other bytes", "no such file"]
)
def test_a_download_of_other_bytes_is_refused_and_leaves_no_file(tmp_path, served, status, why):
    served(b"<html>sign in first</html>", status)
    with pytest.raises(ManifestError, match=why) as refused:
        open_digits(tmp_path, download=True)
    assert refused.value.code == "KS-E19" and "--data" in refused.value.fix
    assert list(tmp_path.iterdir()) == []


def test_no_network_is_told_as_such(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(module, "URL", "http://127.0.0.1:1/mnist.npz")
    with pytest.raises(ManifestError, match="cannot be fetched"):
        open_digits(tmp_path, download=True)


def cut(content):
    return content[: len(content) // 2]


def flip(content):
    changed = bytearray(content)
    changed[len(changed) // 3] ^= 0x10
    return bytes(changed)


@pytest.mark.parametrize("damage", [cut, flip, lambda c: b"", lambda c: b"<html>sign in</html>"])
def test_a_damaged_file_is_refused_by_name_with_a_fix(tmp_path, damage):
    file = write_digits(tmp_path / "mnist.npz", train=30, test=20)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(VolumeError) as refused:
        open_digits(file)
    error = refused.value
    assert (error.code, error.file, error.exit_code) == ("KS-A17", str(file), 4)
    assert "fetch" in error.fix


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"x_test": None, "y_train": None}, "lacks the arrays y_train, x_test"),
        ({"x_train": np.zeros((30, 28, 27), np.uint8)}, r"x_train must .* \(30, 28, 27\)"),
        ({"x_test": np.zeros((20, 28, 28), np.float32)}, "x_test must .* float32"),
        ({"y_train": np.zeros(29, np.uint8)}, r"y_train must .* \(29,\)"),
        ({"y_test": np.zeros(20, np.int64)}, "y_test must .* int64"),
        ({"y_test": np.full(20, 10, np.uint8)}, "0 to 9. Received: a 10"),
        (
            {"x_test": np.zeros((0, 28, 28), np.uint8), "y_test": np.zeros(0, np.uint8)},
            "0 to 9. Received: none",
        ),
        ({"y_test": np.array(["7"] * 20, object)}, "cannot be read"),
    ],
)
def test_arrays_that_are_no_digits_are_refused(tmp_path, changes, why):
    file = write_digits(tmp_path / "mnist.npz", train=30, test=20, **changes)
    with pytest.raises(VolumeError, match=why):
        open_digits(file)


def test_a_file_that_unpacks_to_far_too_much_is_refused_unread(tmp_path, monkeypatch):
    file = write_digits(tmp_path / "mnist.npz", train=30, test=20)
    monkeypatch.setattr(module, "LARGEST_BYTES", 30 * 28 * 28)
    monkeypatch.setattr(np, "load", lambda *args, **options: pytest.fail("it was read"))
    with pytest.raises(VolumeError, match="unpacks to"):
        open_digits(file)


@pytest.mark.parametrize("count", [2**35, 2**55])
def test_G12_a_small_array_that_demands_32_gib_is_refused(tmp_path, count):
    header = io.BytesIO()
    described = {"descr": "|u1", "fortran_order": False, "shape": (count, 28, 28)}
    np.lib.format.write_array_header_1_0(header, described)
    file = write_digits(tmp_path / "a.npz", train=10, test=10)
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, header.getvalue() if name == "x_train.npy" else content)
    with pytest.raises(VolumeError):
        open_digits(file, download=False)


@pytest.mark.skipif(REAL is None, reason="KSEG_TEST_DATA is not set")
def test_the_real_digits_are_seventy_thousand():
    digits = open_digits(Path(REAL) / "mnist")
    assert digits.train_images.shape == (60_000, 28, 28)
    assert digits.test_images.shape == (10_000, 28, 28)
    assert digits.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert sum(digits.label_counts) == 60_000
