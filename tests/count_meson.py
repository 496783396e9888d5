"""
Prints "PASSED FAILED" from meson's testlog.json. A skipped test counts as neither; a log that is
missing (nothing ran) counts as one failure, so that a suite cannot vanish unseen.
"""
import json
import sys

GOOD = {'OK', 'EXPECTEDFAIL'}


def main():
    passed = failed = 0
    try:
        with open(sys.argv[1], encoding='utf-8') as log:
            for line in log:
                result = json.loads(line)['result']
                if result in GOOD:
                    passed += 1
                elif result != 'SKIP':
                    failed += 1
    except FileNotFoundError:
        failed = 1
    print(passed, failed)


main()
