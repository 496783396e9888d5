"""
The signer's builder alone against a real node: no store, message or policy in between, so a fault
found here is the builder's.
"""
import os
import subprocess

from airlock import program
from regtest import Chain, UNLOCK, XMR

RING = 16
FEE = XMR // 100


def native():
    build = os.path.dirname(os.path.dirname(program('airlock-signer')))
    return os.path.join(build, 'tests', 'integration', 'native')


def ring_of(chain, index):
    """Sixteen unlocked outputs, the one of this global index among them, rising."""
    others = [i for i in range(1, 2 * RING) if i != index]  # coinbase, old enough
    chosen = sorted(others[:RING - 1] + [index])
    answer = chain.node.post('/get_outs', {'outputs': [{'amount': 0, 'index': i} for i in chosen]})
    return [(i, out['key'], out['mask']) for i, out in zip(chosen, answer['outs'])]


def build(chain, wallet, outputs, destinations, change=(0, 1), fee=FEE, tx_key=None):
    """Builds from the wallet's own outputs; returns id, weight foreseen, keys and blob."""
    lines = [f"keys {wallet.rpc('query_key', key_type='spend_key')['key']} {wallet.view_key()}"]
    for out in outputs:
        blob = chain.node.transactions([out['tx_hash']])[0]
        # A node gives the whole blob, or the pruned one and the rest apart.
        blob = blob['as_hex'] or blob['pruned_as_hex'] + blob['prunable_as_hex']
        lines.append(f"in {out['pubkey']} {blob}")
        lines += [f"ring {i} {key} {mask}" for i, key, mask in ring_of(chain, out['global_index'])]
    lines += [f"pay {address} {amount}" for address, amount in destinations]
    lines += [f"fee {fee}", f"change {change[0]} {change[1]}"]
    lines += [f"txkey {tx_key}"] if tx_key else []
    return native_build(lines)


def native_build(lines):
    """The transaction of such lines (native.c): id, weight foreseen, keys and blob."""
    result = subprocess.run([native()], input='\n'.join(lines) + '\n', capture_output=True,
                            text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    txid, weight, keys, blob = result.stdout.split()
    return txid, int(weight), keys, blob


def accepted(chain, txid, weight, blob, miner):
    """The node takes it, agrees on id and weight, and mines it."""
    answer = chain.node.submit(blob)
    assert answer['status'] == 'OK', answer
    pool = chain.node.post('/get_transaction_pool', {})['transactions']
    assert [(tx['id_hash'], tx['weight']) for tx in pool] == [(txid, weight)]
    chain.mine(1, miner.address())
    assert not chain.node.transactions([txid])[0]['in_pool']


def unspent(wallet, account=None):
    """Outputs to spend, of one account or of all, those of subaddresses first."""
    found = [out for out in wallet.refresh().outputs('available')
             if account in (None, out['subaddr_index']['major'])]
    found.sort(key=lambda out: (out['subaddr_index']['major'], out['subaddr_index']['minor']))
    return found[::-1]


def scenario_the_node_accepts_what_is_built():
    with Chain() as chain:
        ours, miner, payee = (chain.wallet(n) for n in ('ours', 'miner', 'payee'))
        chain.mine(95, miner.address())
        miner.refresh()
        _, second = ours.new_account()
        mine = [ours.address(), ours.new_address(), second]
        for _ in range(3):
            miner.pay([(a, 3 * XMR) for a in mine])
        chain.mine(UNLOCK, miner.address())
        chain.mine(1, ours.address())  # coinbase of ours, spent at the end
        sub, (integrated, payment_id) = payee.new_address(), payee.integrated()
        _, account_address = payee.new_account()
        standard = payee.address()
        several = [(standard, XMR), (sub, XMR + 1), (account_address, XMR + 2)]
        cases = [
            # inputs and their account (None: any), destinations, change account and outputs; change
            # may stay in an account only when all inputs are of it
            (1, 0, [(standard, XMR)], (0, 1)),
            (2, 0, [(sub, XMR)], (0, 1)),
            (1, 1, [(integrated, XMR)], (1, 1)),
            (2, None, several, (0, 1)),
            (2, 0, [(sub, XMR), (sub, XMR + 7)], (0, 3)),
            (1, 1, [(a, n // 20) for a, n in several * 5], (1, 1)),
        ]
        for n_in, account, destinations, change in cases:
            outputs = unspent(ours, account)[:n_in]
            assert len(outputs) == n_in
            before = ours.balance()[0], payee.balance()[0]
            txid, weight, keys, blob = build(chain, ours, outputs, destinations, change)
            accepted(chain, txid, weight, blob, miner)
            paid = sum(n for _, n in destinations)
            assert payee.balance()[0] == before[1] + paid
            # The official wallet finds its change and sees its inputs spent.
            assert ours.balance()[0] == before[0] - paid - FEE
            address, amount = destinations[0]
            if address == integrated:
                found = payee.rpc('get_payments', payment_id=payment_id)['payments']
                assert [p['amount'] for p in found] == [amount]
                address = standard
            total = sum(n for a, n in destinations if a == address) or amount
            assert payee.check_tx_key(txid, keys, address)['received'] == total
            # The same outputs again: the key images are the network's.
            again = build(chain, ours, outputs, destinations, change)
            answer = chain.node.submit(again[3])
            assert answer['status'] == 'Failed' and answer['double_spend'], answer
            chain.mine(UNLOCK, miner.address())

        chain.mine(60, miner.address())
        coinbase = [out for out in unspent(ours) if out['amount'] > 20 * XMR]
        txid, weight, _, blob = build(chain, ours, coinbase[:1], [(sub, XMR)])
        accepted(chain, txid, weight, blob, miner)


def scenario_the_node_refuses_what_was_changed():
    """One bit anywhere in what is signed or proven is enough; so the node does check ours."""
    with Chain() as chain:
        ours, miner = chain.wallet('ours'), chain.wallet('miner')
        chain.mine(95, miner.address())
        miner.refresh().pay([(ours.address(), 3 * XMR)])
        chain.mine(UNLOCK, miner.address())
        txid, weight, _, blob = build(chain, ours, unspent(ours)[:1], [(miner.address(), XMR)])
        size = len(blob) // 2
        for at in (size - 1, size - 40, size - 100, size // 2, 120):
            bytes_ = bytearray.fromhex(blob)
            bytes_[at] ^= 1
            answer = chain.node.submit(bytes_.hex())
            assert answer['status'] == 'Failed', at
        accepted(chain, txid, weight, blob, miner)
