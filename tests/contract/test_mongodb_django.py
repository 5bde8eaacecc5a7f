"""A real project on django_mongodb_backend: migrated, filled, backed up, damaged, restored."""

from __future__ import annotations

import pytest

from tests.contract.project import Project, Storage
from tests.contract.subjects.mongodb import Mongodb

FILL = """
from datetime import datetime, UTC
from decimal import Decimal
from tests.contract.mongodb_app.models import Address, Letter, Person
for number in range(20):
    person = Person.objects.create(
        name=f"person {number}", born=datetime(1990, 1, 1, number % 24, tzinfo=UTC), worth=Decimal("1.10") * number,
        tags=["a", str(number)], address=Address(city="Zürich", number=number),
    )
    Letter.objects.create(person=person, text="dear " * number)
"""
DAMAGE = """
from tests.contract.mongodb_app.models import Letter, Person
Letter.objects.filter(text__contains="dear dear").delete()
Person.objects.filter(tags__contains=["3"]).delete()
Person.objects.create(name="later")
"""
SHOW = """
from tests.contract.mongodb_app.models import Person
for person in Person.objects.order_by("name").prefetch_related("letters"):
    address = person.address and (person.address.city, person.address.number)
    letters = [(letter.pk, letter.text) for letter in person.letters.all()]
    print(person.pk, person.name, person.born, person.worth, person.tags, address, letters)
"""


@pytest.fixture
def project(mongodb: Mongodb, local: Storage) -> Project:
    env = {"DJANGO_SETTINGS_MODULE": "tests.contract.mongodb_settings"}
    return Project({"default": mongodb.database}, local, mongodb.options, env=env)


@pytest.mark.exhaustive
def test_a_project_is_as_it_was(mongodb: Mongodb, project: Project):
    project.ok("migrate")
    project.ok("shell", "--no-imports", "-c", FILL)
    before, documents = project.ok("shell", "--no-imports", "-c", SHOW), mongodb.fingerprint()
    assert before.count("Zürich") == 20
    project.ok("dbbackup")
    manifest = project.manifest(project.backups()[0])
    assert manifest["migrations"] == {"mongodb_app": "0001_initial"}
    assert manifest["tables"]["mongodb_app_person"] == 20
    project.ok("shell", "--no-imports", "-c", DAMAGE)
    assert project.ok("shell", "--no-imports", "-c", SHOW) != before
    project.ok("dbrestore", "--noinput")
    assert project.ok("shell", "--no-imports", "-c", SHOW) == before
    assert mongodb.fingerprint() == documents
    assert "No migrations to apply" in project.ok("migrate")
    # The next migration, and the next row, work as ever.
    refused = project.run("shell", "--no-imports", "-c", FILL)
    assert "person 0" in refused.err  # the index is unique again


def test_a_new_machine_needs_nothing_but_the_backup(mongodb: Mongodb, project: Project):
    project.ok("migrate")
    project.ok("shell", "--no-imports", "-c", FILL)
    before = project.ok("shell", "--no-imports", "-c", SHOW)
    project.ok("dbbackup")
    mongodb.drop(*mongodb.names())
    project.ok("dbrestore", "--noinput")
    assert project.ok("shell", "--no-imports", "-c", SHOW) == before
