from django.db import models


class Person(models.Model):
    name = models.CharField(max_length=100)
    email = models.CharField(max_length=100)
    city = models.CharField(max_length=40)

    class Meta:
        app_label = "people"

    def __str__(self):
        return self.name
