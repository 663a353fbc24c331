"""Pure shapes: no database, no HTTP."""
