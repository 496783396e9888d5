#!/usr/bin/python3
"""
Sync side by side: one view-only wallet, one regtest chain, `airlock-watcher sync` and the official
monero-wallet-rpc's refresh, taking turns, each from nothing. Every block pays one output; every
hundredth is ours.

    sync_race.py [--build FOLDER] [--outputs N] [--rounds N]

Prints the median seconds of both (wall clock, and the process's own processor time) and the ratio.
"""
import argparse
import os
import resource
import shutil
import statistics
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'integration'))

from airlock import Treasury  # noqa: E402 pylint: disable=C0413
from regtest import Chain, Wallet  # noqa: E402 pylint: disable=C0413

PART = 50  # blocks in one question to the node


def processor(pid):
    """Seconds of processor time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding='ascii') as f:
        fields = f.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def grow(chain, ours, others, outputs):
    while (have := chain.node.height()) < outputs:
        chain.mine(min(PART - 1, outputs - have), others)
        if chain.node.height() < outputs:
            chain.mine(1, ours)
        if sys.stderr.isatty() or have % 1000 < PART:
            print(f"\r{have} of {outputs}", end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)


def ours_once(treasury, round_number):
    folder = treasury.path(f"watcher-{round_number}")
    watcher = type(treasury.watcher)(folder, treasury.watcher.url)
    watcher.init(treasury.path('kit'))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    watcher.sync()
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = watcher.balance()[0]
    shutil.rmtree(folder)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, total


def official_once(chain, address, view_key, round_number):
    wallet = Wallet(chain.folder, f"view-{round_number}", chain.node)
    wallet.start()
    try:
        wallet.rpc('generate_from_keys', filename=wallet.file, address=address, viewkey=view_key,
                   password='', restore_height=0)
        wallet.rpc('auto_refresh', enable=False)
        before, start = processor(wallet.process.pid), time.monotonic()
        wallet.rpc('refresh', start_height=0)
        wall = time.monotonic() - start
        return wall, processor(wallet.process.pid) - before, wallet.rpc('get_balance')['balance']
    finally:
        wallet.stop()


def main():
    parser = argparse.ArgumentParser(description='Sync side by side with the official wallet.')
    parser.add_argument('--build', default=os.path.join(ROOT, 'build'))
    parser.add_argument('--outputs', type=int, default=20000)
    parser.add_argument('--rounds', type=int, default=3)
    args = parser.parse_args()
    os.environ['AIRLOCK_BUILD'] = os.path.abspath(args.build)
    with Chain() as chain:
        treasury = Treasury(chain)
        keys = chain.wallet('keys', treasury.words)
        address, view_key = keys.address(), keys.view_key()
        keys.stop()
        others = chain.wallet('others').address()
        grow(chain, address, others, args.outputs)
        ours, official = [], []
        for i in range(args.rounds):
            ours.append(ours_once(treasury, i))
            official.append(official_once(chain, address, view_key, i))
            assert ours[-1][2] == official[-1][2], 'the balances differ'
        rows = [[statistics.median(r[k] for r in runs) for k in (0, 1)] for runs in (ours, official)]
        print(f"{chain.node.height()} outputs, median of {args.rounds}, {os.cpu_count()} cores")
        print(f"airlock-watcher sync        {rows[0][0]:8.2f} s wall {rows[0][1]:8.2f} s processor")
        print(f"monero-wallet-rpc refresh   {rows[1][0]:8.2f} s wall {rows[1][1]:8.2f} s processor")
        print(f"ratio                       {rows[1][0] / rows[0][0]:8.2f}   "
              f"     {rows[1][1] / rows[0][1]:8.2f}")
    return 0


if __name__ == '__main__':
    sys.exit(main())
