"""Rules for backups and restores of media files."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from tests.hunter import media_files
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
        passes = media_files.chosen(project)
        files = {path: what for path, what in self._media_now(project).items() if passes(path, what)}
        if before is not None:
            self._check_erased(project, {path for path, what in before.items() if passes(path, what)}, files, allow)
        self.model.sources[owner] = str(project)
        if before is None and passes is not media_files.everything:
            self.model.mirrors[owner] = None  # nobody knows what the filters have left there
            return
        kept = {path: what for path, what in (before or {}).items() if not passes(path, what)}
        self.model.mirrors[owner] = {**kept, **files}
        self._check_mirror(project, {**kept, **files}, clean=bool(project.flags or project.env))

    def _check_erased(
        self, project: Project, before: set[str], files: Mapping[str, str], allow: tuple[str, ...]
    ) -> None:
        """Raises Fault where most of a mirror went without a question."""
        gone = len(before - files.keys())
        some = any(not what.startswith("0 bytes") for what in files.values())
        if not gone or ("--allow-deletes" if some else "--allow-empty") in allow:
            return
        elsewhere = self.model.sources.get(media_of(project.plan), str(project)) != str(project)
        if gone == len(before) or not some or (2 * gone > len(before) and (gone > 10 or elsewhere)):
            raise Fault("mirror-erased", f"{project}: {gone} of {len(before)} files without a question")

    def _check_mirror(self, project: Project, files: Mapping[str, str], *, clean: bool = False) -> None:
        world = self.world
        assert world is not None
        folder = world.root / "check" / "media"
        folder.mkdir()
        done, changes = self._run(project, "mediarestore", "--noinput", media_root=folder, clean=clean)
        self._check_untouched(project, changes, None, "check/")
        restored = self._media_now(project, "check/media/")
        shutil.rmtree(folder)
        if project.plan.refused:  # another project that is the same owner made the mirror
            self._check_refused(project, done)
            return
        if files and done.code != 0:
            raise Fault("media-not-restorable", f"{project}: {done.err}")
        if restored != dict(files):
            differing = {path for path in {*restored, *files} if restored.get(path) != files.get(path)}
            raise Fault("media-differ", f"{project}: {sorted(differing)}")

    def _restore_media(self, project: Project, kill: Kill | None) -> None:
        owner = media_of(project.plan)
        done, changes = self._run(project, "mediarestore", "--noinput", kill=kill)
        self._check_untouched(project, changes, None, f"{project}/media", f"{project}/media/")
        mirror = self.model.mirrors.get(owner, {})
        if done.code != 0 or mirror is None:
            return
        passes = media_files.chosen(project)
        found = {path: what for path, what in self._media_now(project).items() if passes(path, what)}
        mirror = {path: what for path, what in mirror.items() if passes(path, what)}
        if found != mirror:
            differing = {path for path in {*found, *mirror} if found.get(path) != mirror.get(path)}
            raise Fault("foreign-media" if not mirror else "media-differ", f"{project}: {sorted(differing)}")
