"""What a user of strawchemy writes to serve these layers, in a virtual environment that scripts/bench makes."""
