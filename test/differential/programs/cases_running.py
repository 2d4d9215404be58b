# SPDX-License-Identifier: Apache-2.0
"""What programs do while they run: threads, processes, debuggers, extensions, standard input."""
import re

from .case import add, program, sorted_lines, without_times

program("input() reads what is there", """
    import sys
    print(repr(input("? ")), repr(sys.stdin.readline()), repr(sys.stdin.read()))
    try: input()
    except EOFError as e: print("end", e)
    """, stdin="one\ntwo\nthree\nfour")
program("a child reads the rest of the input", """
    import os, sys
    os.read(0, 4)
    sys.stdout.flush()
    os.system("cat")
    """, stdin="one\ntwo\n")
add("the program comes from the input", [], stdin="x = 1\nif x:\n    print('yes')\n1/0\n")
add("the program comes from the input, with a syntax error", ["-"], stdin="print(1)\n1 +\n",
    traced=False)
add("-i after -c", ["-i", "-c", "x = 3; print(x)"], stdin="print(x + 1)\nx\nexit(5)\n")
program("-i after an exception", "x = 7\n1/0\n", options=["-i"],
        stdin="x\nimport sys\nsys.last_type\n")
program("-i after sys.exit", "import sys\nsys.exit(3)\n", options=["-i"], stdin="1 + 1\n")
program("PYTHONINSPECT set by the program", "import os; os.environ['PYTHONINSPECT'] = '1'; y = 2",
        stdin="y\n")
add("an interactive session", ["-i", "-q"], stdin="x = [1]\nx\ndef f():\n  return 2\n\nf()\n1/0\n",
    env={"PYTHONSTARTUP": "startup.py"}, files={"startup.py": "print('startup', __file__)\n"})

program("unittest.main", """
    import unittest
    class T(unittest.TestCase):
        def test_ok(self): self.assertEqual(1, 1)
        def test_bad(self): self.assertEqual([1], [2])
        def test_error(self): 1 / 0
        @unittest.skip("why")
        def test_skip(self): pass
        def test_sub(self):
            for n in range(2):
                with self.subTest(n=n): self.assertTrue(n)
    if __name__ == "__main__":
        unittest.main()
    """, "-v", same=without_times)
add("-m unittest", ["-m", "unittest", "-v", "test_x"], same=without_times,
    files={"test_x.py": "import unittest\nclass T(unittest.TestCase):\n    def test(self): pass\n"})
program("doctest", '''
    def f():
        """
        >>> f()
        3
        """
        return 2
    import doctest
    print(doctest.testmod())
    ''')
program("pickling classes and functions of __main__", """
    import pickle, sys
    class K:
        def __init__(self, x): self.x = x
        def __eq__(self, o): return self.x == o.x
    def f(): return 3
    data = pickle.dumps([K(1), f, K])
    print(b"__main__" in data, pickle.loads(data)[0] == K(1), pickle.loads(data)[1] is f)
    print(sys.modules["__main__"].K is K, K.__module__, sys.modules.get("__mp_main__"))
    """)
program("pdb", "def f(n):\n    m = n + 1\n    return m\nprint(f(1))\n",
        options=["-m", "pdb"], stdin="b f\nc\np n\nn\np m\nw\nc\nq\n")
program("pdb by breakpoint()", "x = 1\nbreakpoint()\ny = 2\nprint(x, y)\n", stdin="p x\nn\nc\n",
        versions=((3, 8), (3, 12)))
program("cProfile", """
    def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
    print(fib(10), sorted(str(n) for n in range(5)))
    """, options=["-m", "cProfile", "-s", "name"],
        same=lambda text: re.sub(r"\s+", " ", without_times(text)))
program("profile in Python", "def f(): return len('x')\nfor n in range(3): f()\n",
        options=["-m", "profile", "-s", "name"],
        same=lambda text: re.sub(r"\s+", " ", without_times(text)))
program("trace", "def f():\n    return 1\nf()\n", options=["-m", "trace", "--trace"])
program("sys.settrace", """
    import sys
    def tracer(frame, event, arg):
        print(event, frame.f_code.co_name, frame.f_lineno, arg)
        return tracer
    def f(n):
        return len(str(n))
    sys.settrace(tracer); f(1); sys.settrace(None); print(sys.gettrace())
    """)
program("sys.setprofile", """
    import sys
    def profiler(frame, event, arg): events.append((event, frame.f_code.co_name, str(arg)[:18]))
    events = []
    def f(n): return len(str(n))
    print(sys.getprofile())
    sys.setprofile(profiler); f(1); x = sys.getprofile(); sys.setprofile(None); f(2)
    print(x is profiler, sys.getprofile()); print(events)
    """)
program("threading.setprofile", """
    import threading
    events = []
    threading.setprofile(lambda frame, event, arg: events.append((event, frame.f_code.co_name)))
    def f(): return max(1, 2)
    t = threading.Thread(target=f); t.start(); t.join()
    print([e for e in events if e[1] == "f"])
    """)
program("sys.monitoring", """
    import sys
    mon, events = sys.monitoring, []
    mon.use_tool_id(1, "mine")
    mon.register_callback(1, mon.events.PY_START, lambda c, o: events.append(c.co_name))
    mon.set_events(1, mon.events.PY_START)
    def f(): return 1
    f(); f()
    mon.set_events(1, 0); print(events, mon.get_tool(1))
    """, versions=((3, 12), (3, 99)))
program("audit hooks", """
    import sys, os
    seen = []
    sys.addaudithook(lambda event, args: seen.append(event))
    open(os.devnull).close(); exec("x = 1"); compile("1", "s", "eval"); sys._getframe()
    import colorsys
    print(seen[:60])
    """)

program("threads", """
    import threading, queue
    q = queue.Queue()
    def work(n): q.put((n, threading.current_thread().name))
    ts = [threading.Thread(target=work, args=(n,)) for n in range(20)]
    [t.start() for t in ts]; [t.join() for t in ts]
    print(sorted(q.queue), threading.active_count(), threading.main_thread().name)
    local = threading.local(); local.x = 1; print(vars(local))
    """)
program("a thread that outlives the script", """
    import threading
    def late():
        threading.main_thread().join(); print("late")
    threading.Thread(target=late).start()
    print("script ends")
    """)
program("a daemon thread that never ends", """
    import threading, time
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    print("script ends")
    """)
program("_thread alone", """
    import _thread, time, sys
    done = []
    _thread.start_new_thread(done.append, (1,))
    while not done: time.sleep(0.01)
    print(done, "threading" in sys.modules)
    """)
program("executors that nobody shuts down", """
    from concurrent.futures import ThreadPoolExecutor
    e = ThreadPoolExecutor(2)
    print(list(e.map(abs, [-1, -2]))); e.submit(print, "late")
    """)
program("asyncio", """
    import asyncio
    async def f(n):
        await asyncio.sleep(0.01 * n); return n
    async def main():
        print(await asyncio.gather(*map(f, range(5))))
        p = await asyncio.create_subprocess_exec("echo", "child", stdout=-1)
        print(await p.communicate(), p.returncode)
    asyncio.run(main())
    """)
program("generators, coroutines and context variables", """
    import contextvars, contextlib
    v = contextvars.ContextVar("v", default=0)
    def g():
        try:
            while True: print((yield v.get()))
        finally: print("closed")
    x = g(); next(x); v.set(2); print(x.send("s")); x.close()
    @contextlib.contextmanager
    def c():
        yield 1
    with c() as n: print(n)
    """)

WORK = """
    import multiprocessing as mp, os, sys
    class K:
        def __init__(self, n): self.n = n
        def __repr__(self): return f"K({self.n})"
    def work(k): return K(k.n * 2)
    def child(q, n):
        q.put((n, mp.current_process().name.split("-")[0], __name__, K(n)))
    if __name__ == "__main__":
        ctx = mp.get_context("METHOD")
        with ctx.Pool(2) as pool: print(pool.map(work, [K(1), K(2)]))
        q = ctx.Queue()
        ps = [ctx.Process(target=child, args=(q, n)) for n in range(2)]
        [p.start() for p in ps]
        print(sorted((q.get() for _ in ps), key=lambda t: t[0]))
        [p.join() for p in ps]; print([p.exitcode for p in ps], mp.active_children())
        p = ctx.Process(target=sys.exit, args=(3,)); p.start(); p.join(); print(p.exitcode)
        p = ctx.Process(target=os.abort); p.start(); p.join(); print(p.exitcode)
    """
for _method in ("fork", "spawn", "forkserver"):
    program(f"multiprocessing by {_method}", WORK.replace("METHOD", _method))
program("terminated workers", """
    import multiprocessing as mp, time
    if __name__ == "__main__":
        for method in ("fork", "spawn"):
            p = mp.get_context(method).Process(target=time.sleep, args=(60,)); p.start()
            time.sleep(0.3); p.terminate(); p.join(); print(method, p.exitcode)
    """)
program("ProcessPoolExecutor", """
    from concurrent.futures import ProcessPoolExecutor
    def f(n): return n * n
    if __name__ == "__main__":
        with ProcessPoolExecutor(2) as e: print(list(e.map(f, range(4))))
    """)
program("joblib", """
    from joblib import Parallel, delayed
    def f(n): return n * n
    if __name__ == "__main__":
        print(Parallel(n_jobs=2)(delayed(f)(n) for n in range(4)))
    """, needs="joblib")
program("fork and wait", """
    import os, sys, signal
    try: os.wait()
    except ChildProcessError as e: print("no child", e)
    for how in (lambda: os._exit(3), lambda: sys.exit(4), lambda: 1 / 0,
                lambda: os.kill(os.getpid(), signal.SIGTERM)):
        sys.stdout.flush()
        pid = os.fork()
        if not pid: how()
        print(os.waitpid(pid, 0)[1])
    try: print(os.waitpid(-1, os.WNOHANG))
    except ChildProcessError: print("no child")
    """)
program("a forked child that goes on", """
    import os, threading
    pid = os.fork()
    if pid: os.waitpid(pid, 0)
    print("parent" if pid else "child", threading.current_thread().name, threading.active_count())
    def f(): return len("x")
    print(f())
    """)
program("children by all means", """
    import subprocess, sys, os
    run = [sys.executable, "-c", "import sys; print('child', sys.argv, sys.flags.dev_mode)"]
    sys.stdout.flush()
    for more in ([], ["-I"], ["-S", "-E"], ["-X", "dev"]):
        print(subprocess.run(run[:1] + more + run[1:] + ["a"], capture_output=True, text=True))
    print(subprocess.run("env python3 -c 'print(1)'; exit 3", shell=True, stdout=-1))
    os.system(f"{sys.executable} -c 'import os; print(sorted(os.environ)[:99])'")
    pid = os.posix_spawn(sys.executable, run, os.environ); print(os.waitpid(pid, 0)[1])
    print(subprocess.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 15)"]).returncode)
    with os.popen("echo popen") as f: print(f.read())
    """, same=lambda text: re.sub(r"subprocess \d+", "subprocess N", text))
program("os.execv of python", """
    import os, sys
    if len(sys.argv) == 1:
        print("first", flush=True); os.execv(sys.executable, [sys.executable, *sys.argv, "again"])
    print("second", sys.argv)
    """)
program("os.execv of another program", """
    import os
    print("first", flush=True)
    try: os.execv("/nowhere", ["x"])
    except OSError as e: print(e, flush=True)
    os.execvp("echo", ["echo", "second"])
    """)

program("ctypes.pythonapi", """
    import ctypes, sys
    api = ctypes.pythonapi
    api.Py_GetVersion.restype = ctypes.c_char_p
    print(api.Py_GetVersion().decode() == sys.version)
    api.PyLong_AsLong.argtypes = [ctypes.py_object]; print(api.PyLong_AsLong(42))
    print(ctypes.PyDLL(None).Py_IsInitialized(), ctypes.CDLL(None).strlen(b"abc"))
    print(ctypes.c_int.in_dll(api, "Py_OptimizeFlag").value)
    """, needs="ctypes")
program("every extension of the standard library", """
    import importlib, os, sys, sysconfig, warnings
    warnings.simplefilter("ignore")
    folder = os.path.join(sysconfig.get_path("stdlib"), "lib-dynload")
    for name in sorted({n.partition(".")[0] for n in os.listdir(folder) if n.endswith(".so")}):
        if name.startswith(("_test", "xx", "_xx", "_tkinter")): continue
        try: print(name, sorted(vars(importlib.import_module(name)))[:5])
        except ImportError as e: print(name, e)
    """)
program("the libraries in the process", """
    import re, os
    import zlib, _ctypes, _ssl, _sqlite3
    found = {os.path.basename(l.split()[-1]) for l in open("/proc/self/maps") if ".so" in l}
    ours = ("_viztracer", "libviztracer", "libpython", "libdl", "libpthread", "librt", "libutil")
    print(sorted(n for n in found if not n.startswith(ours)))
    """, needs="_sqlite3")
program("big and odd standard modules", """
    import decimal, sqlite3, json, zlib, hashlib, ssl, lzma, csv, re, socket, struct
    print(decimal.Decimal(1) / 7, json.dumps({"a": [1, 2]}), zlib.crc32(b"x"))
    print(sqlite3.connect(":memory:").execute("select 1 + 1").fetchall())
    print(hashlib.sha256(b"x").hexdigest(), re.sub("(.)", r"<\\1>", "ab"))
    a, b = socket.socketpair(); a.send(b"hi"); print(b.recv(9))
    """, needs="sqlite3")
program("warnings of all kinds", """
    import warnings
    open("f", "w")
    warnings.warn("once", DeprecationWarning); warnings.warn("user")
    print(b"a" == "a", 1 is 1)
    import helper
    """, options=["-b"], files={"helper.py": "import warnings\nwarnings.warn('h', DeprecationWarning)"})
program("warnings that are errors", "import warnings\nwarnings.warn('x')\n",
        options=["-W", "error::UserWarning"])
program("garbage collection", """
    import gc, weakref
    class K: pass
    def callback(phase, info): seen.append(phase)
    seen = []; gc.callbacks.append(callback)
    a = K(); a.a = a; r = weakref.ref(a); del a
    gc.collect(); print(r(), seen, gc.garbage)
    """)
program("exec, eval, compile and their names", """
    exec("def f(): return __name__, __file__[-7:]"); print(f())
    print(eval("len(dir())"), compile("1", "named", "eval").co_filename)
    import runpy; print(sorted(runpy.run_path("other.py"))[-1])
    import code; code.interact(banner="b", local={"x": 1}, exitmsg="e")
    """, files={"other.py": "print(__name__); zz = 1"}, stdin="x + 1\n")
program("limits of the process", """
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
    fs = []
    try:
        while True: fs.append(open("/dev/null"))
    except OSError as e: print(e.errno, len(fs))
    """)
program("subinterpreters", """
    try: import _interpreters as i
    except ImportError: import _xxsubinterpreters as i
    import sys
    n = i.create(); sys.stdout.flush()
    i.run_string(n, "import sys, json; print(len(sys.argv), json.dumps(1), flush=True)")
    i.destroy(n); print("back")
    """, versions=((3, 9), (3, 99)))
for _words in (["json.tool"], ["tokenize", "x.py"], ["ast", "x.py"], ["dis", "x.py"],
               ["py_compile", "x.py"], ["compileall", "-q", "."], ["calendar", "2020", "1"],
               ["site"], ["tabnanny", "-v", "x.py"], ["zipfile", "-c", "z.zip", "x.py"],
               ["timeit", "-n", "1", "-r", "1", "pass"], ["inspect", "x"], ["this"]):
    add("-m " + " ".join(_words), ["-m", *_words], stdin='{"a": [1]}',
        files={"x.py": "def f(a):\n    return a + 1\n"},
        same=lambda text: re.sub(r"\d+(\.\d+)? (n|u|m)?sec|best of.*", "N", text),
        versions=((3, 9), (3, 99)) if _words[0] == "ast" else ((3, 8), (3, 99)))
program("output in any order", """
    from multiprocessing.pool import ThreadPool
    with ThreadPool(4) as p: p.map(lambda n: print(n, flush=True), range(9))
    """, same=sorted_lines)
