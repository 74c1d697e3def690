"""Commands of the judge: calibrate, compare, repeat, distil."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cqia.cli.app import HERE, Folder, Json, Sample, judge, opened

Labels = Annotated[Path, typer.Option("--labels", help="What people said: CSV, JSON lines or Parquet.")]
Scores = Annotated[Path | None, typer.Option("--scores", help="What the judge said; else what the project's did.")]
GoodAt = Annotated[float | None, typer.Option("--good-at", help="The score from which people call a record good.")]
AtLeast = Annotated[float, typer.Option("--at-least", min=1, max=10, help="The lowest score that is kept.")]


@judge.command()
def calibrate(
    labels: Labels,
    scores: Scores = None,
    folder: Folder = HERE,
    precision: Annotated[
        float, typer.Option("--precision", min=0.01, max=0.999, help="The share of kept records that are to be good.")
    ] = 0.9,
    good_at: GoodAt = None,
    check: Annotated[
        Path | None, typer.Option("--check", help="Other labels, to try the threshold on that was found.")
    ] = None,
    json: Json = False,
) -> None:
    """Fit the judge's threshold to people's labels, and say how far it is to be believed."""
    from cqia.cli.show import show_json
    from cqia.cli.show_judge import show_calibration, show_check
    from cqia.judge import labels as files
    from cqia.judge.calibrate import calibrate as fitted
    from cqia.judge.calibrate import check as checked
    from cqia.judge.calibrate import pair
    from cqia.judging import verdicts_of

    people, others = files.by_id(labels), files.by_id(check) if check else None
    said = files.by_id(scores) if scores else verdicts_of(opened(folder))
    found = fitted(pair(people, said, good_at), precision)
    tried = checked(pair(others, said, good_at), found) if others is not None and found.threshold else None
    if json:
        show_json(found.to_dict() | ({"check": tried.to_dict()} if tried else {}))
        return
    show_calibration(found)
    if tried:
        show_check(tried)
    elif others is not None:
        print(f"\n{check} was not looked at: there is no threshold to check.")


@judge.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A file of scores, or a judged project's folder.")],
    second: Annotated[Path, typer.Argument(help="Another one, on the same records.")],
    at_least: Annotated[
        float | None, typer.Option("--at-least", help="Compare decisions too: the lowest score that is kept.")
    ] = None,
    json: Json = False,
) -> None:
    """Two judges on the same records, or a judge and people: how far they agree, and on what they do not."""
    from cqia.cli.show import show_json
    from cqia.cli.show_judge import show_agreement
    from cqia.judge import labels as files
    from cqia.judge.compare import compare as compared
    from cqia.judging import verdicts_of

    one, other = (verdicts_of(opened(each)) if each.is_dir() else files.by_id(each) for each in (first, second))
    found = compared(one, other, at_least)
    if json:
        show_json(found.to_dict())
    else:
        show_agreement(found)


@judge.command()
def repeat(
    folder: Folder = HERE,
    source: Annotated[str | None, typer.Option("--source", help="The source whose records to judge.")] = None,
    times: Annotated[int, typer.Option("--times", min=2, max=20, help="How often each record is judged.")] = 3,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many records.")] = 50,
    sample: Sample = None,
    json: Json = False,
) -> None:
    """Have records judged several times, the criteria in another order each time: does the judge agree with itself?"""
    import logging

    from cqia.cli.show import show_json
    from cqia.cli.show_judge import show_consistency
    from cqia.errors import UsageError, nearest
    from cqia.judging import repeated

    project = opened(folder, sample)
    having = [name for name, each in project.sources.items() if "judge" in each.stages]
    chosen = source or (having[0] if having else "")
    if chosen not in having:
        raise UsageError(f"The project has no source {chosen!r} that is judged.", nearest(chosen, having))
    logging.basicConfig(format="cqia: %(message)s")  # what the client says while it waits
    found = repeated(project, project.sources[chosen], times, limit)
    if json:
        show_json(found.to_dict())
    else:
        show_consistency(found)


@judge.command()
def distil(
    out: Annotated[Path, typer.Option("--out", help="The folder of the student.")],
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Texts with label or score; else what the project's judge said.")
    ] = None,
    folder: Folder = HERE,
    at_least: AtLeast = 8.0,
    dev: Annotated[Path | None, typer.Option("--dev", help="Other texts with labels, to try the student on.")] = None,
    json: Json = False,
) -> None:
    """Teach a small local student what a judge or people said, to spare the judge questions."""
    from cqia.cli.show import show_json
    from cqia.cli.show_judge import show_student
    from cqia.judge import labels as files
    from cqia.judge.distil import taught, tried
    from cqia.judge.student import save
    from cqia.judging import verdicts_of

    learned = files.read(labels) if labels else verdicts_of(opened(folder))
    student = taught(learned, at_least)
    seen = tried(student, files.read(dev), learned, at_least) if dev else None
    save(student, out)
    facts = {"name": student.name, "folder": str(out), **student.facts, **({"dev": seen} if seen else {})}
    if json:
        show_json(facts)
    else:
        show_student(facts)
