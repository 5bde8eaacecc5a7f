"""Sources of the images that the tests run servers in.

In this order: an environment variable (TEST_IMAGE_POSTGRES_17=…), an image that is here already, the official
image when a registry answers, and a stand-in built from Debian's packages that honours the same variables.
`python -m tests.support.images` prepares them beforehand.
"""

from tests.support.images.resolve import image

__all__ = ["image"]
