# SPDX-License-Identifier: Apache-2.0
"""The tracer, VizTracer, as far as it needs no C; get_tracer() for the registered one."""
from __future__ import annotations

import builtins
import os

import _viztracer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess
    from types import TracebackType
    from typing import Any, Callable, Dict, List, Optional, Sequence, TextIO, Tuple, Type, Union

    from .logs import Logs
    from .vizplugin import VizPluginBase, VizPluginManager

# The folder that holds the package: the code's own word, which holds for frozen code too.
PYTHON_DIR = os.path.realpath((lambda: None).__code__.co_filename + "/../..")  # behind links

DEFAULT_ENTRIES = 1000000

# Arguments of VizTracer that make an equal tracer elsewhere, in another process.
_INIT_NAMES = (
    "tracer_entries", "verbose", "output_file", "max_stack_depth", "exclude_files",
    "include_files", "ignore_c_function", "ignore_frozen", "log_func_retval",
    "log_func_args", "log_print", "log_gc", "log_sparse", "log_async", "log_audit",
    "log_torch", "pid_suffix", "ignore_multiprocess", "report_endpoint", "min_duration",
    "dump_raw", "minimize_memory",
)


class VizTracer(_viztracer.Tracer):
    """Records the calls of this process, and what the program logs itself.

    Use it in a with-statement, or call start(), stop() and save().
    """

    def __init__(
        self,
        tracer_entries: int = DEFAULT_ENTRIES,
        verbose: int = 1,
        max_stack_depth: int = -1,
        include_files: Optional[List[str]] = None,
        exclude_files: Optional[List[str]] = None,
        ignore_c_function: bool = False,
        ignore_frozen: bool = False,
        log_func_retval: bool = False,
        log_func_args: bool = False,
        log_func_repr: Optional[Callable[..., str]] = None,
        log_func_with_objprint: bool = False,
        log_print: bool = False,
        log_gc: bool = False,
        log_sparse: bool = False,
        log_async: bool = False,
        log_torch: bool = False,
        log_audit: Optional[Sequence[str]] = None,
        ignore_multiprocess: bool = True,
        pid_suffix: bool = False,
        file_info: bool = True,
        register_global: bool = True,
        report_endpoint: Optional[str] = None,
        trace_self: bool = False,
        min_duration: float = 0,
        minimize_memory: bool = False,
        dump_raw: bool = False,
        sanitize_function_name: bool = False,
        process_name: Optional[str] = None,
        output_file: str = "result.json",
        plugins: Optional[Sequence[Union[VizPluginBase, str]]] = None,
    ) -> None:
        super().__init__(tracer_entries, PYTHON_DIR)
        self._begin_state()
        self.verbose = verbose
        self.max_stack_depth = max_stack_depth
        self.include_files = include_files
        self.exclude_files = exclude_files
        self.ignore_c_function = ignore_c_function
        self.ignore_frozen = ignore_frozen
        self.log_func_retval = log_func_retval
        self.log_func_args = log_func_args
        self.log_func_repr = log_func_repr
        self.log_func_with_objprint = log_func_with_objprint
        self.log_print = log_print
        self.log_gc = log_gc
        self.log_sparse = log_sparse
        self.log_async = log_async
        self.log_torch = log_torch
        self.log_audit = log_audit if log_audit is None else list(log_audit)
        self.ignore_multiprocess = ignore_multiprocess
        self.pid_suffix = pid_suffix
        self.file_info = file_info
        self.report_endpoint = report_endpoint
        self.trace_self = trace_self
        self.min_duration = min_duration
        self.minimize_memory = minimize_memory
        self.dump_raw = dump_raw
        self.sanitize_function_name = sanitize_function_name
        self.process_name = process_name
        self.output_file = output_file
        if log_func_repr is not None and log_func_with_objprint:
            raise ValueError(
                "log_func_repr and log_func_with_objprint can't be both set")
        if log_torch:
            import torch  # noqa: F401
        if plugins:
            self._load_plugins(plugins)
        if register_global:
            self.register_global()

    def _begin_state(self) -> None:
        """What the tracer has besides what C keeps."""
        self.total_entries = 0
        self._data: Optional[Dict[str, Any]] = None
        self._sources: Optional[Dict[str, Any]] = None  # file_info of `_data`
        self._plugins: Optional[VizPluginManager] = None
        self._told = ""  # what they heard last
        self._afterfork: Optional[Tuple[Callable[..., Any], Any, Any]] = None
        self._logs: Optional[Logs] = None

    def _load_plugins(self, plugins: Sequence[Union[VizPluginBase, str]]) -> None:
        from .vizplugin import VizPluginManager
        self._plugins = VizPluginManager(self, list(plugins))

    def register_global(self) -> None:
        """get_tracer() answers this tracer, in every file."""
        setattr(builtins, "__viz_tracer__", self)

    def unregister_global(self) -> None:
        """Takes that back."""
        if builtins.__dict__.get("__viz_tracer__") is self:
            del builtins.__dict__["__viz_tracer__"]

    def _tell(self, when: str) -> None:
        """Tells the plugins; of each stop once, whoever stopped."""
        if self._plugins is None or (when == "post-stop" and self._told != "pre-start"):
            return
        self._told = when
        self._plugins.event(when)

    # ---- the tracer of the command line's run

    def _adopt(self) -> None:
        """It becomes one of this class, when somebody looks at it."""
        self._begin_state()

    def _begin_run(self, plugins: List[str]) -> None:
        """The program is about to begin, with these plugins."""
        import atexit
        import sys

        from .vizplugin import VizPluginError
        try:
            self._load_plugins(plugins)
        except VizPluginError as error:
            print(error, flush=True)
            sys.exit(1)
        self._tell("pre-start")
        atexit.register(self._end_run, os.getpid())

    def _end_run(self, pid: int) -> None:
        """The program is over; what its plugins make of the report is saved."""
        if os.getpid() != pid:
            return  # a forked child
        super().stop("flush_as_finish")
        self._end_logs()
        self._tell("post-stop")
        if self._load_run():
            self._save(self.output_file, True, bool(self.verbose))
            self._leave_run()
        self.terminate()

    def _load_run(self) -> bool:
        """Makes `data` of all processes. False: the program never began."""
        path = f"{self.output_file}.{os.getpid()}.json"
        try:
            stats = self._write_run(path)
            if stats is not None:
                self.total_entries = stats[1]
                with open(path, encoding="utf-8") as f:
                    self._take(f.read())
        finally:
            if os.path.exists(path):
                os.remove(path)
        return stats is not None

    # ---- logs besides calls

    @property
    def log_gc(self) -> bool:
        """log the garbage collector"""
        return bool(super().log_gc)

    @log_gc.setter
    def log_gc(self, value: bool) -> None:
        _viztracer.Tracer.log_gc.__set__(self, value)  # type: ignore[attr-defined]
        if self.enable:
            self._start_logs()
        if self._logs is not None:
            self._logs.follow_gc(value and self.enable)

    def _start_logs(self) -> None:
        from .logs import Logs
        if self._logs is None:
            self._logs = Logs(self)
        elif self._is_settled:
            self._logs.torch_events.clear()
        self._logs.start()

    def _begin_logs(self) -> None:
        """The command line's program is about to begin."""
        from .logs import start_or_exit
        start_or_exit(self._start_logs)
        if self.log_torch:
            import atexit
            atexit.register(self._end_run, os.getpid())

    def _end_logs(self) -> None:
        if self._logs is not None:
            self._logs.stop()

    # ---- start and stop

    def start(self) -> None:
        """Begins to record, if it does not record already."""
        if self.enable:
            return
        self._tell("pre-start")
        if self.log_print or self.log_gc or self.log_torch or self.log_audit is not None:
            self._start_logs()
        super().start()

    def stop(self, stop_option: Optional[str] = None) -> None:
        """Stops recording. Calls that are open are shown without an end; with
        "flush_as_finish" they end now."""
        if not self.enable:
            return
        super().stop(stop_option)
        self._end_logs()
        self._tell("post-stop")

    def __enter__(self) -> VizTracer:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc_value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        try:
            self.stop()
            self.save()
        finally:
            self.unregister_global()
            self.terminate()

    def run(self, command: str, output_file: Optional[str] = None) -> None:
        """Records this source text, run as part of __main__, and saves the report."""
        import __main__
        self.start()
        try:
            exec(command, __main__.__dict__)
        finally:
            self.stop()
            self.save(output_file)

    # ---- what was recorded

    @property
    def data(self) -> Dict[str, Any]:
        """The report as a dict, once it was parsed or saved."""
        if self._data is None and self._is_settled:
            self._load()
        return {} if self._data is None else self._data

    def _load(self) -> None:
        text, (_, self.total_entries, _) = self._text(False, self.file_info)
        self._take(text)

    def _take(self, report: str) -> None:
        import json
        data: Dict[str, Any] = json.loads(report)
        self._sources = data.pop("file_info", None)
        self._data = data
        if self._logs is not None:
            data["traceEvents"] += self._logs.torch_events
            self.total_entries += len(self._logs.torch_events)

    def parse(self) -> int:
        """Stops, makes `data`, and returns the number of events in it. The next start
        begins with nothing recorded."""
        self.stop()
        if self._data is None or not self._is_settled:
            self._load()
        return self.total_entries

    def save(
        self,
        output_file: Optional[str] = None,
        file_info: Optional[bool] = None,
        verbose: Optional[int] = None,
    ) -> None:
        """Writes the report. A tracer that is running goes on with nothing recorded."""
        if output_file is None:
            output_file = self.output_file
        if not isinstance(output_file, str):
            raise ValueError("output_file should be a string or None")
        if self._is_guest:
            return  # the process that began the run has this one in its report
        if self._has_nothing_to_save():
            import warnings
            warnings.warn("Tried to save report without starting VizTracer. "
                          "No data will be saved.", RuntimeWarning, stacklevel=2)
            return
        was_enabled = self.enable
        self.stop()
        try:
            self._save(os.path.abspath(self._with_pid(output_file)),
                       self.file_info if file_info is None else file_info,
                       bool(self.verbose if verbose is None else verbose))
        finally:
            if was_enabled:
                self.start()

    def _has_nothing_to_save(self) -> bool:
        return (not self.ignore_multiprocess and not self._is_run and not self.enable
                and (self._is_settled or not self._has_log))

    def _with_pid(self, path: str) -> str:
        if not self.pid_suffix:
            return path
        stem, extension = os.path.splitext(path)
        return f"{stem}_{os.getpid()}{extension}"

    def _save(self, path: str, file_info: bool, aloud: bool) -> None:
        self._check()
        if self._plugins is not None or (self._logs is not None and self._logs.torch_events):
            self.parse()
            self._tell("pre-save")
        if self._data is not None and self._is_settled:
            self._builder(file_info, aloud).save(path)  # the program may have changed it
        else:
            self._data = None
            _, self.total_entries, _ = self._write(path, self.dump_raw, file_info, aloud)

    def _builder(self, file_info: bool, aloud: bool) -> Any:
        from .report_builder import ReportBuilder
        data = dict(self.data)
        if file_info and self._sources is not None:
            data["file_info"] = self._sources
        return ReportBuilder(data, verbose=int(aloud)).sent_to(self._endpoint())

    def save_report(
        self,
        output_file: Union[str, TextIO],
        file_info: Optional[bool] = None,
        verbose: Optional[int] = None,
    ) -> None:
        """Writes the report of this process to a file or a text stream."""
        if isinstance(output_file, str):
            self.save(output_file, file_info, verbose)
            return
        self.stop()
        self._check()
        if self._data is not None and self._is_settled:
            self._builder(bool(file_info is not False), False).save(output_file)
        else:
            text, _ = self._text(False, self.file_info if file_info is None else file_info)
            output_file.write(text)

    def dump(self, filename: str, sanitize_function_name: bool = False) -> None:
        """Writes the raw form of the report and forgets what was recorded."""
        self.stop()
        before = self.sanitize_function_name
        self.sanitize_function_name = sanitize_function_name
        try:
            self._write(os.path.abspath(filename), True, False, False)
        finally:
            self.sanitize_function_name = before
        self.clear()

    def fork_save(self, output_file: Optional[str] = None) -> BaseProcess:
        """Has a child process write the report while this one goes on with nothing
        recorded. Returns the process, which is started."""
        from .forksave import fork_save
        return fork_save(self, self.output_file if output_file is None else output_file)

    # ---- what the program logs

    def log_var(self, name: str, var: Any, cond: bool = True) -> None:
        """Logs a number as a counter, anything else as a moment with its contents."""
        if not cond or not self.enable:
            return
        if isinstance(var, (int, float)):
            self.add_counter(name, {"value": var})
        else:
            from .objtext import object_text
            self.add_instant(name, {"object": object_text(var)}, "t")

    def add_variable(self, name: str, var: Any, event: str = "instant") -> None:
        """Logs a variable as a moment named "name = repr", or as a counter."""
        if not self.enable:
            return
        if event == "instant":
            from .objtext import safe_repr
            self.add_instant(f"{name} = {safe_repr(var)}", None, "p")
        elif event == "counter":
            if not isinstance(var, (int, float)):
                raise ValueError(f"{name}({var}) is not a number")
            self.add_counter(name, {name: var})
        else:
            raise ValueError(f"{event} is not supported")

    def get_func_args(self) -> Optional[Dict[str, Any]]:
        """What add_func_args attached to the call that is running; None: nothing."""
        text = self._func_args_text()
        if text is None:
            return None
        import json
        args: Dict[str, Any] = json.loads(text)
        return args

    def set_sync_marker(self) -> None:
        """Marks the moment by which reports can be aligned."""
        if self.get_sync_marker() is not None:
            import warnings
            warnings.warn("Synchronization marker already set", RuntimeWarning,
                          stacklevel=2)
        self._mark_sync()

    # ---- other processes, the end of this one

    @property
    def init_kwargs(self) -> Dict[str, Any]:
        """Arguments that make an equal tracer in another process."""
        return {name: getattr(self, name) for name in _INIT_NAMES}

    def get_args(self) -> List[str]:
        """Words of the command line that say the same as the settings."""
        from .cliargs import words_of
        return words_of(self)

    def set_afterfork(self, callback: Callable[..., Any], *args: Any,
                      **kwargs: Any) -> None:
        """In a child that multiprocessing forks, callback(tracer, *args, **kwargs) is
        called."""
        if self._afterfork is None:
            from multiprocessing.util import register_after_fork
            register_after_fork(self, VizTracer._call_afterfork)
        self._afterfork = (callback, args, kwargs)

    def _call_afterfork(self) -> None:
        if self._afterfork is not None:
            callback, args, kwargs = self._afterfork
            callback(self, *args, **kwargs)

    def install(self) -> None:
        """SIGUSR1 starts this tracer, SIGUSR2 stops it and saves the report."""
        import signal
        signal.signal(signal.SIGUSR1, lambda number, frame: self.start())
        signal.signal(signal.SIGUSR2, lambda number, frame: self._stop_and_save())

    def _stop_and_save(self) -> None:
        self.stop()
        self.save()

    def register_exit(self) -> None:
        """Saves the report when this process ends, also by SIGTERM."""
        import signal
        import sys
        import threading
        from multiprocessing.util import Finalize
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
        Finalize(None, self.exit_routine, exitpriority=-1)

    def exit_routine(self) -> None:
        """Stops, saves what was recorded, and ends the plugins."""
        self.stop()
        if self._has_log and not self._is_settled:
            self.save()
        self.terminate()

    def terminate(self) -> None:
        """Ends the plugins."""
        if self._plugins is not None:
            plugins, self._plugins = self._plugins, None
            plugins.terminate()


def get_tracer() -> Optional[VizTracer]:
    """The tracer that is registered: the command line's, or the program's newest one
    that did not ask otherwise. None: there is none."""
    tracer: Optional[VizTracer] = builtins.__dict__.get("__viz_tracer__")
    if tracer is not None:
        tracer.__class__  # the command line's becomes a VizTracer when it is looked at
    return tracer
