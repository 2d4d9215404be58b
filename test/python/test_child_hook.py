# SPDX-License-Identifier: Apache-2.0
"""--child_hook: how Pythons that a traced one starts come to be recorded, or not."""
import os
import subprocess
import sys
import unittest

import tracing
from child_kinds import KINDS, ChildTest

# What a program may look at; the sitecustomize way leaves the core in sys.modules.
LOOK = r'''
import os, sys
def child_work(): pass
child_work()
if sys.argv[1] == "import":
    from viztracer import get_tracer
    assert get_tracer()
print(sorted(os.environ.items()), sys.path, sys.flags, sys.argv, sys.orig_argv[1:],
      getattr(sys.modules.get("sitecustomize"), "MARK", None), list(sys.path_importer_cache),
      sorted(m for m in sys.modules if m != "_viztracer"), sep="\n")
'''
START = "subprocess.run([P, 'look.py', '{}'], check=True)"
FORK = "pid = os.fork()\nif not pid: child_work(); os._exit(0)\nos.waitpid(pid, 0)"


class ChildHook(ChildTest):
    def in_folder(self):
        folder = super().in_folder()
        os.mkdir(os.path.join(folder, "site"))
        for name, text in (("look.py", LOOK), ("site/sitecustomize.py", "MARK = 'theirs'\n")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        return folder

    def hooked(self, hook, code, **environment):
        """The traced run, how many children are in its report, and its processes."""
        folder = self.in_folder()
        run, report = self.trace(folder, "prog.py", code, options=[f"--child_hook={hook}"],
                                 **environment)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        return run, len(self.workers(report)), {e["pid"] for e in report["traceEvents"]}

    def test_sitecustomize_finds_children(self):
        for kind in ("list", "dev", "shell", "system", "env_empty", "env_of_bytes",
                     "environ_cleared", "posix_spawn", "fork_execvpe", "spawn_process_ends",
                     "forkserver_process_killed"):
            with self.subTest(kind=kind):
                self.assertEqual(self.hooked("sitecustomize", KINDS[kind])[1], 1)

    def test_what_ignores_pythonpath_is_not_recorded(self):
        for kind in ("isolated", "no_site"):
            with self.subTest(kind=kind):
                self.assertEqual(self.hooked("sitecustomize", KINDS[kind])[1], 0)

    def test_a_child_sees_what_it_sees_without_us(self):
        for path in (None, "", "site", "site::x y"):
            with self.subTest(path=path):
                folder = self.in_folder()
                environment = dict(os.environ, TMPDIR=folder, LC_CTYPE="C.UTF-8",
                                   VIZTRACER_PYTHON=sys.executable)
                if path is not None:
                    environment["PYTHONPATH"] = path
                words = ["prog.py", START.format("look")]
                seen = [subprocess.run([*start, *words], cwd=folder, env=environment, check=True,
                                       stdout=subprocess.PIPE, timeout=60).stdout
                        for start in ([sys.executable],
                                      [tracing.VIZTRACER, "--quiet", "--child_hook=sitecustomize"])]
                if path == "":  # is gone, which means the same
                    seen[0] = seen[0].replace(b"('PYTHONPATH', ''), ", b"")
                self.assertEqual(*seen)

    def test_a_child_finds_the_package_and_its_tracer(self):
        for hook in ("preload", "sitecustomize"):
            self.assertEqual(self.hooked(hook, START.format("import"))[1], 1)

    def test_without_a_hook_forks_are_recorded_only(self):
        run, found, processes = self.hooked("none", START.format("look"))
        self.assertEqual((found, len(processes)), (0, 1))
        self.assertNotIn(b"VIZTRACER_SESSION", run.stdout)
        self.assertEqual(self.hooked("none", FORK)[1], 1)

    @unittest.skipIf(os.environ.get("VIZTRACER_LAUNCH") == "embed", "python3 is our process")
    def test_a_program_that_cannot_be_hooked_is_refused(self):
        folder = self.in_folder()
        for words, status in ((["-I"], 2), (["-X", "dev", "-s", "-bE"], 2), (["-Xa", "-S"], 2),
                              (["-W", "ignore", "-B"], 0)):
            run = subprocess.run([tracing.VIZTRACER, "--quiet", "--child_hook=sitecustomize",
                                  *words, "-c", "pass"], cwd=folder, check=False, timeout=60,
                                 env=dict(os.environ, VIZTRACER_PYTHON=sys.executable),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(run.returncode == 2, status == 2, run.stderr)
            self.assertEqual(b"cannot record" in run.stderr, status == 2, run.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
