"""Every error that Tachograph raises on purpose; each message says what to do next."""


class TachographError(Exception):
    """The parent of all of them."""


class BudgetError(TachographError):
    """budgets.toml, or what it is held against, is not usable. The message names file, line and key."""


class ConfigurationError(TachographError):
    """A setting of TACHOGRAPH is unknown or unusable."""
