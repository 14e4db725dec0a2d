import pickle

from kseg.tune import Jobs
from kseg.tune.trial import prepare, run_trial


def test_by_default_trials_are_trainings_by_kseg():
    jobs = Jobs()
    assert (jobs.prepare, jobs.run_trial) == (prepare, run_trial)
    assert jobs.grace_seconds > 0


def test_what_a_process_is_told_to_do_can_be_sent_to_it():
    assert pickle.loads(pickle.dumps(Jobs())) == Jobs()
