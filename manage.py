#!/usr/bin/env python
"""The project's command line: `python manage.py up` starts the product."""

from imadmin.__main__ import main

if __name__ == "__main__":
    main()
