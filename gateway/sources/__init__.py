"""Files from outside: which format one has, and what reads it; enters a path, leaves batches of columns.

Readers run in a process of their own (`gateway.sources.jail`), so nothing here knows a database, settings or a layer.
"""
