import numpy as np
import pytest
import SimpleITK as sitk

from kseg.volume import Volume, make_grid
from kseg.volume.regrid import labels_on_grid

# A point this near to the middle between two voxels may go to either.
TIE_VOXELS = 1e-3


def volume(voxels, affine):
    grid = make_grid(affine, voxels.shape[::-1])
    return Volume(voxels, grid.affine, grid)


def random_affine(rng, tilted=True):
    """Rotation, spacing of 0.7 to 3 mm, and a middle that is nearly the same for all."""
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0] if tilted else np.eye(3)
    affine = np.eye(4)
    affine[:3, :3] = turn * rng.uniform(0.7, 3, 3)
    affine[:3, 3] = rng.uniform(-2, 2, 3) - affine[:3, :3] @ (4, 4, 4)
    return affine


def itk_image(voxels, affine):
    """The same volume for SimpleITK, whose world is LPS."""
    image = sitk.GetImageFromArray(voxels)
    to_lps = np.diag([-1.0, -1.0, 1.0])
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((to_lps @ affine[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin((to_lps @ affine[:3, 3]).tolist())
    return image


def places(labels, like):
    """Where the voxels of `like` lie in `labels`, as (voxel, xyz)."""
    z, y, x = np.indices(like.shape_zyx).reshape(3, -1)
    world = like.affine @ np.stack([x, y, z, np.ones_like(x)])
    return np.linalg.solve(labels.affine, world)[:3].T


@pytest.mark.parametrize("seed", range(12))
def test_it_agrees_with_simpleitk_on_random_affines_away_from_ties(seed):
    rng = np.random.default_rng(seed)
    affine, other = random_affine(rng, seed % 3 > 0), random_affine(rng, seed % 3 > 0)
    labels = volume(rng.integers(0, 300, (7, 9, 8)).astype(np.uint16), affine)
    like = volume(np.zeros((8, 6, 10), np.uint8), other)
    nearest = sitk.Resample(
        itk_image(labels.voxels, labels.affine),
        itk_image(like.voxels, like.affine),
        sitk.Transform(),
        sitk.sitkNearestNeighbor,
        0,
    )
    at = places(labels, like)
    clear = (np.abs(at - np.floor(at) - 0.5) > TIE_VOXELS).all(axis=1).reshape(like.shape_zyx)
    found = labels_on_grid(labels, like)
    assert found.dtype == np.uint16 and clear.mean() > 0.9
    assert np.count_nonzero(found) > 20
    np.testing.assert_array_equal(found[clear], sitk.GetArrayFromImage(nearest)[clear])


def test_the_same_grid_changes_nothing():
    rng = np.random.default_rng(5)
    labels = volume(rng.integers(0, 5, (5, 6, 7)).astype(np.uint8), random_affine(rng))
    np.testing.assert_array_equal(labels_on_grid(labels, labels), labels.voxels)


def test_a_grid_elsewhere_is_background():
    labels = volume(np.ones((3, 3, 3), np.uint8), np.eye(4))
    far = np.eye(4)
    far[:3, 3] = 100
    assert not labels_on_grid(labels, volume(labels.voxels, far)).any()
