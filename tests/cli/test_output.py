"""Output that cannot be written does not change what a run does, nor how it ends."""

from __future__ import annotations

import pytest

from tests.cli.program import Program
from tests.support.spoilt_output import SPOILT, gone


@pytest.mark.representatives("closed-stdout")
@pytest.mark.parametrize("number", [1, 2], ids=["stdout", "stderr"])
@pytest.mark.parametrize("how", SPOILT)
def test_a_backup_prunes_and_ends_well_whatever_becomes_of_its_output(program: Program, how: str, number: int):
    for _run in range(2):
        done = program.run("backup", prefix=SPOILT[how](number), BACKUP_KEEP_LAST="1")
        assert (done.code, done.out) == (0, "")
        assert "Traceback" not in done.err
    assert len([path for path in program.stored() if path.startswith("manifests/")]) == 1


@pytest.mark.parametrize("how", SPOILT)
def test_a_failure_keeps_its_exit_code_whatever_becomes_of_stderr(program: Program, how: str):
    done = program.run("restore", "--latest", prefix=SPOILT[how](2))
    assert done.code == 6
    assert "Traceback" not in done.err


@pytest.mark.representatives("arguments0")
@pytest.mark.parametrize("arguments", [("list",), ("list", "--json"), ("version",), ("prune", "--json"), ("doctor",)])
def test_output_that_is_what_a_command_is_for_is_missed(program: Program, arguments: tuple[str, ...]):
    program.ok("backup")
    done = program.run(*arguments, prefix=SPOILT["full"](1))
    assert done.code == 1
    assert done.err.splitlines()[-1] == "error: the output could not be written: No space left on device."
    assert "Traceback" not in done.err


@pytest.mark.representatives("arguments0")
@pytest.mark.parametrize("arguments", [("list",), ("version",), ("list", "--help"), ("help",)])
def test_a_reader_who_leaves_early_has_read_enough(program: Program, arguments: tuple[str, ...]):
    program.ok("backup")
    done = program.run(*arguments, prefix=gone(1))
    assert (done.code, done.err.count("Traceback"), done.err.count("Errno")) == (0, 0, 0)
