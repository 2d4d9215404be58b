# SPDX-License-Identifier: Apache-2.0
"""The environments that programs make for their children (embed/spawn_env.h): in every form that
Python takes, each child is recorded and sees what the program gave it, and what Python refuses it
refuses as without us."""
import sys
import unittest

from tracing import VIZTRACER, FolderTest, pids

# SHOW is a program that calls child() and prints what it sees of its environment.
BEGIN = r"""
import os, subprocess, sys, types
SHOW = '''
import os
def child(): pass
child()
os.environ.pop("LC_CTYPE", None)
print(sorted(os.environ.items()), flush=True)
'''
PYTHON = sys.executable
WORDS = [PYTHON, "-c", SHOW]
class Mapping:
    def __init__(self, items): self.items_ = items
    def keys(self): return [k for k, _ in self.items_]
    def values(self): return [v for _, v in self.items_]
    def __getitem__(self, key): return dict(self.items_)[key]
    def __len__(self): return len(self.items_)
def wait(pid): print(os.waitpid(pid, 0)[1])
def become(*words, **env):
    pid = os.fork()
    if pid == 0:
        try: os.execve(*words, **env)
        except BaseException as e: print(type(e).__name__, e, flush=True)
        os._exit(0)
    wait(pid)
"""

TAKEN = (
    "wait(os.posix_spawn(PYTHON, WORDS, {'A': '1'}))",
    "wait(os.posix_spawn(PYTHON, WORDS, {b'A': b'1', 'B': '2'}))",
    "wait(os.posix_spawnp('env', ['env', *WORDS], {'A': '1', 'PATH': os.environ['PATH']}))",
    "wait(os.posix_spawn(PYTHON, WORDS, {'A': '1'}, setpgroup=0, setsigmask=[10]))",
    "wait(os.posix_spawn(PYTHON, WORDS, Mapping([('A', '1')])))",
    "wait(os.posix_spawn(PYTHON, WORDS, types.MappingProxyType({'A': '1'})))",
    "become(PYTHON, WORDS, {'A': '1'})",
    "become(PYTHON, WORDS, env={b'A': b'\\xff'})",
    "become(os.open(PYTHON, os.O_RDONLY), WORDS, {'A': '1'})",
    "wait(os.spawnve(os.P_NOWAIT, PYTHON, WORDS, {'A': '1'}))",
    "subprocess.run(WORDS, env={'A': '1'})",
    "subprocess.run(WORDS, env={b'A': b'1'})",
    "subprocess.run(WORDS, env={'A': '1', 'LD_PRELOAD': ''})",
    "subprocess.run(WORDS, env={'A': '1', 'PYTHONPATH': '/nowhere'})",
    "subprocess.run(WORDS, env={'A': '1'}, start_new_session=True, cwd='/')",
    "subprocess.run(WORDS, env={'A': '1'}, preexec_fn=lambda: None)",
    "subprocess.run(' '.join(map(__import__('shlex').quote, WORDS)), shell=True, env={'A': '1'})",
)

REFUSED = (
    "os.posix_spawn(PYTHON, WORDS, env={'A': '1'})",
    "os.posix_spawn(PYTHON, WORDS, 7)",
    "os.posix_spawn(PYTHON, WORDS, {'A': 1})",
    "os.posix_spawn(PYTHON, WORDS, {1: 'A'})",
    "os.posix_spawn(PYTHON, WORDS, {'A=B': '1'})",
    "os.posix_spawn(PYTHON, WORDS, {'A': 'x\\0y'})",
    "os.posix_spawn(PYTHON, WORDS)",
    "os.posix_spawn('/nowhere', WORDS, {'A': '1'})",
    "os.posix_spawn(PYTHON, WORDS, {'A': '1'}, nothing=1)",
    "os.execve(PYTHON, WORDS, [('A', '1')])",
    "os.execve('/nowhere', WORDS, {'A': '1'})",
    "os.execve(PYTHON, [], {'A': '1'})",
    "os.execve(PYTHON, WORDS, {'A': object})",
    "subprocess.run(WORDS, env={'A': 1})",
    "subprocess.run(WORDS, env={'A=B': '1'})",
    "subprocess.run(['/nowhere'], env={'A': '1'})",
    "subprocess.run(WORDS, env=[('A', '1')])",
)


class SpawnEnvironments(FolderTest):
    def trace(self, lines):
        script = self.put(BEGIN + "".join(
            f"try: {line}\nexcept Exception as e: print(type(e).__name__, e)\n"
            "sys.stdout.flush()\n" for line in lines))
        alone, run = (self.run_words([*words, script]) for words in (
            [sys.executable], [VIZTRACER, "--quiet", "-o", "r.json"]))
        self.assertEqual((run.returncode, run.stderr), (alone.returncode, alone.stderr))
        self.assertEqual(run.stdout.splitlines(), alone.stdout.splitlines())
        self.assertEqual(self.left_behind(), [])
        return run.stdout, pids(self.load(), "child")

    def test_each_form_reaches_the_child_and_the_child_is_recorded(self):
        for line in TAKEN:
            with self.subTest(line=line):
                seen, found = self.trace([line])
                self.assertIn(b"('A', '", seen)
                self.assertEqual(len(found), 1)

    def test_what_python_refuses_is_refused_in_its_words(self):
        seen, found = self.trace(REFUSED)
        self.assertEqual(len(seen.splitlines()), len(REFUSED))
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"] + sys.argv[1:])
