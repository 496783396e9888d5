"""
The chain to race on, made once and kept with the prepared wallets (see prepared.py): blocks of one
coinbase output each, and for each block one transaction of 16 outputs to 15 wallets and change. One
output in a hundred is ours, on subaddresses and, of the coinbases, on the primary one.

The transactions are signed by the builder alone (native.c), each from one coinbase: the official
wallet takes half a second to prove one, and what they look like is the same.
"""
from concurrent.futures import ThreadPoolExecutor
import json
import os
import random
import shutil
import sys

import prepared
from airlock import Signer
from regtest import COINBASE_UNLOCK, Node, Wallet, XMR, made_wallet
from test_native import FEE, RING, native_build

TOGETHER = 20  # transactions in one block; the blocks after it have none, until as many are mined
PAID = 15  # beside the change
EACH = XMR // 100
OURS_EVERY = 6  # transactions: one of theirs and one of ours
OURS_COINBASE_EVERY = 5  # runs of blocks
ADDRESSES = 50  # of ours, paid in turn


class Making:
    """The node, who is paid, and who pays."""

    def __init__(self, folder, wallets):
        self.node = Node(folder, 'chain').start()
        self.wallets = []
        self.ours = self.wallet(folder, 'ours', wallets[0])
        self.payer = self.wallet(folder, 'payer', wallets[1])
        self.strangers = []
        for i in range(PAID):
            signer = Signer(os.path.join(folder, f"stranger-{i}"))
            signer.init()
            self.strangers.append(signer.run('status', '--json').json['address'])
        with open(os.path.join(folder, 'keys.json'), 'w', encoding='ascii') as f:
            json.dump({'words': self.ours.words(), 'address': self.ours.address(),
                       'view_key': self.ours.view_key()}, f)
        self.subaddresses = [self.ours.new_address() for _ in range(ADDRESSES)]
        self.keys = (self.payer.rpc('query_key', key_type='spend_key')['key'],
                     self.payer.view_key())
        self.coinbases = []  # of the payer, as (global index, key, commitment, blob)
        self.random = random.Random(1)
        self.outputs = 1
        self.paid = 0

    def wallet(self, folder, name, files):
        wallet = Wallet(folder, name, self.node)
        self.wallets.append(wallet)
        wallet.start()
        return wallet.open(made=files)

    def stop(self):
        for server in self.wallets + [self.node]:
            server.stop()

    def mine(self, count, ours=False):
        """Blocks; the coinbases of the payer's can be spent later."""
        hashes = self.node.mine_now(count, (self.ours if ours else self.payer).address())
        blocks = [self.node.rpc('get_block', hash=h) for h in hashes]
        found = self.node.transactions([b['miner_tx_hash'] for b in blocks])
        self.outputs += count + sum((PAID + 1) * len(b.get('tx_hashes', [])) for b in blocks)
        if ours:
            return
        indices = [tx['output_indices'][0] for tx in found]
        outs = self.node.post('/get_outs', {'outputs': [{'amount': 0, 'index': i}
                                                        for i in indices]})['outs']
        for index, out, tx in zip(indices, outs, found):
            blob = tx['as_hex'] or tx['pruned_as_hex'] + tx['prunable_as_hex']
            self.coinbases.append((index, out['key'], out['mask'], blob))

    def pay(self, coinbase, number, ring):
        """One transaction from one coinbase."""
        _, key, _, blob = coinbase
        to = list(self.strangers)
        if number % OURS_EVERY == 0:
            to[0] = self.subaddresses[number // OURS_EVERY % ADDRESSES]
        lines = ['keys ' + ' '.join(self.keys), f"in {key} {blob}"]
        lines += [f"ring {i} {key} {mask}" for i, key, mask, _ in sorted(ring)]
        lines += [f"pay {address} {EACH}" for address in to]
        signed = native_build(lines + [f"fee {FEE}", 'change 0 1'])[3]
        answer = self.node.post('/send_raw_transaction', {
            'tx_as_hex': signed, 'do_not_relay': False, 'do_sanity_checks': False})
        assert answer['status'] == 'OK', answer

    def run(self, pool):
        """Transactions, and as many blocks. All coinbases but the newest can be spent by now."""
        ripe = self.coinbases[:len(self.coinbases) - COINBASE_UNLOCK]
        jobs = []
        for _ in range(TOGETHER):
            own = ripe[self.paid]
            others = [c for c in ripe if c is not own]
            jobs.append((own, self.paid, [own] + self.random.sample(others, RING - 1)))
            self.paid += 1
        list(pool.map(lambda job: self.pay(*job), jobs))
        self.node.settle()
        ours = self.paid // TOGETHER % OURS_COINBASE_EVERY == 0
        self.mine(TOGETHER - ours)
        if ours:
            self.mine(1, ours=True)


def make(folder, outputs, wallets):
    making = Making(folder, wallets)
    try:
        making.mine(COINBASE_UNLOCK + 2 * TOGETHER)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            while making.outputs < outputs:
                making.run(pool)
                print(f"\r{making.outputs} of {outputs} outputs", end='', file=sys.stderr,
                      flush=True)
        print(file=sys.stderr)
    finally:
        making.stop()
    for name in os.listdir(folder):
        if name not in ('chain', 'keys.json'):
            path = os.path.join(folder, name)
            (shutil.rmtree if os.path.isdir(path) else os.remove)(path)


def made(outputs):
    """A folder with the node's data in `chain`, and in `keys.json` the wallet to look for."""
    wallets = [made_wallet(i) for i in range(2)]
    return prepared.have(f"race-{outputs}", lambda folder: make(folder, outputs, wallets))
