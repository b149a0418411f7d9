from django.core.cache import cache
from django.http import HttpResponse
from rest_framework import generics, pagination, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.endpoints import PAGE

from .models import Cadet

KEYS = [f"item:{number}" for number in range(10)]


def empty(request):
    return HttpResponse("ok")


def cached(request):
    """10 look-ups in Redis, all of them hits."""
    return HttpResponse(str(sum(cache.get(key)["value"] for key in KEYS)))


class CadetSerializer(serializers.ModelSerializer):
    company_name = serializers.CharField(source="company.name")

    class Meta:
        model = Cadet
        fields = ["id", "first_name", "last_name", "email", "year", "joined", "company_name"]


class Page(pagination.PageNumberPagination):
    page_size = PAGE


class ListView(generics.ListAPIView):
    """2 queries: the count and a page."""

    queryset = Cadet.objects.select_related("company").order_by("id")
    serializer_class = CadetSerializer
    pagination_class = Page


class NPlusOneView(APIView):
    """51 queries: a page, then the company of each of its rows."""

    def get(self, request):
        return Response(CadetSerializer(Cadet.objects.order_by("id")[:PAGE], many=True).data)
