"""One request: what it carries, the operation it asks for, and how that is read, written and explained."""
