#!/usr/bin/python3
"""
Sync side by side: one view-only wallet, one regtest chain (race_chain.py), `airlock-watcher sync`
and the official monero-wallet-rpc's refresh, taking turns, each from nothing, and both found the
same.

    sync_race.py [--build FOLDER] [--outputs N] [--rounds N]

Prints the median seconds of both (wall clock, and the process's own processor time), the ratio, and
the watcher's greatest memory.
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'integration'))

import race_chain  # noqa: E402 pylint: disable=C0413
from airlock import Treasury  # noqa: E402 pylint: disable=C0413
from regtest import Chain, Wallet, made_wallet  # noqa: E402 pylint: disable=C0413
from whole_signing import peak_mib  # noqa: E402 pylint: disable=C0413


def processor(pid):
    """Seconds of processor time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding='ascii') as f:
        fields = f.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


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


def official_once(chain, keys, round_number):
    wallet = Wallet(chain.folder, f"view-{round_number}", chain.node)
    wallet.start()
    try:
        # The server refreshes a wallet that it opens by itself, until an open one is told not to.
        wallet.open(made=made_wallet(0))
        wallet.rpc('generate_from_keys', filename=wallet.file + '-only', address=keys['address'],
                   viewkey=keys['view_key'], password='', restore_height=0)
        before, start = processor(wallet.process.pid), time.monotonic()
        fetched = wallet.rpc('refresh', start_height=0)['blocks_fetched']
        wall = time.monotonic() - start
        used = processor(wallet.process.pid) - before
        assert fetched >= chain.node.height() - 1, f"{fetched} blocks fetched in the race"
        return wall, used, wallet.rpc('get_balance')['balance']
    finally:
        wallet.stop()


def main():
    parser = argparse.ArgumentParser(description='Sync side by side with the official wallet.')
    parser.add_argument('--build', default=os.path.join(ROOT, 'build'))
    parser.add_argument('--outputs', type=int, default=20000)
    parser.add_argument('--rounds', type=int, default=3)
    args = parser.parse_args()
    os.environ['AIRLOCK_BUILD'] = os.path.abspath(args.build)
    made = race_chain.made(args.outputs)
    with open(os.path.join(made, 'keys.json'), encoding='ascii') as f:
        keys = json.load(f)
    with Chain() as chain:
        chain.node.take(os.path.join(made, 'chain'))
        # A block of now: a node without is a sick one.
        chain.mine(1, keys['address'])
        treasury = Treasury(chain, words=keys['words'])
        ours, official = [], []
        for i in range(args.rounds):
            ours.append(ours_once(treasury, i))
            official.append(official_once(chain, keys, i))
            assert ours[-1][2] == official[-1][2], 'the balances differ'
        rows = [[statistics.median(r[k] for r in runs) for k in (0, 1)] for runs in (ours, official)]
        print(f"{args.outputs} outputs in {chain.node.height()} blocks, median of {args.rounds}, "
              f"{os.cpu_count()} cores")
        print(f"airlock-watcher sync        {rows[0][0]:8.2f} s wall {rows[0][1]:8.2f} s processor")
        print(f"monero-wallet-rpc refresh   {rows[1][0]:8.2f} s wall {rows[1][1]:8.2f} s processor")
        print(f"ratio                       {rows[1][0] / rows[0][0]:8.2f}   "
              f"     {rows[1][1] / rows[0][1]:8.2f}")
        peak = peak_mib(lambda: ours_once(treasury, 'peak'))
        print(f"greatest memory of the watcher {peak:.1f} MiB")
    return 0


if __name__ == '__main__':
    sys.exit(main())
