"""/api/communities: staff write within their regions, everybody logged in reads."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts.permissions import ReadOrStaff
from common.errors import or_404
from communities.domain import queries
from communities.domain.communities import (
    community_create,
    community_delete,
    community_restore,
    community_update,
)
from communities.models import OBCCommunity

from .filters import CommunityFilters
from .serializers import CommunityInput, CommunitySerializer


class CommunityViewSet(ReadOnlyModelViewSet):
    permission_classes = (ReadOrStaff,)
    serializer_class = CommunitySerializer
    filterset_class = CommunityFilters
    lookup_url_kwarg = "id"

    def get_queryset(self) -> QuerySet[OBCCommunity]:
        return queries.communities()

    @extend_schema(request=CommunityInput, responses={201: CommunitySerializer})
    def create(self, request: Request) -> Response:
        """Enter a community; its municipality and province are brought up to date with it."""
        body = CommunityInput(data=request.data)
        body.is_valid(raise_exception=True)
        community = community_create(user=request.user, **body.validated_data)
        return Response(CommunitySerializer(community).data, status=201)

    @extend_schema(request=CommunityInput, responses=CommunitySerializer)
    def update(self, request: Request, id: str) -> Response:  # noqa: A002
        """Write a whole community."""
        return self._change(request, id, partial=False)

    @extend_schema(request=CommunityInput(partial=True), responses=CommunitySerializer)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002
        """Change some fields; another barangay moves the community."""
        return self._change(request, id, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002
        """Take a community out of every list and sum. It is kept and can be restored."""
        with or_404(OBCCommunity):
            community_delete(user=request.user, community_id=int(id))
        return Response(status=204)

    @extend_schema(request=None, responses=CommunitySerializer)
    def restore(self, request: Request, id: str) -> Response:  # noqa: A002
        """Bring a deleted community back into the lists and sums."""
        with or_404(OBCCommunity):
            community = community_restore(user=request.user, community_id=int(id))
        return Response(CommunitySerializer(community).data)

    def _change(self, request: Request, community_id: str, *, partial: bool) -> Response:
        body = CommunityInput(data=request.data, partial=partial)
        body.is_valid(raise_exception=True)
        with or_404(OBCCommunity):
            community = community_update(
                user=request.user, community_id=int(community_id), **body.validated_data
            )
        return Response(CommunitySerializer(community).data)
