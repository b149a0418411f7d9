from django.db import models


class Person(models.Model):
    """200,000 of them, and an address without an index."""

    name = models.CharField(max_length=100)
    email = models.CharField(max_length=100)
    city = models.CharField(max_length=40)

    class Meta:
        app_label = "people"

    def __str__(self):
        return self.name


class Visitor(models.Model):
    """Few, so that a look for one costs little."""

    name = models.CharField(max_length=200, unique=True)

    class Meta:
        app_label = "people"

    def __str__(self):
        return self.name
