"""The image, from the first backup to the last restore, on every kind of database and remote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.subjects import Subject
from tests.contract.subjects.postgresql import Postgresql
from tests.e2e.conftest import aimed_at
from tests.e2e.container import Sidecar, open_to_all, url
from tests.support.servers import start_postgres

PASSWORD = "correct horse battery staple"

CASES = [
    ("postgresql-17", "s3", ""),
    ("postgresql-17", "sftp", PASSWORD),
    ("postgresql-17", "volume", ""),
    ("postgresql-18", "s3", PASSWORD),
    ("mysql-9", "s3", ""),
    ("mariadb-11.8", "s3", PASSWORD),
    ("mongodb", "s3", ""),
    ("sqlite-file", "volume", PASSWORD),
    ("sqlite-file", "s3", ""),
]


@pytest.mark.representatives("sqlite-file-volume-*")
@pytest.mark.parametrize(("name", "storage", "password"), CASES)
def test_what_was_backed_up_comes_back_over_live_data_and_beside_it(
    name: str,
    storage: str,
    password: str,
    on: Callable[[str], Sidecar],
    subject_of: Callable[[str], Subject],
    tmp_path: Path,
) -> None:
    subject = subject_of(name)
    subject.fill_with_everything()
    before = subject.fingerprint()
    image = aimed_at(subject, on(storage), tmp_path)
    env = {"BACKUP_ENCRYPTION_PASSWORD": password} if password else {}

    image.ok("backup", **env)
    if password:
        # Without the password there is nothing to see: the names are encrypted too.
        assert image.listed() == []
    assert [entry["state"] for entry in Sidecar(image.image, {**image.env, **env}, image.volumes).listed()] == ["good"]

    subject.change_everything()
    assert subject.fingerprint() != before
    beside = subject.beside()
    image.ok("restore", "--latest", "--into", beside, **env)
    assert subject.fingerprint(beside) == before
    assert subject.fingerprint() != before
    image.ok("restore", "--latest", **env)
    assert subject.fingerprint() == before


@pytest.mark.exhaustive
@pytest.mark.parametrize("major", [17, 18])
def test_a_fresh_server_gets_the_latest_backup(
    major: int, on: Callable[[str], Sidecar], subject_of: Callable[[str], Subject], tmp_path: Path
) -> None:
    subject = subject_of(f"postgresql-{major}")
    assert isinstance(subject, Postgresql)
    subject.fill_with_everything()
    image = on("s3")
    aimed_at(subject, image, tmp_path).ok("backup")
    # pg_dump itself has compressed it, though the user that ran it has no name.
    assert [entry["path"].rpartition(".")[2] for entry in aimed_at(subject, image, tmp_path).listed()] == ["dump"]

    with start_postgres(major) as server:
        server.query(f'CREATE DATABASE "{subject.name}"')
        server.query("CREATE ROLE reader")
        fresh = Postgresql(server, subject.name)
        aimed_at(fresh, image, tmp_path).ok("restore", "--latest")
        assert fresh.fingerprint() == subject.fingerprint()


@pytest.mark.exhaustive
def test_postgis_comes_back(on: Callable[[str], Sidecar], postgis17, tmp_path: Path) -> None:
    with postgis17.database() as name:
        postgis17.query("CREATE EXTENSION postgis", name)
        postgis17.query("CREATE TABLE place (id integer PRIMARY KEY, spot geometry(Point, 4326))", name)
        postgis17.query("CREATE INDEX place_spot ON place USING gist (spot)", name)
        postgis17.query("INSERT INTO place VALUES (1, ST_SetSRID(ST_Point(1, 2), 4326))", name)
        settings = postgis17.settings(name, "django.contrib.gis.db.backends.postgis")
        base = on("s3")
        image = Sidecar(base.image, {**base.env, "DATABASE_URL": url(settings)})
        image.ok("backup")
        postgis17.query("DROP TABLE place", name)
        image.ok("restore", "--latest")
        found = postgis17.query(
            "SELECT ST_AsEWKT(spot) FROM place WHERE spot && ST_MakeEnvelope(0, 0, 9, 9, 4326)", name
        )
        assert found == [("SRID=4326;POINT(1 2)",)]


def test_media_files_come_back_with_the_database(sqlite: Sidecar, tmp_path: Path) -> None:
    media = tmp_path / "target" / "media"
    media.mkdir()
    (media / "photo.jpg").write_bytes(b"photo")
    media.chmod(0o777)
    image = Sidecar(sqlite.image, {**sqlite.env, "BACKUP_MEDIA_ROOT": str(media)}, sqlite.volumes)
    image.ok("backup")
    (media / "photo.jpg").unlink()
    image.ok("restore", "--latest", "--media")
    assert (media / "photo.jpg").read_bytes() == b"photo"


def test_the_sites_own_settings_are_enough(
    on: Callable[[str], Sidecar], subject_of: Callable[[str], Subject], tmp_path: Path
) -> None:
    subject = subject_of("postgresql-17")
    subject.fill_simply()
    site = open_to_all(tmp_path / "site")
    (site / "settings.py").write_text(
        "import a_package_that_is_only_in_the_web_container\n"
        "from split_settings.tools import include\n"
        "include('database.py')\n"
    )
    (site / "database.py").write_text(f"DATABASES = {{'default': {subject.database!r}}}\n")
    base = on("volume")
    image = Sidecar(
        base.image, {"DJANGO_SETTINGS_MODULE": "settings"}, (*base.volumes, f"{open_to_all(site)}:/target:ro")
    )
    assert "(from settings settings" in image.ok("backup").err
    before = subject.words()
    subject.lose_words(1)
    image.ok("restore", "--latest")
    assert subject.words() == before
