# SPDX-License-Identifier: Apache-2.0
"""The programs of test_hooks.py: each has few calls, of kinds that are easy to get wrong."""

NAMES = '''
class Shape:
    def __init__(self):
        self.side = 2
    @staticmethod
    def unit():
        return Shape()
    def area(self):
        return self.side * len("ab")

def outer():
    def inner(values):
        return [value for value in values]
    return inner([1])

shape = Shape.unit()
shape.area()
outer()
[].append(1)
dict.fromkeys("a")
str.upper("a")
int("3")
(lambda: None)()
'''

SLICES = '''
def count(n):
    got = yield 0
    while got != n:
        try:
            got = yield got
        except ValueError:
            got = 7

def delegate():
    yield from count(3)

g = count(3)
next(g)
g.send(1)
g.throw(ValueError())
g.close()
whole = delegate()
next(whole)
try:
    whole.send(3)
except StopIteration:
    pass
abandoned = delegate()
next(abandoned)
del abandoned
never_run = count(1)
never_run.close()
'''

COROUTINES = '''
import asyncio

async def fail():
    await asyncio.sleep(0)
    raise OSError()

async def numbers():
    for i in range(3):
        yield i
        await asyncio.sleep(0)

async def main():
    async for i in numbers():
        pass
    some = numbers()
    await some.asend(None)
    await some.aclose()
    task = asyncio.ensure_future(asyncio.sleep(10))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, fail(), fail(), return_exceptions=True)

loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.close()
'''

DEEP = '''
import sys

def down(n):
    return n and down(n - 1)

sys.setrecursionlimit(20000)
down(10000)
sys.setrecursionlimit(1000)

def endless(value):
    return sorted([2, 1], key=endless)

try:
    endless(1)
except RecursionError:
    pass
'''

THREADS = '''
import _thread
import threading

def leaf():
    return len("x")

def work(times):
    for _ in range(times):
        leaf()

def nest():
    inner = threading.Thread(target=work, args=(3,), name="inner")
    inner.start()
    inner.join()

class Worker(threading.Thread):
    def run(self):
        work(4)

running = [threading.Thread(target=work, args=(5,), name="first"),
           threading.Thread(target=nest, name="outer"), Worker(name="derived")]
for thread in running:
    thread.start()
for thread in running:
    thread.join()
done = _thread.allocate_lock()
done.acquire()

def bare():
    leaf()
    done.release()

_thread.start_new_thread(bare, ())
done.acquire()
'''

OTHERS = '''
import cProfile, profile, sys, threading, trace

heard = []

def listen(frame, event, arg):
    heard.append((event, frame.f_code.co_name, getattr(arg, "__name__", None)))

def f():
    return len("abc")

def show(timings):
    return sorted((key[2], value[0]) for key, value in timings.items() if "0x" not in key[2])

print(sys.getprofile(), sys.gettrace())
sys.setprofile(listen)
f()
assert sys.getprofile() is listen
sys.setprofile(lambda frame, event, arg: None)
f()
sys.setprofile(None)
f()
for _ in range(2):
    p = cProfile.Profile()
    p.enable()
    f()
    p.disable()
    p.create_stats()
    print(show(p.stats))
p = profile.Profile()
p.runcall(f)
print(show(p.timings))
t = trace.Trace(count=1, trace=0)
t.runfunc(f)
print(sorted(t.results().counts.values()))

def fail_at(what):
    def listen(frame, event, arg):
        if event == what and frame.f_code is f.__code__:
            raise KeyError(what)
    return listen

for event in "call", "c_call", "c_return", "return":
    sys.setprofile(fail_at(event))
    try:
        f()
    except KeyError as error:
        print(error, sys.getprofile())
    sys.setprofile(None)
threading.setprofile(listen)
thread = threading.Thread(target=f)
thread.start()
thread.join()
threading.setprofile(None)

def step(frame, event, arg):
    heard.append((event, frame.f_code.co_name, frame.f_lineno))
    return step

sys.settrace(step)
f()
sys.settrace(None)
f()
print(*heard, sep="\\n")
'''

FORKED = '''
import os, sys

def f():
    return len("abc")

f()
child = os.fork()
for _ in range(3 if child else 5):
    f()
if not child:
    sys.exit(sys.getprofile() is not None)
print(os.waitpid(child, 0)[1])
'''

FILTERED = '''
import json, re
import library

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def visible():
    return sorted([2, 1], key=lambda value: len(json.dumps(value)))

fib(6)
for i in range(3):
    visible()
    library.apply(fib)
    library.apply(str.upper.__call__ if i else len)
    re.compile("a|%d+" % i)
json.loads("[1, 2]", parse_int=lambda text: fib(int(text)))
'''

LIBRARY = '''
def apply(function):
    def inner(value):
        return len([value]) and sorted([value], key=lambda value: value)
    for value in 3, 4:
        inner(value)
    try:
        return function(4)
    except TypeError:
        return max(4, 5)
'''

SUBINTERPRETER = '''
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

def f():
    return len("abc")

f()
other = interpreters.create()
interpreters.run_string(other, """
import sys
def g():
    return len("abc")
for _ in range(1000):
    g()
sys.setprofile(lambda *event: None)
g()
sys.setprofile(None)
if hasattr(sys, "monitoring"):
    for i in range(6):
        sys.monitoring.use_tool_id(i, "other")
g()
""")
interpreters.destroy(other)
f()
'''

GREENLETS = '''
from greenlet import getcurrent, greenlet

def ping(n):
    for i in range(n):
        other.switch(i)

def pong(value):
    while True:
        value = one.switch(value)

main = getcurrent()
one, other = greenlet(ping), greenlet(pong)
one.switch(50)
for _ in range(100):
    greenlet(lambda: len("q")).switch()
'''

BOUND = '''
import types

class Holder:
    shown = classmethod(repr)

Holder.shown()
Holder().shown()
types.MethodType(str.upper, "x")()
types.MethodType(types.MethodType(max, (1,)), (2,))()
Holder.shown(*())
for wrong in (lambda: list.append("x"), lambda: list.append()):
    try:
        wrong()
    except TypeError:
        pass
'''

TOOLS = '''
import sys
m = sys.monitoring
events = m.events

def f():
    return len("abc")

heard = []
for i in range(5):
    m.use_tool_id(i, "tool")
    m.register_callback(i, events.PY_START,
                        lambda code, offset, i=i: heard.append((i, code.co_name)))
    m.set_events(i, events.PY_START)
    f()
    m.set_events(i, 0)
    f()
m.register_callback(0, events.PY_START, lambda code, offset: heard.append(code) or m.DISABLE)
m.set_events(0, events.PY_START)
f()
f()
m.restart_events()
f()
m.set_events(0, 0)
print(len(heard), heard[:5])
for i in range(5):
    m.free_tool_id(i)
for bad in (), (4,), ("a", "b"), (9, "x"), (1 << 70, "x"), (4, 5):
    try:
        m.use_tool_id(*bad)
    except (TypeError, ValueError, OverflowError) as error:
        print(type(error).__name__)
'''

AUDITED = '''
import sys
sys.addaudithook(lambda event, args: event.startswith("sys.") and print(event, flush=True))
len("abc")
sys.setprofile(None)
'''
