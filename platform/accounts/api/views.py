"""/api/auth: signing in, staying in, signing out."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.domain.sessions import session_close, session_open, session_refresh

from .serializers import LoginSerializer, ProfileSerializer, RefreshSerializer, SessionSerializer


class _Door(APIView):
    """Open to anybody: the credentials come in the body. The realm makes a refusal 401 and not 403."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    operation_class = "write"

    def get_authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        return 'Bearer realm="api"'


class LoginView(_Door):
    @extend_schema(
        operation_id="auth_login", request=LoginSerializer, responses=SessionSerializer, tags=["auth"]
    )
    def post(self, request: Request) -> Response:
        """Name and password for a token."""
        body = LoginSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(SessionSerializer(session_open(**body.validated_data, request=request)).data)


class RefreshView(_Door):
    @extend_schema(
        operation_id="auth_refresh", request=RefreshSerializer, responses=SessionSerializer, tags=["auth"]
    )
    def post(self, request: Request) -> Response:
        """The next token and refresh token; the one given is spent."""
        body = RefreshSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(SessionSerializer(session_refresh(**body.validated_data)).data)


class LogoutView(_Door):
    @extend_schema(
        operation_id="auth_logout", request=RefreshSerializer, responses={204: None}, tags=["auth"]
    )
    def post(self, request: Request) -> Response:
        """Spend the refresh token. The access token ends by itself within half an hour."""
        body = RefreshSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        session_close(**body.validated_data)
        return Response(status=204)


class ProfileView(APIView):
    operation_class = "detail"

    @extend_schema(operation_id="auth_profile", responses=ProfileSerializer, tags=["auth"])
    def get(self, request: Request) -> Response:
        """Who the token belongs to."""
        return Response(ProfileSerializer({"user": request.user, "role": request.user.role}).data)
