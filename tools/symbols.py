#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What libbulla shows and what it asks for.

It shows exactly the functions that include/bulla declares with BULLA_API, in the shared library as
in the static one. It links libcrypto and the C library alone, and of the C library it uses memory,
text and locks: nothing that would make it do I/O, read a clock or the environment, or start a
thread. A clock is read only by files with "clock" in their name; libcrypto is called only by the
floor crypto.
"""

import argparse
import pathlib
import re
import subprocess
import sys

# What the floors may ask of the C library (and of the compiler, which adds a few of its own).
C_LIBRARY = set("""
    malloc calloc realloc aligned_alloc free abort __assert_fail
    memcpy memmove memset memcmp memchr explicit_bzero
    strlen strnlen strcmp strncmp strchr strrchr strstr snprintf vsnprintf bsearch qsort
    inet_pton inet_ntop
    pthread_mutex_init pthread_mutex_destroy pthread_mutex_lock pthread_mutex_unlock
    __stack_chk_fail _GLOBAL_OFFSET_TABLE_
""".split())
CLOCK = {"time", "clock_gettime"}
# Libraries that every program of a C library has.
SYSTEM_LIBRARIES = re.compile(r"lib(c|crypto)\.|ld-|linux-vdso|libatomic\.")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def declared(headers):
    """The functions of the public headers, by their BULLA_API."""
    names = set()
    for header in sorted(headers.glob("*.h")):
        text = re.sub(r"/\*.*?\*/", " ", header.read_text(), flags=re.S)
        text = re.sub(r"^#.*$", "", text, flags=re.M)
        names |= set(re.findall(r"\bBULLA_API\b[^;(]*?\b(\w+)\s*\(", text))
    return names


def defined(nm, *arguments):
    lines = run(nm, "--defined-only", *arguments).splitlines()
    return {line.split()[2].split("@")[0] for line in lines if len(line.split()) == 3}


def imports(nm, archive):
    """(member, name) for each name that an object of the archive takes from elsewhere."""
    for line in run(nm, "-A", "-u", archive).splitlines():
        where, name = line.rsplit(maxsplit=1)
        yield where.split(":")[1], name.split("@")[0]


def plain(name):
    """memcpy for __memcpy_chk, snprintf for __snprintf_chk: _FORTIFY_SOURCE's forms."""
    return re.sub(r"^__(\w+)_chk$", r"\1", name)


def check_shown(options):
    api = declared(options.headers)
    if not api:
        yield "no BULLA_API function was found in " + str(options.headers)
    for what, shown in (("libbulla.so", defined(options.nm, "-D", options.shared)),
                        ("libbulla.a", defined(options.nm, "-g", options.static))):
        for name in sorted(shown - api):
            yield f"{what} shows {name}, which no public header declares with BULLA_API"
        for name in sorted(api - shown):
            yield f"{what} lacks {name}, which a public header declares"
    for name in sorted(name for name in api if not name.startswith("bulla_")):
        yield f"{name} is public and does not begin with bulla_"


def check_libraries(options):
    for name in re.findall(r"\(NEEDED\).*\[(.*)\]", run(options.readelf, "-d", options.shared)):
        if not SYSTEM_LIBRARIES.match(name):
            yield f"libbulla.so links {name}"


def libcrypto(options):
    """What libcrypto offers, asked of the one that libbulla.so is linked with."""
    for line in run("ldd", options.shared).splitlines():
        match = re.match(r"\s*libcrypto\.\S+ => (\S+)", line)
        if match:
            return defined(options.nm, "-D", match[1])
    return set()


def check_imports(options):
    own = set()
    for archive in options.floors:
        own |= defined(options.nm, "-g", archive)
    offered = libcrypto(options)
    for archive in options.floors:
        is_crypto = pathlib.Path(archive).name == "libbulla_crypto.a"
        for member, name in imports(options.nm, archive):
            is_clock = "clock" in member and name in CLOCK
            if name in own or plain(name) in C_LIBRARY or is_clock:
                continue
            if name in offered:
                if not is_crypto:
                    yield f"{member} calls libcrypto's {name}: only src/crypto may"
                continue
            yield f"{member} uses {name}: the library does no I/O, reads no clock, starts no thread"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("--headers", type=pathlib.Path, required=True)
    parser.add_argument("--shared", required=True)
    parser.add_argument("--static", required=True)
    parser.add_argument("floors", nargs="+", help="the archives of the floors")
    options = parser.parse_args()
    complaints = [*check_shown(options), *check_libraries(options), *check_imports(options)]
    for complaint in complaints:
        print("symbols: " + complaint)
    print(f"symbols: {len(declared(options.headers))} public functions, "
          f"{len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
