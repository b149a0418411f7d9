"""The coverage answers of the API, kept in the cache until something under them is committed."""

from common.generations import Family

coverage_answers = Family("coverage")
