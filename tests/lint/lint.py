#!/usr/bin/python3
"""
The rules of design.md and CONTRIBUTING.md that a machine can check, over the sources and over the
built programs. One line a rule: "ok RULE", or its findings and then "FAILED: RULE".

    tests/lint/lint.py --build build      all rules
    tests/lint/lint.py --sources          those of the sources alone
"""
import argparse
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import binaries  # noqa: E402
import sources  # noqa: E402


def tracked(root):
    """Files of the project: what git tracks or would track; without git, what lies here."""
    git = subprocess.run(
        ['git', '-C', root, 'ls-files', '--cached', '--others', '--exclude-standard'],
        capture_output=True, text=True, check=False)
    if git.returncode == 0:
        names = git.stdout.splitlines()
    else:
        names = []
        for folder, folders, files in os.walk(root):
            folders[:] = [f for f in folders if not f.startswith('build') and f != '.git']
            names += [os.path.relpath(os.path.join(folder, f), root) for f in files]
    return sorted(n for n in set(names) if os.path.isfile(os.path.join(root, n)))


def read(root, names):
    """Contents by name; what is not text (seed corpora, pictures) is left out."""
    texts = {}
    for name in names:
        if '/corpus/' in name or '/vectors/' in name:
            continue
        try:
            with open(os.path.join(root, name), encoding='utf-8') as f:
                texts[name] = f.read()
        except UnicodeDecodeError:
            continue
    return texts


def report(rule, findings):
    for finding in findings:
        print('  ' + finding)
    print(f"FAILED: lint: {rule}" if findings else f"ok {rule}")
    return not findings


def main():
    parser = argparse.ArgumentParser(description='Checks the rules a machine can check.')
    parser.add_argument('--build', default='build', help='build folder with both programs')
    parser.add_argument('--sources', action='store_true', help='leave the built programs out')
    args = parser.parse_args()
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    texts = read(root, tracked(root))

    good = True
    for rule in sources.RULES:
        good &= report(rule.__name__, rule(texts))
    good &= report('format', sources.check_format(root, texts))
    good &= report('faults', sources.check_faults(root, texts))
    if not args.sources:
        for rule in binaries.RULES:
            good &= report(rule.__name__, rule(os.path.join(root, args.build)))
    return 0 if good else 1


if __name__ == '__main__':
    main()  # the exit code says only that lint ran; tools/test counts the lines
