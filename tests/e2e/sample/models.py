from django.db import models


class Shelf(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "sample"

    def __str__(self):
        return self.name


class Book(models.Model):
    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE, related_name="books")
    title = models.CharField(max_length=50)
    pages = models.IntegerField(default=0)

    class Meta:
        app_label = "sample"

    def __str__(self):
        return self.title
