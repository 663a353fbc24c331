"""Files from outside are read in a process that can do nothing else; enters a dataset, leaves its features.

`reader` starts the process and asks it, `worker` is what runs in it, `walls` are what holds it.
"""
