import sys
from pathlib import Path

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


@pytest.mark.parametrize("name", ["\x1b[2Jnet", "a\nb:c", "\x9b31m", "x" * 1000])
def test_a_name_that_a_terminal_would_obey_is_not_repeated(name):
    error = refusal(name, ("a",))
    assert error.code == "KS-M07" and error.why.isprintable() and len(error.why) < 400


def test_nobody_is_told_to_install_what_a_stranger_names():
    assert "pip" not in refusal("evil_and_not_there:net").fix
    assert "if you trust" in refusal("evil_and_not_there:net").fix


@pytest.mark.parametrize(
    "name",
    ["os:system", "subprocess:run", "builtins:eval", "builtins:exec", "importlib:import_module",
     "pickle:loads", "keras.utils:get_file", "keras.saving:load_model", "tensorflow.io:read_file",
     "numpy:load", "shutil:rmtree", "runpy:run_path", "webbrowser:open"],
)  # fmt: skip
def test_pythons_modules_and_the_libraries_are_no_plugins_whatever_is_allowed(name, monkeypatch):
    monkeypatch.setattr("kseg.plugins.component.Component.load", None)
    root = name.split(".")[0].split(":")[0]
    for allowed in ((), (root,), ("os", "keras", "kseg")):
        error = refusal(name, allowed)
        assert error.code == "KS-M07" and "must be a plug-in" in error.why
        assert "--allow-plugin" not in error.fix


@pytest.mark.parametrize("name", ["kseg.models:unet", "kseg.models.fcn:fcn"])
def test_the_place_of_one_of_ksegs_own_networks_needs_no_permission(name):
    # As its own, so that all is checked that holds for these.
    found = allowed_component("models", name, ())
    assert found.builtin and found.name == name.split(":")[1]


@pytest.mark.parametrize(
    "name",
    ["kseg.storage:write_text", "kseg.models:build", "kseg.models.build:build", "kseg:load",
     "kseg.layers:Conv3DBlock", "kseg.modelsx:unet", "kseg.models.nowhere:unet",
     "kseg.models.unet:gone", "kseg.workflow:train"],
)  # fmt: skip
def test_other_functions_of_kseg_are_no_networks_whatever_is_allowed(name):
    error = refusal(name, ("kseg",))
    assert error.code == "KS-M07" and "a part of kseg that is no model" in error.why


def test_the_program_itself_is_not_started(monkeypatch):
    monkeypatch.delitem(sys.modules, "kseg.__main__", raising=False)
    assert refusal("kseg.__main__:main", ("kseg",)).code == "KS-M07"
    assert "kseg.__main__" not in sys.modules


@pytest.mark.parametrize(
    "name",
    ["their_parts:__class__", "their_parts:__loader__", "their_parts:__builtins__",
     "their_parts:__spec__"],
)  # fmt: skip
def test_what_every_module_holds_is_no_plugin(their_package, name):
    assert refusal(name, ("their-parts",)).code in ("KS-M04", "KS-M07")


def test_code_beside_the_model_is_refused_even_if_its_name_is_allowed(
    their_package, was_imported, tmp_path
):
    """As with `python -m kseg` in a stranger's folder, where modules of that folder are found."""
    file = Path(their_package) / "model.json"
    with pytest.raises(ModelFileError, match="code in the model folder itself") as caught:
        allowed_component("models", "their_net", ("their-parts",), file)
    assert caught.value.code == "KS-M07" and not was_imported()
    assert allowed_component("models", "their_net", ("their-parts",), tmp_path / "m" / "model.json")
