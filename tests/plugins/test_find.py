import pytest

from kseg.errors import RecipeError
from kseg.plugins import find_component
from tests.plugins.packages import install


def refusal(kind, name):
    with pytest.raises(RecipeError) as caught:
        find_component(kind, name)
    assert caught.value.code == "KS-F10"
    return caught.value


def test_a_name_is_looked_for_at_home_then_among_entry_points_then_as_a_place(
    tmp_path, monkeypatch, was_imported
):
    install(tmp_path, "theirs", "their_parts", "[kseg.losses]\nSoftDice = their_parts:Loss\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_component("losses", "SoftDice").package == "kseg"
    assert find_component("losses", "theirs/SoftDice").value == "their_parts:Loss"
    assert find_component("losses", "kseg/SoftDice").builtin
    assert find_component("losses", "their_parts:Loss").package == "their_parts"
    assert not was_imported()


def test_a_name_of_two_packages_is_refused_with_both_and_a_way_out(tmp_path, monkeypatch):
    for package in ("one", "two"):
        install(tmp_path, package, f"parts_{package}", f"[kseg.losses]\nL = parts_{package}:Loss\n")
    monkeypatch.syspath_prepend(tmp_path)
    error = refusal("losses", "L")
    assert "one 1.0" in error.why and "two 1.0" in error.why
    assert "`one/L` or `two/L`" in error.fix
    assert find_component("losses", "two/L").value == "parts_two:Loss"


def test_a_typo_is_told_with_the_nearest_name_and_where_it_comes_from(their_package):
    error = refusal("losses", "softdise")
    assert "there is no loss called `softdise`" in error.why
    assert "TheirLoss (their-parts 1.0)" in error.why
    assert "`SoftDice` of kseg" in error.fix
    assert "`TheirLoss` of their-parts 1.0" in refusal("losses", "TheirLos").fix


def test_a_name_of_another_kind_is_told_as_such():
    assert "is a layer, not a loss" in refusal("losses", "Conv3DBlock").fix


def test_where_no_plug_in_is_installed_the_message_says_so():
    error = refusal("sources", "zzzz")
    assert (
        "From other packages: none installed" in error.why and "package.module:Class" in error.fix
    )


@pytest.mark.parametrize("name", ["a..b:C", "a.b:C.d", ":C", "a:", "../x:C", "a b:C", "a:b:c"])
def test_a_place_in_another_form_is_refused(name):
    assert "must be `package.module:Class`" in refusal("models", name).why


def test_a_place_in_a_package_that_is_not_installed_is_refused(their_package, was_imported):
    assert "needs the package nowhere_at_all" in refusal("models", "nowhere_at_all.x:C").why
    assert not was_imported()


def test_a_damaged_package_is_mentioned_where_a_name_is_missing(tmp_path, monkeypatch):
    install(tmp_path, "torn", "torn", "[kseg.losses]\nno equals sign here\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "the entry points of torn cannot be read" in refusal("losses", "Torn").why
