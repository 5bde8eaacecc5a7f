"""Photos, and what people say about them."""

from django.db import models


class Photo(models.Model):
    """A picture in MEDIA_ROOT."""

    title = models.CharField(max_length=100)
    file = models.FileField(upload_to="photos")
    taken = models.DateTimeField()


class Comment(models.Model):
    """A remark on a photo."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE)
    text = models.TextField()
