"""See how often 95 % intervals hold the true mean: `python benchmarks/interval_coverage.py`.

Each row is a kind of score, each column a number of subjects, each entry the share of simulated
studies in per cent whose interval holds the truth. Of scores with failures, the second table
counts only the studies that met one: an interval cannot know of failures it never saw.
"""

import numpy as np

from kseg.evaluate.bootstrap import resample_means

SUBJECTS = (5, 10, 20, 40, 100)
STUDIES, ROUNDS = 1000, 10


def normal(generator, subjects):
    return generator.normal(size=(subjects, 1, STUDIES)), 0.0


def dice(generator, subjects):
    return generator.beta(18, 2, (subjects, 1, STUDIES)), 0.9


def dice_with_failures(share):
    def scores(generator, subjects):
        good, _ = dice(generator, subjects)
        failed = generator.random(good.shape) < share
        bad = generator.beta(1, 40, good.shape)
        return np.where(failed, bad, good), (1 - share) * 0.9 + share / 41

    return scores


def scans_of_one_person(generator, subjects):
    """One to three scans a person, whose means differ more than the scans of one person do."""
    person = generator.beta(18, 2, (subjects, 1, STUDIES)) - 0.9
    scans = generator.normal(0.8, 0.02, (subjects, 3, STUDIES)) + person
    number = generator.integers(1, 4, (subjects, 1, STUDIES))
    return np.where(np.arange(3)[:, None] < number, scans, np.nan), 0.8


KINDS = {
    "normal": normal,
    "Dice, Beta(18, 2)": dice,
    "Dice, 1-3 scans a person": scans_of_one_person,
    "Dice, 5 % fail": dice_with_failures(0.05),
    "Dice, 10 % fail": dice_with_failures(0.10),
}


def held(kind, subjects, seed):
    """Return for each study whether its interval holds the truth, and whether it met a failure."""
    values, truth = kind(np.random.default_rng(seed), subjects)
    scans = values.shape[1]
    names = np.repeat(np.arange(subjects), scans).tolist()
    flat = values.reshape(subjects * scans, STUDIES)
    low, high = resample_means(flat, names, seed=seed).interval()
    return (low <= truth) & (truth <= high), np.nanmin(flat, axis=0) < 0.3


def main():
    print(f"{'subjects':28}" + "".join(f"{n:8}" for n in SUBJECTS))
    met = {}
    for title, kind in KINDS.items():
        line = []
        for subjects in SUBJECTS:
            studies = [held(kind, subjects, seed) for seed in range(ROUNDS)]
            inside, failed = np.concatenate(studies, axis=1)
            line.append(100 * inside.mean())
            met.setdefault(title, []).append(100 * inside[failed].mean() if failed.any() else 0)
        print(f"{title:28}" + "".join(f"{share:8.1f}" for share in line), flush=True)
    print("\nstudies that met a failure")
    for title in (title for title in KINDS if "fail" in title):
        print(f"{title:28}" + "".join(f"{share:8.1f}" for share in met[title]))


if __name__ == "__main__":
    main()
