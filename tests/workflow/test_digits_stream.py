import numpy as np
import pytest

from kseg.dataset.sources.digits import open_digits
from kseg.errors import ManifestError
from kseg.workflow.digits_stream import as_input, make_digit_streams, rows_of_step
from tests.workflow.digits_of import write_digits


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return open_digits(write_digits(tmp_path_factory.mktemp("digits") / "mnist.npz", train=70))


def batches(digits, start, count, seed=3, batch=20):
    stream = make_digit_streams(digits, batch, seed)(start)
    return [(images.numpy(), labels.numpy()) for images, labels in stream.take(count)]


def test_each_pass_shows_every_digit_at_most_once_and_in_another_order():
    passes = [[rows_of_step(70, 20, 3, 3 * turn + place) for place in range(3)] for turn in (0, 1)]
    for batches_of_pass in passes:
        rows = sum(batches_of_pass, [])
        assert len(set(rows)) == len(rows) == 60 and set(rows) <= set(range(70))
    assert passes[0] != passes[1]
    assert set(sum(passes[0], [])) != set(sum(passes[1], []))


def test_a_full_pass_shows_every_digit_in_an_order_that_looks_drawn():
    rows = sum([rows_of_step(600, 100, 0, step) for step in range(6)], [])
    assert sorted(rows) == list(range(600))
    assert abs(np.corrcoef(rows, range(600))[0, 1]) < 0.15


def test_a_batch_holds_the_digits_of_its_step_from_0_to_1(digits):
    for step, (images, labels) in enumerate(batches(digits, 0, 7)):
        rows = rows_of_step(70, 20, 3, step)
        expected = digits.train_images[rows].astype(np.float32)[..., None] / np.float32(255)
        np.testing.assert_array_equal(images, expected)
        np.testing.assert_array_equal(labels[:, 0, 0], digits.train_labels[rows])
        assert images.dtype == np.float32 and labels.dtype == np.uint8
        assert images.shape == (20, 28, 28, 1) and labels.shape == (20, 1, 1)


@pytest.mark.parametrize("start", [1, 2, 3, 5, 6, 3000])
def test_a_stream_that_starts_later_goes_on_with_the_same_bits(digits, start):
    ahead = batches(digits, start - 1, 3)[1:]
    for one, other in zip(ahead, batches(digits, start, 2), strict=True):
        assert one[0].tobytes() == other[0].tobytes()
        assert one[1].tobytes() == other[1].tobytes()


def test_another_seed_gives_another_order(digits):
    assert rows_of_step(70, 20, 1, 0) != rows_of_step(70, 20, 2, 0)
    one, other = batches(digits, 0, 1, seed=1), batches(digits, 0, 1, seed=2)
    assert one[0][0].tobytes() != other[0][0].tobytes()


def test_fewer_digits_than_a_batch_takes_are_refused(digits):
    with pytest.raises(ManifestError, match="each of the 71 places in a batch. Received: 70"):
        make_digit_streams(digits, 71, 0)
    assert len(batches(digits, 0, 1, batch=70)[0][1]) == 70


def test_white_is_1_and_paper_0():
    pixels = as_input(np.array([[[0, 255]]], np.uint8)).numpy()
    assert pixels.ravel().tolist() == [0.0, 1.0] and pixels.shape == (1, 1, 2, 1)
