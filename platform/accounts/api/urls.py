from django.urls import re_path

from .views import LoginView, LogoutView, ProfileView, RefreshView

urlpatterns = [
    re_path(r"^api/auth/login/?$", LoginView.as_view(), name="auth-login"),
    re_path(r"^api/auth/refresh/?$", RefreshView.as_view(), name="auth-refresh"),
    re_path(r"^api/auth/logout/?$", LogoutView.as_view(), name="auth-logout"),
    re_path(r"^api/auth/profile/?$", ProfileView.as_view(), name="auth-profile"),
]
