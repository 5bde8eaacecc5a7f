"""What must be true of backups and restores of media files."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from tests.hunter.client import Kill
from tests.hunter.example import Example
from tests.hunter.model import Fault, media_of
from tests.hunter.world import Project


class Media(Example):
    """Backs up and restores media files, and raises Fault for what must never be."""

    def _media_now(self, project: Project, prefix: str = "") -> dict[str, str]:
        """Returns the regular files in a media folder."""
        start = prefix or f"{project}/media/"
        look = self.world.look()  # type: ignore[union-attr]
        return {
            path.removeprefix(start): what
            for path, what in look.items()
            if path.startswith(start) and not what.startswith(("folder", "special", "link"))
        }

    def _back_up_media(self, project: Project, kill: Kill | None, allow: tuple[str, ...]) -> None:
        owner = media_of(project.plan)
        before = self.model.mirrors.get(owner, {})
        done, changes = self._run(project, "mediabackup", *allow, kill=kill)
        self._check_untouched(project, changes, owner)
        if done.code != 0:
            if changes.paths:
                self.model.mirrors[owner] = None
            return
        files = self._media_now(project)
        self.model.mirrors[owner] = files
        gone = len(before.keys() - files.keys()) if before else 0
        if before and not allow and gone > 10 and gone > len(before) / 2:
            raise Fault("mirror-erased", f"{project}: {gone} of {len(before)} files without a question")
        self._check_mirror(project, files)

    def _check_mirror(self, project: Project, files: Mapping[str, str], *, clean: bool = False) -> None:
        world = self.world
        assert world is not None
        folder = world.root / "check" / "media"
        folder.mkdir()
        done, changes = self._run(project, "mediarestore", "--noinput", media_root=folder, clean=clean)
        self._check_untouched(project, changes, None, "check/")
        restored = self._media_now(project, "check/media/")
        if files and done.code != 0:
            raise Fault("media-not-restorable", f"{project}: {done.err}")
        if restored != dict(files):
            differing = {path for path in {*restored, *files} if restored.get(path) != files.get(path)}
            raise Fault("media-differ", f"{project}: {sorted(differing)}")
        shutil.rmtree(folder)

    def _restore_media(self, project: Project, kill: Kill | None) -> None:
        owner = media_of(project.plan)
        done, changes = self._run(project, "mediarestore", "--noinput", kill=kill)
        self._check_untouched(project, changes, None, f"{project}/media", f"{project}/media/")
        mirror = self.model.mirrors.get(owner, {})
        if done.code != 0 or mirror is None:
            return
        found = self._media_now(project)
        if found != mirror:
            differing = {path for path in {*found, *mirror} if found.get(path) != mirror.get(path)}
            raise Fault("foreign-media" if not mirror else "media-differ", f"{project}: {sorted(differing)}")
