import pytest

from kseg.recipe.describe import expectation, field_at, suggestion


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("model.depth", "an integer from 2 to 8"),
        ("optimizer.learning_rate", "a number above 0 and of at most 10"),
        ("optimizer.clip_norm", "a number above 0 or null"),
        ("data.fold", "an integer of at least 0 or all"),
        ("predict.mirror", "true or false"),
        ("fit.budget", "text such as 90s, 20m, 1.5h or null"),
        ("preprocess.intensity.CT.scale", "one of zscore, none"),
        ("data.regions_class_order", "a list of values or null"),
        ("loss.dice", "a mapping of keys (`key: value`) or null"),
    ],
)
def test_what_a_key_may_hold_is_said_in_words(path, words):
    assert expectation(field_at(tuple(path.split(".")))) == words


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("model.dpth", "Did you mean `depth`?"),
        ("epochs", "`epochs` belongs in `fit`: write it there."),
        ("schedule.learning_rate", "`learning_rate` belongs in `optimizer`: write it there."),
        ("fit.learnin_rate", "Did you mean `optimizer.learning_rate`?"),
        ("loss.qqq", "Known keys here: cross_entropy, dice, tversky, focal, top_k, plugins."),
        ("fit.name", "`name` belongs in the top level or `model` or `optimizer`: write it there."),
    ],
)
def test_unknown_keys_are_sent_to_the_nearest_known_one(path, words):
    assert suggestion(tuple(path.split("."))) == words
