import keras
import pytest
from keras import losses, ops

from kseg import parts
from kseg.testing import ContractError, check_loss
from tests.testing.parts import LOSSES, names_of


@pytest.mark.parametrize(("name", "arguments", "more"), LOSSES)
def test_every_loss_of_kseg_passes(name, arguments, more):
    check_loss(getattr(parts, name), arguments, **more)


def test_a_sum_of_losses_passes():
    check_loss(
        parts.CombinedLoss,
        {"terms": [(parts.SoftDice(), 1.0), (parts.WeightedCrossEntropy("batch"), 0.5)]},
    )


def test_every_loss_of_kseg_is_among_them():
    assert names_of(losses.Loss) == {name for name, *_ in LOSSES} | {"CombinedLoss"}


@keras.saving.register_keras_serializable("tests")
class RightLoss(losses.Loss):
    """Mean cross-entropy of each case, for the wrong ones below to break in one place each."""

    def __init__(self, scale=1.0, name="right", **kwargs):
        super().__init__(name=name, **kwargs)
        self.scale = scale

    def voxels(self, y_true, y_pred):
        truth = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1], dtype="float32")
        return -ops.sum(truth * ops.log_softmax(y_pred, axis=-1), axis=-1)

    def call(self, y_true, y_pred):
        voxels = self.voxels(y_true, y_pred)
        return self.scale * ops.mean(voxels, axis=tuple(range(1, len(voxels.shape))))

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


@keras.saving.register_keras_serializable("tests")
class ReducesTheLastAxis(RightLoss):
    def call(self, y_true, y_pred):
        return self.voxels(y_true, y_pred)


@keras.saving.register_keras_serializable("tests")
class ReducesTheBatch(RightLoss):
    def call(self, y_true, y_pred):
        return ops.mean(self.voxels(y_true, y_pred))


@keras.saving.register_keras_serializable("tests")
class ForgetsScale(RightLoss):
    def get_config(self):
        return losses.Loss.get_config(self)


@keras.saving.register_keras_serializable("tests")
class ClipsThenLogs(RightLoss):
    def voxels(self, y_true, y_pred):
        truth = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1], dtype="float32")
        powers = ops.exp(y_pred)
        return -ops.sum(truth * ops.log(powers / ops.sum(powers, -1, keepdims=True)), axis=-1)


@keras.saving.register_keras_serializable("tests")
class WorksInHalf(RightLoss):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "dtype": "float16"})

    def call(self, y_true, y_pred):
        voxels = self.voxels(y_true, ops.cast(y_pred, "float32"))
        return ops.cast(ops.mean(voxels, axis=tuple(range(1, len(voxels.shape)))), "float16")


@keras.saving.register_keras_serializable("tests")
class DividesByTheClass(RightLoss):
    def call(self, y_true, y_pred):
        is_last = ops.cast(ops.equal(y_true, 2), "float32")
        axes = tuple(range(1, len(is_last.shape)))
        voxels = self.voxels(y_true, y_pred)
        return ops.sum(voxels * is_last, axis=axes) / ops.sum(is_last, axis=axes)


@keras.saving.register_keras_serializable("tests")
class HidesTheGradient(RightLoss):
    def voxels(self, y_true, y_pred):
        return super().voxels(y_true, y_pred + ops.stop_gradient(y_pred))


@keras.saving.register_keras_serializable("tests")
class IsFlat(RightLoss):
    def voxels(self, y_true, y_pred):
        return 0.0 * super().voxels(y_true, y_pred) + 1.0


@keras.saving.register_keras_serializable("tests")
class CountsIgnored(RightLoss):
    def __init__(self, ignore_label=None, **kwargs):
        super().__init__(**kwargs)
        self.ignore_label = ignore_label

    def voxels(self, y_true, y_pred):
        return super().voxels(y_true, y_pred) + 0.1 * ops.sum(y_pred**2, axis=-1)

    def get_config(self):
        return {**super().get_config(), "ignore_label": self.ignore_label}


class UnregisteredLoss(RightLoss):
    pass


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (ReducesTheLastAxis, "one value a case, shape (4,). Received: (4, 4, 4, 4)"),
        (ReducesTheBatch, "one value a case, shape (3,). Received: ()"),
        (ForgetsScale, "It lacks `scale`"),
        (ForgetsScale, "a loss from get_config() must give the same value"),
        (ForgetsScale, "must come back from its file with a loss of the same value"),
        (ClipsThenLogs, "logits of ±60000 must give a finite value"),
        (WorksInHalf, "float16 logits must be reckoned with in float32"),
        (DividesByTheClass, "labels that are all background must give a finite value"),
        (HidesTheGradient, "its gradient must be that of finite differences"),
        (IsFlat, "its gradient must not be 0 everywhere"),
        (CountsIgnored, "logits of ignored voxels must not count"),
        (CountsIgnored, "the gradient at ignored voxels must be 0"),
        (UnregisteredLoss, "register_keras_serializable"),
    ],
)
def test_a_loss_that_breaks_one_rule_is_caught_by_it(wrong, said):
    with pytest.raises(ContractError) as caught:
        check_loss(wrong, {"scale": 3.0})
    assert any(said in violation for violation in caught.value.violations), str(caught.value)


def test_the_loss_that_the_wrong_ones_are_made_from_passes():
    check_loss(RightLoss, {"scale": 3.0})


@keras.saving.register_keras_serializable("tests")
class WeightsColumns(RightLoss):
    def __call__(self, y_true, y_pred, sample_weight=None):
        voxels = self.voxels(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
        return self.scale * ops.mean(voxels if sample_weight is None else voxels * sample_weight)


def test_weights_of_cases_that_fall_on_columns_are_caught():
    with pytest.raises(ContractError, match=r"sample_weight of shape \(4,\) must weight the cases"):
        check_loss(WeightsColumns)
