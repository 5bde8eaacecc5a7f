"""The first state of the application."""

import django.db.models.deletion
import django_mongodb_backend.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    operations = (
        migrations.CreateModel(
            name="Address",
            fields=[
                (
                    "id",
                    django_mongodb_backend.fields.ObjectIdAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("city", models.CharField(max_length=50)),
                ("number", models.IntegerField()),
            ],
            options={
                "abstract": False,
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                (
                    "id",
                    django_mongodb_backend.fields.ObjectIdAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=50, unique=True)),
                ("born", models.DateTimeField(null=True)),
                ("worth", models.DecimalField(decimal_places=2, default=0, max_digits=10)),
                (
                    "tags",
                    django_mongodb_backend.fields.ArrayField(base_field=models.CharField(max_length=20), default=list),
                ),
                (
                    "address",
                    django_mongodb_backend.fields.EmbeddedModelField(embedded_model="mongodb_app.address", null=True),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["born", "name"], name="born_name")],
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "id",
                    django_mongodb_backend.fields.ObjectIdAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="letters", to="mongodb_app.person"
                    ),
                ),
            ],
        ),
    )
