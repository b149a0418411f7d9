from django.urls import URLPattern, re_path

from . import views

LISTS = {
    "regions": views.RegionViewSet,
    "provinces": views.ProvinceViewSet,
    "municipalities": views.MunicipalityViewSet,
    "barangays": views.BarangayViewSet,
}


def _routes(name: str, view: type[views.UnitViewSet]) -> list[URLPattern]:
    detail = view.as_view({"get": "retrieve"})
    return [
        re_path(rf"^api/{name}/?$", view.as_view({"get": "list"}), name=name),
        re_path(rf"^api/{name}/(?P<psgc_code>[0-9]{{10}})/?$", detail, name=f"{name}-detail"),
    ]


urlpatterns = [route for name, view in LISTS.items() for route in _routes(name, view)]
