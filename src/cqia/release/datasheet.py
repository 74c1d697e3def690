"""The questions of a datasheet (Gebru et al., "Datasheets for Datasets", CACM 2021), in our words, in its order.

What the ledger knows is answered by the templates; the rest only the makers know, and say under the question's name in
``[release.datasheet]`` of cqia.toml. A question that nobody has answered says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cqia.errors import UsageError, nearest


@dataclass(frozen=True)
class Question:
    """A question: its section and what is asked, in English and Chinese."""

    section: tuple[str, str]
    text: tuple[str, str]


_WHY = ("Motivation", "动机")
_WHAT = ("Composition", "组成")
_HOW = ("Collection", "采集")
_DONE = ("Preprocessing, cleaning, labelling", "预处理、清洗与标注")
_USE = ("Uses", "用途")
_OUT = ("Distribution", "分发")
_KEEP = ("Maintenance", "维护")

QUESTIONS: dict[str, Question] = {
    "purpose": Question(
        _WHY,
        ("For what purpose was it made, and which gap does it fill?", "为什么制作，填补什么空缺？"),
    ),
    "creators": Question(_WHY, ("Who made it, on whose behalf?", "由谁制作，代表哪个机构？")),
    "funding": Question(_WHY, ("Who paid for it?", "由谁出资？")),
    "instances": Question(_WHAT, ("What does an instance stand for?", "一条数据代表什么？")),
    "counts": Question(_WHAT, ("How many instances are there, of each kind?", "共有多少条，各类多少？")),
    "sampling": Question(_WHAT, ("Is it everything, or a sample of a larger set?", "是全集，还是更大集合的样本？")),
    "fields": Question(_WHAT, ("What does each instance consist of?", "每条数据由什么组成？")),
    "labels": Question(_WHAT, ("Is there a label or target?", "有没有标签或目标？")),
    "missing": Question(_WHAT, ("Is information missing?", "有没有缺失的信息？")),
    "relations": Question(_WHAT, ("Are relations between instances made explicit?", "数据之间的关系是否写明？")),
    "splits": Question(_WHAT, ("Are there recommended splits?", "有没有推荐的切分？")),
    "errors": Question(_WHAT, ("Are there errors, noise or redundancies?", "有没有错误、噪声或冗余？")),
    "self_contained": Question(_WHAT, ("Is it self-contained?", "是否自足，不依赖外部资源？")),
    "confidential": Question(_WHAT, ("May it hold confidential data?", "会不会含有保密内容？")),
    "offensive": Question(
        _WHAT,
        ("May it hold what offends, insults or frightens?", "会不会含有冒犯、侮辱或令人不安的内容？"),
    ),
    "groups": Question(_WHAT, ("Does it identify groups of people?", "会不会标示出某些人群？")),
    "persons": Question(_WHAT, ("Can single persons be identified?", "能否识别出具体的人？")),
    "sensitive": Question(_WHAT, ("Does it hold data that are sensitive about people?", "有没有关于个人的敏感信息？")),
    "acquired": Question(_HOW, ("How were the data acquired?", "数据是怎样取得的？")),
    "mechanisms": Question(_HOW, ("With which tools and procedures?", "用了哪些工具和流程？")),
    "sample_strategy": Question(_HOW, ("If a sample: how was it drawn?", "若是样本，怎样抽取？")),
    "workers": Question(_HOW, ("Who took part, and how were they paid?", "谁参与了，报酬如何？")),
    "timeframe": Question(_HOW, ("Over which time were the data collected?", "数据采集于什么时段？")),
    "ethics": Question(_HOW, ("Was there an ethical review?", "有没有经过伦理审查？")),
    "consent": Question(
        _HOW,
        ("Were the authors told, did they consent, can they withdraw?", "作者是否知情、同意，能否撤回？"),
    ),
    "impact": Question(_HOW, ("Was the impact on those concerned analysed?", "有没有分析对当事人的影响？")),
    "cleaning": Question(
        _DONE,
        (
            "What was filtered, cleaned and labelled, and why was what dropped?",
            "做了哪些过滤、清洗与标注，什么因为什么被剔除？",
        ),
    ),
    "raw": Question(_DONE, ("Were the raw data kept?", "原始数据是否保留？")),
    "software": Question(_DONE, ("Is the software available?", "所用软件能否取得？")),
    "used": Question(_USE, ("What has it been used for?", "已经用于什么？")),
    "repository": Question(_USE, ("Is there a list of papers or systems that use it?", "有没有使用者名录？")),
    "tasks": Question(_USE, ("What else could it be used for?", "还可以用于什么？")),
    "risks": Question(_USE, ("What about it could affect future uses?", "有什么会影响今后的使用？")),
    "not_for": Question(_USE, ("What should it not be used for?", "不应该用于什么？")),
    "third_parties": Question(_OUT, ("Will it be given to third parties?", "是否提供给第三方？")),
    "channel": Question(_OUT, ("How is it distributed?", "怎样分发？")),
    "when": Question(_OUT, ("When is it distributed?", "何时分发？")),
    "licence": Question(_OUT, ("Under which licence or terms?", "以什么许可或条款分发？")),
    "restrictions": Question(
        _OUT,
        ("Do others restrict it, by intellectual property or by law?", "有没有他方的知识产权或法律限制？"),
    ),
    "maintainer": Question(_KEEP, ("Who maintains it?", "由谁维护？")),
    "contact": Question(_KEEP, ("How are they reached?", "怎样联系？")),
    "erratum": Question(_KEEP, ("Is there an erratum?", "有没有勘误？")),
    "updates": Question(_KEEP, ("Will it be updated?", "会不会更新？")),
    "retention": Question(_KEEP, ("Are there limits on keeping data about people?", "个人数据的保留有没有期限？")),
    "versions": Question(_KEEP, ("Are older versions kept?", "旧版本是否保留？")),
    "contribute": Question(_KEEP, ("How can others contribute?", "他人怎样参与？")),
}  # fmt: skip


def check(names: Iterable[str]) -> None:
    """Raise a ``UsageError`` for the name of a question that there is not."""
    for name in names:
        if name not in QUESTIONS:
            raise UsageError(
                f"cqia.toml, [release.datasheet]: there is no question {name!r}.", nearest(name, QUESTIONS)
            )
