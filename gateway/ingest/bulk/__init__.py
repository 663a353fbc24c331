"""Bulk loads: a body becomes a file, a file becomes a job, and a job is an ingest in a task of the server."""
