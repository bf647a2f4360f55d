"""`python -m tools.generated`: writes what is made from the code; `--check` only compares."""

import sys

from tools.generated.generate import main

sys.exit(main())
