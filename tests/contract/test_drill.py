"""A drill restores a backup into a scratch database, compares the two, and leaves nothing behind."""

from __future__ import annotations

from tests.contract.conftest import with_variants
from tests.contract.project import Project
from tests.contract.subjects import Subject


@with_variants
def test_a_good_backup_comes_back_equal(subject: Subject, project: Project):
    subject.fill_with_everything()
    project.ok("dbbackup")
    said = project.ok("backupverify", "--level", "drill")
    assert "passed (drill, " in said
