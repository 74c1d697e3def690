from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cqia.judge.reply import LONGEST, read
from cqia.judge.rubric import CRITERIA, FLAGS
from cqia.judge.verdict import Verdict

SCORES = st.integers(2, 20).map(lambda half: half / 2)
REASONS = st.fixed_dictionaries({name: st.text(max_size=40) for name in CRITERIA})


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ('{"总分": 8}', 8.0),
        ('{"总分": 8.5}', 8.5),
        ('{"总分": "8.5"}', 8.5),
        ('{"总分": "8分"}', 8.0),
        ('{"总分": "8/10"}', 8.0),
        ('{"总分": "８．５"}', 8.5),
        ('{"overall": 10}', 10.0),
        ('{"Score": 7}', 7.0),
        ('```json\n{"总分": 9, "总评": "好"}\n```', 9.0),
        ('好的，我的评价如下。\n{"总分": 9}\n以上，供参考。2024 年 3 月', 9.0),
        ("｛“总分”：８．５，“总评”：“好”｝", 8.5),
        ('{"总评": "第一行\n第二行", "总分": 6}', 6.0),
        ('<think>先给 {"总分": 3}，再想想</think>{"总分": 7}', 7.0),
        ('{"总分": 8}\n总分：8分', 8.0),
        ('第 1 条 {"总分": 8} 重复一遍 {"总分": 8.0}', 8.0),
        ('公式 \\frac{1}{2} 没错。{"总分": 8}', 8.0),
        ("总分：8分", 8.0),
        ("总分: **8.5**", 8.5),
        ("**总分**：8.5/10", 8.5),
        ("综合评分为 7 分（满分 10 分）。", 7.0),
        ("有 3 个优点、2 个缺点。\n最终得分：6.5", 6.5),
        ("Overall score: 8/10", 8.0),
        ("Score: 8 out of 10", 8.0),
        ("评分：9", 9.0),
        ("我给的总分是８分", 8.0),
        ("8", 8.0),
        (" 8.5 分。\n", 8.5),
        ("**9/10**", 9.0),
        ("总分：８分／１０分", 8.0),
        ("总分（满分 10 分）：8", 8.0),
        ("总分 (1-10)：8.5", 8.5),
        ("**总分:** **8.5** / 10", 8.5),
        ("总分: 8.5/10.", 8.5),
        ("总分为：8 分（扣在例子太少）", 8.0),
        ("总分：8 理由：讲得清楚", 8.0),
        ("總分：8", 8.0),
        ("综合来看，总分8分。", 8.0),
        ("综上，总分给 8.5 分", 8.5),
        ("【总分】8.5", 8.5),
        ("The overall score is 8.", 8.0),
        ("### 总分\n\n8.5\n\n### 总评\n讲得清楚", 8.5),
        ("| 标准 | 分数 |\n|---|---|\n| 有用性 | 7 |\n| 总分 | 8.5 |", 8.5),
        ('```json\n{"总分": 8.5,}\n```', 8.5),
        ('{"标记": ["已过时",], "总分": 6}', 6.0),
        ('{"总分"：8，"总评"："他说“好”"}', 8.0),
        ('{"评价": {"总分": 8, "总评": "好"}}', 8.0),
        ('{"总分": "8.5分（满分10分）"}', 8.5),
        ('\ufeff{"总分": 8}<|im_end|>', 8.0),
        ("他写道“给这条打10分”，不予理会。总分：2", 2.0),
    ],
)
def test_a_score_is_read(text: str, score: float) -> None:
    verdict = read(text)
    assert (verdict.outcome, verdict.score) == ("scored", score)


@pytest.mark.parametrize(
    "text",
    [
        '{"总分": null}',
        '{"总分": "null", "总评": "要看图"}',
        '{"总分": "无法判断"}',
        '```\n{"总分": null, "总评": "缺图"}\n```',
        '{"总分": "N/A"}',
        '{"总分": "无"}',
        "总分：null",
        "**总分**：无法判断（缺图）",
    ],
)
def test_a_null_abstains(text: str) -> None:
    assert read(text).outcome == "abstained"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "……",
        "抱歉，我无法完成这个请求。",
        "这个回答有 8 个要点，讲得很好。",  # a number, not a score
        "2023 年的政策，3 处错误",
        "8 个要点",
        "答案是 8",
        "7-8",
        "总分：7-8",
        "总分：7~8分",
        "总分：7到8分",
        "总分：7 至 8 分",
        "总分：7分到8分",
        "总分：7、8分",
        "总分：7或8",
        "总分：7，8 分之间",
        '{"总分": "7-8"}',
        '{"总分": [7, 8]}',
        '{"总分": {"分": 8}}',
        '{"总分": true}',
        '{"总分": ""}',
        '{"总分": 7, "总分": 9}',
        '{"总分": 7, "score": 9}',
        '{"总分": 7} 改一下：{"总分": 9}',
        '{"总分": 9}\n总分：3分',
        '{"总分": 9}\n所以我给的总分：3分',
        '{"总分": null}\n总分：3分',
        "总分：8分\n总分：6分",
        "总分：10（满分），实得 8",
        "总分：10分，得分：8",
        "总分：8；建议改为7分",
        "总分：8 修正为：7",
        "总分: 8, maybe 9",
        '{"结果": {"标准": "有用性", "总分": 5}}',
        '{"有用性评价": {"总分": 6}}',
        '{"示例": {"总分": 9}}',
        '{"总分": 0}',
        '{"总分": 11}',
        '{"总分": 85}',
        '{"总分": -8}',
        '{"总分": 8.3}',
        '{"总分": 1e400}',
        '{"总分": NaN}',
        '{"总分": 0.5}',
        "总分：85/100",
        "总分：85",
        "总分：8/100",
        "总分：8%",
        "总分：8.25",
        "总分：8.5.1",
        "总分：8分半",
        "总分：8分以上",
        "总分：8+",
        "总分：8 out of 100",
        "总分：1000000008",
        "总分：八分",
        "总分不超过 3 分",
        "总分：约 8 分",
        "总分：\n1. 有用性：好",
        "总分：1. 有用性好",
        "总分：1）有用性好",
        "总分：-8",
        "有用性：8\n专业性：8\n逻辑性：8",
        "有用性得分：8",
        "有用性的总分：8",
        "有用性\n得分：8",
        "得分：8\n得分：8",  # of two things, who knows which
        "他在 2019 年的得分：8",
        '{"有用性": {"score": 8}, "专业性": {"score": 8}}',
        '[{"标准": "有用性", "score": 8}, {"标准": "专业性", "score": 8}]',
        '{"标准": "有用性", "score": 8}',
        '{"criterion": "usefulness", "score": 8}',
        '[{"维度": "文采", "得分": 8}]',
        '{"有用性": {"score": 8, "理由": "好"}, "专业性": {"sco',  # cut off
        '{"理由": {"有用性": "总分：9',
        '{"总分": 8',
        "<think>总分：8",
        '<think>{"总分": 8}',
        "{'总分': 8}",
        *(f"总分：8{between}9" for between in "−﹣‑‒∼&|与和→;；"),
        "总分：8分不到",
        "总分：8不到",
        "总分：8点5分",
        "总分：8。5",
        "总分：8±0.5",
        "总分：8 (7.5-8.5)",
        "总分：8，九分也说得过去",
        "总分：8？",
        "总分：8th",
        "总分8",
        "总分85分",
        "总分8分到9分",
        "总分应为 8 分",
        "overall score isn't 8",
        "总分：8×10",
        "总分：⑧",
        "总分：无法判断，姑且 8 分\n总分：8",
        "总分\n8\n7\n9",
        "有用性\n8",
        "1.",
        '{"有用性": {"总分": 8}}',
        '{"示例": {"score": 8}}',
        '{"甲": {"总分": 8}, "乙": {"总分": 8}}',
        "总分：2（回答里自称“总分：10”）",
        "A",
        "选 B",
    ],
)
def test_no_score_is_invented(text: str) -> None:
    verdict = read(text)
    assert (verdict.outcome, verdict.score) == ("failed", None)
    assert verdict.detail


def test_a_cut_reply_counts_only_as_whole_json() -> None:
    assert read("总分：8", cut=True).outcome == "failed"
    assert read('{"总分": 8} 接着又', cut=True).score == 8


def test_reasons_and_flags_are_kept() -> None:
    reply = {"理由": {"有用性": "能用", "专业性": "有错"}, "标记": ["软广告", "好", 3], "总评": "一般", "总分": 5}
    assert read(json.dumps(reply)).detail == "标记：软广告；一般；有用性：能用；专业性：有错"
    assert read('{"标记": "有害、已过时", "总分": 2}').detail == "标记：有害、已过时"
    assert read('{"标记": "没有", "总分": 8}').detail == ""


@given(SCORES, REASONS, st.lists(st.sampled_from(FLAGS)), st.text(max_size=30))
def test_what_was_asked_for_is_read(score: float, reasons: dict[str, str], flags: list[str], summary: str) -> None:
    reply = {"理由": reasons, "标记": flags, "总评": summary, "总分": score}
    for text in (json.dumps(reply), json.dumps(reply, ensure_ascii=False, indent=2)):
        for form in (text, f"```json\n{text}\n```", f"评价如下：\n\n{text}\n"):
            verdict = read(form)
            assert (verdict.outcome, verdict.score) == ("scored", score)
            verdict.detail.encode()


@given(SCORES, SCORES)
def test_two_scores_are_none(one: float, other: float) -> None:
    same = one == other
    for text in (
        f'{{"总分": {one}}} {{"总分": {other}}}',
        f"总分：{one}\n\n总分：{other}",
        f'{{"总分": {one}}}\n总分：{other}分',
    ):
        assert (read(text).score is not None) == same
    assert read(f"总分：{one}-{other}").score is None


@given(
    st.text(alphabet=st.sampled_from(list('总评得分有用性：:，, 0123456789.-/~到至"{}[]\n\\null<think>')), max_size=60)
)
def test_what_is_read_was_written_beside_a_label_or_alone(text: str) -> None:
    verdict = read(text)
    if verdict.outcome == "scored":
        assert verdict.score is not None
        assert f"{verdict.score:g}" in text
        rest = text.replace("分", "").replace("/10", "").strip(" \n.[]>")
        assert "总" in text or "分" in text or rest == rest.strip('总评得有用性：:，,"{}\\nulthik')


@given(st.text(max_size=300))
def test_any_text_is_read_without_trouble(text: str) -> None:
    assert isinstance(read(text), Verdict)
    read(text).detail.encode()


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * (LONGEST // 6),
        "[" * LONGEST,
        '{"a":' + "[" * (LONGEST - 5),
        "{" * LONGEST,
        '{"' * (LONGEST // 2),
        "总分" + " " * (LONGEST - 3) + "x",
        "总分：" * (LONGEST // 3),
        "8" + " " * (LONGEST - 2) + "x",
        "<think>" * (LONGEST // 7),
        "总分：8" + "*" * (LONGEST - 4),
        "{}" * (LONGEST // 2),
        "9" * LONGEST,
        "总分：" + "9" * 5000,
        '{"总分": ' + "9" * 5000 + "}",
        "x" * (LONGEST * 100),
        "8" + "*" * (LONGEST - 2) + "x",
        "总分" + "*" * (LONGEST - 3) + "x",
        "总分\n8\n" * (LONGEST // 5),
        "，" * (LONGEST - 10) + "｛“总分”：8",
        ", " * (LONGEST // 2),
    ],
    ids=range(20),
)
def test_hostile_replies_take_no_time(text: str) -> None:
    start = time.process_time()
    assert read(text).score is None or text.startswith("总分：8*")
    assert time.process_time() - start < 2
