# SPDX-License-Identifier: Apache-2.0
"""cmake/setup.sh on machines that are made up: a PATH of stubs that write down what was asked."""
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REAL_TOOLS = "sh dirname sed env cat mkdir rm nproc touch chmod".split()

DPKG_QUERY = '''
for word; do package=$word; done
grep -qx "$package" "$STATE/installed" 2>/dev/null && printf installed
'''
APT_GET = '''
echo "$*" >>"$STATE/apt"
case " $* " in *" update "*) touch "$STATE/updated"; exit 0 ;; esac
[ -f "$STATE/updated" ] || [ ! -f "$STATE/needs-update" ] || exit 100
for word; do
    if grep -qx "$word" "$STATE/unavailable" 2>/dev/null; then exit 100; fi
done
'''
CMAKE = '''
echo "$*" >>"$STATE/cmake"
case "$1" in
--build) printf '#!/bin/sh\\necho traced "$@"\\n' >"$2/viztracer"; chmod +x "$2/viztracer" ;;
esac
'''


class Setup(unittest.TestCase):
    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="setup-"))
        self.addCleanup(shutil.rmtree, self.top)
        self.tree, self.state, self.tools = (
            os.path.join(self.top, name) for name in ("the tree", "state", "tools"))
        shutil.copytree(os.path.join(ROOT, "cmake"), os.path.join(self.tree, "cmake"))
        for folder in (self.state, self.tools):
            os.mkdir(folder)
        for tool in [*REAL_TOOLS, "grep"]:
            os.symlink(shutil.which(tool), os.path.join(self.tools, tool))
        self.put_tool("dpkg-query", DPKG_QUERY)
        self.put_tool("apt-get", APT_GET)
        self.put_tool("cmake", CMAKE)
        self.put_tool("ninja", "")
        self.put_tool("id", "echo 0")

    def put_tool(self, name, text):
        path = os.path.join(self.tools, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n" + text)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)

    def put_state(self, name, *words):
        with open(os.path.join(self.state, name), "w", encoding="utf-8") as f:
            f.writelines(word + "\n" for word in words)

    def asked(self, tool):
        path = os.path.join(self.state, tool)
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as f:
            return f.read().splitlines()

    def run_setup(self, *words):
        return subprocess.run(
            ["sh", os.path.join(self.tree, "cmake", "setup.sh"), *words], cwd=self.top, text=True,
            env={"PATH": self.tools, "STATE": self.state}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def needed(self):
        """Every package that a first build asks for."""
        self.run_setup("build")
        words = self.asked("apt")[0].split()
        os.remove(os.path.join(self.state, "apt"))
        return words[words.index("--no-install-recommends") + 1:]

    def test_a_word_that_it_does_not_know_gets_the_usage(self):
        for words in ((), ("dance",), ("build", "more")):
            run = self.run_setup(*words)
            self.assertEqual(2, run.returncode)
            self.assertIn("usage: sh cmake/setup.sh build", run.stderr)
        self.assertEqual([], self.asked("cmake"))

    def test_nothing_is_asked_of_apt_when_nothing_is_missing(self):
        self.put_state("installed", *self.needed())
        self.assertEqual(0, self.run_setup("build").returncode)
        self.assertEqual([], self.asked("apt"))

    def test_only_what_is_missing_is_installed(self):
        packages = self.needed()
        self.assertIn("libcjson-dev", packages)
        self.put_state("installed", *(name for name in packages if name != "libcjson-dev"))
        self.assertEqual(0, self.run_setup("build").returncode)
        self.assertEqual(1, len(self.asked("apt")))
        self.assertTrue(self.asked("apt")[0].endswith("--no-install-recommends libcjson-dev"))

    def test_the_lists_are_updated_only_when_they_do_not_suffice(self):
        self.put_state("needs-update")
        self.assertEqual(0, self.run_setup("build").returncode)
        kinds = ["update" if line.endswith("update") else "install" for line in self.asked("apt")]
        self.assertEqual(["install", "update", "install"], kinds)

    def test_a_useful_package_that_cannot_be_had_is_done_without(self):
        self.put_state("unavailable", "libisal-dev")
        run = self.run_setup("build")
        self.assertEqual(0, run.returncode, run.stderr)
        self.assertIn("doing without libisal-dev", run.stderr)

    def test_a_needed_package_that_cannot_be_had_is_an_error(self):
        self.put_state("unavailable", "libcjson-dev")
        run = self.run_setup("build")
        self.assertEqual(1, run.returncode)
        self.assertIn("could not install:", run.stderr)
        self.assertEqual([], self.asked("cmake"))

    def test_without_root_and_sudo_it_says_what_to_install(self):
        self.put_tool("id", "echo 1000")
        run = self.run_setup("build")
        self.assertEqual(1, run.returncode)
        self.assertIn("not root and no sudo; as root: apt-get install gcc", run.stderr)
        self.assertEqual([], self.asked("apt"))

    def test_without_root_sudo_is_used_and_never_asks_a_pipe(self):
        self.put_tool("id", "echo 1000")
        self.put_tool("sudo", 'echo "$*" >>"$STATE/sudo"; shift 2; exec "$@"')
        self.assertEqual(0, self.run_setup("build").returncode)
        self.assertTrue(self.asked("sudo")[0].startswith("-n -- env DEBIAN_FRONTEND="))

    def test_run_traces_the_program_in_the_folder_of_the_caller(self):
        run = self.run_setup("run", "my script.py", "--its", "option")
        self.assertEqual((0, "traced my script.py --its option\n"), (run.returncode, run.stdout))

    def test_run_alone_traces_the_example_and_says_how_to_look_at_it(self):
        run = self.run_setup("run")
        self.assertIn("test/data/example.py", run.stdout)
        self.assertIn(os.path.join(self.tree, "build", "example", "result.json"), run.stdout)

    def test_a_configured_folder_keeps_its_generator(self):
        os.mkdir(os.path.join(self.tree, "build"))
        cache = os.path.join(self.tree, "build", "CMakeCache.txt")
        for home, keeps in ((self.tree, True), ("/elsewhere", False)):
            with open(cache, "w", encoding="utf-8") as f:
                f.write(f"CMAKE_HOME_DIRECTORY:INTERNAL={home}\n")
            self.put_state("cmake")
            self.assertEqual(0, self.run_setup("build").returncode)
            self.assertEqual(keeps, "-G Ninja" not in self.asked("cmake")[0])
            self.assertEqual(keeps, os.path.exists(cache))

    def test_a_build_that_fails_is_an_error(self):
        self.put_tool("cmake", 'case "$1" in --build) exit 1 ;; esac')
        run = self.run_setup("build")
        self.assertEqual(1, run.returncode)
        self.assertIn("the build failed", run.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main())
