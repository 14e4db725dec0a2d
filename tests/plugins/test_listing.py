import subprocess
import sys

import pytest

from kseg.plugins import Component, damaged_packages, list_components
from tests.plugins.packages import install


def test_what_packages_offer_is_listed_behind_ksegs_own_and_not_imported(
    their_package, was_imported
):
    losses = list_components("losses")
    assert [each.name for each in losses if not each.builtin] == ["Open", "TheirLoss"]
    assert losses[0].builtin and not losses[-1].builtin
    assert losses[-1] == Component(
        "losses", "TheirLoss", "their_parts:Loss", "their-parts", "1.0", builtin=False
    )
    assert not was_imported()
    assert {each.kind for each in list_components()} >= {"layers", "models", "sources", "augment"}


def test_listing_takes_neither_keras_nor_tensorflow():
    code = (
        "import sys, kseg.plugins; kseg.plugins.list_components(); "
        "sys.exit(bool({'keras', 'tensorflow', 'numpy', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_package_whose_list_is_damaged_is_named_and_hides_no_other(tmp_path, monkeypatch):
    install(tmp_path, "good-parts", "good_parts", "[kseg.losses]\nG = good_parts:Loss\n")
    install(tmp_path, "torn-parts", "torn_parts", "[kseg.losses]\nno equals sign here\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "G" in [each.name for each in list_components("losses")]
    (sentence,) = damaged_packages()
    assert "torn-parts" in sentence


def test_the_first_of_two_installations_on_the_path_counts(tmp_path, monkeypatch):
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        entry = f"[kseg.losses]\nL{number} = twice:Loss\n"
        install(tmp_path / str(number), "twice", "twice", entry, version=f"{number}.0")
        monkeypatch.syspath_prepend(tmp_path / str(number))
    assert [each.name for each in list_components("losses") if not each.builtin] == ["L2"]


def test_a_kind_that_is_none_is_refused():
    with pytest.raises(ValueError, match="`kind` must be one of"):
        list_components("lossess")
