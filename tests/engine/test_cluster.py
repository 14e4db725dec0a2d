import os
import signal
import socket
import sys

import pytest

from kseg.engine import cluster, gpus
from kseg.engine.cluster import connect, processors_each
from kseg.errors import KsegError


@pytest.mark.parametrize(
    ("nodes", "workers", "each"),
    [
        ([{"CPU": 2}], 2, 1),
        ([{"CPU": 8}], 3, 2),
        ([{"CPU": 8}], 1, 8),
        # By their sum they would get 4 each, and one of 4 would find no place.
        ([{"CPU": 5}] * 3, 4, 2),
        ([{"CPU": 2}, {"CPU": 16}], 2, 8),
        ([{"CPU": 2}], 5, 1),
        ([{"CPU": 8}, {"CPU": 8}], 100, 1),
        # The head of a cluster often takes no jobs, and has no processors for that.
        ([{}, {"CPU": 0}, {"CPU": 6}], 2, 3),
        ([], 2, 1),
        ([{"CPU": 0}], 2, 1),
        # With GPUs only machines with a GPU count, and no more jobs than GPUs.
        ([{"CPU": 64}, {"CPU": 16, "GPU": 2}], 2, 8),
        ([{"CPU": 16, "GPU": 2}], 4, 8),
        ([{"CPU": 16, "GPU": 4}, {"CPU": 8, "GPU": 1}], 5, 4),
    ],
)
def test_as_many_processors_are_given_as_let_all_jobs_run_at_a_time(nodes, workers, each):
    assert processors_each(nodes, workers) == each


def test_without_ray_its_reader_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(KsegError) as caught:
        connect(workers=1)
    assert "pip install 'kseg[cluster]'" in caught.value.fix


class NoRay:
    """Takes the place of Ray, and notes what it is asked for."""

    class exceptions:
        RayError = ZeroDivisionError

    class _private:
        pass

    def __init__(self, error=None, is_initialized=False):
        self.error, self.is_initialized = error, lambda: is_initialized
        self.asked = self.variables = None

    def init(self, address, **arguments):
        self.asked, self.variables = (address, arguments), dict(os.environ)
        # As Ray does.
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ["HOME"] = "/elsewhere"
        sys.path.insert(0, "/opt/ray/thirdparty_files")
        sys.excepthook = print
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(15))
        if self.error:
            raise self.error


@pytest.fixture
def no_ray(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(gpus, "_hidden", gpus._Hidden(("0", "1"), before=None))
    monkeypatch.setenv(gpus.VARIABLE, "-1")

    def put_in(**words):
        ray = NoRay(**words)
        monkeypatch.setattr(cluster, "_import_ray", lambda: ray)
        return ray

    return put_in


def test_without_an_address_a_cluster_of_our_own_is_started_whatever_others_there_are(no_ray):
    ray = no_ray()
    assert connect(workers=7) == (ray, True)
    address, arguments = ray.asked
    assert address == "local" and arguments["num_cpus"] >= 7
    assert arguments["num_gpus"] == 2 and gpus.VARIABLE not in ray.variables
    assert ray.variables["RAY_USAGE_STATS_ENABLED"] == "0"
    assert len(ray.variables["RAY_AUTH_TOKEN"]) == 64


@pytest.fixture
def head():
    """The address of something that listens on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_an_address_goes_before_that_of_the_environment(no_ray, monkeypatch, head):
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    ray = no_ray()
    connect(workers=1)
    assert ray.asked[0] == "auto"
    connect(workers=1, address=head)
    assert ray.asked[0] == head
    # What a cluster that runs already has is its own matter, and so is its secret.
    assert ray.asked[1].keys() == {"logging_level", "log_to_driver"}
    assert "RAY_AUTH_TOKEN" not in ray.variables


@pytest.mark.parametrize("error", [None, ConnectionError("no route")])
def test_this_process_is_left_as_it_was(no_ray, error):
    ray = no_ray(error=error)
    before = dict(os.environ), list(sys.path), sys.excepthook, signal.getsignal(signal.SIGTERM)
    if error is None:
        connect(workers=1)
    else:
        with pytest.raises(KsegError, match="cannot be started on this machine: no route"):
            connect(workers=1)
    assert ray.asked
    # Ray needs its own copies of libraries, and nobody else.
    assert sys.path.pop() == "/opt/ray/thirdparty_files"
    assert sys.path == before[1]
    now = dict(os.environ), list(sys.path), sys.excepthook, signal.getsignal(signal.SIGTERM)
    assert now == before


@pytest.mark.parametrize(
    "error", [ConnectionError("no route"), RuntimeError("no route"), ZeroDivisionError("no route")]
)
def test_a_cluster_that_cannot_be_used_is_told_with_its_address(no_ray, head, error):
    ray = no_ray(error=error)
    with pytest.raises(KsegError, match=f"{head} cannot be used: no route") as caught:
        connect(workers=1, address=head)
    assert ray.asked and caught.value.code == "KS-G17" and "ray status" in caught.value.fix


@pytest.mark.parametrize("form", ["{}", "ray://{}"])
def test_where_nobody_listens_ray_is_not_let_try_for_minutes(no_ray, form):
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = f"127.0.0.1:{server.getsockname()[1]}"
    ray = no_ray()
    with pytest.raises(KsegError, match=f"{gone} cannot be used: .*refused"):
        connect(workers=1, address=form.format(gone))
    assert ray.asked is None


def test_a_process_that_is_connected_already_is_not_connected_again(no_ray):
    ray = no_ray(is_initialized=True)
    assert connect(workers=1) == (ray, False) and ray.asked is None
