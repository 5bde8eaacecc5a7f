"""Runs a Python file that imports only the standard library and files next to it: ``launcher.py PATH [ARGUMENT …]``.

Python keeps the compiled form only of modules that are imported; the file that it is given is compiled anew each time,
which takes up to 10 ms for ours. So the file is imported, and its ``main`` is called with the arguments. It is imported
as a module of a package that consists of the files in its folder, so that it can import them with ``from .name``, and
none of them stands for a module of the standard library.
"""

import os
import sys

if __name__ == "__main__":
    path, *arguments = sys.argv[1:]
    folder, file = os.path.split(path)
    package = type(sys)("programs")  # its __init__.py is not needed, and neither are those of the packages above it
    package.__path__ = [folder]
    sys.modules["programs"] = package
    module = f"programs.{file.removesuffix('.py')}"
    __import__(module)
    sys.exit(sys.modules[module].main(arguments))
