"""The losses in plain float64 NumPy, and their slopes by finite differences."""

import keras
import numpy as np


def softmax(logits):
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def is_kept(labels, ignore_label):
    return np.ones(labels.shape, bool) if ignore_label is None else labels != ignore_label


def label_losses(labels, logits, class_weights, ignore_label, gamma=0.0):
    """Weighted losses of the kept voxels, one array per case."""
    classes = logits.shape[-1]
    kept = is_kept(labels, ignore_label)
    if class_weights is None:
        class_weights = np.ones(classes)
    elif isinstance(class_weights, str):
        class_weights = [1 - np.mean(labels[kept] == k) for k in range(classes)]
    for case_labels, case_probability, case_kept in zip(labels, softmax(logits), kept, strict=True):
        pairs = zip(case_labels[case_kept], case_probability[case_kept], strict=True)
        yield np.array([-class_weights[k] * (1 - p[k]) ** gamma * np.log(p[k]) for k, p in pairs])


def cross_entropy(labels, logits, class_weights=None, ignore_label=None):
    return focal(labels, logits, 0.0, class_weights, ignore_label)


def focal(labels, logits, gamma=2.0, class_weights=None, ignore_label=None):
    cases = label_losses(labels, logits, class_weights, ignore_label, gamma)
    return np.array([np.mean(values) if len(values) else 0.0 for values in cases])


def top_k(labels, logits, share=0.1, class_weights=None, ignore_label=None):
    cases = label_losses(labels, logits, class_weights, ignore_label)
    largest = [np.sort(values)[::-1][: max(int(share * len(values)), 1)] for values in cases]
    return np.array([np.mean(values) if len(values) else 0.0 for values in largest])


def truth_of_regions(labels, regions, kept):
    return np.stack([np.isin(labels, region) & kept for region in regions], axis=-1) * 1.0


def region_cross_entropy(labels, logits, regions, region_weights=None, ignore_label=None):
    kept = is_kept(labels, ignore_label)
    truth = truth_of_regions(labels, regions, kept)
    weights = np.ones(len(regions)) if region_weights is None else np.array(region_weights)
    inside, outside = np.log1p(np.exp(-logits)), np.log1p(np.exp(logits))
    values = (weights * (truth * inside + (1 - truth) * outside)).mean(axis=-1)
    return np.array([np.mean(v[k]) if k.any() else 0.0 for v, k in zip(values, kept, strict=True)])


def tversky(
    labels,
    logits,
    alpha=0.3,
    beta=0.7,
    per="case",
    background=False,
    smooth=1.0,
    ignore_label=None,
    gamma=1.0,
    regions=None,
):
    kept = is_kept(labels, ignore_label)
    if regions is None:
        first = 0 if background else 1
        truth = truth_of_regions(labels, [[k] for k in range(logits.shape[-1])], kept)[..., first:]
        probability = softmax(logits)[..., first:]
    else:
        truth = truth_of_regions(labels, regions, kept)
        probability = 1 / (1 + np.exp(-logits))
    kept = kept[..., None] * 1.0
    axes = tuple(range(0 if per == "batch" else 1, labels.ndim))
    hits = (truth * probability).sum(axis=axes)
    false_positives = ((kept - truth) * probability).sum(axis=axes)
    false_negatives = (truth * (1 - probability)).sum(axis=axes)
    wrong = 2 * alpha * false_positives + 2 * beta * false_negatives
    index = (2 * hits + smooth) / (2 * hits + wrong + smooth)
    return np.broadcast_to(np.mean((1 - index) ** (1 / gamma), axis=-1), (len(labels),))


def soft_dice(labels, logits, per="case", **settings):
    return tversky(labels, logits, 0.5, 0.5, per, **settings)


def slopes(function, logits, width=1e-5):
    """d mean(function) / d logits by central differences in float64."""
    result = np.zeros_like(logits)
    for index in np.ndindex(*logits.shape):
        up, down = logits.copy(), logits.copy()
        up[index] += width
        down[index] -= width
        result[index] = (function(up).mean() - function(down).mean()) / (2 * width)
    return result


def value_and_gradient(loss, labels, logits):
    """Value of a Keras loss and its gradient for the logits, in the dtype of the logits."""
    backend = keras.backend.backend()
    logits = keras.ops.convert_to_tensor(logits)
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(labels, logits)
        return float(value), np.array(tf.cast(tape.gradient(value, logits), "float32"))
    if backend == "jax":
        import jax

        value, gradient = jax.value_and_grad(lambda x: loss(labels, x))(logits)
        return float(value), np.array(gradient, "float32")
    logits = logits.detach().clone().requires_grad_()
    value = loss(labels, logits)
    value.backward()
    return float(value), logits.grad.float().cpu().numpy()
