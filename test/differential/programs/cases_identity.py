# SPDX-License-Identifier: Apache-2.0
"""Who am I, where am I, what was I given: all that a program can ask of its interpreter."""
import textwrap

from .case import add, program

# Allowed differences are taken out here, by name; see ALLOWED in test_differential.py.
IDENTITY = textwrap.dedent("""
    import sys
    loaded = sorted(sys.modules)
    main = dict(vars(sys.modules["__main__"]))
    import os
    fds = sorted(os.listdir("/proc/self/fd"), key=int)[:-1]
    def show(name, value):
        print(f"{name}: {value!r}")
    show("modules", loaded)
    show("fds", fds)
    for name in ("argv orig_argv executable _base_executable prefix base_prefix exec_prefix "
                 "base_exec_prefix platlibdir path flags warnoptions _xoptions abiflags version "
                 "dont_write_bytecode pycache_prefix maxsize byteorder hexversion api_version "
                 "copyright platform float_repr_style int_info hash_info thread_info "
                 "_stdlib_dir _framework _git safe_path").split():
        show(name, getattr(sys, name, None))
    show("stdlib", sorted(getattr(sys, "stdlib_module_names", ())))
    show("builtins", [n for n in sys.builtin_module_names if n != "_viztracer"])
    show("hooks", [sys.meta_path, sys.path_hooks, sys.excepthook is sys.__excepthook__,
                   sys.displayhook is sys.__displayhook__, sys.gettrace(), sys.getprofile(),
                   getattr(sys, "unraisablehook", 0) is getattr(sys, "__unraisablehook__", 0)])
    show("importers", sorted(p for p in sys.path_importer_cache))
    for name in "stdin stdout stderr".split():
        stream = getattr(sys, name)
        show(name, [stream.encoding, stream.errors, stream.line_buffering, stream.fileno(),
                    stream.isatty(), stream.mode, stream.write_through, stream.newlines])
    show("encodings", [sys.getdefaultencoding(), sys.getfilesystemencoding(),
                       sys.getfilesystemencodeerrors()])
    show("limits", [sys.getrecursionlimit(), sys.getswitchinterval(),
                    sys.getcheckinterval() if hasattr(sys, "getcheckinterval") else None])
    show("frames", [sys._getframe().f_back, sys._getframe().f_code.co_filename,
                    sys._getframe().f_lineno, sys._getframe().f_globals is vars(
                        sys.modules["__main__"])])
    show("main", {k: (v if isinstance(v, (str, type(None))) else type(v)) for k, v in
                  main.items()})
    spec = main["__spec__"]
    show("spec", spec and [spec.name, spec.origin, spec.parent, spec.has_location])
    show("environ", [(k, v) for k, v in os.environ.items() if k != "VIZTRACER_LAUNCH"])
    show("cwd", os.getcwd())
    import signal
    carrier = signal.SIGRTMAX - 3
    show("signals", [(n, signal.getsignal(n)) for n in range(1, signal.NSIG)
                     if n not in (32, 33, carrier)])
    show("mask", signal.pthread_sigmask(signal.SIG_BLOCK, []))
    def dispositions():
        for line in open("/proc/self/status"):
            if line.startswith(("SigBlk", "SigIgn", "SigCgt", "ShdPnd", "Umask")):
                key, value = line.split()
                ours = 1 << (carrier - 1) | 1 << (signal.SIGTERM - 1)
                yield key, hex(int(value, 16) & ~ours) if key == "SigCgt:" else value
    show("dispositions", list(dispositions()))
    import gc, locale, threading, faulthandler, resource, tracemalloc, time
    show("gc", [gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.callbacks])
    show("locale", [locale.setlocale(locale.LC_ALL), locale.getpreferredencoding()])
    show("threads", threading.enumerate())
    show("kernel threads", len(os.listdir("/proc/self/task")))
    show("faulthandler", [faulthandler.is_enabled(), tracemalloc.is_tracing()])
    show("rlimits", [resource.getrlimit(n) for n in range(10)])
    show("nice", [os.nice(0), os.getpgrp() == os.getpid(), os.getsid(0) == os.getpid()])
    show("time", [time.tzname, time.get_clock_info("monotonic")])
    if hasattr(sys, "monitoring"):
        show("free tools", [sys.monitoring.get_tool(n) for n in (0, 1, 5)])
    import site, sysconfig
    show("site", [site.ENABLE_USER_SITE, site.USER_SITE, site.PREFIXES, sysconfig.get_paths()])
    import warnings
    show("filters", warnings.filters)
    try: show("child", os.waitpid(-1, os.WNOHANG))
    except ChildProcessError as e: show("no child", e)
    """)
FILES = {"main.py": IDENTITY}


def identity(name, words, **rest):
    add("identity: " + name, words, **dict({"files": FILES}, **rest))


identity("script", ["main.py"])
identity("arguments", ["main.py", "a", "", "b c", "--", "-u", "-o", "--quiet", "-X", "dev"])
identity("argument that is no UTF-8", ["main.py", b"\xff\xfe", "\u00e4\u20ac"])
identity("script in a folder", ["sub/main.py"], files={"sub/main.py": IDENTITY})
identity("script in the folder above", ["./sub/../main.py"],
         files={"main.py": IDENTITY, "sub/x": ""})
identity("script behind a link", ["link.py"],
         files={"real/main.py": IDENTITY, "link.py": ("link", "real/main.py")})
identity("script without suffix", ["program"], files={"program": IDENTITY})
identity("script name with blanks", ["a program.py"], files={"a program.py": IDENTITY})
identity("script name that is no UTF-8", [b"caf\xe9.py"], files={b"caf\xe9.py": IDENTITY})
identity("-c", ["-c", IDENTITY, "a", "b"])
identity("-c empty", ["-c", ""])
identity("-m module", ["-m", "mod", "a"], files={"mod.py": IDENTITY})
identity("-m package", ["-m", "pkg", "a"],
         files={"pkg/__init__.py": "", "pkg/__main__.py": IDENTITY})
identity("-m module of a package", ["-m", "pkg.mod"],
         files={"pkg/__init__.py": "print('package')", "pkg/mod.py": IDENTITY})
identity("folder", ["app", "a"], files={"app/__main__.py": IDENTITY})
identity("zip file", ["app.zip", "a"], files={"app.zip": ("zip", {"__main__.py": IDENTITY})})
identity("standard input as -", ["-", "a"], stdin=IDENTITY)
identity("standard input", [], stdin=IDENTITY)

for _option in ("-I", "-E", "-s", "-S", "-B", "-O", "-OO", "-b", "-bb", "-q"):
    identity("option " + _option, [_option, "main.py"])
identity("options together", ["-W", "error", "-W", "ignore::ResourceWarning", "-X", "a=b", "-X",
                              "utf8", "-s", "-B", "main.py", "-O"])
identity("option -I with -c", ["-I", "-c", IDENTITY])
for _words in (["-Ic", IDENTITY, "a"], ["-BsOc" + IDENTITY, "-Ic", "a"],
               ["-Xdev", "-IBX", "utf8=0", "-bqWignore", "-Ec", IDENTITY, "-m", "mod"]):
    identity("in one word " + " ".join(word[:6] for word in _words), _words)
identity("-Im in one word", ["-OIm", "json.tool", "-h"])
identity("-sm in one word", ["-smmod", "-Im", "a"], files={"mod.py": IDENTITY})
identity("option -u", ["-u", "main.py"])
identity("options -sBE", ["-sBE", "main.py"])
identity("option -P", ["-P", "main.py"], versions=((3, 11), (3, 99)))
identity("option -X dev", ["-X", "dev", "main.py"])
identity("option -X utf8=0", ["-X", "utf8=0", "main.py"])
identity("option -X faulthandler", ["-X", "faulthandler", "main.py"])
identity("option -X tracemalloc", ["-X", "tracemalloc=3", "main.py"])
identity("option -X pycache_prefix", ["-X", "pycache_prefix=cache", "main.py"])
identity("option -X no_debug_ranges", ["-X", "no_debug_ranges", "main.py"])
identity("option -X int_max_str_digits", ["-X", "int_max_str_digits=1000", "main.py"])
identity("end of options", ["-s", "--", "main.py"])

for _setting in ("PYTHONUNBUFFERED=1", "PYTHONOPTIMIZE=2", "PYTHONDONTWRITEBYTECODE=1",
                 "PYTHONUTF8=1", "PYTHONUTF8=0", "PYTHONIOENCODING=latin-1:replace",
                 "PYTHONNOUSERSITE=1", "PYTHONDEVMODE=1", "PYTHONWARNINGS=error,ignore",
                 "PYTHONHASHSEED=7", "PYTHONFAULTHANDLER=1", "PYTHONTRACEMALLOC=2",
                 "PYTHONPATH=/nowhere:lib", "PYTHONSAFEPATH=1", "PYTHONPYCACHEPREFIX=cache",
                 "PYTHONPROFILEIMPORTTIME=", "PYTHONCOERCECLOCALE=0", "PYTHONASYNCIODEBUG=1",
                 "PYTHONMALLOC=malloc", "PYTHONINTMAXSTRDIGITS=0", "PYTHONEXECUTABLE=/x/y",
                 "PYTHONSTARTUP=nowhere.py", "PYTHONDUMPREFS="):
    identity("with " + _setting, ["main.py"], env=dict([_setting.split("=", 1)]))

identity("with a wrong PYTHONPLATLIBDIR", ["main.py"], env={"PYTHONPLATLIBDIR": "nowhere"},
         versions=((3, 9), (3, 99)), traced=False)

for _locale in ("C", "POSIX", "C.UTF-8", "no_such.LOCALE"):
    identity(f"in the locale {_locale}", ["main.py"], env={"LC_ALL": _locale})
identity("in the locale C, without coercion", ["main.py"],
         env={"LC_ALL": None, "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"})
identity("in the locale C, told when coerced", ["main.py"],
         env={"LC_ALL": None, "LANG": None, "PYTHONCOERCECLOCALE": "warn"})
identity("with preloaded libraries", ["main.py"], env={"LD_PRELOAD": "libm.so.6:libdl.so.2"})
identity("with an empty LD_PRELOAD", ["main.py"], env={"LD_PRELOAD": ""})
identity("with a library path", ["main.py"], env={"LD_LIBRARY_PATH": "/nowhere"})
identity("with almost no environment", ["main.py"], env={"HOME": None, "LANG": None,
                                                         "LC_ALL": None, "TERM": None})
identity("with signals ignored and blocked", ["main.py"],
         redirect="(trap '' HUP USR1 CHLD TERM; exec {command})")
identity("with standard streams closed", ["main.py"],
         redirect="{command} 0<&- 2>&-")
identity("with standard output closed", ["main.py"], redirect="{command} >&-")
identity("with more descriptors", ["main.py"], redirect="{command} 5</dev/null 9>/dev/null")

program("the site modules of the user run first", """
    import sys
    print(sys.modules["sitecustomize"].seen, sys.modules["usercustomize"].seen)
    """, env={"PYTHONPATH": "lib"},
        files={"lib/sitecustomize.py": "import sys\nseen = list(sys.argv)\nprint('site')",
               "lib/usercustomize.py": "seen = 1\nprint('user')"})
program("a module beside the script is found, and its bytecode kept", """
    import helper, pkg.inner
    print(helper.__file__, helper.__cached__, pkg.__path__, pkg.inner.__spec__)
    """, files={"helper.py": "print(__name__)", "pkg/__init__.py": "",
                "pkg/inner.py": "from . import __name__ as n; print(n, __package__)"})
program("built-in and frozen modules", """
    import sys, _imp
    print(_imp.is_builtin("_thread"), _imp.is_frozen("_frozen_importlib"), _imp.is_frozen("os"))
    print([type(m.__spec__.loader).__name__ for n, m in sorted(sys.modules.items())
           if getattr(m, "__spec__", None)])
    import __hello__; print(__hello__.__name__)
    """)
