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

django-rclone made them, but you can restore them without it. You need rclone, the database's own client and, if an
object's name ends in .zst or .gz, zstd or gzip.
{_encryption(remote)}
1. List the backups. Each one has a manifest, named by time (UTC), database and id. Files without a manifest are not
   backups.

       rclone lsf --files-only {manifests}

2. Print the manifest of the backup that you want.

       rclone cat {shlex.quote(remote.path(MANIFEST_DIR) + "/")}NAME

   `restore` is the command line that restores the backup into a new, empty database: copy it, and run it as a user
   with the necessary rights. `objects` has the path, the size and the SHA-256 of the object.
   To check an object before you restore it:

       rclone cat {shlex.quote(remote.path(""))}/PATH | sha256sum

3. Copy the media files, if there are any. They are stored unchanged:

       rclone copy {shlex.quote(remote.path(media_folder))} /path/to/media

   This folder belongs to the project without a name. Each project with a name (PROJECT) has its own folder in
   {PROJECT_DIR}/. For each folder, a file in manifests/media/ contains its `project`, its path (`folder`) and the
   time of its last sync.

With django-rclone, one command restores a backup: `python manage.py dbrestore` in the project, or `restore --latest`
in django-rclone's image.
"""


def is_there(remote: Remote) -> bool:
    """Returns whether RESTORE.md is at the remote's root. One from before encryption does not count."""
    if remote.base is None:
        return remote.stat(RESTORE_GUIDE) is not None
    return any(crypt.variable("TYPE") in text for text in remote.base.contents("", (RESTORE_GUIDE,)))


def _encryption(remote: Remote) -> str:
    """Returns the instructions for decryption: the parameters, but never the password."""
    if remote.base is None:
        return ""
    options = {**crypt.PARAMETERS, "REMOTE": shlex.quote(remote.base.path(crypt.FOLDER))}
    exports = "\n".join(f"       export {crypt.variable(name)}={value}" for name, value in options.items())
    return f"""
Everything except this file is encrypted, including names, by rclone crypt (https://rclone.org/crypt/), with one
password and without a second one (salt). Configure rclone first; the last command waits for the password, on one line:

{exports}
       export {crypt.variable("PASSWORD")}="$(rclone obscure -)"

`rclone lsf {crypt.NAME}:` now lists folders with readable names. If it lists nothing, the password is wrong.
"""
