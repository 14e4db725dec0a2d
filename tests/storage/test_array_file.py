import contextlib
import gc
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kseg.storage import open_array

NUMBERS = st.one_of(
    arrays.boolean_dtypes(),
    arrays.integer_dtypes(),
    arrays.floating_dtypes(),
    arrays.complex_number_dtypes(),
)
SHAPES = arrays.array_shapes(min_dims=1, max_dims=5, max_side=4)


@settings(max_examples=200)
@given(array=NUMBERS.flatmap(lambda dtype: arrays.arrays(dtype, SHAPES)), by_column=st.booleans())
def test_it_opens_what_numpy_saved_as_numpy_does(tmp_path_factory, array, by_column):
    path = tmp_path_factory.getbasetemp() / "any.npy"
    np.save(path, np.asfortranarray(array) if by_column else array)
    opened, expected = open_array(path), np.load(path, mmap_mode="r")
    assert (opened.dtype, opened.shape) == (expected.dtype, expected.shape)
    assert opened.flags.f_contiguous == expected.flags.f_contiguous
    assert not opened.flags.writeable
    assert opened.tobytes() == expected.tobytes()


@contextlib.contextmanager
def threads_that_change_over_amid_a_header():
    """Hand over to another thread whenever garbage is collected, as a destructor may."""

    def hand_over(*_):
        time.sleep(1e-5)

    before = gc.get_threshold()
    gc.callbacks.append(hand_over)
    gc.set_threshold(3)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(hand_over)


def errors_of_four_threads(task, times):
    errors = []

    def work():
        for _ in range(times):
            try:
                task()
            except SystemError as error:
                errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    with threads_that_change_over_amid_a_header():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return errors


def test_threads_may_open_arrays_at_the_same_time(tmp_path):
    path = tmp_path / "array.npy"
    np.save(path, np.zeros((13, 17, 20, 1), np.float16))
    assert errors_of_four_threads(lambda: open_array(path), times=500) == []


def saved(path, array, **options):
    np.save(path, array, **options)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: data[:-1], "length is greater than file size"),
        (lambda data: b"\x94" + data[1:], "magic string is not correct"),
        (lambda data: data[:40], "does not hold plain numbers"),
        (lambda data: data.replace(b"'<i8'", b"'|O8'"), "does not hold plain numbers"),
        (lambda data: data.replace(b"'<i8'", b"'<i9'"), "data type '<i9' not understood"),
        (lambda data: data.replace(b"(6,)", b"(-6)"), "does not hold plain numbers"),
        (lambda data: data[:6] + b"\x02" + data[7:], "of version"),
        (lambda data: b"", "magic string"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path, change, why):
    path = tmp_path / "array.npy"
    path.write_bytes(change(saved(path, np.arange(6, dtype="<i8"))))
    with pytest.raises((ValueError, TypeError), match=why):
        open_array(path)


@pytest.mark.parametrize(
    "array", [np.array([{}], object), np.zeros(2, [("x", "<f4"), ("y", "<f4")])]
)
def test_what_is_not_plain_numbers_is_refused(tmp_path, array):
    saved(tmp_path / "array.npy", array, allow_pickle=True)
    with pytest.raises(ValueError, match="does not hold plain numbers"):
        open_array(tmp_path / "array.npy")


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_array(tmp_path / "array.npy")
