import keras
import numpy as np

import kseg
from kseg import parts


def test_every_part_of_the_five_rooms_is_here_and_registered():
    from kseg import layers, losses, metrics, models, schedules

    for name in parts.__all__:
        part = getattr(parts, name)
        assert any(
            getattr(room, name, None) is part
            for room in (layers, losses, metrics, models, schedules)
        )
        if isinstance(part, type):
            assert keras.saving.get_registered_name(part) == f"kseg>{name}"


def test_the_parts_train_in_a_model_fit_of_ones_own_and_come_back_from_a_file(tmp_path):
    model = kseg.parts.unet(1, 2, depth=2, filters=2, deep_supervision=1)
    loss = parts.CombinedLoss([(parts.WeightedCrossEntropy(), 1.0), (parts.SoftDice(), 1.0)])
    model.compile("adam", loss, metrics=[parts.CaseDice()], run_eagerly=True)
    images = np.random.default_rng(0).normal(size=(2, 8, 8, 8, 1)).astype(np.float32)
    history = model.fit(images, (images[..., 0] > 0).astype(np.uint8), batch_size=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all() and "patch_dice" in history.history
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(images), model(images))
