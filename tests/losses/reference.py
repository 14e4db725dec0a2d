"""The losses in plain float64 NumPy, and their slopes by finite differences."""

import keras
import numpy as np


def softmax(logits):
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def cross_entropy(labels, logits, class_weights=None, ignore_label=None):
    classes = logits.shape[-1]
    kept = np.ones(labels.shape, bool) if ignore_label is None else labels != ignore_label
    if class_weights is None:
        class_weights = np.ones(classes)
    elif isinstance(class_weights, str):
        class_weights = [1 - np.mean(labels[kept] == k) for k in range(classes)]
    losses = []
    for case_labels, case_probability, case_kept in zip(labels, softmax(logits), kept, strict=True):
        y, p = case_labels[case_kept], case_probability[case_kept]
        values = [-class_weights[k] * np.log(row[k]) for k, row in zip(y, p, strict=True)]
        losses.append(np.mean(values) if values else 0.0)
    return np.array(losses)


def soft_dice(labels, logits, per="case", background=False, smooth=1.0, ignore_label=None):
    classes = logits.shape[-1]
    kept = np.ones(labels.shape) if ignore_label is None else (labels != ignore_label) * 1.0
    truth = (labels[..., None] == np.arange(classes)) * kept[..., None]
    probability = softmax(logits) * kept[..., None]
    axes = tuple(range(0 if per == "batch" else 1, labels.ndim))
    overlap = (truth * probability).sum(axis=axes)
    size = truth.sum(axis=axes) + probability.sum(axis=axes)
    score = ((2 * overlap + smooth) / (size + smooth))[..., 0 if background else 1 :]
    return np.broadcast_to(1 - score.mean(axis=-1), (len(labels),))


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
    if backend == "tensorflow":
        import tensorflow as tf

        logits = tf.convert_to_tensor(logits)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(labels, logits)
        return float(value), np.array(tf.cast(tape.gradient(value, logits), "float32"))
    if backend == "jax":
        import jax

        value, gradient = jax.value_and_grad(lambda x: loss(labels, x))(logits)
        return float(value), np.array(gradient, "float32")
    import torch

    logits = torch.tensor(np.asarray(logits, "float32"), requires_grad=True)
    value = loss(labels, logits)
    value.backward()
    return float(value), logits.grad.numpy()
