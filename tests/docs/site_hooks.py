"""MkDocs' view of this repository: a link leads to the same file on the site as in a check-out.

README.md is the site's first page. What pages link to outside docs/, such as Compose files, is taken onto the site; a
folder is a list of its files there, unless it has a README.md. mkdocs.yml names this file.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

LINK = re.compile(r"\]\((?![a-z]+:|#|/)([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds README.md, and whatever is linked to outside docs/, from there and from what is added so."""
    root = Path(config.config_file_path).parent
    waiting = ["README.md", *(f"docs/{file.src_uri}" for file in files.documentation_pages())]
    for path in waiting:  # grows meanwhile
        if not files.get_file_from_path(site_path(path, root)):
            files.append(taken(path, root, config))
        waiting += [target for target in linked(path, root) if target not in waiting]
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Returns the page's text with links from its place on the site."""
    root = Path(config.config_file_path).parent
    source = source_path(page.file.src_uri, root)

    def moved(link: re.Match[str]) -> str:
        target = resolved(link[1], source)
        if not (root / target).exists():
            return link[0]  # MkDocs says so
        return f"]({posixpath.relpath(site_path(target, root), posixpath.dirname(page.file.src_uri) or '.')}"

    return LINK.sub(moved, markdown) if (root / source).is_file() else markdown


def linked(path: str, root: Path) -> Iterator[str]:
    """Yields what a page, or a folder's list, links to in the repository."""
    if (root / path).is_dir():
        yield from entries(path, root)
    elif path.endswith(".md"):
        targets = (resolved(link, path) for link in LINK.findall((root / path).read_text()))
        yield from (meant(target, root) for target in targets if (root / target).exists())


def taken(path: str, root: Path, config: MkDocsConfig) -> File:
    """Returns a file of the repository, or the list of a folder's files, as a file of the site."""
    place = site_path(path, root)
    if not (root / path).is_dir():
        return File.generated(config, place, abs_src_path=str(root / path))
    here = posixpath.dirname(place)
    links = {entry: posixpath.relpath(site_path(entry, root), here) for entry in entries(path, root)}
    items = (f"- [{posixpath.basename(entry)}]({link})" for entry, link in links.items())
    text = "\n".join((f"# {posixpath.basename(path)}", "", *items))
    return File.generated(config, place, content=text, inclusion=InclusionLevel.NOT_IN_NAV)


def entries(path: str, root: Path) -> list[str]:
    """Returns what is in a folder, but for what is hidden."""
    names = sorted(entry.name for entry in (root / path).iterdir())
    return [f"{path}/{name}" for name in names if not name.startswith(("_", "."))]


def meant(path: str, root: Path) -> str:
    """Returns what stands for a path: for a folder its README.md, if it has one."""
    return f"{path}/README.md" if (root / path / "README.md").is_file() else path


def resolved(link: str, source: str) -> str:
    """Returns what a link in a file means, as a path from the repository's root."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), link))


def site_path(path: str, root: Path) -> str:
    """Returns where a path of the repository is on the site, before Markdown becomes HTML."""
    path = meant(path, root)
    if (root / path).is_dir():
        path = f"{path}/index.md"
    return "index.md" if path == "README.md" else path.removeprefix("docs/")


def source_path(place: str, root: Path) -> str:
    """Returns which path of the repository a page of the site has: ``site_path``, backwards."""
    if place == "index.md":
        return "README.md"
    return f"docs/{place}" if (root / "docs" / place).is_file() else place
