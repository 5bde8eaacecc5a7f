"""The hunter: several projects, their remotes and everything that may happen to them, drawn by hypothesis.

`machine.py` draws steps, `world.py` the projects, `model.py` knows what must be true, `snapshot.py` sees every byte
that changed, and `worker.py` runs the commands: real rclone, but no new Python for each.
"""
