"""Images that only the tests know: nobody publishes them, so they are always built."""

from tests.support.images import cache, standin
from tests.support.images.catalogue import Image
from tests.support.images.resolve import image


def own(name: str, version: str, debian: str = "trixie", passed: tuple[str, ...] = ()) -> str:
    """Builds the image of the folder with this name, once for each content of it, and returns its reference."""
    entry = Image("", base=f"debian:{debian}", dockerfile=name, passed=passed)
    with cache.lock(f"image-{name}-{version}"):
        base = image("debian", debian)
        reference = standin.reference(name, version, entry, base)
        standin.build(reference, entry, base)
    return reference
