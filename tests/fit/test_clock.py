from hypothesis import given
from hypothesis import strategies as st

from kseg.fit import Clock


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=8), st.floats(0, 1e6))
def test_a_clock_counts_from_its_start_on_top_of_earlier_sittings(times, spent):
    ticks = iter(sorted(times))
    clock = Clock(now=lambda: next(ticks))
    clock.spent_before = spent
    for time in sorted(times)[1:]:
        assert clock.elapsed_seconds() == spent + time - min(times)


def test_the_usual_clock_never_runs_backwards():
    clock = Clock()
    readings = [clock.elapsed_seconds() for _ in range(100)]
    assert readings == sorted(readings) and 0 <= readings[0] < 60
