"""Rows of layers for maps and files: tiles and exports; enters what a URL says, leaves statements, bytes."""
