"""From the folder of a search to what its page tells."""

import math

from kseg.report.content import Fact
from kseg.report.search.content import ImportanceLine, SearchContent
from kseg.report.search.curve_charts import curve_charts
from kseg.report.search.files import SearchFiles
from kseg.report.search.pareto import pareto_charts, pareto_lines, quality
from kseg.report.search.settings import base_trial, settings, told_of_trials, winner
from kseg.report.search.trial_table import trial_table
from kseg.report.search.trials import STATUSES
from kseg.report.search.unreached import unreached
from kseg.report.search.value_charts import value_charts
from kseg.report.search.words import duration, metric_title, score_text, score_title
from kseg.words import counted

# Of fewer the best is hardly more than the luckiest.
FEW = 5


def search_content(files: SearchFiles) -> SearchContent:
    """Gather what the page of a search tells.

    Args:
        files: `SearchFiles`.

    Returns:
        `SearchContent`.
    """
    return SearchContent(
        title=f"{files.record.name}: search for better settings",
        lead=_lead(files),
        phantom=files.record.phantom,
        facts=_facts(files),
        warnings=_warnings(files),
        settings=settings(files),
        winner=winner(files),
        curves=curve_charts(files),
        importance=_importance(files),
        values=value_charts(files),
        quality=metric_title(quality(files))[0],
        pareto=pareto_lines(files),
        pareto_charts=pareto_charts(files),
        dominated=sum(files.dominated.values()),
        trials=trial_table(files),
        unreached=unreached(files),
    )


def _lead(files: SearchFiles) -> str:
    record, trials = files.record, files.trials
    text = f"A search ({record.oracle}) over {counted(len(record.space), 'setting')} of the recipe "
    text += f"{record.name}{' on synthetic scans (phantom)' if record.phantom else ''}"
    text += f": {_trial_counts(files)}"
    if not math.isnan(record.spent_seconds):
        text += f", in {duration(record.spent_seconds)}"
    text += ". " if record.ended else ", so far. "
    best = trials.best
    if best is None:
        return f"{text}No trial has completed, so there is no best one."
    text += f"The best score is {score_text(best.score)} ({score_title(record.metrics)}), "
    text += f"by trial {best.number}"
    base = base_trial(files)
    if base is best:
        return f"{text}, which has the base recipe's own values."
    return f"{text}; the base recipe scored {score_text(base.score)}." if base else f"{text}."


def _trial_counts(files: SearchFiles) -> str:
    trials = files.trials
    if not trials.all:
        return "no trial"
    counts = [f"{trials.count(s)} {s}" for s in STATUSES if s != "running" and trials.count(s)]
    running = trials.count("running")
    counts += [f"{running} without a result"] if running else []
    return f"{counted(len(trials.all), 'trial')} ({', '.join(counts)})"


def _facts(files: SearchFiles) -> tuple[Fact, ...]:
    record, trials = files.record, files.trials
    better = "higher" if record.is_max else "lower"
    spent = duration(record.spent_seconds) if record.spent_seconds >= 0 else "not recorded"
    if not math.isnan(record.budget_seconds):
        spent = f"{spent} of {duration(record.budget_seconds)}"
    pairs = (
        ("Data", record.data or "not read yet"),
        ("Score", f"{score_title(record.metrics)}; {better} is better"),
        ("Chosen by", record.oracle),
        ("Settings searched", str(len(record.space))),
        ("Changed for the trials", told_of_trials(record) or "nothing"),
        ("Trials", _trial_counts(files)),
        ("Different configurations", str(len(trials.configurations))),
        ("Time", spent),
        ("Ended", record.ended or "not yet"),
        ("Seed", record.seed or "none"),
        ("kseg", record.kseg),
    )
    return tuple(Fact(name, value) for name, value in pairs)


def _warnings(files: SearchFiles) -> tuple[str, ...]:
    record, trials, lines = files.record, files.trials, []
    if not record.ended:
        lines.append("This search is not finished: run the same `kseg tune` again to go on.")
    failed = [trial for trial in trials.all if trial.status == "failed"]
    if failed:
        have = "trial failed" if len(failed) == 1 else "trials failed"
        first = failed[0].reason.rstrip(".") or "not recorded"
        lines.append(
            f"{len(failed)} of {len(trials.all)} {have}; the reason of trial {failed[0].number}: "
            f"{first}. All reasons stand in the table of trials."
        )
    if 0 < len(trials.longest) < FEW:
        were = "trial was" if len(trials.longest) == 1 else "trials were"
        lines.append(
            f"Only {len(trials.longest)} {were} trained as long as the best one: that it is the "
            "best may be chance."
        )
    if trials.best is not None and not files.has_best:
        lines.append("There is no best.yaml, so the best settings cannot be trained by name.")
    lines += [f"The search went on although something changed: {told}" for told in record.accepted]
    return (*lines, *files.notes)


def _importance(files: SearchFiles) -> tuple[ImportanceLine, ...]:
    rows = sorted(files.importance, key=lambda row: (math.isnan(row.importance), -row.importance))
    return tuple(
        ImportanceLine(
            row.key,
            row.importance,
            row.effect,
            "" if math.isnan(row.trials) else f"{row.trials:.0f}",
        )
        for row in rows
    )
