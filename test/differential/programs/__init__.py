# SPDX-License-Identifier: Apache-2.0
"""The programs that test_differential.py runs."""
