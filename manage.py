#!/usr/bin/env python3
"""The gateway's commands; `./manage.py --help` lists them."""

from gateway.management import main

if __name__ == "__main__":
    main()
