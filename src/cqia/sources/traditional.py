"""中国传统文化 (Chinese Traditional): classical translation, poems, idioms, tests of culture (paper, A.3 and A.4).

Where from: the paper took three tasks of Firefly and multiple-choice questions from the web. Here the texts that lie
under such tasks, as ``readers.classics`` knows them:

    NiuTrans Classical-Modern (MIT)    sentences in classical and in modern Chinese
    chinese-poetry (MIT)               poems of Tang and Song, ci, 诗经, 楚辞, primers
    chinese-idioms (Apache-2.0), chengyu, xiehouyu    idioms with meaning and origin; two-part sayings
    questions as JSON lines (question, options, answer, analysis): written samples alone

Licence: MIT and Apache-2.0 for the collections; the works themselves are in the public domain.

Worked example: in ``论语/学而篇/bitext.txt`` the lines

    古文：山高而水长，行者不知其远。
    现代文：山那么高，水那么长，赶路的人也不知道究竟有多远。

become a document whose id decides which of the two is given and which is wanted. The other tasks: a poem by its title
or from its first line, a ci by its tune, an idiom explained with its origin, a saying completed. Poems in traditional
characters come out simplified, as in the published set; the document keeps them as they were.
"""

from __future__ import annotations

import polars as pl

from cqia.readers.classics import read
from cqia.rules.rule import Rule
from cqia.sources.examples import INSTRUCTION, OUTPUT, WHOLE, chars, extra
from cqia.sources.source import Published, Quota, Source, Task, wordings
from cqia.text.chinese import simplified

_kind = extra("kind")
# Half and half, and the same half for ever: ids of pairs and poems end in a hexadecimal digit.
_even = pl.col("id").str.slice(-1).is_in(list("02468aceACE"))
# One form stands for two words in these names; character by character they would come out wrong.
_NAMES = ("乾坤", "乾隆", "乾元", "乾符", "乾道", "乾德", "乾宁", "乾寧", "宫徵", "宮徵", "徵羽")
_KEPT = {name: name.translate({ord(a): b for a, b in simplified().items() if a not in "乾徵"}) for name in _NAMES}


# Variants that old prints use for characters which have no simplified form of their own.
_OLD = (
    "衞疎駮碁箇峯羣牀煑徧覩蹔嬾竚斵韤詶遶鬭鬬迴瑠瑯陿蘂蕋㩧勌劒讐暎珮慙鬂"
    "隠鴈簷猨鶑鸎臯皐櫂髪媿廻鼇妬罇頼檝粧牋鬰嚬馿浄歛巵鑪壻顦顇彊飜逈髣髴褭煖僊睠筯蒨牓遯緜燄栢蕚竝倂羇覊"
    "隣搆鵶嗁隄袴懽堦羗麤諠寛俛呌懃濬蔕磵欵鏁缾筭蹏髩駈澁飡鐡躭籖廐犂塲効聼窓菓毘姪勗穽薫荅毬鲙澣慇蒭賖桮"
    "秔繐藂霶"
)
_NEW = (
    "卫疏驳棋个峰群床煮遍睹暂懒伫斫袜酬绕斗斗回琉琅狭蕊蕊扑倦剑仇映佩惭鬓"
    "隐雁檐猿莺莺皋皋棹发愧回鳌妒樽赖楫妆笺郁颦驴净敛卮炉婿憔悴强翻迥仿佛袅暖仙眷箸茜榜遁绵焰柏萼并并羁羁"
    "邻构鸦啼堤裤欢阶羌粗喧宽俯叫勤浚蒂涧款锁瓶算蹄鬓驱涩餐铁耽签厩犁场效听窗果毗侄勖阱薰答球脍浣殷刍赊杯"
    "粳穗丛滂"
)
_VARIANTS = dict(zip(_OLD, _NEW, strict=True))


def plain(text: pl.Expr) -> pl.Expr:
    """A text in simplified characters."""
    return text.str.replace_many({**_KEPT, **simplified(), **_VARIANTS}, leftmost=True)


def _of(*kinds: str) -> pl.Expr:
    return _kind.is_in(list(kinds))


_line, _poem = plain(extra("line")), plain(OUTPUT)
# Not the place in a series: 九日诗五首 三, 缘识 其三七; a form before the title is set off from it: 横吹曲辞·洛阳道.
_title = (
    plain(INSTRUCTION)
    .str.replace(r"[ 　]*其?[一二三四五六七八九十百]{1,5}$", "")
    .str.replace(r"[一二三四五六七八九十百]{1,4}首$", "")
    .str.strip_chars()
    .str.replace_all(r"[ 　・]+", "·")
)
_opening = _line.str.extract(r"^([^，。！？；,.!?;]{2,14})")
_known = plain(pl.col("author"))
_author = pl.coalesce(_known, pl.lit("古人"))
# Titles that say nothing of the poem: a fragment, a number in a series, a lost title.
_NAMELESS = r"^(?:句|其[一二三四五六七八九十]{1,3}|[失缺闕阙]題?题?|無題|无题|残句|殘句|佚题)$"
_named = ~_title.str.contains(_NAMELESS) & (_title.str.len_chars() <= 20) & (_title != "")
_length = pl.when(_of("pair")).then(chars(INSTRUCTION)).when(_of("poem", "tune")).then(chars(OUTPUT))

RULES = (
    Rule(name="prose", why="an original without a translation: nothing to ask", value=_of("prose"), missing="drop"),
    *WHOLE,
    Rule(
        name="gaps",
        why="characters are missing, or an editor speaks in between",
        value=OUTPUT.str.contains(r"[□■◇\x{FFFD}\x{E000}-\x{F8FF}{}\[\]〔〕]|以下缺|[無无]正文"),
        missing="keep",
        detail=OUTPUT.str.extract(r"(.{0,6}[□■◇\x{FFFD}\x{E000}-\x{F8FF}{}\[\]〔〕].{0,6})"),
    ),
    Rule(
        name="unbalanced",
        why="a bracket or quotation mark without its other half: the text was cut",
        value=pl.when(_of("idiom", "riddle")).then(
            OUTPUT.str.count_matches(r"[（“《]") != OUTPUT.str.count_matches(r"[）”》]")
        ),
        missing="keep",
    ),
    Rule(
        name="short",
        why="a fragment",
        value=_length,
        at_least=20,  # a quatrain of five has 24 with its stops; of the pairs the shorter half are 曰：然 and the like
        missing="keep",
    ),
    Rule(
        name="long",
        why="longer than anybody writes to order",
        value=_length,
        at_most=600,  # of 16,000 poems of Tang and Song 36 have over 500 characters
        missing="keep",
    ),
    Rule(
        name="misaligned",
        why="the modern text is not of this sentence: far too long or too short",
        value=pl.when(_of("pair")).then(chars(OUTPUT) / chars(INSTRUCTION)),
        at_least=0.8,  # modern Chinese takes some 1.6 characters for one; a third of the pairs beyond these are wrong
        at_most=4,
        missing="keep",
    ),
    Rule(
        name="thin",
        why="explained by another idiom alone, or in a word or two",
        value=pl.when(_of("idiom")).then(
            extra("meaning").str.contains(r"^(?:见|同|犹|犹言|亦作|参见|[参同]“)[“”\p{Han}，、]{0,14}[。.]?$")
            | (chars(extra("meaning")) < 8)
        ),
        missing="keep",
        detail=extra("meaning"),
    ),
    Rule(
        name="half_poem",
        why="too few lines, or lines without an end",
        value=pl.when(_of("poem")).then(~OUTPUT.str.contains(r"[。！？!?]")),
        missing="keep",
    ),
)


def _task(name: str, kinds: tuple[str, ...], when: pl.Expr, fields: dict[str, pl.Expr], output: pl.Expr,
          minor: str, domain: str, major: str = "文本生成") -> Task:  # fmt: skip
    return Task(
        name=name,
        wordings=wordings(__file__, name),
        fields=fields,
        output=output,
        when=_of(*kinds) & when,
        major=(major,),
        minor=(minor,),
        domain=("中国传统文化", domain),
        metadata=pl.coalesce(pl.format("book:{}", extra("book")), pl.format("author:{}", _known), pl.lit("")),
    )


_all = pl.lit(True)
_tune = plain(extra("tune")).str.replace_all("[・ ]+", "·")
TASKS = (
    _task("modern", ("pair",), _even, {"text": INSTRUCTION}, OUTPUT, "文言文翻译", "文言文"),
    _task("classical", ("pair",), ~_even, {"text": OUTPUT}, INSTRUCTION, "文言文翻译", "文言文"),
    _task("poem_by_title", ("poem",), _even & _named, {"title": _title, "author": _author}, _poem,
          "古诗写作", "古诗词"),
    _task("poem_by_line", ("poem",), ~(_even & _named), {"line": _opening, "author": _author}, _poem,
          "古诗续写", "古诗词"),
    _task("tune", ("tune",), _all, {"tune": _tune, "line": _opening, "author": _author}, _poem, "填词", "古诗词"),
    _task("idiom", ("idiom",), _all, {"idiom": INSTRUCTION}, plain(OUTPUT), "成语释义", "成语"),
    _task("riddle", ("riddle",), _all, {"first": INSTRUCTION},
          pl.format("{}——{}", INSTRUCTION, OUTPUT.str.replace_all("[；;]", "；或")), "歇后语", "歇后语"),
    _task("culture", ("culture",), _all, {"question": INSTRUCTION}, OUTPUT, "选择题", "语文", "试题"),
)  # fmt: skip
_FILES = {
    "modern": "translate_classical_chinese", "classical": "translate_classical_chinese",
    "poem_by_title": "poem", "poem_by_line": "poem", "tune": "poem",
    "idiom": "chengyu", "riddle": "xiehouyu", "culture": "trad-multi-choice-100",
}  # fmt: skip

TRADITIONAL = Source(
    name="traditional",
    title="中国传统文化",
    kind="NLP Dataset",
    description="Chinese traditional culture tasks from various datasets",
    quantity=1111,
    licence="MIT (NiuTrans Classical-Modern, chinese-poetry), Apache-2.0 (chinese-idioms); the works are public domain",
    exercised_on="real rows in part",  # tests of culture are written
    # Table 1 shows three steps: rules, wordings, people.
    stages=("collect", "filter", "dedup", "assign", "review", "release"),
    read=read,
    rules=RULES,
    tasks=TASKS,
    # Two-part sayings share the part of idioms: their answers are a few characters long.
    quota=Quota(1111, by=_kind.replace({"riddle": "idiom", "tune": "poem"})),
    rubric="nlp",
    published=Published("chinese_traditional", _FILES),
)
