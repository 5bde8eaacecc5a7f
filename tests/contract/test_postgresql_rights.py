"""PostgreSQL: what an ordinary role can back up and bring back, and what it is told of the rest."""

from __future__ import annotations

import pytest

from tests.contract.project import Project, Storage
from tests.contract.subjects.postgresql import Postgresql

OF_OTHERS = """
CREATE TABLE theirs (id integer PRIMARY KEY);
INSERT INTO theirs VALUES (1);
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION watch();
CREATE PUBLICATION everything FOR TABLE word;
GRANT SELECT ON theirs TO "{role}";
"""


@pytest.fixture
def project(postgresql: Postgresql, local: Storage) -> Project:
    postgresql.fill_simply()
    return Project({"default": postgresql.database}, local, postgresql.options)


def test_what_cannot_be_exact_is_said_and_the_rest_comes_back(postgresql: Postgresql, project: Project):
    postgresql.server.query(OF_OTHERS.format(role=postgresql.role), postgresql.name)
    project.ok("dbbackup")
    postgresql.lose_words(1)
    plan = project.ok("dbrestore", "--dry-run")
    assert f'will belong to "{postgresql.role}": public.theirs' in plan
    assert (
        "Logical replication stops for tables that other roles publish: public.word in publication everything" in plan
    )
    project.ok("dbrestore", "--noinput")
    assert len(postgresql.words()) == 3
    # The owner of the schema may drop what others made there, and everything in it is the role's now.
    assert postgresql.execute(
        "SELECT tableowner, (SELECT id FROM theirs) FROM pg_tables WHERE tablename = 'theirs'"
    ) == [(postgresql.role, 1)]
    assert postgresql.execute("SELECT evtname FROM pg_event_trigger") == [("watcher",)]
    assert postgresql.execute("SELECT pubname FROM pg_publication") == [("everything",)]
    assert postgresql.execute("SELECT count(*) FROM pg_publication_rel") == [(0,)]


def test_rows_that_are_hidden_from_the_role_make_no_backup(postgresql: Postgresql, project: Project):
    postgresql.execute("ALTER TABLE word ENABLE ROW LEVEL SECURITY; ALTER TABLE word FORCE ROW LEVEL SECURITY")
    done = project.run("dbbackup")
    assert done.code == 2
    assert f'ALTER ROLE "{postgresql.role}" BYPASSRLS;' in done.error
    assert project.storage.files() == []
    postgresql.server.query(f'ALTER ROLE "{postgresql.role}" BYPASSRLS')
    project.ok("dbbackup")


def test_a_table_that_the_role_may_not_read_makes_no_backup(postgresql: Postgresql, project: Project):
    postgresql.server.query("CREATE TABLE secret (id integer)", postgresql.name)
    done = project.run("dbbackup")
    assert done.code == 2
    assert "permission denied for" in done.error
    assert "pg_read_all_data" in done.error
    assert project.storage.files() == []


def test_a_policy_for_a_role_that_is_not_there_is_refused_with_the_line_to_paste(
    postgresql: Postgresql, project: Project
):
    role = f"{postgresql.name}_reader"
    postgresql.server.query(f"CREATE ROLE {role}")
    postgresql.execute(f"CREATE POLICY reading ON word TO {role} USING (true)")
    project.ok("dbbackup")
    postgresql.execute("DROP POLICY reading ON word")
    postgresql.server.query(f"DROP ROLE {role}")
    before = postgresql.fingerprint()
    done = project.run("dbrestore", "--noinput")
    assert done.code == 2
    assert f'CREATE ROLE "{role}" NOLOGIN;' in done.error
    assert postgresql.fingerprint() == before
