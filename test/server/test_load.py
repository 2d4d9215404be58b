# SPDX-License-Identifier: Apache-2.0
"""Many clients: 500 that are slow cost the next one nothing, and 500 that are fast are served.

The full measurement, on a machine that does nothing else:
    LOAD_SECONDS=10 LOAD_RATE=20000 LOAD_P99_MS=50 python3 test/server/test_load.py
CI takes less of both: its machine does other things meanwhile.
"""
import os
import re
import shutil
import subprocess
import sys
import time
import unittest

from serving import Serving

SECONDS = int(os.environ.get("LOAD_SECONDS", "10"))
RATE = int(os.environ.get("LOAD_RATE", "20000"))
P99_MS = float(os.environ.get("LOAD_P99_MS", "250"))
CLIENTS = 500


class Load(Serving):
    def setUp(self):
        super().setUp()
        self.write("a.json")
        self.serve("a.json")

    def test_a_new_client_beside_slow_ones(self):
        slow = [self.connect() for _ in range(CLIENTS)]
        for client in slow:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        took = []
        for round_ in range(200):
            slow[round_].sendall(b"x")
            began = time.perf_counter()
            self.assertEqual(200, self.ask("/vizviewer_info").status)
            took.append((time.perf_counter() - began) * 1000)
        p99 = sorted(took)[int(len(took) * 0.99) - 1]
        print(f"beside {CLIENTS} slow clients: p50 {sorted(took)[len(took) // 2]:.2f} ms, "
              f"p99 {p99:.2f} ms", file=sys.stderr)
        self.assertLessEqual(p99, P99_MS)

    @unittest.skipUnless(shutil.which("wrk"), "wrk is not installed")
    def test_many_small_requests(self):
        out = subprocess.run(["wrk", "-t2", f"-c{CLIENTS}", f"-d{SECONDS}s", "--latency",
                              f"http://127.0.0.1:{self.port}/vizviewer_info"], text=True,
                             stdout=subprocess.PIPE, check=True, timeout=SECONDS + 60).stdout
        rate = float(re.search(r"Requests/sec:\s+([0-9.]+)", out).group(1))
        print(f"{CLIENTS} connections: {rate:.0f} requests/s", file=sys.stderr)
        self.assertNotIn("Socket errors", out)
        self.assertNotIn("Non-2xx", out)
        self.assertGreaterEqual(rate, RATE)


if __name__ == "__main__":
    unittest.main()
