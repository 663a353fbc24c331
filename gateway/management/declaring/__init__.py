"""Declarations of layers as Python: of tables that someone else made, and for files."""
