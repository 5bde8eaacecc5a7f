"""Runs a Python file that imports only the standard library: ``launcher.py PATH [ARGUMENT …]``.

Python keeps the compiled form only of modules that are imported; the file that it is given is compiled anew each time,
which takes up to 10 ms for ours. So the file is imported, and its ``main`` is called with the arguments.
"""

import os
import sys

if __name__ == "__main__":
    path, *arguments = sys.argv[1:]
    folder, file = os.path.split(path)
    sys.path.append(folder)  # the last: the names of the standard library keep their meaning
    sys.exit(__import__(file.removesuffix(".py")).main(arguments))
