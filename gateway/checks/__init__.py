"""The gateway's system check: enters settings, layers and a database, leaves messages with stable ids."""
