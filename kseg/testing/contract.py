"""Many checks, one error: what all contracts share."""

import inspect
import json
from collections.abc import Callable, Iterable, Iterator

import keras

from kseg.words import counted


class ContractError(AssertionError):
    """A part that breaks the contract, with every way in which it does.

    Args:
        subject: str, name of the part.
        violations: sequence of str, one a broken rule.

    Example:
        >>> print(ContractError("Blur", ["it must be registered", "its output must be float32"]))
        Blur breaks the contract in 2 places:
          - it must be registered
          - its output must be float32
    """

    def __init__(self, subject: str, violations: Iterable[str]):
        self.subject = subject
        self.violations = tuple(violations)
        count = len(self.violations)
        lines = [f"{subject} breaks the contract in {counted(count, 'place')}:"]
        super().__init__("\n  - ".join([*lines, *self.violations]))


def enforce(subject: str, case: object, checks: Iterable[Callable]) -> None:
    """Run every check on a case, and raise one error if any of them found something.

    Args:
        subject: str, name of the part.
        case: what each check is called with.
        checks: functions of the case that yield a sentence for each broken rule. One that raises
            has found a broken rule, too, and keeps none of the others from running.

    Raises:
        ContractError: with all that was found.
    """
    violations: list[str] = []
    for check in checks:
        policy = keras.config.dtype_policy()
        try:
            violations.extend(check(case))
        except Exception as error:
            # The subject is other people's code: it may fail in any way, and that is a finding.
            violations.append(
                f"{_title(check)} failed with {type(error).__name__}: {_brief(error)}"
            )
        finally:
            keras.config.set_dtype_policy(policy)
    if violations:
        raise ContractError(subject, dict.fromkeys(violations))


def registration(part: type) -> Iterator[str]:
    """Yield a sentence if Keras cannot find a class again when it loads a file."""
    name = keras.saving.get_registered_name(part)
    is_keras_own = part.__module__.split(".")[0] == "keras"
    if not is_keras_own and keras.saving.get_registered_object(name) is not part:
        yield (
            'it must be registered under a name of its package: add `@keras.saving.'
            'register_keras_serializable("my_package")`'
        )  # fmt: skip


def config_gaps(part: type, config: dict) -> Iterator[str]:
    """Yield a sentence if JSON cannot hold a configuration, or if an argument is not in it."""
    try:
        json.dumps(config)
    except (TypeError, ValueError) as error:
        yield f"get_config() must return what JSON can hold: {error}"
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = list(inspect.signature(part.__init__).parameters.values())[1:]
    lacking = [p.name for p in parameters if p.kind in kinds and p.name not in config]
    if lacking:
        names = ", ".join(f"`{name}`" for name in lacking)
        yield f"get_config() must return every argument of __init__. It lacks {names}"


def through_json(config: dict) -> dict:
    """Return a configuration as it comes back from a file."""
    return json.loads(json.dumps(config))


def _title(check: Callable) -> str:
    return f"the check of {check.__name__.strip('_').replace('_', ' ')}"


def _brief(error: Exception) -> str:
    """Return the first lines of a message; Keras' own run over pages."""
    text = " ".join(str(error).split())
    return text if len(text) <= 240 else text[:237] + "..."
