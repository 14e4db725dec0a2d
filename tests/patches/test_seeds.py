import numpy as np
import pytest
import tensorflow as tf

from kseg.patches import seeds
from kseg.patches.seeds import Purpose


def test_seeds_differ_for_every_step_sample_and_purpose():
    made = [
        seeds.purpose_seed(seeds.sample_key(seed, step, sample), purpose).numpy()
        for seed in (0, -1, 2**62)
        for step in (0, 1, 2**40)
        for sample in (0, 1)
        for purpose in (Purpose.PLACE, Purpose.FLIP)
    ]
    made += [seeds.batch_seed(0, 0).numpy(), seeds.second_seed(made[0]).numpy()]
    assert len({tuple(seed.tolist()) for seed in made}) == 3 * 3 * 2 * 2 + 2


def test_a_key_is_the_same_in_a_graph_as_outside_it():
    inside = tf.function(lambda step: seeds.sample_key(-5, step, 3))(tf.constant(9, tf.int64))
    assert int(inside) == int(seeds.sample_key(-5, 9, 3))


def test_the_numbers_of_a_seed_never_change_between_releases():
    key = seeds.sample_key(1, 2, 3)
    assert int(key) == 5092201759759419550
    (share,) = seeds.uniforms(seeds.purpose_seed(key, Purpose.FLIP), ())
    assert int(seeds.index(share, 1000)) == 186


def test_draws_of_all_shapes_fill_0_to_1_evenly_and_apart():
    seed = seeds.purpose_seed(seeds.sample_key(0, 0, 0), Purpose.NOISE)
    one, many, pairs = seeds.uniforms(seed, (), (4000,), (2, 2000))
    assert one.shape == () and pairs.shape == (2, 2000)
    assert 0 <= np.min(many) < 0.01 and 0.99 < np.max(many) < 1
    assert abs(np.mean(many) - 0.5) < 0.02
    assert abs(np.corrcoef(many, np.ravel(pairs))[0, 1]) < 0.05


@pytest.mark.parametrize("count", [1, 2, 7, 10_000])
def test_every_number_below_the_count_can_be_drawn_and_no_other(count):
    shares = tf.constant([0.0, 0.5, np.nextafter(np.float32(1), np.float32(0))])
    assert seeds.index(shares, count).numpy().tolist() == [0, count // 2, count - 1]
