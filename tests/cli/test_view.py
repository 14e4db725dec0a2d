import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import numpy as np
import pytest

from kseg.volume import make_grid, write_image, write_labels


@pytest.fixture
def files(tmp_path):
    grid = make_grid(np.diag([-1.5, -1.5, 3.0, 1.0]), (9, 8, 6))
    scan, mask = tmp_path / "scan.nii.gz", tmp_path / "mask.nii.gz"
    values = np.random.default_rng(0).integers(-1000, 1000, (6, 8, 9))
    write_image(scan, values.astype(np.int16), grid)
    write_labels(mask, (values > 500).astype(np.uint8), grid)
    return scan, mask


# A process started by a background job would ignore Ctrl-C, and so would its children. It is set in
# the process itself, since code of ours between fork and exec may hang where there are threads.
HEED_CTRL_C = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"


def start(*words, script="from kseg.cli.main import main; main()"):
    return subprocess.Popen(
        [sys.executable, "-c", HEED_CTRL_C + script, "view", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )


def read_until_ready(process):
    lines = []
    while not lines or "Ctrl-C" not in lines[-1]:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        lines.append(line)
    return "".join(lines)


def test_ctrl_c_ends_it_with_one_sentence_and_frees_the_port(files):
    process = start("--no-browser", *files)
    told = read_until_ready(process)
    address = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=[\w-]{43}", told)
    assert "image   scan.nii.gz\nlabels  mask.nii.gz\n" in told
    with urllib.request.urlopen(address[0], timeout=10) as page:
        assert b"For research use only" in page.read()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "\nThe viewer has ended.\n", "")
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", int(address[1])))


def test_the_browser_is_opened_at_the_address_and_tensorflow_stays_out(files):
    script = """if True:
        import sys, webbrowser
        webbrowser.open = lambda address: print("opened", address, "tensorflow" in sys.modules)
        from kseg.cli.main import main
        main()
    """
    process = start(*files, script=script)
    address = re.search(r"^open    (\S+)", told := read_until_ready(process), re.MULTILINE)[1]
    if "opened" not in told:
        told += process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert f"opened {address} False" in told and process.returncode == 0


def test_a_damaged_file_is_refused_before_anything_is_served(files, kseg_command):
    scan, mask = files
    mask.write_bytes(mask.read_bytes()[:-8])
    ended = kseg_command("view", "--no-browser", scan, mask)
    assert ended.code == 4 and str(mask) in ended.err and "http" not in ended.out


def test_a_mask_on_another_grid_is_refused_and_told_how_to_see_it(files, tmp_path, kseg_command):
    other = tmp_path / "other.nii.gz"
    write_labels(other, np.ones((6, 8, 7), np.uint8), make_grid(np.eye(4), (7, 8, 6)))
    ended = kseg_command("view", "--no-browser", files[0], other)
    assert ended.code == 4 and "KS-D05" in ended.err and "--any-grid" in ended.err


def test_a_port_in_use_is_refused(files, kseg_command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = kseg_command("view", "--no-browser", "--port", port, *files)
    assert ended.code == 2 and "KS-V15" in ended.err and str(port) in ended.err
