from kseg.dataset import ReadOptions


def test_by_default_nothing_doubtful_is_accepted():
    assert ReadOptions() == ReadOptions("auto", None, "refuse")
