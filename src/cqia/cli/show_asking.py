"""How a dry run and what was spent are shown on a terminal."""

from __future__ import annotations

from cqia.cli.show_rules import show, table
from cqia.llm.spend import Spend
from cqia.questions import DryRun, Estimate


def show_spend(spent: Spend) -> None:
    """One line; none where nothing was asked."""
    if spent.calls:
        print(f"Asked in all: {spent}.")


def show_dry_run(found: DryRun) -> None:
    """A row for each source, and whether the budget allows it."""
    model = found.model
    made = table("source", "records", "calls", "tokens read", "written", "cost", "at most",
                 right=("records", "calls", "tokens read", "written", "cost", "at most"))  # fmt: skip
    total = found.total
    for each in (*found.sources, *([total] if len(found.sources) > 1 else [])):
        money = [f"{each.cost:,.2f}", f"{each.most_cost:,.2f} {model.price.currency}"]
        money = money if model.price.currency else ["", ""]
        made.add_row(each.source, f"{each.records:,}", f"{each.calls:,}", f"{each.prompt_tokens:,}",
                     f"{each.completion_tokens:,}", *money)  # fmt: skip
    show(made)
    print(f"At the most {total.most_prompt_tokens:,} tokens read and {total.most_completion_tokens:,} written by "
          f"{model.name}; replies that cannot be read are asked for once more, and not counted here.")  # fmt: skip
    if found.drafts:
        print(f"Nor are the drafts of {found.drafts:,} records ([answers]): up to {2 * found.rounds} calls each.")
    show_spend(found.before)
    for line in _over(found, total):
        print(line)
    print("Nothing was sent.")


def _over(found: DryRun, total: Estimate) -> list[str]:
    """What the budget does not allow."""
    model, before = found.model, found.before
    said = []
    if model.calls is not None and before.calls + total.calls > model.calls:
        said.append(f"The budget of {model.calls:,} calls leaves {max(model.calls - before.calls, 0):,}: the run will "
                    f"stop before it is done.")  # fmt: skip
    if model.cost is not None:
        left = max(model.cost - before.cost.get(model.price.currency, 0.0), 0.0)
        word = "will" if total.cost > left else "may" if total.most_cost > left else ""
        if word:
            said.append(f"The budget of {model.cost:,.2f} {model.price.currency} leaves {left:,.2f}: the run {word} "
                        f"stop before it is done.")  # fmt: skip
    return said
