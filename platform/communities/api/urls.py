from django.urls import re_path

from . import bulk, coverage, reports, views

_ID = r"(?P<id>[0-9]+)"
_CODE = r"(?P<psgc_code>[0-9]{10})"
_community = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
_list, _detail = {"get": "list"}, {"get": "retrieve"}

urlpatterns = [
    re_path(
        r"^api/communities/?$", views.CommunityViewSet.as_view(_list | {"post": "create"}), name="communities"
    ),
    re_path(
        rf"^api/communities/{_ID}/restore/?$",
        views.CommunityViewSet.as_view({"post": "restore"}),
        name="communities-restore",
    ),
    re_path(r"^api/communities/bulk/?$", bulk.CommunityBulkView.as_view(), name="communities-bulk"),
    re_path(r"^api/communities/import/?$", bulk.CommunityImportView.as_view(), name="communities-import"),
    re_path(r"^api/reports/coverage/?$", reports.CoverageReportView.as_view(), name="reports-coverage"),
    re_path(r"^api/coverage/sync/?$", coverage.CoverageResyncView.as_view(), name="coverage-resync"),
    re_path(
        rf"^api/communities/{_ID}/?$", views.CommunityViewSet.as_view(_community), name="communities-detail"
    ),
    re_path(
        r"^api/coverage/municipalities/?$",
        coverage.MunicipalityCoverageViewSet.as_view(_list),
        name="coverage-municipalities",
    ),
    re_path(
        rf"^api/coverage/municipalities/{_CODE}/?$",
        coverage.MunicipalityCoverageViewSet.as_view(_detail),
        name="coverage-municipalities-detail",
    ),
    re_path(
        rf"^api/coverage/municipalities/{_CODE}/sync/?$",
        coverage.MunicipalityCoverageSyncView.as_view(),
        name="coverage-municipalities-sync",
    ),
    re_path(
        r"^api/coverage/provinces/?$",
        coverage.ProvinceCoverageViewSet.as_view(_list),
        name="coverage-provinces",
    ),
    re_path(
        rf"^api/coverage/provinces/{_CODE}/?$",
        coverage.ProvinceCoverageViewSet.as_view(_detail),
        name="coverage-provinces-detail",
    ),
    re_path(
        rf"^api/coverage/provinces/{_CODE}/sync/?$",
        coverage.ProvinceCoverageSyncView.as_view(),
        name="coverage-provinces-sync",
    ),
]
