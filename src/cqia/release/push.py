"""A release to a repository of the Hub, if its licences allow it.

A source whose licence is not known is pushed only if somebody names it: whoever does takes that on. What is pushed is
the release as it was written, every file checked against the manifest, and tagged with the release's name; pushing it
again changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cqia.errors import ReleaseError, UsageError, nearest
from cqia.release.files import digests
from cqia.release.licences import terms
from cqia.release.register import manifest_of

#: What a release consists of: of these, what is in the repository and not in the release goes.
OURS = ["*.jsonl", "*.parquet", "*.md", "*.json", "*.cff"]

HINTS = {
    401: "Set HF_TOKEN to a token that may write, or run: hf auth login",
    403: "The token may not write to that repository.",
    404: "Is the name right, and does it belong to the token's owner?",
}


@dataclass(frozen=True)
class Pushed:
    """What was pushed: the address of the repository, the tag, and whether all was there already."""

    url: str
    tag: str
    unchanged: bool


def check(release: Path, acknowledged: Collection[str]) -> None:
    """Raise what keeps ``release`` from being pushed.

    Args:
        acknowledged: sources whose unknown licence somebody takes on.

    Raises:
        UsageError: a source is acknowledged that is not in the release.
        ReleaseError: a licence is not known and not taken on, or a file is not as it was written.
    """
    manifest = manifest_of(release)
    sources = manifest.get("sources")
    if not isinstance(sources, dict) or not sources or not all(isinstance(each, dict) for each in sources.values()):
        raise ReleaseError(f"{release / 'manifest.json'} says nothing of licences, so it is not pushed.")
    for name in acknowledged:
        if name not in sources:
            raise UsageError(f"--acknowledge {name}: the release has no such source.", nearest(name, sources))
    unknown = {  # read anew from the statement: nobody makes a licence known by editing the manifest's flag
        name: found
        for name, found in ((name, terms(str(facts.get("licence", "")))) for name, facts in sources.items())
        if not found.known and name not in acknowledged
    }
    if unknown:
        told = "".join(f"\n  {name}: {found.statement or 'nothing stated'}" for name, found in unknown.items())
        flags = " ".join(f"--acknowledge {name}" for name in unknown)
        raise ReleaseError(f"Not pushed: these licences are not known.{told}",
                           f"If you have the right to publish these texts, say so by name: {flags}. "
                           "Or state their licence in cqia.toml and release again.")  # fmt: skip
    found = digests(release, sync=False)
    written = {name: facts.get("sha256") for name, facts in manifest["files"].items()}
    wrong = sorted(
        name
        for name in (found.keys() | written.keys()) - {"manifest.json"}
        if name not in found or found[name]["sha256"] != written.get(name)
    )
    if wrong:
        raise ReleaseError(f"Not pushed: {release} is not as it was written: {', '.join(wrong[:5])}.",
                           "Put it back from a copy, or release again under another name.")  # fmt: skip


def push(
    release: Path,
    repo: str,
    *,
    private: bool = False,
    acknowledged: Collection[str] = (),
) -> Pushed:
    """Push ``release`` to the dataset repository ``repo``, which is made if there is none.

    Args:
        repo: like ``name/dataset``. private: whether a repository that is made is private.
        acknowledged: see ``check``.

    Raises:
        UsageError, ReleaseError: see ``check``; or ``repo`` is no name, or the Hub refuses.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", repo):
        raise UsageError(f"{repo!r} is no repository.", "Name it like your-name/dataset.")
    check(release, acknowledged)
    try:
        import huggingface_hub as hub
        from huggingface_hub import errors
    except ImportError as error:
        raise UsageError("cqia push needs huggingface-hub.", "Install it with: pip install 'cqia[hub]'") from error
    client = hub.HfApi(library_name="cqia")
    tag = release.resolve().name
    try:
        url = client.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        before = client.repo_info(repo, repo_type="dataset").sha
        done = client.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=release,
            commit_message=f"Release {tag}",
            delete_patterns=OURS,
        )
        client.create_tag(repo, repo_type="dataset", tag=tag, revision=done.oid, exist_ok=True)
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        said = " ".join((error.server_message or str(error)).split())[:300]
        raise ReleaseError(f"The Hub refused ({status}): {said}", HINTS.get(status, "")) from error
    except RuntimeError as error:  # a large file that did not get through; what went wrong is its cause
        raise ReleaseError(f"{error} {error.__cause__}", "Run the same command again to go on.") from error
    except (errors.HFValidationError, ValueError) as error:
        raise ReleaseError(f"The Hub does not take it: {error}.") from error
    except (errors.HTTPError, OSError) as error:  # type: ignore[attr-defined]  # the base of HfHubHTTPError
        raise ReleaseError(f"The Hub cannot be reached: {error}.", "Run the same command again to go on.") from error
    return Pushed(str(url), tag, unchanged=done.oid == before)
