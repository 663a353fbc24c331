"""Statements only; enters terms of a question, leaves SQLAlchemy expressions. Nothing here awaits."""
