"""What reads cost: the gateway against its peers on one database, and itself against itself as data and time grow.

`make bench` runs it; docs/explanation/benchmarks.md says how to read what it prints.
"""
