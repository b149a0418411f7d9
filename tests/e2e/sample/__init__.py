"""A small service that stands for any Django project that installs the recorder.

Its endpoints do known things to the database, the cache and the stream, so that a test can say beforehand
what the recorder must show. It is served by real gunicorn and uvicorn, in processes of their own.
"""
