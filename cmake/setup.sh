#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# From a fresh Debian or Ubuntu to a built, running, tested viztracer:
#
#   sh cmake/setup.sh build                 install what is missing, build into build/
#   sh cmake/setup.sh run [PROGRAM ARGS…]   build, then trace PROGRAM (default: an example)
#   sh cmake/setup.sh test                  build, then run every test
#
# Only packages that are not there are installed; when nothing is missing no network is used.
set -eu

NEEDED="gcc libc6-dev cmake ninja-build pkg-config zlib1g-dev libmicrohttpd-dev libcjson-dev
        libcmocka-dev python3 python3-dev clang lld wasi-libc libclang-rt-dev-wasm32"
# Used when they are there, done without when they cannot be had: a faster gzip; what single
# tests need (they are skipped by name without it).
USEFUL_TO_BUILD="libisal-dev"
USEFUL_TO_TEST="clang-format clang-tidy jq nodejs chromium firefox-esr strace git
                python3-venv python3-pyflakes python3-pygments python3-jinja2 python3-pip mypy
                wrk python3-ipykernel python3-ipywidgets python3-trio groff-base zsh fish"
# Some packages of nodejs bring npm themselves and cannot stand beside Debian's.
command -v npm >/dev/null || USEFUL_TO_TEST="$USEFUL_TO_TEST npm"

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
build=$root/build

say() {
    printf 'setup.sh: %s\n' "$*" >&2
}

die() {
    say "$*"
    exit 1
}

# Prints those of the given packages that are not installed.
missing() {
    for package in "$@"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || printf '%s ' "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo -- "$@"
    else
        sudo -n -- "$@"
    fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends "$@" >&2
}

# Installs packages; the lists are updated only when they do not suffice.
install_packages() {
    say "installing: $*"
    apt_install "$@" && return 0
    say "updating the package lists first"
    as_root apt-get -q -o DPkg::Lock::Timeout=300 update >&2 && apt_install "$@"
}

# $1: packages without which it cannot be built, $2: packages that are good to have.
ensure_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "no apt-get here: install these yourself (Debian's names): $1 $2"
        return 0
    fi
    # shellcheck disable=SC2086  # lists of words
    needed=$(missing $1) useful=$(missing $2)
    [ -n "$needed$useful" ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        [ -z "$needed" ] || die "not root and no sudo; as root: apt-get install $needed$useful"
        say "not root and no sudo; doing without: $useful"
        return 0
    fi
    # One package that cannot be had must not keep the others away.
    # shellcheck disable=SC2086
    install_packages $needed $useful && return 0
    for package in $useful; do
        apt_install "$package" || say "doing without $package"
    done
    # shellcheck disable=SC2086
    [ -z "$needed" ] || install_packages $needed || die "could not install: $needed"
}

cached() {
    sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}

configure() {
    if [ -f "$build/CMakeCache.txt" ] && [ "$(cached CMAKE_HOME_DIRECTORY)" != "$root" ]; then
        say "build/ was configured for another folder: configuring it anew"
        rm -rf "$build/CMakeCache.txt" "$build/CMakeFiles"
    fi
    # A folder that is configured already keeps its generator, whatever it is.
    if ! [ -f "$build/CMakeCache.txt" ]; then
        set -- -DVIZTRACER_TESTS=OFF "$@"
        ! command -v ninja >/dev/null || set -- -G Ninja "$@"
    fi
    cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo "$@" \
        >"$build/configure.log" 2>&1 || {
        cat "$build/configure.log" >&2
        die "cmake could not configure"
    }
}

build_all() {
    mkdir -p "$build"
    configure "$@"
    cmake --build "$build" --parallel "$(nproc)" >&2 || die "the build failed"
    [ -x "$build/viztracer" ] || die "the build left no build/viztracer"
}

run_example() {
    report=$build/example/result.json
    mkdir -p "$build/example"
    "$build/viztracer" -o "$report" -- "$root/test/data/example.py"
    cat <<EOF

The trace of test/data/example.py is in
    $report
To look at it:
    $build/vizviewer $report
To trace a program of yours:
    $build/viztracer -o result.json my_script.py its arguments
EOF
}

usage() {
    cat >&2 <<EOF
usage: sh cmake/setup.sh build
       sh cmake/setup.sh run [PROGRAM ARGS…]
       sh cmake/setup.sh test
EOF
    exit 2
}

command=${1-}
[ $# -eq 0 ] || shift
case $command in
build)
    [ $# -eq 0 ] || usage
    ensure_packages "$NEEDED" "$USEFUL_TO_BUILD"
    build_all
    say "built: $build/viztracer, $build/vizviewer, $build/python"
    ;;
run)
    ensure_packages "$NEEDED" "$USEFUL_TO_BUILD"
    build_all
    if [ $# -eq 0 ]; then
        run_example
    else
        exec "$build/viztracer" "$@"
    fi
    ;;
test)
    [ $# -eq 0 ] || usage
    ensure_packages "$NEEDED" "$USEFUL_TO_BUILD $USEFUL_TO_TEST"
    build_all -DVIZTRACER_TESTS=ON ${CI:+-DVIZTRACER_WERROR=ON}
    exec /usr/bin/python3 "$root/test/run_all.py" "$build"
    ;;
*)
    usage
    ;;
esac
