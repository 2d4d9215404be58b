# SPDX-License-Identifier: Apache-2.0
"""Writes the wheel: the package, its cores and the native command, for pip install --no-index.

    python3 make_wheel.py CMAKE BUILD VERSION FOLDER

What is in it is what `cmake --install` installs, in the places that a wheel has for it
(cmd/home.h): <site>/viztracer/native/bin/viztracer, <site>/viztracer/native/lib, <site>. The
commands viztracer and vizviewer are doors of the package, which pip makes. The same build gives
the same bytes.
"""
import base64
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile

METADATA = """\
Metadata-Version: 2.1
Name: viztracer
Version: {version}
Summary: A tracer for Python programs: every call on a timeline
License: Apache-2.0
Requires-Python: >=3.8
"""

WHEEL = """\
Wheel-Version: 1.0
Generator: viztracer make_wheel.py
Root-Is-Purelib: false
{tags}"""

ENTRY_POINTS = """\
[console_scripts]
viztracer = viztracer.main:main
vizviewer = viztracer.viewer:viewer_main
"""

EARLIEST = (1980, 1, 1, 0, 0, 0)


def installed_files(prefix):
    """Yields (name in the wheel, path) of what was installed under the prefix."""
    library = os.path.join(prefix, "lib", "viztracer")
    site = os.path.join(library, "python")
    yield "viztracer/native/bin/viztracer", os.path.join(prefix, "bin", "viztracer")
    for folder, _, names in sorted(os.walk(library)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if path.startswith(site + os.sep):
                yield os.path.relpath(path, site), path
            else:
                yield "viztracer/native/lib/" + os.path.relpath(path, library), path


def interpreter_tags(names):
    """cp311 and its like, of the cores _viztracer.cpython-311-x86_64-linux-gnu.so."""
    return sorted({"cp" + name.split("-")[1] for name in names
                   if name.startswith("_viztracer.cpython-")})


def put(wheel, records, name, content, mode=0o644):
    info = zipfile.ZipInfo(name, EARLIEST)
    info.external_attr = (0o100000 | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    wheel.writestr(info, content)
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    records.append(f"{name},sha256={digest},{len(content)}\n")


def write_wheel(path, files, tags, version):
    about = f"viztracer-{version}.dist-info"
    records = []
    with zipfile.ZipFile(path, "w") as wheel:
        for name, file in files:
            with open(file, "rb") as f:
                put(wheel, records, name, f.read(), 0o755 if os.access(file, os.X_OK) else 0o644)
        for name, text in (("METADATA", METADATA.format(version=version)),
                           ("WHEEL", WHEEL.format(tags="".join(f"Tag: {t}\n" for t in tags))),
                           ("entry_points.txt", ENTRY_POINTS)):
            put(wheel, records, f"{about}/{name}", text.encode())
        records.append(f"{about}/RECORD,,\n")
        put(wheel, [], f"{about}/RECORD", "".join(records).encode())


def main():
    cmake, build, version, folder = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="make-wheel-") as prefix:
        environment = {k: v for k, v in os.environ.items() if k != "DESTDIR"}
        subprocess.run([cmake, "--install", build, "--prefix", prefix, "--strip"], check=True,
                       env=environment, stdout=subprocess.DEVNULL)
        files = list(installed_files(prefix))
        pythons = interpreter_tags(name for name, _ in files)
        platform = f"linux_{os.uname().machine}"
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(folder):
            if name.startswith("viztracer-") and name.endswith(".whl"):
                os.remove(os.path.join(folder, name))
        path = os.path.join(folder, f"viztracer-{version}-{'.'.join(pythons)}-none-{platform}.whl")
        write_wheel(path, files, [f"{python}-none-{platform}" for python in pythons], version)
    print(path)


if __name__ == "__main__":
    main()
