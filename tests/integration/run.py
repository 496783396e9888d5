#!/usr/bin/python3
"""
Runs the integration scenarios: every function scenario_* of tests/integration/test_*.py, each
with programs, folder and chain of its own, a few at a time.

    run.py [--build FOLDER] [--jobs N] [--list] [NAME...]     NAME: part of a scenario's name

The last line is "integration: N passed, N failed"; the exit code is 0 when none failed.
"""
import argparse
import importlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
SCENARIO_SECONDS = 900


def scenarios():
    """Names "module.function" of every scenario: functions scenario_* of the modules test_*."""
    names = []
    for file in sorted(os.listdir(HERE)):
        if file.startswith('test_') and file.endswith('.py'):
            module = importlib.import_module(file[:-3])
            names += [f"{file[:-3]}.{name}" for name in vars(module) if name.startswith('scenario_')]
    return names


def run_one(name, build):
    """In a process of its own, so that what one breaks the others do not notice."""
    started = time.monotonic()
    environment = dict(os.environ, AIRLOCK_BUILD=build, PYTHONDONTWRITEBYTECODE='1', LC_ALL='C.UTF-8')
    try:
        result = subprocess.run([sys.executable, os.path.abspath(__file__), '--one', name],
                                env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=SCENARIO_SECONDS, check=False)
        code, text = result.returncode, result.stdout + result.stderr
    except subprocess.TimeoutExpired as late:
        code, text = 1, f"took longer than {SCENARIO_SECONDS} s\n{late.stdout or ''}{late.stderr or ''}"
    return name, code == 0, time.monotonic() - started, text


def main():
    parser = argparse.ArgumentParser(description='Runs the integration scenarios.')
    parser.add_argument('names', nargs='*', help='part of the name of the scenarios to run')
    parser.add_argument('--build', default=os.path.join(ROOT, 'build'))
    # A scenario waits now and then: one more of them than processors keeps those busy.
    parser.add_argument('--jobs', type=int, default=(os.cpu_count() or 2) + 1)
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--one', help=argparse.SUPPRESS)
    args = parser.parse_args()

    if args.one:
        module, function = args.one.split('.')
        getattr(importlib.import_module(module), function)()
        return 0
    names = [n for n in scenarios() if not args.names or any(part in n for part in args.names)]
    if args.list:
        print('\n'.join(names))
        return 0

    passed = failed = 0
    build = os.path.abspath(args.build)
    with ThreadPoolExecutor(args.jobs) as pool:
        for name, good, seconds, text in pool.map(lambda n: run_one(n, build), names):
            print(f"{'ok' if good else 'FAILED'} {name} ({seconds:.0f} s)", flush=True)
            if good:
                passed += 1
                for line in text.splitlines():
                    if line.startswith('skipped'):
                        print('    ' + line, flush=True)
            else:
                failed += 1
                print('    ' + '\n    '.join(text.strip().splitlines()[-60:]), flush=True)
    print(f"integration: {passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == '__main__':
    sys.exit(main())
