"""Other people's metrics, served from the same cells: a project's own, and django-prometheus' names."""
