"""An engine that runs each job at once, in this process, and engines that misbehave."""

from concurrent.futures import CancelledError, Future


class InlineEngine:
    """Runs a job when it is submitted."""

    def __init__(self, workers=1, faults=()):
        self.workers = workers
        self.faults = list(faults)
        self.submitted = []
        self.is_open = True

    def submit(self, function, *arguments, log=None, seconds=None):
        assert self.is_open
        self.submitted.append((function, arguments))
        future = Future()
        fault = self.faults.pop(0) if self.faults else None
        try:
            if fault is not None:
                raise fault
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self):
        self.is_open = False

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


class StuckEngine(InlineEngine):
    """Runs the data's job, and never ends any other, until it is closed."""

    def __init__(self):
        super().__init__()
        # So that it can be closed before there was any job.
        self.stuck = Future()

    def submit(self, function, *arguments, log=None, seconds=None):
        if function.__name__ == "prepare":
            return super().submit(function, *arguments)
        self.stuck = Future()
        return self.stuck

    def close(self):
        super().close()
        if not self.stuck.done():
            self.stuck.set_exception(CancelledError())
