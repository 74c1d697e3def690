"""Opening the desk: where it may listen, and that the command does what it says; a real port, real TLS."""

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from selectolax.lexbor import LexborHTMLParser as Html

from cqia.desk.serve import Place, door
from cqia.errors import UsageError
from desk_at_work import Client, Office, fields
from made import Said


@pytest.mark.parametrize(
    ("place", "names", "tls"),
    [
        (Place(), {"127.0.0.1", "localhost", "::1"}, False),
        (Place("localhost"), {"127.0.0.1", "localhost", "::1"}, False),
        (Place("127.0.0.1", names=("Desk.Example.",)), {"127.0.0.1", "localhost", "::1", "desk.example"}, False),
        (Place("10.1.2.3", behind_proxy=True), {"10.1.2.3"}, True),
        (Place("0.0.0.0", names=("desk.example",), behind_proxy=True), {"desk.example"}, True),
    ],
)
def test_what_the_desk_answers_to(place: Place, names: set[str], tls: bool) -> None:
    assert (door(place).names, door(place).tls) == (frozenset(names), tls)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place("0.0.0.0"), "without TLS"),
        (Place("10.1.2.3"), "without TLS"),
        (Place("::"), "without TLS"),
        (Place("desk.example"), "without TLS"),
        (Place("0.0.0.0", behind_proxy=True), "--name"),
        (Place(names=("https://desk.example",)), "no name of a host"),
        (Place(names=("desk.example:80",)), "no name of a host"),
        (Place(certificate=Path("cert.pem")), "both a certificate and its key"),
        (Place(certificate=Path("/nowhere/cert.pem"), key=Path("/nowhere/key.pem")), "no file"),
    ],
)
def test_what_is_refused(place: Place, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        door(place)
    assert said in str(raised.value)


def test_a_port_that_is_taken_is_said(office: Callable[..., Office], cqia: Callable[..., Said]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = cqia("review", "serve", "-C", office(1).folder, "--port", str(taken.getsockname()[1]))
    assert done.code == 2
    assert "--port" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "without TLS"),
        (("--port", "99999999"), "65535"),
        (("--port", "0", "--database", "mysql://x/y"), "postgresql://"),
        (("--host", "no such host"), "without TLS"),
    ],
)
def test_wrong_arguments_are_said(
    office: Callable[..., Office], cqia: Callable[..., Said], arguments: tuple[str, ...], said: str
) -> None:
    done = cqia("review", "serve", "-C", office(1).folder, *arguments)
    assert (done.code, said in done.err) == (2, True), done


def test_a_project_that_was_never_run_opens_an_empty_desk_and_ctrl_c_closes_it(office: Callable[..., Office]) -> None:
    folder = office(2).folder
    (folder / "work" / "review.sqlite").unlink()
    with command(folder) as (process, lines):
        assert "2 new" in lines[0]
        link = re.search(r"http://127\.0\.0\.1:\d+/invited/\S+", lines[1])
        assert link is not None
        with urllib.request.urlopen(link[0], timeout=20) as answer:
            assert "管理员" in answer.read().decode()
        home = re.search(r"http://\S+", lines[2])
        assert home is not None
        with pytest.raises(urllib.error.HTTPError, match="421"):
            urllib.request.urlopen(urllib.request.Request(home[0], headers={"host": "evil.example"}), timeout=20)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, 130, -signal.SIGINT)


def test_several_processes_know_the_same_people_and_records(office: Callable[..., Office]) -> None:
    made = office(8)
    people = [made.client(name) for name in ("甲", "乙", "丙")]
    with command(made.folder, "--processes", "2") as (process, lines):
        home = re.search(r"http://127\.0\.0\.1:\d+", lines[-1])
        assert home is not None
        held: dict[str, set[str]] = {}
        for _ in range(6):  # a new connection each: whichever process takes it
            for me in people:
                page = asked(home[0], me)
                held.setdefault(me.cookie, set()).add(str(fields(page)["id"]))
        assert all(len(ids) == 1 for ids in held.values()), held  # nobody's record depends on who answers
        assert len(set.union(*held.values())) == 3
        workers = psutil.Process(process.pid).children()
        answering = [each for each in workers if "spawn_main" in " ".join(each.cmdline())]
        assert len(answering) == 2
        answering[0].kill()
        psutil.wait_procs(answering[:1], 10)
        for _ in range(4):  # the other goes on
            assert fields(asked(home[0], people[0]))["id"] in held[people[0].cookie]
        process.kill()  # and nobody answers for a desk that is gone
        process.wait()
        _, alive = psutil.wait_procs(workers, 20)
        assert not alive


@pytest.mark.parametrize("processes", ["1", "2"])
def test_an_answer_is_not_held_back(office: Callable[..., Office], processes: str) -> None:
    """Without TCP_NODELAY the body of each waits 40 ms for the browser's acknowledgement of its head."""
    with command(office(1).folder, "--processes", processes) as (_, lines):
        port = re.search(r"127\.0\.0\.1:(\d+)", lines[-1])
        assert port is not None
        browser = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=30)
        took = []
        for _ in range(60):
            begun = time.perf_counter()
            browser.request("GET", "/login")
            browser.getresponse().read()
            took.append(time.perf_counter() - begun)
        browser.close()
        assert min(took[20:]) < 0.035  # the fastest: a busy machine is no reason


def asked(home: str, me: Client) -> Html:
    """The page of the record in front of somebody, by a connection of its own."""
    request = urllib.request.Request(f"{home}/review", headers={"cookie": f"session={me.cookie}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return Html(answer.read().decode())


def test_tls_is_spoken(office: Callable[..., Office], tmp_path: Path) -> None:
    certificate, key = certified(tmp_path)
    with command(office(1).folder, "--certificate", str(certificate), "--key", str(key)) as (_, lines):
        home = re.search(r"https://127\.0\.0\.1:\d+", lines[-1])
        assert home is not None
        trusted = ssl.create_default_context(cafile=str(certificate))
        with urllib.request.urlopen(f"{home[0]}/login", timeout=20, context=trusted) as answer:
            assert "__Host-visitor" in answer.headers["set-cookie"]
            assert answer.headers["strict-transport-security"]


def test_a_certificate_that_is_none_is_said(
    office: Callable[..., Office], cqia: Callable[..., Said], tmp_path: Path
) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("不是证书")
    done = cqia("review", "serve", "-C", office(1).folder, "--port", "0", "--certificate", tmp_path / "cert.pem",
                "--key", tmp_path / "key.pem")  # fmt: skip
    assert (done.code, "PEM" in done.err) == (2, True), done


class command:  # noqa: N801 - used as a word
    """``cqia review serve`` in a process of its own; gives it and the lines it has printed once the desk is open."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        code = "import sys; from cqia.cli import main; sys.argv[0] = 'cqia'; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "review", "serve", "-C", str(folder), "--port", "0", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ,
        )  # fmt: skip

    def __enter__(self) -> tuple[subprocess.Popen[str], list[str]]:
        lines: list[str] = []
        assert self.process.stdout is not None
        while not lines or "The desk is open" not in lines[-1]:
            lines.append(self.process.stdout.readline())
            assert lines[-1], lines
        return self.process, lines

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def certified(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begun = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(begun).not_valid_after(begun + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "c.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "k.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    return folder / "c.pem", folder / "k.pem"
