"""Croissant metadata: ``croissant.json``, with one record set for each Parquet file.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cqia.release.facts import Facts
from cqia.release.layout import SPLITS, table_of

_SHORT = (
    "citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet", "format",
    "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex",
    "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform",
)  # fmt: skip
CONTEXT: dict[str, Any] = {
    "@language": "zh",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    **{name: f"cr:{name}" for name in _SHORT},
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}

#: The columns that are one value, or a list of values.
PLAIN = {
    "instruction": "sc:Text",
    "input": "sc:Text",
    "output": "sc:Text",
    "metadata": "sc:Text",
    "answer_from": "sc:Text",
    "human_verified": "sc:Boolean",
    "copyright": "sc:Text",
}


def croissant(facts: Facts, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The metadata.

    Args:
        files: size and sha256 by file name.
    """
    tables = {
        f"{config}.{split}" if split != SPLITS[0] else config: table_of(config, split)
        for config, splits in facts.configs.items()
        for split in splits
    }
    said = {"url": facts.maker.url, "datePublished": facts.maker.date}
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": facts.name,
        "description": f"{facts.total} Chinese instruction-tuning records in COIG-CQIA's layout, made with cqia.",
        "version": facts.version,
        "license": [source.terms.statement for source in facts.sources],
        "inLanguage": "zh",
        "citeAs": _citation(facts),
        **{key: value for key, value in said.items() if value},
        **({"creator": [{"@type": "sc:Organization", "name": name} for name in facts.maker.authors]}
           if facts.maker.authors else {}),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": name,
                "contentSize": f"{facts['bytes']} B",
                "encodingFormat": "application/x-parquet" if name.endswith(".parquet") else "application/jsonlines",
                "sha256": facts["sha256"],
            }
            for name, facts in files.items()
            if "/" in name
        ],
        "recordSet": [
            {"@type": "cr:RecordSet", "@id": name, "name": name, "field": _fields(name, table)}
            for name, table in tables.items()
        ],
    }  # fmt: skip


def _citation(facts: Facts) -> str:
    """As BibTeX."""
    who = " and ".join(f"{{{name}}}" for name in facts.maker.authors) or f"{{The makers of {facts.name}}}"
    maker = facts.maker
    parts = {"title": f"{facts.name} {facts.version}", "author": who, "year": maker.date[:4], "url": maker.url}
    fields = ", ".join(f"{key} = {{{value}}}" for key, value in parts.items() if value)
    return f"@misc{{cqia-{facts.version}, {fields}}}"


def _fields(name: str, table: str) -> list[dict[str, Any]]:
    def field(path: str, column: str, kind: str, **more: Any) -> dict[str, Any]:
        source = {"fileObject": {"@id": table}, "extract": {"column": column}}
        if "/" in path:
            source["transform"] = {"jsonPath": path.rpartition("/")[2]}
        return {"@type": "cr:Field", "@id": f"{name}/{path}", "name": path, "dataType": kind, "source": source, **more}

    kinds = [field(f"task_type/{part}", "task_type", "sc:Text", repeated=True) for part in ("major", "minor")]
    return [
        *(field(column, column, kind) for column, kind in PLAIN.items()),
        field("domain", "domain", "sc:Text", repeated=True),
        {"@type": "cr:Field", "@id": f"{name}/task_type", "name": "task_type", "subField": kinds},
    ]
