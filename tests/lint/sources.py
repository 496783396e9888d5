"""
Rules over the text of the sources. Each takes {name: text} and returns findings, "file:line: what".
"""
import re
import subprocess

LAYERS = {
    'common': {'common'},
    'proto': {'proto', 'common'},
    'watcher': {'watcher', 'proto', 'common'},
    'signer': {'signer', 'proto', 'common'},
    'scan': {'scan', 'common'},
}

# Header of a foreign library, and how many of our source files may speak to it. libsodium and
# jansson are wrapped by subject (secrets, hashes, boxes; policy, JSON-RPC, printing).
FOREIGN = {
    'curl/': 1, 'lmdb.h': 1, 'cbor.h': 1, 'qrencode.h': 1, 'microhttpd.h': 1, 'zbar.h': 1, 'png.h': 1,
    'seccomp.h': 2,  # the signer's sandbox, and that of airlock-scan
    'sodium': 16, 'jansson.h': 14,
}
# Which trees may use them at all.
FOREIGN_TREES = {
    'curl/': {'watcher'}, 'microhttpd.h': {'watcher'}, 'seccomp.h': {'signer', 'scan'},
    'zbar.h': {'scan'}, 'png.h': {'scan'},
    'cbor.h': {'proto'}, 'lmdb.h': {'common'}, 'qrencode.h': {'common'},
}

BANNED = {
    'strcpy': 'no bound', 'strcat': 'no bound', 'sprintf': 'no bound', 'vsprintf': 'no bound',
    'gets': 'no bound', 'strncpy': 'may leave no end', 'strncat': 'error-prone bound',
    'atoi': 'no error', 'atol': 'no error', 'atoll': 'no error', 'sscanf': 'overflow unseen',
    'strtok': 'hidden state', 'rand': 'not random', 'srand': 'not random', 'random': 'not random',
    'drand48': 'not random', 'alloca': 'unbounded stack', 'system': 'runs a shell',
    'popen': 'runs a shell', 'tmpnam': 'race', 'mktemp': 'race', 'setjmp': 'hides exits',
    'longjmp': 'hides exits', 'assert': 'use CHECK, which is never compiled out',
}

# memcmp stops at the first difference, so time tells how much of a secret was right. Where secrets
# may be near, each use is listed here, with the count of uses of public bytes that were looked at.
MEMCMP_TREES = ('signer/', 'common/crypto/', 'common/base/')
MEMCMP_PUBLIC = {
    'common/base/sweep.c': 1,  # the name of a file
    'common/crypto/group.c': 1,  # the canonical form of an encoded point
    'signer/cli/cmd_clock.c': 1,  # a date
    'signer/cli/cmd_journal.c': 2,  # heads and identities of a journal
    'signer/journal/lines.c': 2,  # an exported journal
    'signer/serve/inbox.c': 1,  # replies, sealed
    'signer/session/catch_up.c': 1,  # entries of the journal
    'signer/sign/build.c': 3,  # one-time keys and key images
    'signer/sign/input.c': 3,  # one-time keys; the commitment that is on the chain
    'signer/sign/outputs.c': 2,  # addresses
}

LONGEST_FILE = 700
LONGEST_LINE = 100


def is_c(name):
    return name.endswith(('.c', '.h'))


def program(name):
    """Sources of the programs, tests left out."""
    return is_c(name) and name.split('/')[0] in LAYERS


def without_comments(text):
    """The text with comments and string literals blanked, line numbers kept."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r'[^\n]', ' ', m.group()), text)


def each_match(texts, choose, pattern, clean=True):
    for name, text in texts.items():
        if not choose(name):
            continue
        body = without_comments(text) if clean else text
        for match in pattern.finditer(body):
            yield name, body.count('\n', 0, match.start()) + 1, match


def layers(texts):
    """Arrows point one way: watcher, signer -> proto -> common."""
    found = []
    include = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
    for name, line, match in each_match(texts, program, include, clean=False):
        tree, target = name.split('/')[0], match.group(1)
        there = target.split('/')[0]
        if there not in LAYERS:
            found.append(f'{name}:{line}: include "{target}": name it from the top folder')
        elif there not in LAYERS[tree]:
            found.append(f'{name}:{line}: {tree} may not include "{target}"')
    return found


def foreign_libraries(texts):
    """A foreign library is spoken to in one file, and only where its tree may."""
    found, users = [], {}
    include = re.compile(r'^\s*#\s*include\s+<([^>]+)>', re.M)
    for name, line, match in each_match(texts, program, include, clean=False):
        for library in FOREIGN:
            if match.group(1).startswith(library):
                users.setdefault(library, []).append(name)
                if name.split('/')[0] not in FOREIGN_TREES.get(library, LAYERS):
                    found.append(f"{name}:{line}: <{match.group(1)}> has no place in this tree")
    for library, names in users.items():
        if len(names) > FOREIGN[library]:
            found.append(f"<{library}>: in {len(names)} files, {FOREIGN[library]} allowed: "
                         + ' '.join(names))
    return found


def banned_functions(texts):
    pattern = re.compile(r'(?<![\w.>])(' + '|'.join(BANNED) + r')\s*\(')
    return [f"{name}:{line}: {match.group(1)}: {BANNED[match.group(1)]}"
            for name, line, match in each_match(texts, program, pattern)]


def memcmp_near_secrets(texts):
    counts, found = {}, []
    pattern = re.compile(r'(?<!\w)(?:memcmp|bcmp|strncmp)\s*\(')
    for name, _, _ in each_match(texts, lambda n: n.startswith(MEMCMP_TREES) and is_c(n), pattern):
        counts[name] = counts.get(name, 0) + 1
    for name in sorted(set(counts) | (set(MEMCMP_PUBLIC) & set(texts))):
        have, allowed = counts.get(name, 0), MEMCMP_PUBLIC.get(name, 0)
        if have != allowed:
            found.append(f"{name}: {have} uses of memcmp, {allowed} looked at; compare secrets with"
                         " secret_equal, or list public ones in tests/lint/sources.py")
    return found


def spend_key_stays(texts):
    """struct spend_key is named in signer/ and its tests alone."""
    pattern = re.compile(r'\bstruct\s+spend_key\b')
    return [f"{name}:{line}: the spend key has no place outside signer/"
            for name, line, _ in each_match(
                texts, lambda n: is_c(n) and n.startswith(('common/', 'proto/', 'watcher/')),
                pattern)]


def unfinished(texts):
    pattern = re.compile(r'\b(TODO|FIXME|XXX|HACK)\b')
    return [f"{name}:{line}: {match.group(1)}"
            for name, line, match in each_match(texts, is_c, pattern, clean=False)]


def machine_paths(texts):
    """Nothing may depend on the machine it was written on."""
    pattern = re.compile(r'(?<![\w.])/(?:work|home|root|tmp/[a-z]+)/[\w.]+')
    return [f"{name}:{line}: {match.group()}"
            for name, line, match in each_match(texts, lambda n: n != 'tests/lint/test_lint.py',
                                                pattern, clean=False)]


def file_shape(texts):
    """A header comment (in the .h of a pair), no overlong file or line, no blanks at line ends, a newline at the end."""
    found = []
    for name, text in texts.items():
        if not is_c(name):
            continue
        if not text.startswith('/*') and name[:-2] + '.h' not in texts:
            found.append(f"{name}:1: no comment that says what the file promises")
        lines = text.split('\n')
        if len(lines) > LONGEST_FILE and not re.search(r'table|words|vectors', name):
            found.append(f"{name}: {len(lines)} lines; {LONGEST_FILE} is the most")
        for number, line in enumerate(lines, 1):
            if len(line.expandtabs(8)) > LONGEST_LINE and '"' not in line:
                found.append(f"{name}:{number}: longer than {LONGEST_LINE} columns")
            if line != line.rstrip():
                found.append(f"{name}:{number}: blanks at the end of the line")
        if not text.endswith('\n'):
            found.append(f"{name}: no newline at its end")
    return found


def include_guards(texts):
    found = []
    for name, text in texts.items():
        if name.endswith('.h') and not re.search(r'^#ifndef AIRLOCK_\w+_H\n#define AIRLOCK_\w+_H$',
                                                 text, re.M):
            found.append(f"{name}: no include guard AIRLOCK_..._H")
    return found


def check_format(root, texts):
    names = [n for n in texts if is_c(n)]
    result = subprocess.run(['clang-format', '--dry-run', *names], cwd=root, capture_output=True,
                            text=True, check=False)
    lines = [line for line in result.stderr.splitlines() if 'warning:' in line]
    if result.returncode != 0 and not lines:
        lines = [f"clang-format ended with {result.returncode}: {result.stderr[:200]}"]
    by_file = {}
    for line in lines:
        by_file.setdefault(line.split(':')[0], []).append(line)
    return [f"{by_file[name][0]} ({len(by_file[name])} places)" for name in sorted(by_file)]


def check_faults(root, texts):
    """A planted fault that no longer applies says nothing of the tests."""
    found = []
    for name in texts:
        if not re.fullmatch(r'tests/faults/[^/]*\.patch', name):
            continue
        result = subprocess.run(['patch', '-p1', '-s', '-f', '--dry-run', '-d', root], input=texts[name],
                                capture_output=True, text=True, check=False)
        if result.returncode != 0:
            found.append(f"{name} no longer applies: {' '.join(result.stdout.split())}")
    return found


RULES = [layers, foreign_libraries, banned_functions, memcmp_near_secrets, spend_key_stays,
         unfinished, machine_paths, file_shape, include_guards]
