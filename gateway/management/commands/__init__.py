"""Floor 8. One file a command."""
