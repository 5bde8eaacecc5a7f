"""What the tests' own measuring finds in a program is what coverage finds."""

import marshal
import os
import subprocess
import sys
from pathlib import Path

from coverage import CoverageData

START = str(Path(__file__).parents[1] / "measured/start.py")

PROGRAM = '''
import threading
from contextlib import contextmanager, suppress

class Thing:
    """Has a body of its own."""
    size = 3

    def walk(self):
        for number in range(self.size):
            if number == 1:
                continue
            yield number

@contextmanager
def held():
    try:
        yield
    except KeyError:
        print("caught")
    finally:
        print("left")

def fails(depth):
    if depth:
        fails(depth - 1)
    raise ValueError

def early(walk):
    for number in walk:
        if number:
            return [n for n in (1, 2) if n > 1]

with held():
    raise KeyError
with suppress(ValueError):
    fails(2)
print(early(Thing().walk()), sum(n for n in Thing().walk()), (lambda: 1)())
thread = threading.Thread(target=early, args=(Thing().walk(),))
thread.start()
thread.join()
while thread:
    thread = None
'''


def test_it_finds_the_same_lines_in_the_same_order(tmp_path: Path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-m", "coverage", "run", "--branch", f"--data-file={tmp_path / 'data'}", str(program)]
    subprocess.run(command, env=env, check=True, cwd=tmp_path)
    data = CoverageData(str(tmp_path / "data"))
    data.read()
    started = f"import runpy; runpy.run_path({START!r}); runpy.run_path({str(program)!r})"
    env |= {"COVERAGE_OF": f"{tmp_path}/", "COVERAGE_INTO": str(tmp_path)}
    # Without site, which may have started the same already.
    subprocess.run([sys.executable, "-S", "-c", started], env=env, check=True)
    (file,) = tmp_path.glob("*.lines")
    (found,) = marshal.loads(file.read_bytes()).values()
    arcs = data.arcs(str(program))
    assert arcs
    # A step from a line to itself, as in a loop on one line, is no branch.
    assert {pair for pair in found if pair[0] != pair[1]} == {pair for pair in arcs if pair[0] != pair[1]}
