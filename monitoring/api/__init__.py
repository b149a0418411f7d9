"""The system API: what `monitoring.reports` know as JSON, and the actions that CI and scripts take.

Needs the extra `tachograph[api]`: djangorestframework and drf-spectacular. Include `monitoring.api.urls` at
the root. Admins only, as TACHOGRAPH["IS_ADMIN"] says; how they are known is the project's own
DEFAULT_AUTHENTICATION_CLASSES.
"""
