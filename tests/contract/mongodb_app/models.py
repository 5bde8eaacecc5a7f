"""Some of what django_mongodb_backend has beyond other backends."""

from django.db import models
from django_mongodb_backend.fields import ArrayField, EmbeddedModelField
from django_mongodb_backend.models import EmbeddedModel


class Address(EmbeddedModel):
    city = models.CharField(max_length=50)
    number = models.IntegerField()


class Person(models.Model):
    name = models.CharField(max_length=50, unique=True)
    born = models.DateTimeField(null=True)
    worth = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    tags = ArrayField(models.CharField(max_length=20), default=list)
    address = EmbeddedModelField(Address, null=True)

    class Meta:
        indexes = (models.Index(fields=["born", "name"], name="born_name"),)


class Letter(models.Model):
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="letters")
    text = models.TextField()
