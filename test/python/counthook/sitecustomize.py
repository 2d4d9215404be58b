# SPDX-License-Identifier: Apache-2.0
"""Arms the counting hook in a stock Python: found on PYTHONPATH before the program starts.

COUNTHOOK_OUT=FILE counts into that file; COUNTHOOK_EMPTY=1 installs the hook that does nothing.
The import alone is always made: it fills importlib's caches, and a run that is compared with
another must find them in the same state.
"""
import os

import _counthook

if os.environ.get("COUNTHOOK_OUT"):
    _counthook.count_into(os.environ["COUNTHOOK_OUT"])
elif os.environ.get("COUNTHOOK_EMPTY"):
    _counthook.do_nothing()
