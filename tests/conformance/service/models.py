from django.db import models


class Shelf(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "service"

    def __str__(self):
        return self.name


class Book(models.Model):
    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)
    title = models.CharField(max_length=50)

    class Meta:
        app_label = "service"

    def __str__(self):
        return self.title
