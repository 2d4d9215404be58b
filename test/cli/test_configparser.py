#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Our rc file reader reads what Python's configparser reads: test_configparser.py DUMP_READER.

Random texts go through both: the same sections, keys and values, and both refuse or neither.
"""
import configparser
import os
import random
import subprocess
import sys
import unittest

DUMP_READER = None
TEXTS = int(os.environ.get("VIZTRACER_RANDOM_LINES", "20000"))

PIECES = ["[default]", "[DEFAULT]", "[other]", "[a]b]", "[]", "[x", "]", "key", "Key", "k2", "a b",
          "=", ":", " = ", " : ", "1", "value", "%", "%%", "%(key)s", "%(K2)s", "%(", "# c", ";",
          " ", "  ", "\t", "\n", "\n", "\n", "\r\n", "\r", "\n    ", "\n\n", "\f", "\u00e9"]


def expect(text):
    parser = configparser.ConfigParser()
    try:
        parser.read_string(text.replace("\r\n", "\n").replace("\r", "\n"))
    except configparser.Error:
        return None
    values = {}
    for section in parser.sections():
        for key in parser[section]:
            try:
                values[section, key] = parser[section][key]
            except configparser.Error:
                values[section, key] = None
    return values


def unhex(text):
    return "" if text == "-" else bytes.fromhex(text).decode()


def got(line):
    kind, *rest = line.split(" ")
    if kind == "error":
        return None
    values = {}
    for item in rest:
        name, value = item.split("=")
        section, key = (unhex(part) for part in name.split("/"))
        values[section, key] = None if value == "!" else unhex(value)
    return values


def random_text(random_):
    text = random_.choice(["", "[default]\n", "[default]\n", "[DEFAULT]\nkey=1\n[default]\n"])
    for _ in range(random_.randint(0, 14)):
        if random_.random() < .25:
            text += "\n" + random_.choice(["key", "k2", "a b", "  x", "K2 "]) + "="
        text += random_.choice(PIECES)
    return text


class Configparser(unittest.TestCase):
    maxDiff = None

    def test_random_texts_are_read_alike(self):
        seed = random.randrange(10**9)
        random_ = random.Random(seed)
        texts = [random_text(random_) for _ in range(TEXTS)]
        answers = subprocess.run(
            [DUMP_READER, "ini"], check=True, text=True, stdout=subprocess.PIPE,
            input="".join((text.encode().hex() or "") + "\n" for text in texts)
        ).stdout.splitlines()
        refused = 0
        for text, answer in zip(texts, answers):
            expected = expect(text)
            refused += expected is None
            with self.subTest(text=text, seed=seed):
                self.assertEqual(got(answer), expected)
        self.assertEqual(len(answers), len(texts))
        self.assertGreater(refused, TEXTS // 20)
        self.assertGreater(TEXTS - refused, TEXTS // 20)


if __name__ == "__main__":
    if sys.version_info < (3, 9):
        print("skipped: this version's section headers end at the first bracket")
        sys.exit(77)
    DUMP_READER = sys.argv.pop(1)
    unittest.main()
