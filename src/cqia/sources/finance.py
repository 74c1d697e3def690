"""金融任务 (finance): tasks on Chinese financial news and posts: headlines, questions on events, kinds of news, moods.

Where from: FinCUGE (github.com/ssymmetry/BBT-FinCUGE-Applications): a folder a task, each with ``train_list.json`` and
``eval_list.json``, lists of pairs, and ``problem_list.json``, whose questions have no answers:

    finna     [headline, article]                            finqa, fincqa    [question and passage, answer]
    finnl     [news, "中国 公司"]                             finfe            [post, 0, 1 or 2: how its writer feels]
    finne     [sentence, "0.0", "0.5" or "1.0"]: what the numbers say is written nowhere, so its rows are dropped

The folder's name tells the task. A file is one page, and its pairs are its documents. JSON lines with ``task``,
``input`` and ``answer`` are read too.

Licence: none stated; the news belongs to its publishers.

Worked example: in ``finqa/eval_list.json`` the pair

    ["企业融资事件对应的金额是多少？远山科技公告，完成2亿元融资。", "2亿元"]

becomes the record ``finance:<digest>/question``: an instruction with the question, the rest as its input, and the
output 2亿元.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath

import polars as pl

from cqia.errors import Unreadable
from cqia.readers.charset import decode
from cqia.readers.examples import document
from cqia.readers.json_rows import parse_json
from cqia.readers.raw import Raw
from cqia.rules import adverts, safety
from cqia.rules.rule import Rule
from cqia.schema import Document
from cqia.sources.examples import INPUT, INSTRUCTION, OUTPUT, WHOLE, chars, extra, listed
from cqia.sources.source import Edit, Published, Quota, Source, Task, wordings

TASKS = {"finna": "headline", "finqa": "question", "fincqa": "question", "finnl": "news", "finfe": "mood",
         "finne": "unclear"}  # fmt: skip
#: Of finfe; the posts labelled so agree with these names.
MOODS = {"0": "消极", "1": "中性", "2": "积极"}
#: How the answers of finqa and fincqa say that a passage does not tell.
NOT_TOLD = ("无相应参数", "无参数", "无指定类型事件发生", "无")
#: A label is a word or two: a longer one is a text in the wrong place.
LONGEST_LABEL = 40


def read(raw: Raw) -> Iterable[Document]:
    """The examples of a file, or one row of JSON lines.

    Raises:
        Unreadable: ``bad_json``; ``unknown_shape`` for a file that is no list, or of a task that is not known.
    """
    if raw.row is not None:
        return [_example(str(raw.row.get("task", "")), [raw.row.get("input"), raw.row.get("answer")], raw.path)]
    try:
        rows = parse_json(decode(raw.data or b"")[0])
    except ValueError as error:
        raise Unreadable("bad_json", f"{raw.path} is not JSON: {error}") from None
    if not isinstance(rows, list):
        raise Unreadable("unknown_shape", f"{raw.path} is no list of pairs")
    return [_example(PurePath(raw.path).parent.name, row, raw.path) for row in rows]


def _example(name: str, row: object, path: str) -> Document:
    """One pair; a question without an answer is a mapping with ``input``."""
    kind = TASKS.get(name.lower())
    if kind is None:
        message = f"{path}: no task of FinCUGE is called {name[:40]!r}; there are {', '.join(TASKS)}"
        raise Unreadable("unknown_shape", message)
    pair = [row.get("input"), None] if isinstance(row, Mapping) else row
    if not isinstance(pair, list) or len(pair) != 2:
        pair = [None, None]
    first, second = ("" if value is None else str(value).strip() for value in pair)
    asked, given, answer = "", first, second
    if kind == "headline" and second:
        given, answer = second, first
    elif kind == "question":
        asked, mark, given = first.partition("？")
        asked += mark
    elif kind == "mood":
        answer = MOODS.get(second, "")
    # Two questions on one article are two examples: the question is compared as well.
    return document(asked, given, answer, tags=[name.lower()], more={"kind": kind, "labels": second.split()[:4]})


_kind = extra("kind")
_label = _kind.is_in(["news", "mood"])
_region = listed("labels").list.first()
_topic = listed("labels").list.slice(1).list.join("、").replace("", None)
_answer = (
    pl.when(_kind == "question")
    .then(pl.when(OUTPUT.is_in(NOT_TOLD)).then(pl.lit("文中没有提到。")).otherwise(OUTPUT.str.replace_all(",", "、")))
    .when(_kind == "news")
    .then(pl.format("地区：{}；类别：{}", _region, _topic))
    .otherwise(OUTPUT)
)
#: What a portal sets around its articles.
_CHROME = (
    # A line that sells: a contest, a vote, an account.
    r"(?:(?<=\n)|\A)[^\n]{0,260}(?:【(?:点击[^】\n]{0,30}|下载地址)】|立即开户|在线开户>|点击投票|银华基金杯|评选火热进行"
    r"|粉丝福利扫描二维码|广告合作，请点击|您至少需输入)[^\n]{0,120}(?:\n|\Z)"
    r"|【基金经理PK[^\n]{0,300}(?:\n|\Z)"
    r"|[^\n。！？]{0,80}【(?:点击[^】\n]{0,30}|下载地址)】"
    r"|安装新浪财经客户端第一时间接收最全面的市场资讯→?(?:【下载地址】)?"
    r"|海量资讯、精准解读，尽在新浪财经APP"
)
EDITS = (
    Edit("portal", _CHROME, "", ("input",)),
    Edit("quote", r"[(（][+-]?\d+(?:\.\d+)?,\s?[+-]?\d+(?:\.\d+)?,\s?[+-]?\d+(?:\.\d+)?%[)）]", "", ("input",)),
    Edit("joint", r"\s{0,9}###\s{0,9}", "\n", ("input",)),  # fincqa sets it between two places of one report
    Edit("spaced", r"\\xa0|\u00a0", " ", ("input",)),
)
_MINOR = {"headline": ("摘要", "标题生成"), "question": ("阅读理解", "事件抽取"), "news": ("分类", "新闻分类"),
          "mood": ("分类", "情感分析")}  # fmt: skip

FINANCE = Source(
    name="finance",
    title="金融任务",
    kind="NLP Dataset",
    description="NLP tasks in the financial domain",
    quantity=600,
    licence="none stated by FinCUGE; the news belongs to its publishers",
    exercised_on="real rows",
    # Table 1 shows two steps: rules and people.
    stages=("collect", "filter", "dedup", "assign", "review", "release"),
    read=read,
    whole=("*_list.json",),
    rules=(
        Rule(name="unclear_label", why="nobody says what its labels mean", value=_kind == "unclear", missing="drop"),
        *WHOLE,
        Rule(
            name="odd_label",
            why="the label is no label",
            value=pl.when(_label).then((chars(OUTPUT) > LONGEST_LABEL) | ((_kind == "news") & _topic.is_null())),
            missing="keep",
            detail=OUTPUT.str.slice(0, LONGEST_LABEL),
        ),
        Rule(
            name="short",
            why="too little text to work on",
            value=INPUT.str.len_chars(),
            at_least=15,  # 赶紧进去 tells no mood; the shortest posts that do, and are sentences, have about 15
            missing="drop",
        ),
        Rule(
            name="long",
            why="longer than training takes in",
            value=INPUT.str.len_chars(),
            at_most=5_000,  # with instruction and output within the 4,096 tokens of the paper's training
            missing="drop",
        ),
        adverts.contact(),
        adverts.promotion(),
        *safety.all_words(),
    ),
    edits=EDITS,
    tasks=tuple(
        Task(
            name=name,
            wordings=wordings(__file__, name),
            fields={"question": INSTRUCTION.str.replace(r"^下文中", "文中")},
            input=INPUT,
            output=_answer,
            when=_kind == name,
            major=("摘要",) if name == "headline" else ("自然语言处理",),
            minor=minor,
            domain=("经济学-金融", "金融"),
            metadata=pl.format("task:{}", pl.col("tags").list.first()),
        )
        for name, minor in _MINOR.items()
    ),
    quota=Quota(600, by=_kind),
    rubric="nlp",
    published=Published("finance", dict.fromkeys(_MINOR, "finance_coig_pc")),
)
