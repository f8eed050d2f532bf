"""CSV files to schema `raw` of PostgreSQL or Spark: each exactly once, nothing dropped; knows no dbt."""

from loader.errors import FileRefused, FilesRefused, InputError, LoaderError, ServerError
from loader.load import load_files, load_into
from loader.options import LoadOptions, RejectLimit
from loader.results import FileResult, LoadSummary, Progress, Reject
from loader.schema import ensure_raw_schema

__all__ = [
    "FileRefused",
    "FileResult",
    "FilesRefused",
    "InputError",
    "LoadOptions",
    "LoadSummary",
    "LoaderError",
    "Progress",
    "Reject",
    "RejectLimit",
    "ServerError",
    "ensure_raw_schema",
    "load_files",
    "load_into",
]
