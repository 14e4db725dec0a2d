"""Axis codes such as LAS: where a file's axes point to."""

import numpy as np

_AXIS_OF_LETTER = {"L": 0, "R": 0, "P": 1, "A": 1, "I": 2, "S": 2}


def check_orientation_code(code: str) -> None:
    """Refuse what is no axis code.

    Args:
        code: str, three letters, one of each pair L/R, P/A and I/S, in any order.

    Raises:
        ValueError: if it is not.

    Example:
        >>> check_orientation_code("LAS")
    """
    if len(code) != 3 or sorted(_AXIS_OF_LETTER.get(letter, -1) for letter in code) != [0, 1, 2]:
        raise ValueError(
            "`assume_orientation` must hold one letter of each pair L/R, P/A and I/S, such as LAS. "
            f"Received: assume_orientation={code!r}."
        )


def oriented_affine(
    code: str, spacing_xyz_mm: np.ndarray, shape_xyz: tuple[int, int, int]
) -> np.ndarray:
    """Return the affine whose file axes point where a code says, centred on the volume.

    Args:
        code: str, axis code such as `"LAS"`.
        spacing_xyz_mm: 3 floats, mm along the file's axes.
        shape_xyz: 3 ints, voxels along the file's axes.

    Returns:
        (4, 4) float64 array. For `"LAS"` it is what nibabel and SPM assume.

    Example:
        >>> oriented_affine("LAS", np.array([2.0, 2, 2]), (5, 5, 5))[0]
        array([-2.,  0.,  0.,  4.])
    """
    check_orientation_code(code)
    affine = np.eye(4)
    affine[:3, :3] = 0
    for axis, letter in enumerate(code):
        sign = 1 if letter in "RAS" else -1
        affine[_AXIS_OF_LETTER[letter], axis] = sign * spacing_xyz_mm[axis]
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape_xyz) - 1) / 2)
    return affine + 0.0
