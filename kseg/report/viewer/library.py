"""The bundled NiiVue, and the script that opens volumes in it."""

from importlib.resources import files

NIIVUE_VERSION = "0.69.0"
NIIVUE_SHA256 = "47b896b77ec4a5be3ef1949c33ad393b6f45629921f326c279000bcf51bdb4af"

_HERE = "kseg.report.viewer"


def niivue_gzip() -> bytes:
    """Return the library as it is bundled: one script that defines `niivue`, compressed by gzip.

    Returns:
        bytes, whose uncompressed SHA-256 is `NIIVUE_SHA256`.

    Example:
        >>> import gzip, hashlib
        >>> hashlib.sha256(gzip.decompress(niivue_gzip())).hexdigest() == NIIVUE_SHA256
        True
    """
    return (files(_HERE) / "niivue.umd.js.gz").read_bytes()


def viewer_script() -> str:
    """Return the script that defines `ksegViewer.open`, which needs `niivue` only when called.

    Returns:
        str of JavaScript.

    Example:
        >>> "window.ksegViewer" in viewer_script()
        True
    """
    return (files(_HERE) / "viewer.js").read_text(encoding="utf-8")
