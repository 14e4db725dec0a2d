import time
from types import SimpleNamespace

from kseg.fit import measure_step_seconds
from kseg.fit.rehearsal import FEWEST_TIMED_STEPS, UNTIMED_STEPS
from tests.fit.jobs import all_arrays, assert_same_bits, batches, real_model, simple_model


def test_a_rehearsal_leaves_model_and_optimizer_as_they_were():
    model, schedule = real_model(norm="batch", dropout=0.2)
    schedule.set_total_steps(100)
    before = all_arrays(model)
    assert 0 < measure_step_seconds(model, batches(0), 0.0) < 60
    assert_same_bits(all_arrays(model), before)


def test_at_least_six_steps_are_timed_and_the_first_two_are_not(monkeypatch):
    now = [100.0]
    # Tracing takes long, the step after it less, each later one 3 seconds.
    ticks = iter([50.0, 5.0, *[3.0] * 1000])

    def clock():
        now[0] += next(ticks)
        return now[0]

    monkeypatch.setattr("kseg.fit.rehearsal.time", SimpleNamespace(monotonic=clock))
    model, _ = simple_model()
    assert measure_step_seconds(model, batches(0), 0.0) == 3.0
    assert now[0] == 100 + 50 + 5 + 3 * FEWEST_TIMED_STEPS
    assert UNTIMED_STEPS == 2


def test_timing_goes_on_for_as_long_as_it_may(monkeypatch):
    ticks = iter(range(0, 10_000, 2))
    monkeypatch.setattr("kseg.fit.rehearsal.time", SimpleNamespace(monotonic=lambda: next(ticks)))
    model, _ = simple_model()
    assert measure_step_seconds(model, batches(0), 31.0) == 2.0
    # 2 untimed steps, then 16 of 2 seconds until 31 have gone by.
    assert next(ticks) == 2 * (2 + 16)


def test_waiting_for_batches_counts():
    model, _ = simple_model()

    def slow():
        for batch in batches(0):
            time.sleep(0.03)
            yield batch

    assert measure_step_seconds(model, slow(), 0.0) > 0.02
