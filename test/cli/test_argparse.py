#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Our command line reader answers as Python's argparse does: test_argparse.py DUMP_READER.

Random command lines go through both. The argparse side is written from the manual, not from
config.def, so that it also checks the options of that table.
"""
import argparse
import os
import random
import re
import subprocess
import sys
import unittest

DUMP_READER = None
LINES = int(os.environ.get("VIZTRACER_RANDOM_LINES", "20000"))
USAGE, REFUSED = 1, 8  # the numbers of VT_ERR_USAGE and VT_ERR_REFUSED

FLAGS = """quiet pid_suffix open minimize_memory sanitize_function_name ignore_c_function
    ignore_frozen log_exit log_func_args log_func_retval log_func_with_objprint log_print
    log_sparse log_gc log_torch log_async log_exception magic_comment ignore_multiprocess
    trace_self dump_raw file_info patch_only log_multiprocess log_subprocess""".split()
TEXTS = "rcfile output_dir report_endpoint child_hook compress decompress".split()
LISTS = """plugins include_files exclude_files log_var log_number log_attr log_func_exec
    log_func_entry log_audit combine align_combine""".split()
BARE = "report_server recover".split()
INTS = {"tracer_entries": 1000000, "max_stack_depth": -1, "attach": -1,
        "attach_installed": -1, "uninstall": -1}
# In the order of the table: an ambiguous beginning lists its options in that order.
ORDER = """help version cmd_string module rcfile plugins quiet output_file unique_output_file
    output_dir pid_suffix open minimize_memory sanitize_function_name tracer_entries
    max_stack_depth min_duration include_files exclude_files ignore_c_function ignore_frozen
    log_exit log_func_args log_func_retval log_func_with_objprint log_print log_sparse log_gc
    log_torch log_async log_var log_number log_attr log_func_exec log_func_entry log_exception
    log_audit magic_comment ignore_multiprocess report_server report_endpoint child_hook
    attach attach_installed uninstall t compress decompress combine align_combine recover trace_self
    dump_raw file_info patch_only log_multiprocess log_subprocess""".split()
SHORT = {"help": "-h", "cmd_string": "-c", "module": "-m", "output_file": "-o",
         "unique_output_file": "-u"}


class Refused(Exception):
    pass


class Stopped(Exception):
    pass


def duration_ns(text):
    match = re.fullmatch(r"([0-9]+\.?[0-9]*|\.[0-9]+)(s|ms|us|ns|)", text)
    if not match:
        raise Refused(f"Can't convert {text} to time. Format should be 0.3ms or 13us")
    whole, _, fraction = match[1].partition(".")
    unit = {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1, "": 1000}[match[2]]
    return -(-int((whole or "0") + fraction) * unit // 10**len(fraction))


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise argparse.ArgumentError(None, message)


class Stop(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        raise Stopped(self.dest)


def add(parser, exclusive, dest):
    names = ["--" + dest] + ([SHORT[dest]] if dest in SHORT else [])
    target = exclusive if dest in ("output_file", "unique_output_file") else parser
    if dest in ("help", "version"):
        parser.add_argument(*names, action=Stop, nargs=0, dest=dest)
    elif dest in FLAGS or dest == "unique_output_file":
        target.add_argument(*names, action="store_true")
    elif dest in LISTS:
        parser.add_argument(*names, nargs="*")
    elif dest in BARE:
        parser.add_argument(*names, nargs="?", const="")
    elif dest in INTS:
        parser.add_argument(*names, nargs="?", type=int, default=INTS[dest],
                            const=0 if dest == "attach" else INTS[dest])
    elif dest == "min_duration":
        parser.add_argument(*names, nargs="?", type=duration_ns, default=0, const=0)
    elif dest == "t":
        parser.add_argument("-t", nargs="?", type=float, default=-1.0, const=-1.0)
    else:
        assert dest in TEXTS + ["cmd_string", "module", "output_file"], dest
        target.add_argument(*names, nargs="?")


def make_parser():
    parser = Parser(prog="python -m viztracer", add_help=False)
    exclusive = parser.add_mutually_exclusive_group()
    for dest in ORDER:
        add(parser, exclusive, dest)
    return parser


def split(words):
    for separator in ("--", "--run"):
        if separator in words:
            at = words.index(separator)
            return words[:at], words[at + 1:], True
    return words, [], False


def expect(parser, words):
    before, program, separated = split(words)
    # The one beginning that the manual promises although it is ambiguous.
    before = [re.sub(r"^--out(?==|$)", "--output_file", word) for word in before]
    try:
        namespace, extras = parser.parse_known_args(before)
    except Stopped as stop:
        return ("stop", str(stop))
    except Refused as refused:
        return ("error", REFUSED, str(refused))
    except argparse.ArgumentError as error:
        return ("error", USAGE, str(error))
    settings = vars(namespace)
    for name in ("help", "version"):
        del settings[name]
    return ("ok", separated, extras, program, settings)


def unhex(text):
    return "" if text == "-" else bytes.fromhex(text).decode("utf-8", "surrogateescape")


def unlist(text):
    return [] if text == "." else [unhex(item) for item in text.split(",")]


def unescape(text):
    return re.sub(r"\\(\\|x..)", lambda m: "\\" if m[1] == "\\" else chr(int(m[1][1:], 16)),
                  text).encode("latin-1").decode("utf-8", "surrogateescape")


def read_config(text):
    settings = {dest: False for dest in FLAGS + ["unique_output_file"]}
    settings.update({dest: None for dest in LISTS + TEXTS + BARE})
    settings.update(INTS, cmd_string=None, module=None, output_file=None, min_duration=0, t=-1.0)
    for line in text.splitlines():
        key, value = line.split("=", 1)
        if key in LISTS:
            settings[key] = [unescape(item) for item in
                             re.findall(r"((?:[^\\]|\\\\|\\x..)*)\\\.", value)]
        elif key in INTS or key == "min_duration":
            settings[key] = int(value)
        elif key == "t":
            settings[key] = __import__("struct").unpack(">d", bytes.fromhex(value))[0]
        elif isinstance(settings[key], bool):
            settings[key] = value == "1"
        else:
            settings[key] = unescape(value)
    return settings


def got(line):
    kind, *rest = line.split(" ")
    if kind == "error":
        return ("error", int(rest[0]), unhex(rest[1]))
    if rest[0] != "0":
        return ("stop", {"1": "help", "2": "version"}[rest[0]])
    return ("ok", rest[1] == "1", unlist(rest[2]), unlist(rest[3]), read_config(unhex(rest[4])))


VALUES = ["a", "x.py", "", "-", "5", "-5", "-1.5", "-.5", "1_0", "x", " 7 ", "1e3", "0.3ms",
          "abc", "a b", "-a b", "--log x", "--foo", "--foo=1", "-z", "-zu", "-B", "-X", "dev",
          "-Es", "\u00e9", "it's", "a\\b", "\udcff", "\t", "=", "a=b", "-1x", "--=x", "-=", "-u=o"]


def random_option(random_):
    dest = random_.choice(ORDER)
    name = "-t" if dest == "t" else "--" + dest
    if dest in SHORT and random_.random() < .5:
        name = SHORT[dest]
    elif random_.random() < .3:
        name = name[:random_.randint(2, len(name))]
    ending = random_.random()
    if ending < .2:
        name += "=" + random_.choice(VALUES)
    elif ending < .3:
        name += random_.choice(VALUES)
    elif ending < .33:
        name += random_.choice(["u", "uu", "uo", "ux", "h", "c"])
    return name


def random_words(random_):
    words = []
    for _ in range(random_.randint(0, 6)):
        kind = random_.random()
        if kind < .5:
            words.append(random_option(random_))
        elif kind < .95:
            words.append(random_.choice(VALUES))
        else:
            words.append(random_.choice(["--", "--run"]))
    return words


class Argparse(unittest.TestCase):
    maxDiff = None

    def dump(self, lines):
        text = "".join(" ".join(word.encode("utf-8", "surrogateescape").hex() or "-"
                                for word in words) + "\n" for words in lines)
        answer = subprocess.run([DUMP_READER, "words"], input=text, text=True, check=True,
                                stdout=subprocess.PIPE).stdout.splitlines()
        self.assertEqual(len(answer), len(lines))
        return answer

    def test_random_command_lines_are_read_alike(self):
        seed = random.randrange(10**9)
        random_ = random.Random(seed)
        parser = make_parser()
        lines = [random_words(random_) for _ in range(LINES)]
        kinds = {}
        for words, answer in zip(lines, self.dump(lines)):
            expected = expect(parser, words)
            with self.subTest(words=words, seed=seed):
                self.assertEqual(got(answer), expected)
            kinds[expected[0]] = kinds.get(expected[0], 0) + 1
        for kind in ("ok", "error", "stop"):
            self.assertGreater(kinds[kind], LINES // 100)

    def test_every_option_of_the_manual_is_read(self):
        lines = [["-t" if dest == "t" else "--" + dest] for dest in ORDER]
        for words, answer in zip(lines, self.dump(lines)):
            self.assertNotEqual(got(answer)[0], "error", words)


if __name__ == "__main__":
    if not (3, 9) <= sys.version_info < (3, 12):
        print("skipped: other versions of argparse read some command lines differently")
        sys.exit(77)
    DUMP_READER = sys.argv.pop(1)
    unittest.main()
