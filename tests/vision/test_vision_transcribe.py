"""Scanned papers: without a vision model quarantined; with one read, page by page, each page asked for once."""

import base64
import json
from pathlib import Path

import polars as pl
import pytest

from cqia import pipeline
from cqia.project import load
from cqia.readers.transcript import Transcript, read
from cqia.vision import render
from made import counted
from stub_server import Answer, completion, error, serving

pytest.importorskip("pypdfium2", reason="wants the extra: pip install 'cqia[exams]'")
pytest.importorskip("openai", reason="wants the extra: pip install 'cqia[llm]'")

from paper_pdf import PAPER, pdf

SCANS = [
    "2031年考研数学真题\n一、选择题\n1．设 $f(x)=x^{2}+1$，则 $f'(3)$ 的值等于（　）\nA．$6$\nB．$9$",
    "2．下列函数中在零点处连续的一个是（　）\nA．$\\frac{1}{x}$\nB．$x^{3}$\n参考答案\n1．A  2．B",
]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def made(folder: Path, papers: dict[str, bytes], url: str | None, **vision: object) -> Path:
    """A project over papers, with or without a vision model."""
    (folder / "raw").mkdir(exist_ok=True)
    for name, data in papers.items():
        (folder / "raw" / name).write_bytes(data)
    table = {"model": "eye", "base_url": url, "in_flight": 1} | vision
    said = "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items()) if url else ""
    text = '[sources.kaoyan]\nraw = ["raw/*"]\n' + (f"[vision]\n{said}" if url else "")
    (folder / "cqia.toml").write_text(text, "utf-8")
    return folder


def collected(folder: Path, warned: list[str] | None = None) -> tuple[pl.DataFrame, dict[str, str | None]]:
    """The documents, and what became of each paper."""
    project = load(folder)
    pipeline.run(project, until="collect", warn=(warned if warned is not None else []).append)
    assert counted(project).balanced
    assert not any(row.stale for row in counted(project).rows)
    parts = project.work / "kaoyan/collect"
    status = pl.read_parquet(parts / "status/part-*.parquet").join(
        pl.read_parquet(parts / "pages/part-*.parquet"), on="id"
    )
    names = [Path(path).name for path in status["path"]]
    return pl.read_parquet(parts / "out/part-*.parquet"), dict(zip(names, status["reason"], strict=True))


def page_of(request: dict[str, object]) -> bytes:
    """The picture in a question."""
    text, image = request["messages"][0]["content"]
    assert "逐字抄录" in text["text"]
    kind, data = image["image_url"]["url"].split(",")
    assert kind == "data:image/png;base64"
    return base64.b64decode(data)


def reader(*texts: str) -> tuple[list[bytes], object]:
    """An answering function that gives each new picture the next of the texts."""
    seen: list[bytes] = []

    def answer(request: dict[str, object], _: int) -> Answer:
        picture = page_of(request)
        if picture not in seen:
            seen.append(picture)
        return completion(texts[seen.index(picture)])

    return seen, answer


def two(mark: str = "1") -> bytes:
    """A PDF of two scanned pages that do not look alike; ``mark`` makes another paper of it."""
    return pdf([], [mark], image=True)


def test_without_a_model_a_scanned_paper_is_quarantined(tmp_path, inline):
    documents, became = collected(made(tmp_path, {"a.pdf": two()}, None))
    assert (documents.height, became) == (0, {"a.pdf": "scanned_page"})


def test_with_a_model_it_becomes_questions_that_lead_back_to_their_pages(tmp_path, inline):
    _, answer = reader(*SCANS)
    with serving(answer) as stub:
        papers = {"a.pdf": two(), "b.pdf": pdf(PAPER, ["参考答案", "1．A  2．B"])}
        documents, became = collected(made(tmp_path, papers, stub.url))
        assert became == {"a.pdf": None, "b.pdf": None}
        scanned = documents.filter(pl.col("raw").struct.field("path").str.ends_with("a.pdf"))
        first, second = scanned.sort("text", descending=True).select("text", "media", "extra").to_dicts()
        first, second = (first, second) if "f(x)" in first["text"] else (second, first)
        assert "$f(x)=x^{2}+1$" in first["text"]
        assert {"kind": "formula", "url": "page=1"} in first["media"]
        assert {"kind": "scan", "url": "page=2"} in second["media"]
        assert json.loads(second["extra"])["answer"] == "B"
        assert json.loads(first["extra"])["transcribed_by"] == "eye"
        assert len(stub.asked) == 2
        assert inline.taken()
        again, _ = collected(tmp_path)
        assert again.equals(documents)
        assert (len(stub.asked), inline.taken()) == (2, []), "nothing is asked or read again"


def test_only_the_scanned_papers_are_collected_again(tmp_path, inline):
    made(tmp_path, {"a.pdf": two(), "b.pdf": pdf(PAPER, ["参考答案", "1．A  2．B"])}, None)
    with (tmp_path / "cqia.toml").open("a") as file:
        file.write("[run]\nshard_mib = 0.0001\n")
    collected(tmp_path)
    inline.taken()
    _, answer = reader(*SCANS)
    with serving(answer) as stub:
        made(tmp_path, {}, stub.url)
        with (tmp_path / "cqia.toml").open("a") as file:
            file.write("[run]\nshard_mib = 0.0001\n")
        _, became = collected(tmp_path)
    assert became["a.pdf"] is None
    assert [step for step in inline.taken() if "draft" in step] == ["collect draft kaoyan/part-00002"]


def test_a_page_that_was_not_read_leaves_its_paper_quarantined_and_is_asked_for_again(tmp_path, inline):
    papers = {"a.pdf": pdf(["1"], ["11"], image=True), "b.pdf": pdf(["2"], ["22"], image=True)}
    made(tmp_path, papers, None)
    pictures = [render.picture(tmp_path / "raw" / name, page) for name in papers for page in (1, 2)]
    assert len(set(pictures)) == 4
    failing = {pictures[1]}

    def answer(request: dict[str, object], _: int) -> Answer:
        picture = page_of(request)
        return error(400) if picture in failing else completion(SCANS[pictures.index(picture) % 2])

    with serving(answer) as stub:
        made(tmp_path, {}, stub.url, in_flight=2)
        warned: list[str] = []
        _, became = collected(tmp_path, warned)
        assert became == {"a.pdf": "scanned_page", "b.pdf": None}
        assert any("a.pdf: page 2 was not read" in words for words in warned)
        before = len(stub.asked)
        failing.clear()
        _, became = collected(tmp_path)
        assert became == {"a.pdf": None, "b.pdf": None}
        assert len(stub.asked) == before + 1, "what was received is not asked for again"


def test_to_look_at_the_rules_no_page_is_sent(tmp_path, inline):
    with serving(reader(*SCANS)[1]) as stub:
        made(tmp_path, {"a.pdf": two()}, stub.url)
        assert list(pipeline.analysed(load(tmp_path))) == ["kaoyan"]
        assert not stub.asked


def test_a_run_sends_no_more_pages_than_allowed(tmp_path, inline):
    _, answer = reader(*SCANS, *SCANS)
    with serving(answer) as stub:
        made(tmp_path, {"a.pdf": two("1"), "b.pdf": two("22")}, stub.url, max_pages=3)
        warned: list[str] = []
        _, became = collected(tmp_path, warned)
        assert became == {"a.pdf": None, "b.pdf": "scanned_page"}
        assert "max_pages" in warned[0]
        assert len(stub.asked) == 2


@pytest.mark.parametrize(
    ("reply", "finish", "became"),
    [
        (f"```markdown\n{SCANS[0]}\n```", "stop", None),
        ("（空白页）", "stop", "no_text"),
        ("", "stop", "scanned_page"),
        (SCANS[0], "length", "scanned_page"),
        ("抱歉，我看不清。", "stop", "no_questions"),
    ],
)
def test_what_a_reply_comes_to(tmp_path, inline, reply, finish, became):
    with serving(lambda request, seen: completion(reply, finish)) as stub:
        documents, found = collected(made(tmp_path, {"a.pdf": pdf([], image=True)}, stub.url))
    assert found == {"a.pdf": became}
    assert not documents["text"].str.contains("```").any()


def test_a_transcript_that_was_edited_is_read_and_a_broken_one_has_a_reason(tmp_path, inline):
    _, answer = reader(*SCANS)
    with serving(answer) as stub:
        made(tmp_path, {"a.pdf": two()}, stub.url)
        collected(tmp_path)
        (file,) = (tmp_path / "work/kaoyan/transcripts").glob("*.json")
        file.write_text(file.read_text("utf-8").replace("连续的一个是", "可导的一个是"), "utf-8")
        documents, _ = collected(tmp_path)
        assert documents["text"].str.contains("可导的一个是").any()
        file.write_text("{}", "utf-8")
        _, became = collected(tmp_path)
        assert became == {"a.pdf": "bad_transcript"}
        file.unlink()
        _, became = collected(tmp_path)
        assert became == {"a.pdf": None}
        assert len(stub.asked) == 2


def test_a_transcript_is_the_same_after_writing_and_reading(tmp_path):
    given = Transcript("eye", {3: "三", 12: "十二"})
    (tmp_path / "t.json").write_text(json.dumps(given.to_json()), "utf-8")
    assert read(tmp_path / "t.json") == given
