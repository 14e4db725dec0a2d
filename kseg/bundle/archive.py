"""A model in a zip: every member is checked before any is read, and nothing is extracted."""

import contextlib
import stat
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from kseg.bundle.bounded_file import BoundedFile
from kseg.bundle.refusing_stream import RefusingStream
from kseg.bundle.weights import MOST_BYTES
from kseg.errors import ModelFileError

# A model has two files; there is room for a README, a licence, and what file managers add.
MOST_MEMBERS = 10
# Text shrinks to a tenth; weights hardly shrink at all.
MOST_RATIO = 100
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ArchiveFiles:
    """The files of a model in a zip, read as streams from within it.

    Args:
        path: path of the zip.
        names: names of the files that it must hold, at its top or in one folder.

    Raises:
        ModelFileError: if it is no zip, or any of its members is not what a model needs.
    """

    # A zip holds a model and no run.
    run = None

    def __init__(self, path: Path, names: Sequence[str]):
        self._path = path
        with self._blamed(), self._opened() as archive:
            members = archive.infolist()
            self._check(members)
            folder = self._folder([member.filename for member in members], names[0])
            self._members = {name: folder + name for name in names}

    def label(self, name: str) -> str:
        """Return the path of a file, for a person."""
        return str(self._path / self._members.get(name, name))

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[tuple[BinaryIO, int]]:
        """Open a member as a stream of its bytes, whose checksum is verified at their end."""
        with contextlib.ExitStack() as stack:
            with self._blamed():
                archive = stack.enter_context(self._opened())
                # The file may be another one by now.
                self._check(archive.infolist())
                try:
                    member = archive.getinfo(self._members[name])
                except KeyError as error:
                    raise self._refused(f"it holds no {name}", "KS-M02") from error
                stream = stack.enter_context(archive.open(member))
            # What goes wrong while it is used may be no fault of the zip.
            yield RefusingStream(stream, self._unreadable), member.file_size

    @contextlib.contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        with self._path.open("rb") as file, zipfile.ZipFile(BoundedFile(file)) as archive:
            yield archive

    @contextlib.contextmanager
    def _blamed(self) -> Iterator[None]:
        """Turn whatever goes wrong into an error that names the zip."""
        try:
            yield
        except ModelFileError:
            raise
        except Exception as error:
            # The standard library answers damage with a dozen kinds of exceptions.
            raise self._unreadable(error) from error

    def _check(self, members: Sequence[zipfile.ZipInfo]) -> None:
        if len(members) > MOST_MEMBERS:
            raise self._refused(f"it must hold at most {MOST_MEMBERS} files")
        for member in members:
            if why := _fault(member):
                raise self._refused(f"its member {member.orig_filename!r:.100} {why}")
        names = [_folded(member.filename) for member in members]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise self._refused(f"two of its members are called {twice[0]!r:.100}")
        if sum(member.file_size for member in members) > MOST_BYTES:
            raise self._refused(f"its files must have at most {MOST_BYTES >> 30} GiB in all")
        if sum(member.compress_size for member in members) > self._path.stat().st_size:
            raise self._refused("its members must not lie upon one another")

    def _folder(self, names: Sequence[str], wanted: str) -> str:
        """Return the folder within the zip that holds the model, empty or with a slash at its end.

        A file manager zips the folder itself, so that one level is to be expected.
        """
        found = [name.removesuffix(wanted) for name in names if name.split("/")[-1] == wanted]
        if len(found) != 1 or found[0].count("/") > 1:
            raise ModelFileError(
                why=f"it must hold one {wanted}, at its top or in one folder. "
                f"Received: {len(found)} of them among {len(names)} files",
                file=self._path,
                fix="zip the model folder alone, or use `kseg export RUN --format zip`",
                code="KS-M01",
            )
        return found[0]

    def _unreadable(self, error: Exception) -> ModelFileError:
        return self._refused(f"it cannot be read as a zip: {error}")

    def _refused(self, why: str, code: str = "KS-M08") -> ModelFileError:
        fix = "make it again with `kseg export RUN --format zip`, and do not trust this one"
        return ModelFileError(why=why, file=self._path, fix=fix, code=code)


def _fault(member: zipfile.ZipInfo) -> str:
    """Return what is wrong with a member, or nothing."""
    # `filename` has been cut at a NUL and had its separators changed; this has not.
    name = member.orig_filename
    parts = name.removesuffix("/").split("/")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if any(sign in name for sign in "\\:") or not name.isprintable():
        return "must have a plain name, without backslash, colon or control characters"
    if any(part in ("", ".", "..") for part in parts):
        return "must have a name within the zip, without `..` and not absolute"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "must be a file or a folder, no link or device"
    if member.flag_bits & _ENCRYPTED:
        return "must not be encrypted"
    if member.compress_type not in _METHODS:
        return "must be stored or deflated"
    if member.is_dir() and member.file_size:
        return "must be empty, being a folder"
    if member.file_size > MOST_BYTES:
        return f"must have at most {MOST_BYTES >> 30} GiB"
    if member.file_size > MOST_RATIO * member.compress_size:
        return f"must not unpack to more than {MOST_RATIO} times its size"
    return ""


def _folded(name: str) -> str:
    """Return a name as a file system sees it that knows no capitals."""
    return unicodedata.normalize("NFKC", name).casefold().rstrip("/")
