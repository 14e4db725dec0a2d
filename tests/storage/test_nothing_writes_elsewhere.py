"""Only `kseg.storage.disk` changes a disk: read from the source, so that nothing new slips past."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "kseg"
SOURCES = sorted(ROOT.rglob("*.py"))

# Whatever they are called on, these write to a disk or change a name on it.
METHODS = {
    "write_text", "write_bytes", "touch", "mkdir", "rmdir", "unlink", "rename", "hardlink_to",
    "symlink_to", "to_csv", "to_json", "to_parquet", "to_excel", "to_pickle", "tofile", "savetxt",
    "savez", "savez_compressed", "save", "savefig", "save_weights", "save_model", "save_file",
    "serialize_file", "export", "to_filename", "dump", "extractall", "extract", "imsave",
}  # fmt: skip
# Of these modules, these functions do.
FUNCTIONS = {
    "os": {
        "remove", "unlink", "rename", "replace", "renames", "mkdir", "makedirs", "rmdir", "link",
        "symlink", "truncate", "removedirs", "write", "mkfifo",
    },
    "shutil": {"copy", "copy2", "copyfile", "copytree", "move", "rmtree", "copyfileobj",
               "make_archive", "unpack_archive"},
    "tempfile": {"mkdtemp", "mkstemp", "NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile"},
}  # fmt: skip

ALLOWED = {
    # Into memory, from where `write_text` takes it.
    ("report/_inline_svg.py", "savefig"),
    ("tune/tables.py", "to_csv"),
    ("report/pictures.py", "save"),
    # What is caught of TensorFlow's notices, and what Keras is asked to save, to see that it can.
    ("cli/_quiet.py", "TemporaryFile"),
    ("testing/layer.py", "TemporaryDirectory"),
    ("testing/layer.py", "save"),
    ("testing/loss.py", "TemporaryDirectory"),
    ("testing/loss.py", "save"),
    ("testing/model.py", "TemporaryDirectory"),
    ("testing/model.py", "save"),
    # A training's own, by `write_checkpoint`.
    ("fit/loop.py", "save"),
    # Within the block of an `atomic_path`.
    ("export/archive.py", "open"),
    ("export/keras_file.py", "save"),
    # A member of a model, which can only be read.
    ("bundle/archive.py", "open"),
    ("bundle/read.py", "open"),
    # Through a pipe, and to the kernel.
    ("engine/local.py", "dump"),
    ("engine/worker.py", "write_text"),
}


def changes_to_a_disk(tree):
    """Return the name of every call that could change a disk, and its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = _changing(node)
            if name is not None:
                yield name, node.lineno


def _changing(call):
    function = call.func
    if isinstance(function, ast.Name):
        return "open" if function.id == "open" and _opens_for_writing(call, 1) else None
    if not isinstance(function, ast.Attribute):
        return None
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    name = function.attr
    if name in FUNCTIONS.get(owner, ()):
        return name
    if owner in ("disk", "os", "re"):
        return None
    if name == "open" and _opens_for_writing(call, 0):
        return name
    # Text is replaced by two words, a path by one.
    is_path = name == "replace" and len(call.args) == 1 and not call.keywords
    return name if is_path or name in METHODS else None


def _opens_for_writing(call, place):
    words = [word.value for word in call.keywords if word.arg == "mode"] + call.args[place:][:1]
    return any(
        not isinstance(word, ast.Constant) or set("wax+") & set(str(word.value)) for word in words
    )


def test_only_the_disk_s_own_file_changes_a_disk():
    found = {}
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if name != "storage/disk.py":
            for call, line in changes_to_a_disk(ast.parse(path.read_text())):
                found.setdefault((name, call), []).append(line)
    assert found.keys() - ALLOWED == set(), {key: found[key] for key in found.keys() - ALLOWED}
    assert not ALLOWED - found.keys(), "no longer needed"


@pytest.mark.parametrize(
    "line",
    [
        "Path(a).write_text('x')", "path.open('wb')", "open(a, 'a')", "open(a, mode='r+')",
        "path.open(mode)", "np.save(path, x)", "table.to_csv(path)", "json.dump(x, file)",
        "shutil.rmtree(a)", "os.replace(a, b)", "a.replace(b)", "a.parent.mkdir()", "a.unlink()",
        "path.with_name('b').rename(c)", "tempfile.mkdtemp()",
    ],
)  # fmt: skip
def test_each_way_to_change_a_disk_is_recognised(line):
    assert list(changes_to_a_disk(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "path.open()", "path.open('rb')", "open(path)", "text.replace('a', 'b')",
        "write_text(a, b)", "disk.rename(a, b)", "json.dumps(x)", "replace(x, a=1)",
        "time.replace(hour=1)", "os.replace_me(a)", "path.read_text()",
    ],
)  # fmt: skip
def test_what_only_reads_is_left_alone(line):
    assert not list(changes_to_a_disk(ast.parse(line)))


def calls_of(tree, owner, name):
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == name
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == owner
        ):
            yield {word.arg: ast.unparse(word.value) for word in node.keywords}


def test_G12_no_array_is_read_without_a_map_and_none_may_run_code():
    for path in SOURCES:
        for words in calls_of(ast.parse(path.read_text()), "np", "load"):
            assert words.get("allow_pickle") == "False", path
            # The members of an archive cannot be mapped; digits are small, which is checked.
            assert words.get("mmap_mode") == "'r'" or path.name == "digits.py", path


def test_G13_there_are_no_bare_pools_of_processes():
    """A dead process of such a pool takes the others along, and nobody is told of its case."""
    for path in SOURCES:
        text = path.read_text()
        assert "multiprocessing" not in text and "ProcessPoolExecutor" not in text, path
