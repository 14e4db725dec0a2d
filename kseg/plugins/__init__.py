"""Components by name: kseg's own, those of installed packages, and `package.module:Class`.

Finding and listing read what pip wrote down at installation; the code of a package runs when
`Component.load` asks for it, not before.
"""

from kseg.plugins.allowed import allowed_component
from kseg.plugins.arguments import bind_arguments, takes_argument
from kseg.plugins.builtin import BUILTIN, GROUPS, KINDS
from kseg.plugins.component import Component
from kseg.plugins.find import find_component
from kseg.plugins.listing import damaged_packages, list_components
from kseg.plugins.objects import refuse_foreign_objects

__all__ = [
    "BUILTIN",
    "Component",
    "GROUPS",
    "KINDS",
    "allowed_component",
    "bind_arguments",
    "damaged_packages",
    "find_component",
    "list_components",
    "refuse_foreign_objects",
    "takes_argument",
]
