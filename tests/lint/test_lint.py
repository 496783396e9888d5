#!/usr/bin/python3
"""Each lint rule finds what it is there for, and lets the right thing pass."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import binaries  # noqa: E402
import sources  # noqa: E402

HEAD = '/* What it promises. */\n'


class Sources(unittest.TestCase):
    def check(self, rule, good, bad):
        """good and bad are (file name, text)."""
        self.assertEqual(rule(dict([good])), [])
        self.assertNotEqual(rule(dict([bad])), [])

    def test_layers(self):
        line = '#include "common/base/err.h"\n'
        for name, bad in (('common/a.c', 'proto/x.h'), ('common/a.c', 'signer/x.h'),
                          ('proto/a.c', 'watcher/x.h'), ('watcher/a.c', 'signer/x.h'),
                          ('signer/a.c', 'watcher/x.h'), ('signer/a.c', 'x.h'),
                          ('scan/a.c', 'signer/x.h'), ('signer/a.c', 'scan/x.h')):
            self.check(sources.layers, (name, line), (name, f'#include "{bad}"\n'))

    def test_foreign(self):
        self.check(sources.foreign_libraries, ('watcher/a.c', '#include <curl/curl.h>\n'),
                   ('signer/a.c', '#include <curl/curl.h>\n'))
        self.check(sources.foreign_libraries, ('scan/a.c', '#include <zbar.h>\n'),
                   ('signer/a.c', '#include <zbar.h>\n'))
        two = {'proto/a.c': '#include <cbor.h>\n', 'proto/b.c': '#include <cbor.h>\n'}
        self.assertNotEqual(sources.foreign_libraries(two), [])

    def test_banned(self):
        good = 'x_sprintf(a); p->random(); r.rand(); /* sprintf(x) */ f("sprintf(");\n'
        self.check(sources.banned_functions, ('common/a.c', good), ('signer/a.c', 'sprintf(b, "x");'))
        self.check(sources.banned_functions, ('tests/a.c', 'assert(x);'), ('common/a.c', 'assert(x);'))

    def test_memcmp(self):
        self.check(sources.memcmp_near_secrets, ('watcher/a.c', 'memcmp(a, b, 1)'),
                   ('signer/a.c', 'memcmp (a, b, 1)'))

    def test_spend_key(self):
        self.check(sources.spend_key_stays, ('signer/a.c', 'struct spend_key k;'),
                   ('watcher/a.c', 'struct spend_key k;'))

    def test_unfinished(self):
        self.check(sources.unfinished, ('common/a.c', 'int todo;'), ('common/a.c', '/* TODO */'))

    def test_paths(self):
        self.check(sources.machine_paths, ('docs/a.md', 'see docs/home/x'), ('docs/a.md', 'in /home/x'))

    def test_shape(self):
        for bad in ('int a;\n', HEAD + 'int a; \n', HEAD + 'int ' + 'a' * 100 + ';\n', HEAD + 'int a;',
                    HEAD + 'int a;\n' * 701):
            self.check(sources.file_shape, ('common/a.c', HEAD + 'int a;\n'), ('common/a.c', bad))

    def test_faults(self):
        text = '--- a/x.c\n+++ b/x.c\n@@ -1,1 +1,1 @@\n-int a;\n+int b;\n'
        with tempfile.TemporaryDirectory() as root:
            for line, stale in (('int a;\n', False), ('int c;\n', True)):
                with open(os.path.join(root, 'x.c'), 'w', encoding='utf-8') as f:
                    f.write(line)
                found = sources.check_faults(root, {'tests/faults/1.patch': text})
                self.assertEqual(bool(found), stale)

    def test_guards(self):
        good = HEAD + '#ifndef AIRLOCK_A_H\n#define AIRLOCK_A_H\n#endif\n'
        self.check(sources.include_guards, ('common/a.h', good), ('common/a.h', HEAD))


class Binaries(unittest.TestCase):
    def test_needed(self):
        good = ['libsodium.so.23', 'liblmdb.so.0', 'libc.so.6', 'ld-linux-x86-64.so.2']
        self.assertEqual(binaries.needed_findings(good), [])
        for bad in ('libcurl.so.4', 'libstdc++.so.6', 'libsodiumx.so.1', 'libssl.so.3'):
            self.assertNotEqual(binaries.needed_findings([bad]), [])

    def test_imports(self):
        self.assertEqual(binaries.imported_findings(['open', 'write', 'mdb_put', 'seccomp_load']), [])
        for bad in ('socket', 'execve', 'getaddrinfo', 'dlopen', 'fork', 'curl_easy_init'):
            self.assertNotEqual(binaries.imported_findings([bad]), [])

    def test_contains(self):
        self.assertEqual(binaries.contained_findings(['main', 'clsag_verify', 'bpplus_verify']), [])
        for bad in ('tx_build', 'clsag_sign', 'input_key_image', 'spend_key_wipe'):
            self.assertNotEqual(binaries.contained_findings([bad]), [])

    def test_real_program(self):
        """The readers work on a real file: Python links no curl and defines or imports something."""
        self.assertIn('libc.so.6', binaries.needed('/usr/bin/nm') + binaries.needed('/bin/ls'))
        self.assertIn('write', ' '.join(binaries.symbols('/bin/ls', '-D', '--undefined-only')))


if __name__ == '__main__':
    unittest.main()
