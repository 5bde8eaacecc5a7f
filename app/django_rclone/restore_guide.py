"""RESTORE.md: instructions to restore everything with only rclone and the database's client programs."""

from __future__ import annotations

import shlex

from django_rclone.layout.folders import MANIFEST_DIR, PROJECT_DIR, RESTORE_GUIDE
from django_rclone.rclone import crypt
from django_rclone.rclone.remote import Remote


def text(remote: Remote, media_folder: str) -> str:
    """Returns the content of RESTORE.md at the remote's root."""
    manifests = shlex.quote(remote.path(MANIFEST_DIR))
    return f"""\
# How to restore these backups

They were made by django-rclone. You need none of it to restore them: rclone, the database's own client and,
where an object's name ends in .zst or .gz, zstd or gzip are enough.
{_encryption(remote)}
1. List the backups. Each has one manifest, named by time (UTC), database and id. What has no manifest is no backup.

       rclone lsf --files-only {manifests}

2. Look at the manifest that you want.

       rclone cat {shlex.quote(remote.path(MANIFEST_DIR) + "/")}NAME

   `restore` in it is the command line that restores it into a new, empty database: copy it, and run it with the
   rights of a user who may. `objects` says where the object lies, how large it is and what its SHA-256 is.
   To check an object before you trust it:

       rclone cat {shlex.quote(remote.path(""))}/PATH | sha256sum

3. Media files, where there are any, lie as they were:

       rclone copy {shlex.quote(remote.path(media_folder))} /path/to/media

   That folder is the one of a project without a name. A project with a name (PROJECT) has its own, in {PROJECT_DIR}/.
   A file in manifests/media/ for each says which `project` it belongs to, in which `folder` it is, and when it was
   last the same as the project's.

With django-rclone at hand it is one command: `python manage.py dbrestore` in the project, or `restore --latest` in
django-rclone's image.
"""


def is_there(remote: Remote) -> bool:
    """Returns whether RESTORE.md is at the remote's root. One from before encryption does not count."""
    if remote.base is None:
        return remote.stat(RESTORE_GUIDE) is not None
    return any(crypt.variable("TYPE") in told for told in remote.base.contents("", (RESTORE_GUIDE,)))


def _encryption(remote: Remote) -> str:
    """Returns the instructions for decryption: the parameters, but never the password."""
    if remote.base is None:
        return ""
    options = {**crypt.PARAMETERS, "REMOTE": shlex.quote(remote.base.path(crypt.FOLDER))}
    exports = "\n".join(f"       export {crypt.variable(name)}={value}" for name, value in options.items())
    return f"""
Everything but this file is encrypted, names too, by rclone crypt (https://rclone.org/crypt/) with one password and
no second one. Set it up first; the last line waits for the password, on one line:

{exports}
       export {crypt.variable("PASSWORD")}="$(rclone obscure -)"

`rclone lsf {crypt.NAME}:` now shows folders that you can read. If it shows nothing, the password is wrong.
"""
