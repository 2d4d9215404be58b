#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The Debian package in a clean Debian 12: installed, used, removed; nothing of it may stay.
#
#   cmake --build build --target deb
#   test/install/clean_root.sh build/viztracer_*.deb       # root, debootstrap, a Debian mirror
set -eu

package=$(readlink -f "$1")
top=$(mktemp -d)
root=$top/root
cleanup() {
    umount "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$top"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

inside() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@"
}

# What a package may leave or take away; the caches and logs of apt are apt's.
files() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./tmp -o -path ./var/log -o \
        -path ./var/cache -o -path ./var/lib/apt -o -path ./var/lib/dpkg \) -prune \
        -o -print | LC_ALL=C sort)
}

debootstrap --variant=minbase --include=python3,ca-certificates bookworm "$root" \
    "${MIRROR:-http://deb.debian.org/debian}" >"$top/debootstrap.log" ||
    { cat "$top/debootstrap.log"; exit 1; }
mount -t proc proc "$root/proc"
cp "$package" "$root/tmp/viztracer.deb"
# The libraries that it depends on come first: what is compared is the package alone.
# shellcheck disable=SC2046  # a list of packages
inside apt-get -q -y install --no-install-recommends $(dpkg-deb -f "$package" Depends |
    tr ',' '\n' | sed 's/(.*//; s/|.*//') >"$top/apt.log" 2>&1 || { cat "$top/apt.log"; exit 1; }
files >"$top/before"

set -x
inside apt-get -q -y install --no-install-recommends /tmp/viztracer.deb
inside viztracer --version
inside sh -c 'cd /tmp && viztracer -o r.json.gz -c "print(sum(map(abs, range(5))))" &&
    vizviewer --info r.json.gz && viztracer --combine r.json.gz r.json.gz -o all.json'
inside sh -c 'cd /tmp && viztracer --quiet -o r.html -c "print(1)" && test -s r.html'
inside python3 -c 'import viztracer
with viztracer.VizTracer(output_file="/tmp/api.json", verbose=0):
    print(viztracer.__version__)'
inside sh -c 'test -s /tmp/api.json; ls -l /usr/bin/vizviewer /usr/share/viztracer/*.whl
    test -f /usr/share/doc/viztracer/copyright
    test -f /usr/share/bash-completion/completions/viztracer
    test -f /usr/share/zsh/vendor-completions/_viztracer
    test -f /usr/share/fish/vendor_completions.d/vizviewer.fish'
dpkg-deb -c "$package" | grep -q 'share/man/man1/vizviewer.1.gz$'
inside apt-get -q -y purge viztracer
set +x
files >"$top/after"
diff "$top/before" "$top/after" || { echo "clean_root: files were left or lost" >&2; exit 1; }
echo "clean_root: installed, used and removed; nothing was left"
