"""The service that every contestant instruments: four endpoints on a real PostgreSQL and Redis."""
