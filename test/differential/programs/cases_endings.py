# SPDX-License-Identifier: Apache-2.0
"""How programs end: exit statuses, tracebacks, signals, what runs at exit."""
import signal

from .case import add, program

for _value in ("", "None", "0", "3", "256", "-1", "255", "'text'", "2.5", "(1, 2)", "object",
               "True", "10**30", "''"):
    program(f"sys.exit({_value})", f"""
        import sys
        print("before")
        sys.exit({_value})
        """)
program("raise SystemExit with several values", "raise SystemExit(1, 2)")
program("exit() of site", "exit(4)")
program("os._exit", "import os; print('lost', flush=True); os._exit(7)")
program("os._exit drops what is buffered", "import os; print('lost'); os._exit(0)")
program("os.abort", "import os; print(1, flush=True); os.abort()")
program("SystemExit in a thread", """
    import sys, threading
    t = threading.Thread(target=lambda: sys.exit(5)); t.start(); t.join()
    print("still here")
    """)
program("SystemExit in atexit", """
    import atexit, sys
    atexit.register(sys.exit, 9)
    print("end")
    """)
program("errors in atexit", """
    import atexit
    def bad(n): raise ValueError(n)
    atexit.register(bad, 1); atexit.register(print, "between"); atexit.register(bad, 2)
    """)
program("atexit order and late output", """
    import atexit, sys, weakref
    class K:
        def __del__(self): print("del", sys is not None)
    k = K(); k.me = None
    weakref.finalize(k, print, "finalized")
    atexit.register(print, "first"); atexit.register(print, "second")
    print("end")
    """)
program("objects that die with their module", """
    class K:
        def __init__(self, n): self.n = n
        def __del__(self): print("del", self.n)
    a = K(1); b = K(2); b.b = b
    K(3)
    """)

program("uncaught exception", """
    def f(n):
        return g(n - 1)
    def g(n):
        if n: return f(n)
        raise ValueError("deep")
    f(5)
    """)
program("uncaught exception, chained", """
    try:
        try: 1 / 0
        except ZeroDivisionError as e: raise KeyError("k") from e
    except KeyError:
        [][1]
    """)
program("uncaught exception of a class of the program", """
    class E(Exception):
        def __str__(self): return "own text\\nin two lines"
    raise E
    """)
program("exception group", """
    raise ExceptionGroup("g", [ValueError(1), ExceptionGroup("h", [TypeError(2)])])
    """, versions=((3, 11), (3, 99)))
program("exception with notes", """
    e = ValueError("x"); e.add_note("a note"); raise e
    """, versions=((3, 11), (3, 99)))
program("exception in an imported module", "import bad",
        files={"bad.py": "def f():\n    raise OSError(2, 'no', 'file')\nf()\n"})
program("exception from C code that calls Python", """
    sorted([1, 2], key=lambda n: 1 // 0)
    """)
program("exception in a generator, a comprehension and a lambda", """
    def gen():
        yield 1
        raise RuntimeError("gen")
    print([(lambda n: n)(n) for n in gen()])
    """)
program("recursion error", """
    def f(n): return f(n + 1)
    try: f(0)
    except RecursionError as e: print(e)
    f(0)
    """)
program("the depth that recursion reaches", """
    import sys
    deepest = 0
    def f(n):
        global deepest
        deepest = n
        f(n + 1)
    try: f(0)
    except RecursionError: print(deepest)
    sys.setrecursionlimit(5000)
    try: f(0)
    except RecursionError: print(deepest)
    """)
program("unraisable exceptions", """
    class K:
        def __del__(self): raise ValueError("in del")
    K(); k = K(); print("now"); del k
    """)
program("own excepthook", """
    import sys
    def hook(kind, value, tb): print("hook", kind, value, tb.tb_lineno, tb.tb_next)
    sys.excepthook = hook
    1 / 0
    """)
program("broken excepthook", """
    import sys
    sys.excepthook = lambda *a: {}[1]
    1 / 0
    """)
program("threads that fail", """
    import threading
    def f(): raise ValueError("thread")
    t = threading.Thread(target=f, name="worker"); t.start(); t.join()
    threading.excepthook = lambda a: print("hook", a.exc_type, a.thread.name)
    t = threading.Thread(target=f, name="worker 2"); t.start(); t.join()
    """)
program("a traceback that the program prints", """
    import traceback, inspect, sys
    def f():
        traceback.print_stack(file=sys.stdout)
        print([i.function for i in inspect.stack()], sys._getframe(1).f_back)
    f()
    try: 1 / 0
    except ZeroDivisionError: traceback.print_exc()
    """)
program("syntax error", "def f(:\n    pass\n", traced=False)
program("indentation error", "if 1:\nprint(1)\n", traced=False)
program("a script that is not UTF-8", "", files={"bad.py": b"x = '\xff'\n"}, options=["bad.py"],
        traced=False)
program("a script with a coding line", "", options=["latin.py"],
        files={"latin.py": "# -*- coding: latin-1 -*-\nprint(ascii('\xe4'))\n".encode("latin-1")})
program("a null byte in a script", "", options=["null.py"], files={"null.py": b"print(1)\0\n"},
        traced=None)
program("an empty script", "")
add("error in -c", ["-c", "def f():\n    1/0\nf()"])
add("syntax error in -c", ["-c", "1 +"], traced=False)
add("no such module", ["-m", "no_such_module"], traced=False)
add("no such submodule", ["-m", "json.nothing"], traced=False)
add("a package without __main__", ["-m", "pkg"], files={"pkg/__init__.py": ""},
    traced=False)
add("a package that fails", ["-m", "pkg"], files={"pkg/__init__.py": "1/0"}, traced=False)
add("error in -m", ["-m", "mod"], files={"mod.py": "import sys\nprint(sys.argv)\n1/0\n"})
add("a folder without __main__", ["folder"], files={"folder/x.py": ""}, launcher=True,
    traced=False)
add("a file that is no zip", ["x.bin"], files={"x.bin": b"\x00\x01\x02"}, traced=None)

add("-V", ["-V"], traced=False)
add("-VV", ["-VV"], traced=False)
add("--version", ["--version"], traced=False)
add("-h", ["-h"], traced=False)
add("an unknown option", ["-Z"], traced=False)
add("an option without value", ["-c"], launcher=True, traced=False)
add("an unknown long option", ["--nothing"], traced=False)
add("a missing file", ["nothing.py"], launcher=True, traced=False)
add("-X importtime", ["-X", "importtime", "-c", "import json"],
    same=lambda text: "".join(line.rpartition("|")[2] + "\n" for line in text.splitlines()))
add("-X showrefcount", ["-X", "showrefcount", "-c", "pass"])
add("-X frozen_modules=off", ["-X", "frozen_modules=off", "-c", "import os; print(os.__spec__)"],
    versions=((3, 11), (3, 99)))
add("-v names", ["-v", "-c", "pass"],
    same=lambda text: "".join(f"{line}\n" for line in text.splitlines()
                              if line.startswith("import ") and "viztracer" not in line))
add("a wrong PYTHONHOME", ["-c", "pass"], env={"PYTHONHOME": "/nowhere"}, traced=False)
add("a wrong PYTHONMALLOC", ["-c", "pass"], env={"PYTHONMALLOC": "nonsense"}, traced=False)
add("a wrong PYTHONHASHSEED", ["-c", "pass"], env={"PYTHONHASHSEED": "x"}, traced=False)
add("a wrong -X", ["-X", "utf8=7", "-c", "pass"], traced=False)
add("a wrong -W", ["-W", "nonsense", "-c", "pass"])

for _signal in ("SIGINT", "SIGHUP", "SIGQUIT", "SIGABRT", "SIGKILL", "SIGUSR1", "SIGALRM",
                "SIGPIPE", "SIGSEGV"):
    program(f"the program sends itself {_signal}", f"""
        import os, signal, time
        print("before", flush=True)
        os.kill(os.getpid(), signal.{_signal})
        time.sleep(0.05)
        print("after")
        """)
program("KeyboardInterrupt that is raised", "raise KeyboardInterrupt")
program("KeyboardInterrupt that is caught", """
    import os, signal, time
    try:
        os.kill(os.getpid(), signal.SIGINT); time.sleep(5)
    except KeyboardInterrupt: print("caught")
    """)
program("SIGINT from outside", """
    import time
    print("READY", flush=True)
    try: time.sleep(20)
    finally: print("finally")
    """, signals=(signal.SIGINT,))
program("SIGINT from outside, in a busy loop", """
    print("READY", flush=True)
    while True: pass
    """, signals=(signal.SIGINT,))
program("SIGINT from outside, twice", """
    import time
    for n in range(2):
        try:
            print("READY", flush=True); time.sleep(20)
        except KeyboardInterrupt: print("caught", n)
    """, signals=(signal.SIGINT, signal.SIGINT))
program("SIGINT while a thread is joined", """
    import threading, time
    t = threading.Thread(target=time.sleep, args=(20,), daemon=True); t.start()
    print("READY", flush=True)
    t.join()
    """, signals=(signal.SIGINT,))
program("a handler of the program for SIGTERM", """
    import signal, time
    print(signal.getsignal(signal.SIGTERM))
    heard = []
    before = signal.signal(signal.SIGTERM, lambda n, f: heard.append((n, f.f_code.co_name)))
    print(before, signal.getsignal(signal.SIGTERM) is not None)
    print("READY", flush=True)
    while not heard: time.sleep(0.05)
    print(heard)
    """, signals=(signal.SIGTERM,))
program("SIGTERM that the program ignores", """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("READY", flush=True)
    time.sleep(2)
    print("here")
    """, signals=(signal.SIGTERM,))
program("SIGTERM set to the default again", """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(signal.signal(signal.SIGTERM, signal.SIG_DFL))
    print("READY", flush=True)
    time.sleep(5)
    """, signals=(signal.SIGTERM,))
program("SIGTERM that is waited for", """
    import signal
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    print("READY", flush=True)
    print(signal.sigwait([signal.SIGTERM]))
    """, signals=(signal.SIGTERM,))
program("signal handlers of the program", """
    import signal, os, time
    got = []
    for n in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT, signal.SIGRTMIN):
        signal.signal(n, lambda n, f: got.append(int(n)))
        os.kill(os.getpid(), n)
    signal.signal(signal.SIGALRM, lambda n, f: got.append("alarm"))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    time.sleep(0.1)
    r, w = os.pipe(); os.set_blocking(w, False)
    signal.set_wakeup_fd(w); os.kill(os.getpid(), signal.SIGUSR1); print(os.read(r, 9))
    print(got)
    """)
program("a broken pipe", """
    import sys
    for n in range(100000): print(n)
    """, redirect="{command} | head -1")
program("a full device", "print('x' * 100000)", redirect="{command} >/dev/full")
program("standard error closed and an exception", "1/0", redirect="{command} 2>&-")
program("faulthandler on SIGSEGV", """
    import ctypes, faulthandler
    faulthandler.enable()
    def f(): ctypes.string_at(1)
    f()
    """, needs="ctypes")
program("faulthandler by option", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
        options=["-X", "faulthandler"])
program("faulthandler dumps all threads", """
    import faulthandler, sys
    def f(): faulthandler.dump_traceback(file=sys.stdout)
    f()
    faulthandler.dump_traceback_later(0.05, file=sys.stderr)
    import time; time.sleep(0.2)
    """)
program("sys.exit in the middle of open files and buffers", """
    import sys
    f = open("out.txt", "w"); f.write("kept")
    sys.stdout.write("no newline")
    sys.stderr.write("error text")
    sys.exit(1)
    """)
program("both streams into one", """
    import sys, os
    print("1"); print("2", file=sys.stderr); os.write(1, b"3\\n"); print("4")
    1 / 0
    """, redirect="{command} 2>&1")
