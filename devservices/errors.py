class ServiceError(Exception):
    """A server could not be started; the message is a sentence that says what to do next."""
