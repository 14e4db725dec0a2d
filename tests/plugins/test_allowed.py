import pytest

from kseg.errors import ModelFileError
from kseg.plugins import allowed_component


def refusal(name, allowed=()):
    with pytest.raises(ModelFileError) as caught:
        allowed_component("models", name, allowed, "m/model.json")
    assert caught.value.file == "m/model.json"
    return caught.value


def test_ksegs_own_need_no_permission():
    assert allowed_component("models", "unet", ()).builtin


@pytest.mark.parametrize("name", ["their_net", "their-parts/their_net", "their_parts:net"])
def test_other_peoples_code_is_refused_and_not_imported_until_it_is_allowed(
    their_package, was_imported, name
):
    error = refusal(name, allowed=("other", "kseg"))
    assert error.code == "KS-M07" and "--allow-plugin" in error.fix and "allow_plugins" in error.fix
    assert not was_imported()
    assert allowed_component("models", name, ("their-parts",)).name == name.split("/")[-1]
    assert was_imported()


@pytest.mark.parametrize("spelling", ["their-parts", "Their_Parts", "their_parts", "their.parts"])
def test_a_package_may_be_named_as_pip_or_as_import_spells_it(their_package, spelling):
    assert allowed_component("models", "their_net", (spelling,)).package == "their-parts"


def test_code_from_elsewhere_that_a_package_happens_to_hold_is_refused(their_package):
    assert "Received: one of posix" in refusal("their_parts:system", ("their-parts",)).why
    assert "must be" in refusal("their_parts:number", ("their-parts",)).why


def test_a_network_that_is_not_there_is_refused_before_any_question(their_package, was_imported):
    for name in ("nowhere_at_all:net", "unte", "a..b:c"):
        assert refusal(name, allowed=("nowhere_at_all", "their-parts")).code == "KS-M04"
    assert not was_imported()
