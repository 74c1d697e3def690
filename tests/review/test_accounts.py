"""Who may do what: passwords, links that work once, limits, sessions, OIDC, and the last admin."""

import threading

import pytest
from sqlalchemy import select

from cqia.review import accounts, clock, sessions
from cqia.review.refused import Refused
from cqia.review.tables import invitations, reviewers
from cqia.review.tables import sessions as table
from desk_people import PASSWORD, account


def refused(reason, what, *args, **named):
    with pytest.raises(Refused) as raised:
        what(*args, **named)
    assert raised.value.reason == reason
    return raised.value


def test_a_password_is_checked_and_not_stored(database):
    account(database, "甲")
    assert accounts.log_in(database, "甲", PASSWORD, "127.0.0.1") == "甲"
    with database.reading() as db:
        stored = db.execute(select(reviewers.c.password)).scalar_one()
    assert PASSWORD not in stored
    assert stored.startswith("$argon2id$")


@pytest.mark.parametrize("name", ["甲", "nobody", "", "'; DROP TABLE reviewers; --", "x" * 10_000, "a\0b"])
def test_a_wrong_name_and_a_wrong_password_look_alike(database, name):
    account(database, "甲")
    said = refused("wrong_password", accounts.log_in, database, name, "falsch falsch", "127.0.0.1")
    assert str(said) == "The name or the password is wrong."


def test_the_same_password_in_another_form_and_the_name_in_another_case(database):
    account(database, "Lin.Yu", password="ＡＢＣ密码密码密码密码")
    assert accounts.log_in(database, "lin.yu", "ABC密码密码密码密码", "127.0.0.1") == "Lin.Yu"
    account(database, "Ärger")
    assert accounts.log_in(database, "Ärger", PASSWORD, "127.0.0.1") == "Ärger"


def test_too_many_wrong_ones_have_to_wait(database, at):
    account(database, "甲")
    account(database, "乙")
    for _ in range(accounts.MOST_BY_NAME):
        refused("wrong_password", accounts.log_in, database, "甲", "falsch falsch", "10.0.0.1")
    said = refused("throttled", accounts.log_in, database, "甲", PASSWORD, "10.0.0.2")
    assert 0 < said.seconds <= 900
    assert accounts.log_in(database, "乙", PASSWORD, "10.0.0.1") == "乙"
    at(901)
    assert accounts.log_in(database, "甲", PASSWORD, "10.0.0.2") == "甲"


def test_an_address_that_tries_many_names(database, monkeypatch):
    monkeypatch.setattr(accounts, "MOST_BY_ADDRESS", 4)
    for n in range(4):
        refused("wrong_password", accounts.log_in, database, f"n{n}", "falsch falsch", "10.0.0.1")
    refused("throttled", accounts.log_in, database, "n9", "falsch falsch", "10.0.0.1")
    refused("wrong_password", accounts.log_in, database, "n9", "falsch falsch", "10.0.0.2")
    account(database, "甲")
    for _ in range(6):  # an office behind one address
        assert accounts.log_in(database, "甲", PASSWORD, "10.0.0.3") == "甲"


def test_guesses_at_the_same_time_are_all_counted(database):
    account(database, "甲")
    said = []

    def guess():
        try:
            accounts.log_in(database, "甲", "falsch falsch", "10.0.0.1")
        except Refused as error:
            said.append(error.reason)

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count("wrong_password") <= accounts.MOST_BY_NAME
    assert len(said) == 16


@pytest.mark.parametrize("password", ["kurz", "长" * 201, ""])
def test_what_is_no_password(password):
    refused("invalid", accounts.hashed, password)


@pytest.mark.parametrize("name", ["", " ", "a b", "<script>", "../x", "x" * 65, "a\0", "@甲", "甲\n乙"])
def test_what_is_no_name(database, name):
    with database.writing() as db:
        refused("invalid", accounts.add, db, name, "reviewer", None)


def test_a_name_is_taken_in_every_form(database):
    account(database, "Anna")
    with database.writing() as db:
        for name in ("Anna", "anna", "ＡＮＮＡ", " Anna "):
            refused("name_taken", accounts.add, db, name, "reviewer", None)
        refused("invalid", accounts.add, db, "Bert", "king", None)


def test_the_first_link_makes_the_first_admin_and_works_once(database, at):
    with database.writing() as db:
        old = accounts.first_link(db)
        link = accounts.first_link(db)
        assert (db.execute(select(invitations.c.digest)).scalars().all()) != [link]
    with database.writing() as db:
        refused("link_void", accounts.accept_invitation, db, old, "管", None)
        refused("link_void", accounts.accept_invitation, db, "forged", "管", None)
        assert accounts.invited(db, link) == "admin"
        assert accounts.accept_invitation(db, link, "管", accounts.hashed(PASSWORD)).role == "admin"
        refused("link_void", accounts.accept_invitation, db, link, "另一个", None)
        assert accounts.first_link(db) is None
        later = accounts.invite(db, "senior", by="管")
    at(25 * 3600)
    with database.writing() as db:
        refused("link_void", accounts.invited, db, later)


def test_the_last_admin_stays(database):
    account(database, "管", "admin")
    account(database, "甲")
    with database.writing() as db:
        refused("forbidden", accounts.change, db, "管", role="reviewer")
        refused("forbidden", accounts.change, db, "管", active=False)
        assert accounts.change(db, "甲", role="admin").senior
        assert accounts.change(db, "管", role="reviewer").role == "reviewer"
        refused("unknown", accounts.change, db, "无名", role="senior")
        refused("invalid", accounts.change, db, "管", role="king")
        assert accounts.change(db, "管", sources=["zhihu"], fields=["医学"]).fields == ("医学",)
        assert [each.name for each in accounts.everyone(db)] == sorted(["管", "甲"])


def test_a_session_is_a_digest_and_ends(database, at):
    account(database, "甲")
    with database.writing() as db:
        token = sessions.open(db, "甲")
        assert db.execute(select(table.c.digest)).scalar_one() != token
    with database.reading() as db:
        assert sessions.reviewer_of(db, token).name == "甲"
        for wrong in ("", "x", token + "x", db.execute(select(table.c.digest)).scalar_one()):
            assert sessions.reviewer_of(db, wrong) is None
    with database.writing() as db:
        sessions.close(db, token)
        assert sessions.reviewer_of(db, token) is None


def test_a_session_that_nobody_uses_ends_and_one_in_use_goes_on(database, monkeypatch):
    account(database, "甲")
    real = clock.now
    with database.writing() as db:
        used, idle = sessions.open(db, "甲"), sessions.open(db, "甲")
    for hours in range(0, 24, 6):
        monkeypatch.setattr(clock, "now", lambda db, hours=hours: real(db) + sessions.NOTED * 12 * hours)
        with database.writing() as db:
            sessions.note(db, used)
    with database.reading() as db:
        assert sessions.reviewer_of(db, used) is not None
        assert sessions.reviewer_of(db, idle) is None
    monkeypatch.setattr(clock, "now", lambda db: real(db) + sessions.LASTS)
    with database.reading() as db:
        assert sessions.reviewer_of(db, used) is None


@pytest.mark.parametrize("change", [{"active": False}, {"role": "senior"}])
def test_a_change_of_rights_ends_the_sessions(database, change):
    account(database, "甲")
    with database.writing() as db:
        token = sessions.open(db, "甲")
        accounts.change(db, "甲", **change)
        assert sessions.reviewer_of(db, token) is None
    if "active" in change:
        refused("wrong_password", accounts.log_in, database, "甲", PASSWORD, "127.0.0.1")


def test_a_new_password_ends_the_sessions(database):
    account(database, "甲")
    with database.writing() as db:
        token = sessions.open(db, "甲")
        accounts.set_password(db, "甲", accounts.hashed("neues Passwort"))
        assert sessions.reviewer_of(db, token) is None
    refused("wrong_password", accounts.log_in, database, "甲", PASSWORD, "127.0.0.1")
    assert accounts.log_in(database, "甲", "neues Passwort", "127.0.0.1") == "甲"


def test_an_account_without_a_password_logs_in_by_oidc_alone(database):
    account(database, "甲")
    with database.writing() as db:
        accounts.add(db, "乙", "reviewer", None)
        accounts.link(db, "乙", "https://issuer.example", "subject-1")
        accounts.link(db, "乙", "https://issuer.example", "subject-1")
        refused("name_taken", accounts.link, db, "甲", "https://issuer.example", "subject-1")
        refused("unknown", accounts.link, db, "无名", "https://issuer.example", "subject-2")
        assert accounts.identity(db, "https://issuer.example", "subject-1") == "乙"
        assert accounts.identity(db, "https://other.example", "subject-1") is None
        assert not accounts.account(db, "乙").has_password
        accounts.change(db, "乙", active=False)
        assert accounts.identity(db, "https://issuer.example", "subject-1") is None
    refused("wrong_password", accounts.log_in, database, "乙", "", "127.0.0.1")
