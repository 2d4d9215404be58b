# SPDX-License-Identifier: Apache-2.0
"""`python3 -m viztracer`."""
import sys

from .main import main

sys.exit(main())
