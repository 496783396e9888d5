"""
Whole signing beside the official cold wallet's on one private chain: `airlock-signer sign` from
starting the program to its end (with a cheap key derivation: Argon2id's cost is chosen, not
measured), and sign_transfer of a running monero-wallet-rpc that has the spend key. Besides, the
greatest memory that each of our programs took.
"""
import os
import resource
import shutil
import statistics
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'integration'))

from airlock import Treasury  # pylint: disable=wrong-import-position
from regtest import Chain, UNLOCK, Wallet, XMR  # pylint: disable=wrong-import-position

PAYOUTS = {2: 1, 16: 15}


def cold_and_hot(chain, name):
    """An official wallet with the spend key and one of its view key, which plans for it."""
    cold = chain.wallet(name)
    address, view_key = cold.address(), cold.view_key()
    hot = Wallet(chain.folder, name + '-view', chain.node)
    chain.wallets.append(hot)
    hot.start()
    hot.rpc('generate_from_keys', filename=hot.file, address=address, viewkey=view_key,
            password='', restore_height=0)
    hot.rpc('auto_refresh', enable=False)
    return cold, hot


def tell_each_other(cold, hot):
    cold.refresh()
    hot.refresh()
    cold.rpc('import_outputs', outputs_data_hex=hot.rpc('export_outputs', all=True)['outputs_data_hex'])
    hot.rpc('import_key_images', signed_key_images=cold.rpc('export_key_images', all=True)
            ['signed_key_images'])


def official_once(cold, unsigned):
    start = time.monotonic()
    cold.rpc('sign_transfer', unsigned_txset=unsigned)
    return time.monotonic() - start


def ours_once(treasury, request):
    """On a copy of the vault, since the same request again would get the same reply."""
    vault = treasury.signer.folder
    kept = vault + '.kept'
    shutil.copytree(vault, kept)
    code = treasury.signer.inspect(request).json['code']
    start = time.monotonic()
    treasury.signer.run('sign', request, '--out', request + '.reply',
                        fds=[('--confirm-fd', code + '\n')])
    wall = time.monotonic() - start
    shutil.rmtree(vault)
    os.rename(kept, vault)
    os.remove(request + '.reply')
    return wall


def peak_mib(command):
    """The greatest resident memory of one run of a program: in a child that has no other child."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        code = 1
        try:
            command()
            code = 0
            os.write(writer, str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss).encode())
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as f:
        text = f.read()
    os.wait()
    return int(text) / 1024


def measure(rounds):
    """({outputs: (ours, official, ratio) in microseconds}, {program: MiB})"""
    with Chain() as chain:
        miner = chain.wallet('miner')
        chain.mine(160, miner.address())
        miner.refresh()
        treasury = Treasury(chain)
        cold, hot = cold_and_hot(chain, 'cold')
        payee = chain.wallet('payee')
        own = treasury.watcher.new_address()
        for _ in range(2):
            miner.pay([(own, 10 * XMR)] * 4 + [(cold.address(), 10 * XMR)] * 4)
        chain.mine(2 * UNLOCK, miner.address())
        treasury.watcher.sync()
        tell_each_other(cold, hot)
        figures = {}
        for outputs, payouts in PAYOUTS.items():
            # More than one output has, less than two have: two inputs.
            each = 12 * XMR // payouts
            to = [payee.new_address() for _ in range(payouts)]
            for i, address in enumerate(to):
                treasury.watcher.add(f"{outputs}-{i}", address, each)
            request = treasury.request()
            unsigned = hot.pay([(a, each) for a in to], do_not_relay=True)['unsigned_txset']
            inputs = cold.rpc('describe_transfer', unsigned_txset=unsigned)['desc'][0]
            assert inputs['amount_in'] == 20 * XMR, inputs
            pairs = []
            for _ in range(rounds):
                mine, theirs = ours_once(treasury, request), official_once(cold, unsigned)
                pairs.append((1e6 * mine, 1e6 * theirs, theirs / mine))
            figures[outputs] = [statistics.median(p[k] for p in pairs) for k in range(3)]
        peaks = {'airlock-signer': peak_mib(lambda: ours_once(treasury, request)),
                 'airlock-watcher': peak_mib(lambda: treasury.watcher.run('verify'))}
        return figures, peaks
