"""The store: what the recorder found, kept in PostgreSQL by the minute, the hour and the day."""
