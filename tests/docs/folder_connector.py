"""A connector for a folder of files, such as a search index."""

from django_rclone.command import Command
from django_rclone.db.base import BaseConnector, Dump, Facts, ReadCheck, RestorePlan
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, VerificationFailed

# In all scripts, $1 is the folder.
LOOK = 'if [ -e "$1.old" ]; then echo interrupted; else du --summarize --bytes "$1" || true; fi'
# The old folder is kept until the new one is in place. After a kill at any moment, the same script does the rest.
SWAP = """
[ -e "$1.old" ] || [ ! -e "$1" ] || mv -T "$1" "$1.old"
[ ! -e "$1.new" ] || mv -T "$1.new" "$1"
[ -e "$1" ]
rm -rf "$1.old"
"""
UNDO = '[ -e "$1" ] || [ ! -e "$1.old" ] || mv -T "$1.old" "$1"; rm -rf "$1.new"'


class FolderConnector(BaseConnector):
    """NAME is a folder. Do not write to it during a backup: tar detects changes, and the backup fails."""

    @property
    def engine(self):
        return "folder"

    def check(self):
        return [] if self.name.startswith("/") else ["NAME must be the absolute path of a folder."]

    def probe(self):
        return self._sh(LOOK, self.name)

    def facts(self, output):
        size = output.split("\t")[0]  # empty if there is no folder: a restore creates it
        return Facts("", int(size) if size.isdigit() else 0, details={"interrupted": output == "interrupted\n"})

    def unfinished(self, facts):
        return (self._sh(SWAP, self.name),) if facts.details["interrupted"] else ()

    def dump(self, facts):
        command = self._command("tar", "--create", f"--directory={self.name}", ".")
        return Dump(command, extension="tar", format="tar", client="tar", consistency="none")

    def read_check(self, manifest):
        # It gets the whole object, after its hash is compared and its compression removed.
        return ReadCheck((Command(("tar", "--list"), explain=lambda failure: VerificationFailed(str(failure))),))

    def restore(self, facts, manifest, mode, contents=""):
        folder = mode.into or self.name
        prepare = [self._sh('rm -rf "$1.new"; mkdir "$1.new"', folder)]
        if mode.into:
            prepare.insert(0, self._sh('[ ! -e "$1" ]', folder, "exists already. Choose another name for --into"))
        extract = ("tar", "--extract", "--preserve-permissions", f"--directory={folder}.new")
        return RestorePlan(
            target=f"the folder {folder}",
            prepare=tuple(prepare),
            # Everything is extracted into a staging folder, and moved into place when every byte is verified.
            load=(self._command(*extract),),
            commit=(self._sh(SWAP, folder),),
            abort=(self._sh(UNDO, folder),),
            notes=("Processes that have its files open keep reading the old ones: restart them.",),
        )

    def restore_by_hand(self, object_command):
        return f"mkdir restored && {object_command} | tar --extract --preserve-permissions --directory=restored"

    def _sh(self, script, folder, wrong=""):
        return self._command("sh", "-ec", script, "sh", folder, wrong=f"{folder} {wrong}" if wrong else "")

    def _command(self, *argv, wrong=""):
        def explain(failure):
            error = ConfigurationError if wrong else DjangoRcloneError
            return error(f'Database "{self.alias}": {wrong or failure}.')

        return Command(argv, explain=explain)
