"""The app: installs the instruments when Django is ready."""

from django.apps import AppConfig


class TachographConfig(AppConfig):
    """`INSTALLED_APPS += ["monitoring"]`."""

    name = "monitoring"
    label = "tachograph"
    verbose_name = "Tachograph"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Install the instruments, unless TACHOGRAPH["ENABLED"] is False."""
        from . import checks, instruments, switch  # noqa: F401, PLC0415  (settings are ready only now)
        from .conf import conf  # noqa: PLC0415
        from .saturation import connections  # noqa: PLC0415
        from .store import checks as store_checks  # noqa: F401, PLC0415
        from .store import maintenance  # noqa: PLC0415
        from .store.install import install as install_store  # noqa: PLC0415

        switch.installed = switch.on = conf().ENABLED
        if switch.installed:
            instruments.install()
            connections.install()
            install_store()
            if conf().EXPLAIN:
                maintenance.register("monitoring.plans.unasked.explain_slow", every_s=30.0)
            if conf().SENTRY_DSN:
                from . import sentry  # noqa: PLC0415  (an optional package)

                sentry.install()
