# SPDX-License-Identifier: Apache-2.0
"""Plugins: what they hear, what they may change, what is refused."""
import sys
import unittest

from inlinetest import InlineTest, events, load
from viztracer import VizTracer
from viztracer.vizplugin import VizPluginBase, VizPluginError


class Hears(VizPluginBase):
    def __init__(self, version="0.11.0"):
        self.heard, self.version = [], version

    def support_version(self):
        return self.version

    def message(self, m_type, payload):
        self.heard.append((m_type, *payload.values()))
        return super().message(m_type, payload)


class Changes(Hears):
    def __init__(self, when="pre-save"):
        super().__init__()
        self.when = when

    def message(self, m_type, payload):
        super().message(m_type, payload)
        if payload.get("when") == self.when:
            return {"action": "handle_data", "handler": self.change}
        return {"success": True}

    def change(self, data):
        data["traceEvents"] = [e for e in data["traceEvents"] if e["ph"] == "M"]
        data["mine"] = sorted(data["viztracer_metadata"])


class Messages(InlineTest):
    def test_the_order_of_a_life(self):
        plugin = Hears()
        tracer = self.tracer(plugins=[plugin])
        self.assertEqual([("event", "initialize")], plugin.heard)
        tracer.start()
        tracer.start()
        tracer.stop()
        tracer.stop()
        tracer.save()
        self.assertEqual(["initialize", "pre-start", "post-stop", "pre-save"],
                         [words[1] for words in plugin.heard])
        tracer.terminate()
        tracer.terminate()
        self.assertEqual([("command", "terminate")], plugin.heard[4:])

    def test_each_start_and_stop_is_told(self):
        plugin = Hears()
        tracer = self.tracer(plugins=[plugin])
        for _ in range(2):
            tracer.start()
            tracer.stop()
        self.assertEqual(["initialize"] + ["pre-start", "post-stop"] * 2,
                         [words[1] for words in plugin.heard])

    def test_the_with_statement_terminates_them(self):
        plugin = Hears()
        with VizTracer(plugins=[plugin], verbose=0):
            pass
        self.assertEqual(["initialize", "pre-start", "post-stop", "pre-save", "terminate"],
                         [words[1] for words in plugin.heard])

    def test_a_handler_changes_the_report(self):
        with VizTracer(plugins=[Changes()], verbose=0, dump_raw=True):
            len("")
        report = load("result.json")
        self.assertEqual([], events(report))
        self.assertEqual(["overflow", "version"], sorted(set(report["mine"]) -
                                                         {"baseTimeNanoseconds"}))
        self.assertIn("file_info", report)

    def test_two_plugins_both_change_it(self):
        class Adds(Changes):
            def change(self, data):
                data["added"] = data.get("added", 0) + 1
        with VizTracer(plugins=[Adds(), Changes(), Adds()], verbose=0):
            pass
        self.assertEqual(2, load("result.json")["added"])

    def test_a_plugin_that_does_not_end(self):
        class Stubborn(Hears):
            def message(self, m_type, payload):
                return {} if m_type == "command" else super().message(m_type, payload)
        with self.assertRaisesRegex(VizPluginError, "failed to process "
                                                    "{'cmd_type': 'terminate'}$"):
            with VizTracer(plugins=[Stubborn()], verbose=0):
                pass
        self.assertIn("traceEvents", load("result.json"))


class Loading(InlineTest):
    def setUp(self):
        super().setUp()
        sys.path.insert(0, self.folder)
        self.addCleanup(sys.path.remove, self.folder)
        self.addCleanup(lambda: [sys.modules.pop(name) for name in list(sys.modules)
                                 if name.startswith("plug_")])

    def test_by_name_with_words_for_it(self):
        self.put("plug_a.py", "from viztracer.vizplugin import VizPluginBase\n"
                              "class P(VizPluginBase):\n"
                              "    def support_version(self): return '0.1.0'\n"
                              "def get_vizplugin(arg):\n"
                              "    global got\n    got = arg\n    return P()\n")
        VizTracer(plugins=["plug_a -f 100"])
        self.assertEqual("plug_a -f 100", sys.modules["plug_a"].got)

    def test_what_is_no_plugin(self):
        self.put("plug_none.py", "")
        self.put("plug_text.py", "get_vizplugin = 5")
        self.put("plug_object.py", "get_vizplugin = lambda arg: 5")
        self.put("plug_needs.py", "import plug_not_there")
        for plugin, kind, text in (
                (5, TypeError, "^Invalid plugin!$"), (None, TypeError, "^Invalid plugin!$"),
                ("plug_object", TypeError, "^Invalid plugin!$"),
                ("nomod x", VizPluginError,
                 "^There's no module named nomod, maybe you need to install it$"),
                ("json", VizPluginError, "^Unable to find get_vizplugin in json. Incorrect plugin.$"),
                ("plug_none", VizPluginError, "^Unable to find get_vizplugin in plug_none"),
                ("plug_text", VizPluginError, "^Unable to find get_vizplugin as a callable in "
                                              "plug_text. Incorrect plugin.$"),
                ("plug_needs", ModuleNotFoundError, "plug_not_there")):
            with self.subTest(plugin=plugin):
                with self.assertRaisesRegex(kind, text):
                    VizTracer(plugins=[plugin])

    def test_versions(self):
        class Mute(VizPluginBase):
            pass
        with self.assertRaises(NotImplementedError):
            VizTracer(plugins=[Mute()])
        with self.prints() as out:
            VizTracer(plugins=[Hears("0.9.1"), Hears("2.0.0")])
            self.assertEqual("", out.getvalue())
            VizTracer(plugins=[Hears("100.2.3")])
        self.assertIn("The plugin support version is higher than viztracer version. "
                      "Consider update your viztracer", out.getvalue())
        self.assertEqual({}, Hears().message("event", {"when": "pre-save"}))
        self.assertEqual({"success": True},
                         Hears().message("command", {"cmd_type": "terminate"}))


if __name__ == "__main__":
    unittest.main()
