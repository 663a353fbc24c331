"""Floor 0. Pure shapes: no database, no HTTP."""
