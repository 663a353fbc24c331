"""What to do for speed; enters a database and operations, leaves advice with the SQL to run."""
