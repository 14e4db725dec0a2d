"""kseg: train, tune, apply and judge 3-D medical segmentation networks with Keras 3."""

__version__ = "0.1.0"
__all__ = ["__version__", "load", "parts"]


def load(path, *, threads: int | None = None, allow_plugins=()):
    """Open the model of a run, ready to predict.

    Args:
        path: run folder of `kseg fit`, a model folder, or a zip of one.
        threads: int, CPU threads; None for all that this process may use.
        allow_plugins: names of the packages whose code may run, if the model needs any.

    Returns:
        A `kseg.workflow.ScanPredictor`; its `predict(path or array)` gives labels (z, y, x).

    Raises:
        ModelFileError: if the folder cannot be used.

    Example:
        >>> import kseg
        >>> kseg.load("/nowhere")
        Traceback (most recent call last):
            ...
        kseg.errors.ModelFileError: there is no model.json in this folder or in its folder ...
    """
    # Inside, so that `import kseg` costs nothing; and what is no model is refused before TensorFlow
    # has taken its seconds.
    from kseg.bundle import read_model

    folder = read_model(path)
    from kseg.workflow import make_predictor

    return make_predictor(folder, threads=threads, allow_plugins=allow_plugins)


def __getattr__(name: str):
    """Import `kseg.parts` when it is first asked for."""
    if name == "parts":
        import importlib

        return importlib.import_module("kseg.parts")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
