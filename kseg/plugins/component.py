"""A layer, loss, model or another part that is known by its name and its place."""

import pkgutil
import re
from dataclasses import dataclass

from kseg.errors import RecipeError
from kseg.plugins.builtin import KINDS


@dataclass(frozen=True)
class Component:
    """A layer, loss, model or another part, by its name and its place.

    Args:
        kind: str, a key of `KINDS`.
        name: str, the name in a recipe.
        value: str, `"package.module:Class"`.
        package: str, the distribution it comes from; the top-level module where only a path to
            the class is known.
        version: str, version of the distribution, empty where it is not known.
        builtin: bool, whether it is kseg's own.
    """

    kind: str
    name: str
    value: str
    package: str
    version: str = ""
    builtin: bool = False

    @property
    def origin(self) -> str:
        """The package and its version, for a person."""
        return f"{self.package} {self.version}".rstrip()

    @property
    def full_name(self) -> str:
        """The name that stays right whatever else is installed, as a model folder stores it."""
        return self.name if self.builtin or ":" in self.name else f"{self.package}/{self.name}"

    @property
    def module_root(self) -> str:
        """The top-level module that holds the code."""
        return re.split(r"[.:]", self.value.strip(), maxsplit=1)[0]

    def load(self):
        """Import the component.

        Returns:
            The class or function.

        Raises:
            RecipeError: naming the package, if its code fails or has no such class.
        """
        try:
            found = pkgutil.resolve_name(self.value.partition("[")[0].strip())
        except (Exception, SystemExit) as error:
            # Other people's code may fail in any way, and must not end a listing or a run unnamed.
            reason = f"cannot be imported: {type(error).__name__}: {error}"
            raise self._refuse(reason) from error
        if not callable(found):
            raise self._refuse(f"must be a class or function. Received: {found!r:.80}")
        return found

    def _refuse(self, reason: str) -> RecipeError:
        return RecipeError(
            why=f"the {KINDS[self.kind]} `{self.name}` of {self.origin} {reason}",
            fix=f"mend or update the package {self.package}, or choose another {KINDS[self.kind]}",
            code="KS-F10",
        )
