"""Names by which data become code stand nowhere in kseg."""

import ast
from pathlib import Path

import pytest

KSEG = Path(__file__).parents[2] / "kseg"
# `kseg.testing` is for authors of plug-ins: it loads what it has just saved itself.
FILES = [path for path in sorted(KSEG.rglob("*.py")) if "testing" not in path.parts]
NAMES = {
    "load_model", "model_from_json", "clone_model", "from_config_and_weights", "get_file",
    "enable_unsafe_deserialization", "Lambda", "TFSMLayer", "TorchModuleWrapper", "saved_model",
    "load_weights", "deserialize_keras_object", "func_load", "eval", "exec", "__import__",
    "extractall", "extract", "os.system", "os.popen", "allow_pickle", "unsafe_load", "full_load",
}  # fmt: skip
MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "code", "codeop",
           "runpy", "imp", "yaml", "h5py", "tarfile"}  # fmt: skip
EXCEPTIONS = {
    # Keras calls it when a person opens a `.keras` file by Keras' own means.
    ("models/deep_supervision.py", "deserialize_keras_object"),
    # What passes between a process and the workers that it started, through pipes of their own.
    ("engine/job.py", "pickle"),
    ("engine/job_main.py", "pickle"),
    ("engine/local.py", "pickle"),
    ("engine/worker.py", "pickle"),
}
# `compile` of Python itself; that of a model or of a pattern is called as a method.
CALLS = {"compile", "input"}


def offences(tree):
    """Yield each forbidden name of a syntax tree, with its line."""
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Name):
            names = [node.id]
        elif isinstance(node, ast.Attribute):
            names = [node.attr, ast.unparse(node)]
        elif isinstance(node, ast.alias):
            names = [node.name.split(".")[-1]]
        elif isinstance(node, ast.keyword) and not isinstance(node.value, ast.Constant):
            names = [node.arg]
        elif isinstance(node, ast.keyword) and node.value.value is not False:
            names = [node.arg]
        yield from ((name, node) for name in names if name in NAMES)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            yield node.func.id, node
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        yield from ((name, node) for name in modules if name.split(".")[0] in MODULES)


def test_nothing_that_turns_data_into_code_is_named():
    assert len(FILES) > 200
    found = [
        (f"{file.relative_to(KSEG)}:{node.lineno}", name)
        for file in FILES
        for name, node in offences(ast.parse(file.read_text()))
        if (file.relative_to(KSEG).as_posix(), name) not in EXCEPTIONS
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    ["keras.saving.load_model(p)", "from keras.saving import load_model", "eval('1')", "exec(c)",
     "keras.models.clone_model(m)", "keras.layers.Lambda(f)", "keras.utils.get_file(u)",
     "import pickle", "from pickle import loads", "import yaml.reader",
     "np.load(p, allow_pickle=x)",
     "np.load(p, allow_pickle=True)", "zipfile.ZipFile(p).extractall()", "compile(t, 'f', 'exec')",
     "__import__(n)", "os.system(c)", "model.load_weights(p)"],
)  # fmt: skip
def test_the_search_finds_what_it_is_for(code):
    assert list(offences(ast.parse(code)))


@pytest.mark.parametrize(
    "code", ["model.compile(loss=f)", "re.compile('a')", "np.load(p, allow_pickle=False)"]
)
def test_the_search_leaves_what_is_harmless(code):
    assert not list(offences(ast.parse(code)))
