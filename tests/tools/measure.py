"""Runs `tools.mutants` of this checkout on the project in the working directory."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.mutants.__main__ import main

sys.exit(main())
