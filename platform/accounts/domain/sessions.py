"""Signing in and out: an access token for half an hour, a refresh token that works once."""

from dataclasses import dataclass

from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.models import User

SPENT = "This refresh token is not valid any more; log in again."


@dataclass(frozen=True)
class Session:
    user: User
    token: str
    refresh: str

    @property
    def role(self) -> str:
        return self.user.role


@transaction.atomic
def session_open(*, username: str, password: str, request: HttpRequest | None = None) -> Session:
    """Raises AuthenticationFailed (401) unless name and password are those of an active user."""
    user = authenticate(request, username=username, password=password)
    if not api_settings.USER_AUTHENTICATION_RULE(user):
        raise AuthenticationFailed("No active user has this name and password.", "no_active_account")
    return _issue(user)


@transaction.atomic
def session_refresh(*, refresh: str) -> Session:
    """Exchange a refresh token for the next pair. Raises InvalidToken (401) when it is spent, false or too
    old.
    """
    outstanding = _spend(refresh)
    if outstanding.user is None or not outstanding.user.is_active:
        raise AuthenticationFailed("The token's user is gone or locked.", "no_active_account")
    return _issue(outstanding.user)


@transaction.atomic
def session_close(*, refresh: str) -> None:
    """Make a refresh token worthless. Raises InvalidToken (401) when it is so already."""
    _spend(refresh)


def _issue(user: User) -> Session:
    refresh = RefreshToken.for_user(user)
    return Session(user=user, token=str(refresh.access_token), refresh=str(refresh))


def _spend(raw: str) -> OutstandingToken:
    try:
        token = RefreshToken(raw)
    except TokenError as error:
        raise InvalidToken(SPENT) from error
    outstanding = OutstandingToken.objects.select_related("user").filter(jti=token["jti"]).first()
    if outstanding is None:
        raise InvalidToken(SPENT)
    try:
        # Of two callers with one token the table's unique key lets one through.
        with transaction.atomic():
            BlacklistedToken.objects.create(token=outstanding)
    except IntegrityError as error:
        raise InvalidToken(SPENT) from error
    return outstanding
