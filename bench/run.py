"""Measures the platform API: `run.py [reads] [logins] [directus]`, all three when none is named."""

import sys

import directus
import logins
import reads

PARTS = {"reads": reads, "logins": logins, "directus": directus}

unknown = [name for name in sys.argv[1:] if name not in PARTS]
if unknown:
    sys.exit(f"error: {unknown[0]} is none of {', '.join(PARTS)}")
for name in sys.argv[1:] or PARTS:
    PARTS[name].main()
