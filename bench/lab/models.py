from django.db import models


class Company(models.Model):
    name = models.CharField(max_length=60)
    city = models.CharField(max_length=60)

    def __str__(self):
        return self.name


class Cadet(models.Model):
    company = models.ForeignKey(Company, on_delete=models.CASCADE)
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60)
    email = models.EmailField()
    year = models.IntegerField()
    joined = models.DateField()

    def __str__(self):
        return f"{self.first_name} {self.last_name}"
