"""What podkeeper makes of each link of a folder."""

import json
import os
import subprocess
import sys


def read_observations(binary, folder, options):
    """Document below the folder, line, column, address, verdict and reason of each link, with none of somebody's own
    settings."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PODKEEPER_", "CI"))}
    command = [os.path.abspath(binary), "check", "--format", "json", *options, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=clean, check=False)
    if not done.stdout:
        sys.exit(f"{binary} printed nothing about {folder}: {done.stderr}")
    for seen in json.loads(done.stdout)["observations"]:
        for place in seen["places"]:
            path = os.path.normpath(place["path"])
            yield path, place["line"], place["column"], seen["url"], seen["verdict"], seen["reason"]
