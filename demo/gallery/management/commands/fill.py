"""``manage.py fill``: puts photos and comments into the empty project."""

import random
from datetime import UTC, datetime, timedelta

from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand

from gallery.models import Comment, Photo

PHOTOS = 40
COMMENTS = 50  # on each photo


class Command(BaseCommand):
    help = "Makes up photos and comments."

    def handle(self, **_options):
        chance = random.Random(2026)  # noqa: S311
        for number in range(1, PHOTOS + 1):
            taken = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
            photo = Photo(title=f"Photo № {number}", taken=taken)
            photo.file.save(f"{number:03}.jpg", ContentFile(chance.randbytes(50_000)))
            Comment.objects.bulk_create(
                Comment(photo=photo, text=f'{chance.random():.6f}: "lovely"\t☀ 📷\n') for _ in range(COMMENTS)
            )
        self.stdout.write(f"{Photo.objects.count()} photos, {Comment.objects.count()} comments.")
