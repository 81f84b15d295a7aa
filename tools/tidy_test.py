#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows each rule of tidy.py files that break it, where exactly that rule has to fire, and their
innocent twins, where none may. A rule without a case here is an error: a rule must be able to fail.
"""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tidy

OPENING = "/* SPDX-License-Identifier: Apache-2.0 */\n/* What this file does. */\n"


def c(text):
    return OPENING + text


def header(guard, text):
    return c(f"#ifndef {guard}\n#define {guard}\n\n{text}\n#endif\n")


def function(lines):
    return c("void f(void) {\n" + "    g();\n" * (lines - 2) + "}\n")


# (rule, {path: text that breaks it}, the line where it fires)
BAD = [
    ("licence", {"src/der/a.c": "/* Apache */\n/* What. */\n"}, 1),
    ("licence", {"tools/a.py": "#!/usr/bin/env python3\nprint()\n"}, 1),
    ("opening_comment", {"src/der/a.c": OPENING.split("\n")[0] + "\nint f(void);\n"}, 2),
    ("line_length", {"src/der/a.c": c("/* " + "x" * 100 + " */\n")}, 3),
    ("line_length", {"dev": "echo " + "x" * 100 + "\n"}, 1),
    ("white_space", {"src/der/a.c": c("\tint a;\n".replace("int a", "f()"))}, 3),
    ("white_space", {"docs/A.md": "one \n"}, 1),
    ("white_space", {"docs/A.md": "one"}, 1),
    ("white_space", {"docs/A.md": "one\n\n"}, 2),
    ("line_comment", {"src/der/a.c": c("// no\n")}, 3),
    ("unfinished", {"src/der/a.c": c("/* TO" + "DO: more */\n")}, 3),
    ("machine_path", {"README.md": "See /ho" + "me/me/bulla.\n"}, 1),
    ("include_climbs", {"src/der/a.c": c('#include "tls/record.h"\n')}, 3),
    ("include_climbs", {"src/der/a.c": c('#include "reader.h"\n')}, 3),
    ("include_climbs", {"src/base/a.c": c('#include "../der/der.h"\n')}, 3),
    ("public_includes", {"include/bulla/a.h": header("BULLA_A_H", "#include <stdio.h>")}, 6),
    ("libcrypto_door", {"src/tls/a.c": c("#include <openssl/evp.h>\n")}, 3),
    ("outer_library", {"src/tls/a.c": c("#include <uv.h>\n")}, 3),
    ("pure_header", {"src/tls/a.c": c("#include <sys/socket.h>\n")}, 3),
    ("pure_header", {"src/tls/a.c": c("#include <time.h>\n")}, 3),
    ("pure_header", {"src/tls/a.c": c("#include <pthread.h>\n")}, 3),
    ("unsafe_call", {"tests/unit/a.c": c("int f(char *s) {\n    return atoi(s);\n}\n")}, 4),
    ("raw_memory", {"src/tls/a.c": c("void f(void) {\n    memcpy (a, b, 3);\n}\n")}, 4),
    ("clock_call", {"src/net/a.c": c("long f(void) {\n    return time(NULL);\n}\n")}, 4),
    ("environment", {"src/x509/a.c": c('char *f(void) {\n    return getenv("A");\n}\n')}, 4),
    ("process_end", {"src/x509/a.c": c("void f(void) {\n    abort();\n}\n")}, 4),
    ("process_end", {"src/crypto/a.c": c("void f(void) {\n    exit(1);\n}\n")}, 4),
    ("assert_effect", {"src/x509/a.c": c("void f(int n) {\n    assert(n++ < 3);\n}\n")}, 4),
    ("assert_effect", {"src/x509/a.c": c("void f(int n) {\n    assert(n = 3);\n}\n")}, 4),
    ("function_length", {"src/der/a.c": function(61)}, 3),
    ("function_length", {"tests/unit/a.c": function(101)}, 3),
    ("file_length", {"src/der/a.c": c("int f(void);\n" * 900)}, 900),
    ("header_guard", {"src/der/a.h": c("int f(void);\n")}, 1),
    ("header_guard", {"src/der/a.h": header("A_H", "int f(void);")}, 3),
    ("mutable_state", {"src/der/a.c": c("static int count;\n")}, 3),
    ("mutable_state", {"src/der/a.c": c("int count = 3;\n")}, 3),
    ("mutable_state", {"src/der/a.c": c("static const char *name = 0;\n")}, 3),
    ("mutable_state", {"src/der/a.c": c("static struct x all[] = {\n    {1},\n};\n")}, 3),
    ("mutable_state", {"src/der/a.c": c("static void (*hook)(void);\n")}, 3),
    ("mutable_state", {"src/der/a.c": c("typedef int (*hook)(void);\nstatic hook on;\n")}, 4),
    ("mutable_state", {"src/der/a.c": c("void f(void) {\n    static int count;\n}\n")}, 4),
    ("mutable_state", {"src/der/a.c": c("static _Thread_local int count;\n")}, 3),
    ("goto_maze", {"src/der/a.c": c("void f(void) {\n    goto a;\n    goto b;\n}\n")}, 3),
    ("macro_control_flow", {"src/der/a.c": c("#define TRY(x) \\\n    if (!(x)) return 0\n")}, 3),
    ("public_api", {"include/bulla/a.h": header("BULLA_A_H", "int bulla_a(void);")}, 6),
    ("name_twice", {"src/x509/a.c": c("int f(int a) {\n    return a;\n}\n"),
                    "src/tls/a.c": c("int f(int a) {\n    return a;\n}\n")}, 3),
    ("include_circle", {"src/der/a.h": header("DER_A_H", '#include "der/b.h"'),
                        "src/der/b.h": header("DER_B_H", '#include "der/a.h"')}, 1),
]

# Files that resemble the bad ones and break no rule.
GOOD = [
    {"tools/a.py": "#!/usr/bin/env python3\n# SPDX-License-Identifier: Apache-2.0\nprint()\n"},
    {"README.md": "A line that is long: " + "x" * 100 + ", as tables and links are.\n"},
    {"README.md": "The tests look in ../work/vectors, and see src/root/.\n"},
    {"src/der/a.c": c('const char f[] = "// no comment, memcpy(a) and tests/*.c";\n')},
    {"src/tls/a.c": c('#include "base/reader.h"\n#include "tls/record.h"\n#include <bulla/a.h>\n')},
    {"src/crypto/a.c": c("#include <openssl/evp.h>\n")},
    {"tests/unit/a.c": c('#include "tls/record.h"\n#include <openssl/evp.h>\n')},
    {"src/net/a.c": c("#include <uv.h>\n#include <sys/socket.h>\n")},
    {"src/base/my_clock.c": c("#include <time.h>\nlong f(void) {\n    return time(NULL);\n}\n")},
    {"src/base/a.c": c("void f(void) {\n    memcpy(a, b, 3);\n}\n")},
    {"tests/unit/a.c": c("void f(void) {\n    memcpy(a, b, 3);\n}\n")},
    {"src/crypto/a.c": c("void f(void) {\n    abort();\n}\n")},
    {"src/tls/a.c": c("/* Not memcpy(a, b, 3), nor time(). */\n")},
    {"src/tls/a.c": c("int f(struct x *x) {\n    return x->time(3) + x.rand(4) + a_time();\n}\n")},
    {"src/cli/a.c": c('int f(void) {\n    exit(getenv("A") == NULL);\n}\n')},
    {"src/tls/a.c": c("void f(int n) {\n    assert(n <= 3 && n != 0 && n == 1);\n}\n")},
    {"src/der/a.c": function(60)},
    {"tests/unit/a.c": function(100)},
    {"src/der/a.h": header("DER_A_H", "int f(void);")},
    {"tests/a.h": header("ANY_NAME", "int f(void);")},
    {"src/der/a.c": c("static int f(void);\nextern const int a;\n"
                      "struct x {\n    int count;\n};\n"
                      "enum { A = 1, B = 2 };\ntypedef int number;\nstruct y;\n"
                      "_Static_assert(sizeof((struct x){0}.count) == 4, \"four\");\n")},
    {"src/der/a.c": c("static const char *const names[] = {\n    \"a\",\n};\n"
                      "static void (*const hook)(void) = f;\n"
                      "static const struct x {\n    int a;\n} all[] = {{1}};\n")},
    {"src/der/a.c": c("typedef int reader(void *);\nstatic reader read_a, read_b;\n")},
    {"src/der/a.c": c("int f(int a) {\n    static const int b = 3;\n    int c = a;\n"
                      "    return b + c;\n}\n")},
    {"src/der/a.c": c("void f(void) {\n    goto done;\n    goto done;\ndone:\n    g();\n}\n")},
    {"src/der/a.c": c("#define TWICE(x) \\\n    (2 * (x))\n")},
    {"include/bulla/a.h": header("BULLA_A_H", "#include <bulla/b.h>\n#include <stddef.h>\n"
                                 "BULLA_API int bulla_a(void);\ntypedef int (*bulla_f)(void);\n")},
    {"src/der/a.c": c("static int f(int a) {\n    return a;\n}\n"),
     "src/tls/a.c": c("int f(int a) {\n    return a;\n}\n")},
    {"src/der/a.h": header("DER_A_H", '#include "der/b.h"'),
     "src/der/b.h": header("DER_B_H", "int f(void);"),
     "src/der/c.h": header("DER_C_H", '#include "der/a.h"\n#include "der/b.h"')},
]


def check(files):
    """What tidy finds in a tree of these files: {(rule, path, line)}."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return {(rule, path, line)
                for path, line, rule, _ in tidy.violations(tidy.read_tree(root))}


class Rules(unittest.TestCase):
    def test_each_bad_file_breaks_its_rule_and_no_other(self):
        for rule, files, line in BAD:
            with self.subTest(rule=rule, files=files):
                self.assertEqual(check(files), {(rule, next(iter(files)), line)})

    def test_no_good_file_breaks_a_rule(self):
        for files in GOOD:
            with self.subTest(files=files):
                self.assertEqual(check(files), set())

    def test_every_rule_has_a_bad_file(self):
        self.assertEqual({rule for rule, _, _ in BAD}, {rule.__name__ for rule in tidy.ALL_RULES})


if __name__ == "__main__":
    unittest.main()
