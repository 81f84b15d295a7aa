#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tidy [ROOT]: the rules of docs/STYLE.md that a script can check.

Prints one line for each violation, FILE:LINE: RULE: what is wrong, and ends with 1 where there was
any. A rule is a function that is given one file (in TREE_RULES: all of them) and yields (line,
text); its name is the rule's. tidy_test.py shows each rule a file that breaks it, and one that does
not.
"""

import collections
import pathlib
import re
import sys

FLOORS = "base crypto der x509 tls net http ca proxy scan watch cli".split()
LIBRARY_FLOORS = FLOORS[:5]
FOLDERS = "src include tests fuzz bench examples cmake docs tools .ci".split()
TEXT_ENDINGS = {".c", ".h", ".py", ".sh", ".cmake", ".in", ".md", ".txt", ""}

COLUMNS_MAX = 100
FILE_LINES_MAX = 900
FUNCTION_LINES_MAX = 60
TEST_FUNCTION_LINES_MAX = 100
LICENCE = "SPDX-License-Identifier: Apache-2.0"

# Names that stand nowhere in C, each with what to write instead.
UNSAFE_CALLS = {
    "strcpy": "bytes_copy()", "strncpy": "bytes_copy()", "strcat": "a writer or snprintf()",
    "strncat": "a writer or snprintf()", "sprintf": "snprintf()", "vsprintf": "vsnprintf()",
    "gets": "fgets()", "strtok": "a reader", "atoi": "a parser that can fail",
    "atol": "a parser that can fail", "atoll": "a parser that can fail",
    "setjmp": "a returned cause", "longjmp": "a returned cause",
    "alloca": "an array of a fixed size", "rand": "struct random_source",
    "srand": "struct random_source", "random": "struct random_source", "system": "no shell",
    "popen": "no shell", "tmpnam": "mkstemp()", "mktemp": "mkstemp()",
}
# Raw memory belongs to base, which bounds it.
MEMORY_CALLS = {"memcpy": "bytes_copy()", "memmove": "bytes_move()",
                "memcmp": "bytes_equal(), or bytes_equal_secret() for secrets"}
CLOCK_CALLS = "time clock clock_gettime gettimeofday timespec_get nanosleep usleep sleep".split()
END_CALLS = "exit _exit _Exit quick_exit abort".split()
# Where a caller broke a promise that memory or secrets depend on, these floors abort().
ABORT_FLOORS = {"base", "crypto"}

# Headers that pure computation may ask the C library for; <time.h> only in files named *clock*.
# <stdio.h> is for snprintf() and <arpa/inet.h> for inet_pton(): symbols.py looks at the calls.
PURE_HEADERS = set("""arpa/inet.h assert.h inttypes.h limits.h stdalign.h stdarg.h stdatomic.h
    stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h""".split())
# Libraries that come in above libbulla.
OUTER_HEADERS = re.compile(r"uv\.h|nghttp2/|sqlite3\.h|libpq")

# State that lives as long as the process: {(file, name): reason}. Everything else is passed.
MADE_ONCE = "costs as much as what it serves; made once, then only read"
STATE_ALLOWED = {
    ("src/crypto/curve.c", "groups"): MADE_ONCE,
    ("src/crypto/rsa.c", "methods_once"): MADE_ONCE,
    ("src/crypto/rsa.c", "methods"): MADE_ONCE,
    ("src/crypto/curve.c", "groups_once"): MADE_ONCE,
    ("src/crypto/x25519.c", "base_context"): MADE_ONCE,
    ("src/crypto/x25519.c", "base_key"): MADE_ONCE,
    ("src/crypto/x25519.c", "base_once"): MADE_ONCE,
}


class Source:
    """A file: its text, its lines, and for C its code without comments, strings and directives."""

    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.raw = path.read_bytes()
        self.text = self.raw.decode("utf-8", errors="replace")
        self.lines = self.text.split("\n")
        parts = self.path.split("/")
        self.folder = parts[0]
        self.is_c = path.suffix in (".c", ".h")
        self.is_header = path.suffix == ".h"
        self.floor = parts[1] if self.folder == "src" and len(parts) > 2 else None
        if self.is_c:
            self.no_comments = blank(self.text, strings=False)
            code = blank(self.text, strings=True)
            self.code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", keep_newlines, code, flags=re.M)
            self.items = list(top_level(self.code))

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def includes(self):
        """(line, "<" or '"', name) for each #include."""
        for number, line in enumerate(self.no_comments.split("\n"), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if match:
                yield number, match[1], match[2]

    def calls(self, names):
        """(line, name) for each name that is called, members of structs aside."""
        for match in re.finditer(r"(?<![\w.>])(?:%s)\b(?=\s*\()" % "|".join(names), self.code):
            yield self.line_at(match.start()), match[0]


Item = collections.namedtuple("Item", "start end head is_function body")


def keep_newlines(match):
    return re.sub(r"[^\n]", " ", match[0])


TOKEN = re.compile(r"""/\*.*?(?:\*/|\Z) | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
                   re.S | re.X)


def blank(text, strings):
    """The text with its comments as spaces, and its literals too where `strings`."""
    def replace(match):
        token = match[0]
        if token[0] == "/":
            return keep_newlines(match)
        return token[0] + " " * (len(token) - 2) + token[0] if strings else token
    return TOKEN.sub(replace, text)


def top_level(code):
    """The declarations and definitions at file scope; `head` is one without what braces hold."""
    depth, start, head, opened, is_function = 0, None, [], 0, False
    for offset, char in enumerate(code):
        if depth == 0 and char in ";{":
            if char == ";":
                if start is not None:
                    yield Item(start, offset, "".join(head).strip(), False, "")
                start, head = None, []
                continue
            text = "".join(head).strip()
            is_closed = text.endswith(")") and text.count("(") == text.count(")")
            is_function, opened = is_closed and "=" not in text, offset
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0 and is_function:
                yield Item(start, offset, "".join(head).strip(), True, code[opened:offset + 1])
                start, head, is_function = None, [], False
            elif depth == 0:
                head.append(" ")
        elif depth == 0:
            if start is None and not char.isspace():
                start = offset
            if start is not None:
                head.append(char)


# Rules for one file.


def licence(source):
    first = source.lines[1] if source.lines[0].startswith("#!") and len(source.lines) > 1 else \
        source.lines[0]
    if source.is_c and first != f"/* {LICENCE} */":
        yield 1, f"the first line is not /* {LICENCE} */"
    elif source.path.endswith((".py", ".sh")) and first != f"# {LICENCE}":
        yield 1, f"the first line (or the one after #!) is not # {LICENCE}"


def opening_comment(source):
    if len(source.lines) < 2 or not source.lines[1].startswith("/*"):
        yield 2, "no comment says what the file does, which RFC sections, what it refuses"


def line_length(source):
    if source.path.endswith(".md"):
        return
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns; {COLUMNS_MAX} are enough"


def white_space(source):
    for number, line in enumerate(source.lines, 1):
        if "\t" in line:
            yield number, "a tab; indent with four spaces"
        if line != line.rstrip():
            yield number, "space at the end of the line"
    if source.text and not source.text.endswith("\n"):
        yield len(source.lines), "no newline at the end of the file"
    if source.text.endswith("\n\n"):
        yield len(source.lines) - 1, "an empty line at the end of the file"


def line_comment(source):
    for match in TOKEN.finditer(source.text):
        if match[0].startswith("//"):
            yield source.line_at(match.start()), "a // comment; write /* */"


def unfinished(source):
    words = r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b"
    for number, line in enumerate(source.lines, 1):
        match = re.search(words, line)
        if match:
            yield number, f"{match[0]}: finish it, or open an issue"


def machine_path(source):
    for number, line in enumerate(source.lines, 1):
        match = re.search(r"(?<![\w.])/(?:work|root|home|farm|Users)/", line)
        if match:
            yield number, f"{match[0]} is a path of one machine"


def include_climbs(source):
    if source.floor not in FLOORS:
        return
    height = FLOORS.index(source.floor)
    for line, bracket, name in source.includes():
        target = name.split("/")[0]
        if bracket == "<" or target == "bulla":
            continue
        if target not in FLOORS or "/" not in name:
            yield line, f'"{name}": write "floor/file.h"'
        elif FLOORS.index(target) > height:
            yield line, f'"{name}": {source.floor} stands below {target}'


def public_includes(source):
    if source.folder != "include":
        return
    for line, _, name in source.includes():
        if not name.startswith("bulla/") and name not in ("stddef.h", "stdint.h"):
            yield line, f"{name}: a public header includes bulla/, stddef.h and stdint.h alone"


def libcrypto_door(source):
    if source.folder in ("src", "include") and source.floor != "crypto":
        for line, _, name in source.includes():
            if name.startswith("openssl/"):
                yield line, f"<{name}>: only src/crypto speaks to libcrypto"


def outer_library(source):
    if source.floor in LIBRARY_FLOORS:
        for line, _, name in source.includes():
            if OUTER_HEADERS.match(name):
                yield line, f"<{name}>: libbulla depends on libcrypto alone"


def pure_header(source):
    if source.floor not in LIBRARY_FLOORS:
        return
    for line, bracket, name in source.includes():
        if bracket == '"' or name.startswith(("bulla/", "openssl/")) or OUTER_HEADERS.match(name):
            continue
        if name == "time.h" and "clock" in pathlib.Path(source.path).name:
            continue
        if name == "pthread.h" and source.path == "src/base/lock.h":
            continue
        if name not in PURE_HEADERS:
            yield line, f"<{name}>: libbulla does no I/O, reads no clock, starts no thread"


def unsafe_call(source):
    for line, name in source.calls(UNSAFE_CALLS):
        yield line, f"{name}(): use {UNSAFE_CALLS[name]}"


def raw_memory(source):
    if source.folder == "src" and source.floor != "base":
        for line, name in source.calls(MEMORY_CALLS):
            yield line, f"{name}(): use {MEMORY_CALLS[name]}"


def clock_call(source):
    if source.folder == "src" and "clock" not in pathlib.Path(source.path).name:
        for line, name in source.calls(CLOCK_CALLS):
            yield line, f"{name}(): only files named *clock* read the clock; take the time as given"


def environment(source):
    if source.folder == "src" and source.floor not in ("cli", "net"):
        for line, name in source.calls(["getenv", "secure_getenv", "setenv", "putenv"]):
            yield line, f"{name}(): only the program reads its environment"


def process_end(source):
    if source.floor in LIBRARY_FLOORS:
        for line, name in source.calls(END_CALLS):
            if name != "abort" or source.floor not in ABORT_FLOORS:
                yield line, f"{name}(): a library returns its causes"


def assert_effect(source):
    for match in re.finditer(r"\bassert\s*\(([^;]*)\)\s*;", source.code):
        if re.search(r"\+\+|--|(?<![=!<>])=(?!=)", match[1]):
            yield source.line_at(match.start()), "an assert() with an effect; NDEBUG drops it"


def function_length(source):
    is_test = source.folder in ("tests", "bench")
    most = TEST_FUNCTION_LINES_MAX if is_test else FUNCTION_LINES_MAX
    for item in source.items:
        lines = source.line_at(item.end) - source.line_at(item.start) + 1
        if item.is_function and lines > most:
            yield source.line_at(item.start), f"{name_of(item)}() has {lines} lines; {most} at most"


def name_of(item):
    """The name of a function or variable from its head."""
    head = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", item.head)
    if "(" in head and "=" not in head.split("(")[0]:
        match = re.search(r"\(\s*\*+\s*(?:const\s+)?(\w+)", head) if "(*" in head else None
        match = match or re.search(r"(\w+)\s*\(", head)
    else:
        match = re.search(r"(\w+)\s*(?:\[[^=]*)?(?:=.*)?$", head, flags=re.S)
    return match[1] if match else head


def file_length(source):
    num_lines = source.text.count("\n")
    if num_lines > FILE_LINES_MAX:
        yield FILE_LINES_MAX, f"{num_lines} lines; {FILE_LINES_MAX} at most: make two rooms"


def header_guard(source):
    if not source.is_header:
        return
    match = re.search(r"#ifndef (\w+)\n#define (\w+)\n", source.no_comments)
    path = source.path.split("/", 1)[1] if source.folder in ("src", "include") else None
    wanted = re.sub(r"\W", "_", path).upper() if path else None
    if not match or match[1] != match[2] or not source.text.rstrip().endswith("#endif"):
        yield 1, "no #ifndef, #define, #endif around the header"
    elif wanted and match[1] != wanted:
        yield source.line_at(match.start()), f"the guard is {match[1]}, not {wanted}"


def mutable_state(source):
    if source.folder != "src":
        return
    function_types = re.findall(r"^\s*typedef\b[^;(]*?(\w+)\s*\(\s*[^*\s]", source.code, flags=re.M)
    for item in source.items:
        if item.is_function:
            yield from state_in_function(source, item)
        elif item.head.replace("static ", "").split()[0] in function_types:
            continue
        elif is_variable(item.head) and not is_constant(item.head):
            yield from state(source, item.start, item.head)


def state_in_function(source, item):
    body = source.code.index(item.body, item.start)
    for match in re.finditer(r"\b(?:static|_Thread_local)\b[^;{]*", item.body):
        if not is_constant(match[0]):
            yield from state(source, body + match.start(), match[0])


def state(source, offset, head):
    name = name_of(Item(0, 0, head, False, ""))
    if (source.path, name) not in STATE_ALLOWED:
        yield source.line_at(offset), f"{name} outlives its caller: pass it, or give tidy a reason"


def is_variable(head):
    if re.match(r"(?:typedef|_Static_assert|static_assert)\b", head):
        return False
    before = head.split("=")[0]
    if re.fullmatch(r"(?:extern\s+)?(?:struct|union|enum)(?:\s+\w+)?\s*", before):
        return False
    plain = re.sub(r"\b_Alignas\s*\([^)]*\)|__attribute__\s*\(\(.*?\)\)", "", before)
    return "(" not in plain or re.match(r"[^(]*\(\s*\*", plain) is not None


def is_constant(head):
    """Whether what is declared is const: for a pointer, the pointer and not what it points to."""
    before = head.split("=")[0]
    if "(*" in before:
        return bool(re.search(r"\(\*+\s*const\b", before))
    return bool(re.search(r"\bconst\b", before.rsplit("*", 1)[-1]))


def goto_maze(source):
    for item in source.items:
        labels = set(re.findall(r"\bgoto\s+(\w+)", item.body))
        if len(labels) > 1:
            yield source.line_at(item.start), f"{name_of(item)}() jumps to {len(labels)} labels"


def macro_control_flow(source):
    for match in re.finditer(r"^[ \t]*#\s*define\s+(\w+)\([^)]*\)((?:[^\n]*\\\n)*[^\n]*)",
                             source.no_comments, flags=re.M):
        flow = re.search(r"\b(?:return|goto|break|continue)\b", match[2])
        if flow:
            yield source.line_at(match.start()), f"the macro {match[1]} hides a {flow[0]}"


def public_api(source):
    if source.folder != "include":
        return
    for item in source.items:
        is_prototype = "(" in item.head and not item.is_function
        if is_prototype and not re.match(r"typedef\b|BULLA_API\b|_Static_assert\b", item.head):
            yield source.line_at(item.start), f"{name_of(item)}() is declared without BULLA_API"


# Rules for the tree as a whole: they yield (path, line, text).


def name_twice(sources):
    """A linker that meets two functions of one name takes either, without a word."""
    seen = {}
    for source in sources:
        if source.folder == "src" and source.is_c and not source.is_header:
            for item in source.items:
                if item.is_function and not re.match(r"(?:\w+ )*static\b", item.head):
                    name, line = name_of(item), source.line_at(item.start)
                    if name in seen:
                        yield source.path, line, f"{name}() stands in {seen[name]} too"
                    seen[name] = source.path


def include_circle(sources):
    graph = {}
    for source in sources:
        if source.is_c and source.folder in ("src", "include"):
            name = source.path.split("/", 1)[1]
            graph[name] = [target for _, _, target in source.includes()]
    paths = {source.path.split("/", 1)[1]: source.path for source in sources if source.is_c}
    done = set()
    for name in sorted(graph):
        circle = find_circle(graph, name, done)
        if circle:
            yield paths[circle[0]], 1, " includes ".join(circle)


def find_circle(graph, start, done):
    """A circle that can be reached from `start` and holds none of `done`, to which it adds."""
    path, todo = [], [(start, iter(graph.get(start, ())))]
    if start in done:
        return None
    path.append(start)
    while todo:
        name, targets = todo[-1]
        target = next((t for t in targets if t in graph and t not in done), None)
        if target is None:
            todo.pop()
            path.pop()
            done.add(name)
        elif target in path:
            done.update(path)
            return path[path.index(target):] + [target]
        else:
            path.append(target)
            todo.append((target, iter(graph[target])))
    return None


RULES = [licence, line_length, white_space, unfinished, machine_path]
C_RULES = [opening_comment, line_comment, include_climbs, public_includes, libcrypto_door,
           outer_library, pure_header, unsafe_call, raw_memory, clock_call, environment,
           process_end, assert_effect, function_length, file_length, header_guard, mutable_state,
           goto_maze, macro_control_flow, public_api]
TREE_RULES = [name_twice, include_circle]
ALL_RULES = RULES + C_RULES + TREE_RULES


def read_tree(root):
    paths = [path for path in sorted(root.iterdir()) if path.is_file()]
    for folder in FOLDERS:
        paths += sorted(path for path in (root / folder).rglob("*") if path.is_file())
    return [Source(root, path) for path in paths if is_text(path, root)]


def is_text(path, root):
    """Sources and prose; corpora, vectors and key files are data."""
    parts = path.relative_to(root).parts
    is_data = "corpus" in parts or "vectors" in parts or "__pycache__" in parts
    return path.suffix in TEXT_ENDINGS and not is_data and path.name != "LICENSE"


def violations(sources):
    """(path, line, rule, text), in the order of files and lines."""
    found = []
    for source in sources:
        for rule in RULES + (C_RULES if source.is_c else []):
            found += [(source.path, line, rule.__name__, text) for line, text in rule(source)]
    for rule in TREE_RULES:
        found += [(path, line, rule.__name__, text) for path, line, text in rule(sources)]
    return sorted(found)


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parent.parent)
    sources = read_tree(root.resolve())
    found = violations(sources)
    for path, line, rule, text in found:
        print(f"{path}:{line}: {rule.replace('_', '-')}: {text}")
    print(f"tidy: {len(sources)} files, {len(ALL_RULES)} rules, "
          f"{len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
