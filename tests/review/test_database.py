"""The database itself: what the migrations make, and what is said when it cannot be used."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from cqia.errors import UsageError, WorkspaceError
from cqia.review import items, search, text_index
from cqia.review.database import HEAD, connected
from cqia.review.items import Queue
from cqia.review.search import Filter
from cqia.review.tables import metadata
from desk_people import account, next_for, record, say, state


def test_the_migrations_make_what_the_tables_say(database):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def ours(name, kind, parents):
        return not (kind == "table" and name.startswith("search_text"))

    with database.writing() as db:
        context = MigrationContext.configure(db, opts={"include_name": ours, "compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert db.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == HEAD


def test_opening_again_changes_nothing_and_is_quick(where):
    connected(where).close()
    again = connected(where)
    with again.reading() as db:
        assert "decisions" in inspect(db).get_table_names()
    again.close()


def test_a_newer_layout_is_refused(where):
    made = connected(where)
    with made.writing() as db:
        db.execute(text("UPDATE alembic_version SET version_num = 'desk_9999'"))
    made.close()
    with pytest.raises(WorkspaceError, match="another version"):
        connected(where)


def test_an_index_of_before_is_made_anew(where, feed):
    made = connected(where)
    items.sync(made, [feed([record(n, output=text) for n, text in enumerate(["只有一个字", "沒有", "猫"])])], Queue())
    with made.writing() as db:
        layout = _indexes(db)
        text_index.clear(db)
        for name in ("items_gone", "turns_expiring", "turns_held"):
            db.execute(text(f"DROP INDEX {name}"))
        db.execute(text("CREATE INDEX turns_held ON turns (holder) WHERE holder IS NOT NULL AND decision IS NULL"))
        db.execute(text("UPDATE alembic_version SET version_num = 'desk_0001'"))
    made.close()
    again = connected(where)
    with again.reading() as db:
        assert len(search.search(db, Filter(text="有")).hits) == 2
        assert len(search.search(db, Filter(text="猫")).hits) == 1
        assert _indexes(db) == layout
    again.close()


def _indexes(db):
    found = {name: inspect(db).get_indexes(name) for name in ("items", "turns")}
    return {each["name"]: each["column_names"] for some in found.values() for each in some}


def test_two_that_open_a_new_database_at_the_same_time(tmp_path):
    wrong = []

    def make():
        try:
            connected(tmp_path / "review.sqlite").close()
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("url", ["mysql://host/name", "no url", "sqlite:///x.sqlite", ""])
def test_what_is_no_database_of_ours(url):
    with pytest.raises(UsageError) as said:
        connected(url)
    assert "postgresql://" in str(said.value)


def test_what_a_user_sets_in_the_url_of_postgresql_counts_beside_what_the_desk_sets(postgres):
    made = connected(f"{postgres}?options=-c%20work_mem%3D7MB")
    for _ in range(2):  # a connection keeps it
        with made.reading() as db:
            assert [db.execute(text(f"SHOW {name}")).scalar() for name in ("work_mem", "jit")] == ["7MB", "off"]
            assert db.execute(text("SHOW max_parallel_workers_per_gather")).scalar() == "0"
    made.close()


def test_a_server_that_is_not_there_is_named_without_the_password():
    with pytest.raises(WorkspaceError) as said:
        connected("postgresql://someone:secret@127.0.0.1:1/nothing")
    assert "secret" not in str(said.value)
    assert "127.0.0.1" in str(said.value)


FULL = """
import resource, sys
from pathlib import Path
from cqia.errors import WorkspaceError
from cqia.review.database import connected
sys.path.insert(0, sys.argv[2])
from desk_people import next_for, say

database = connected(Path(sys.argv[1]))
turn = next_for(database, "甲")
with database.engine.connect():  # the files are open and as large as they will be
    size = max(path.stat().st_size for path in Path(sys.argv[1]).parent.iterdir())
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))  # as on a full disk, no file grows any more
acknowledged = 0
try:
    for number in range(200):
        say(database, turn, "甲", "edit", output="长" * 5000)
        acknowledged += 1
        turn = next_for(database, "甲")
except WorkspaceError as error:
    print("not saved", acknowledged, error, sep="|")
"""


def test_on_a_full_disk_a_decision_is_not_acknowledged_and_nothing_is_lost(tmp_path, feed):
    path = tmp_path / "work" / "review.sqlite"
    database = connected(path)
    items.sync(database, [feed([record(n) for n in range(200)])], Queue(require="all"))
    account(database, "甲")
    database.close()
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(path), str(Path(__file__).parent)],
        capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    said, acknowledged, *why = ran.stdout.split("|")
    assert said == "not saved", ran.stderr
    assert "cannot be used" in why[0]
    again = connected(path)
    decided = sum(state(again, f"notes:n{n}/answer") == "decided" for n in range(200))
    assert decided == int(acknowledged)
    turn = next_for(again, "甲")  # and with room again the work goes on
    assert say(again, turn, "甲").state == "decided"
    again.close()


def test_a_failed_transaction_leaves_nothing(database):
    def fail():
        with database.writing() as db:
            db.execute(text("INSERT INTO lanes (source, field) VALUES ('a', 'b')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as db:
        assert db.execute(text("SELECT count(*) FROM lanes")).scalar_one() == 0
