"""Secure connections: a certificate that is not valid is not accepted."""

from __future__ import annotations

import shutil
import ssl
import subprocess

import pytest
from crawl_server import Site, serving, text

from cqia.crawl import fetch as fetching


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 that nobody has signed, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("wants the command openssl, to make a certificate")
    key, file = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", file],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, file


@pytest.mark.parametrize(("trusted", "state", "reason"), [(True, "kept", None), (False, "failed", "tls")])
def test_a_certificate_is_checked(certificate, fetch, rows, monkeypatch, trusted, state, reason):
    key, file = certificate
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(file, key)
    if trusted:
        monkeypatch.setattr(fetching, "_context", lambda: ssl.create_default_context(cafile=str(file)))
    with serving(Site({"/": text("a")}), tls=tls) as site:
        fetch(site.url)
        assert rows()[f"{site.url}/"][:2] == (state, reason)


def test_a_server_that_speaks_no_tls(site, fetch, rows):
    url = site.url.replace("http:", "https:")
    fetch(url)
    assert rows()[f"{url}/"][:2] in [("failed", "tls"), ("failed", "connection"), ("failed", "timeout")]
