"""Steps of augmentation that other packages bring: made, and tried before any is trained on."""

from kseg.errors import KsegError, RecipeError
from kseg.patches import PluggedStep, contract_faults
from kseg.plugins import Component, find_component
from kseg.recipe import AugmentSection


def plugged_steps(section: AugmentSection) -> tuple[PluggedStep, ...]:
    """Return the steps of other packages, in the order of the recipe.

    Args:
        section: `AugmentSection`.

    Returns:
        tuple of `PluggedStep`.

    Raises:
        RecipeError: if one cannot be made with its arguments.
    """
    steps = []
    for part in (section.plugins or {}).values():
        component = find_component("augment", part.name)
        try:
            step = component.load()(**part.args)
        except KsegError:
            raise
        except Exception as error:
            # Other people's code may fail in any way; the person must learn whose it was.
            reason = f"cannot be made so: {type(error).__name__}: {error}"
            raise _refused(component, reason) from error
        if not callable(step):
            raise _refused(component, f"must give a function. Received: {step!r:.80}")
        steps.append(PluggedStep(component.name, step))
    return tuple(steps)


def check_steps(
    section: AugmentSection,
    size_zyx: tuple[int, int, int],
    channels: int,
    labels: int,
) -> None:
    """Try the steps of other packages on the patches of their contract, before any is trained on.

    Args:
        section: `AugmentSection`.
        size_zyx: 3 ints, voxels of a patch.
        channels: int, channels of the image.
        labels: int, label values that exist.

    Raises:
        RecipeError: if one breaks its contract.
    """
    for step, part in zip(plugged_steps(section), (section.plugins or {}).values(), strict=True):
        for fault in contract_faults(step, size_zyx, channels, labels):
            raise _refused(find_component("augment", part.name), f"breaks its contract: {fault}")


def _refused(component: Component, reason: str) -> RecipeError:
    return RecipeError(
        why=f"augment.plugins: the step `{component.name}` of {component.origin} {reason}",
        fix="correct its arguments, or mend it: kseg.testing.check_augment runs its whole contract",
        code="KS-F10",
    )
