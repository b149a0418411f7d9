"""Every error that Tachograph raises on purpose; each message says what to do next."""


class TachographError(Exception):
    """The parent of all of them."""


class BudgetError(TachographError):
    """budgets.toml, or what it is held against, is not usable. The message names file, line and key."""


class ConfigurationError(TachographError):
    """A setting of TACHOGRAPH is unknown or unusable."""


class ReportError(TachographError):
    """What was asked of a report cannot be told. `field` names the filter that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotFoundError(TachographError):
    """What was asked for is not in the store."""


class ActionError(TachographError):
    """An action cannot be done, as things stand."""


class PlanError(TachographError):
    """There is no plan for a query, and why; the text may be stored and shown."""
