"""
Payouts of every kind on a real chain, each seen exactly by its recipient's official wallet, and by
the official wallet restored from our own words.
"""
from airlock import FAILED, POLICY, Treasury
from daemon import Daemon, until
from regtest import Chain, UNLOCK, XMR


def funded(chain, name, outputs, amount, policy=POLICY):
    """A treasury with this many ordinary, unlocked outputs, and the wallet that paid them."""
    payer = chain.wallet('payer-' + name)
    # With fewer outputs on the chain the official wallet can search for decoys without end.
    chain.mine(160, payer.address())
    payer.refresh()
    treasury = Treasury(chain, name, policy=policy)
    address = treasury.watcher.new_address()
    while outputs > 0:
        part = min(outputs, 15)
        payer.pay([(address, amount)] * part)
        outputs -= part
    chain.mine(UNLOCK, payer.address())
    treasury.watcher.sync()
    return treasury, payer


def confirm(chain, treasury, miner, blocks=1):
    """Mines what is in the pool, all of it, and lets the watcher see it."""
    chain.mine(blocks, miner.address())
    assert chain.node.pool() == []
    treasury.watcher.sync()


def all_mined(chain, transactions):
    for tx in chain.node.transactions([t['txid'] for t in transactions]):
        assert tx is not None and not tx['in_pool']


def agree_with_restored(chain, treasury, name='restored'):
    """The official wallet of the same words sees our spends and has our balance."""
    witness = chain.wallet(name, words=treasury.words)
    treasury.watcher.sync()
    assert treasury.watcher.balance()[:2] == witness.balance()
    return witness


def proved(payee, transactions, payout, address, amount):
    """check_tx_key with the keys that our signer returned; additional keys follow the first."""
    for tx in transactions:
        if payout in tx['payouts']:
            key = ''.join(tx['keys'])
            assert payee.check_tx_key(tx['txid'], key, address)['received'] == amount
            return
    raise AssertionError(f"payout {payout} is in no transaction")


def scenario_every_kind_of_address():
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 12, 4 * XMR)
        standard, sub, integrated = (chain.wallet(n) for n in ('standard', 'sub', 'integrated'))
        account, account_address = sub.new_account()
        sub_addresses = [sub.new_address(account) for _ in range(3)]
        integrated_address, payment_id = integrated.integrated()

        # One at a time: a standard address, a subaddress, an integrated address, ourselves.
        before = treasury.watcher.balance()[0]
        single = [('standard', standard.address(), XMR + 1), ('sub', account_address, XMR + 2),
                  ('integrated', integrated_address, XMR + 3)]
        fees = 0
        for payout, address, amount in single:
            done = treasury.pay({payout: (address, amount)})
            assert len(done) == 1
            fees += done[0]['fee']
            confirm(chain, treasury, payer)
            all_mined(chain, done)
            # An integrated address is proven by the standard one inside it.
            at = integrated.address() if payout == 'integrated' else address
            proved(standard, done, payout, at, amount)
        assert standard.balance()[0] == XMR + 1
        assert sub.balance(account)[0] == XMR + 2
        assert integrated.balance()[0] == XMR + 3
        paid = integrated.rpc('get_payments', payment_id=payment_id)['payments']
        assert [p['amount'] for p in paid] == [XMR + 3]
        assert treasury.watcher.balance()[0] == before - 3 * XMR - 6 - fees

        # To ourselves: only the fee is gone.
        confirm(chain, treasury, payer, UNLOCK)
        before = treasury.watcher.balance()[0]
        done = treasury.pay({'self': (treasury.watcher.new_address(), XMR)})
        confirm(chain, treasury, payer)
        assert treasury.watcher.balance()[0] == before - done[0]['fee']

        # Several subaddresses and a standard address in one transaction.
        batch = {f"several-{i}": (a, XMR // 5 + i) for i, a in enumerate(sub_addresses)}
        batch['several-standard'] = (standard.address(), XMR // 7)
        done = treasury.pay(batch)
        assert len(done) == 1
        confirm(chain, treasury, payer)
        for payout, (address, amount) in batch.items():
            proved(standard, done, payout, address, amount)
        assert sub.balance(account)[0] == XMR + 2 + 3 * (XMR // 5) + 3
        assert standard.balance()[0] == XMR + 1 + XMR // 7

        chain.mine(UNLOCK, payer.address())
        agree_with_restored(chain, treasury)
        states = set(treasury.watcher.payouts().values())
        assert states == {'confirmed'}, states


def scenario_fifteen_at_once():
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 4, 10 * XMR)
        payee = chain.wallet('payee')
        accounts = [payee.new_account() for _ in range(5)]
        addresses = [payee.new_address(n) for n, _ in accounts for _ in range(3)]
        batch = {f"p{i:02}": (a, XMR // 2 + i) for i, a in enumerate(addresses)}
        done = treasury.pay(batch)
        assert len(done) == 1, 'fifteen payouts and change are one transaction'
        confirm(chain, treasury, payer)
        assert payee.balance()[0] == 15 * (XMR // 2) + sum(range(15))
        for payout, (address, amount) in list(batch.items())[::7]:
            proved(payee, done, payout, address, amount)

        # Twenty are two transactions in one request.
        chain.mine(UNLOCK, payer.address())
        treasury.watcher.sync()
        batch = {f"q{i:02}": (payee.new_address(), XMR // 10) for i in range(20)}
        done = treasury.pay(batch)
        assert len(done) == 2
        confirm(chain, treasury, payer)
        assert payee.balance()[0] == 15 * (XMR // 2) + sum(range(15)) + 2 * XMR
        chain.mine(UNLOCK, payer.address())
        agree_with_restored(chain, treasury)


def scenario_forty_inputs():
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 45, XMR // 10)
        payee = chain.wallet('payee')
        done = treasury.pay({'many': (payee.address(), 41 * XMR // 10)})
        assert len(done) == 1
        confirm(chain, treasury, payer)
        tx = chain.node.transactions([done[0]['txid']])[0]
        assert tx['as_json'].count('"k_image"') >= 40
        assert payee.balance()[0] == 41 * XMR // 10
        chain.mine(UNLOCK, payer.address())
        agree_with_restored(chain, treasury)


def scenario_spending_coinbase():
    with Chain() as chain:
        treasury = Treasury(chain)
        payee = chain.wallet('payee')
        chain.mine(2, treasury.watcher.address())
        chain.mine(57, payee.address())
        treasury.watcher.sync()
        total, unlocked, _ = treasury.watcher.balance()
        assert total > 60 * XMR and unlocked == 0, 'coinbase unlocked before its time'
        treasury.watcher.add('early', payee.address(), XMR)
        treasury.watcher.build(treasury.path('early'), code=FAILED)
        chain.mine(20, payee.address())
        treasury.watcher.sync()
        assert treasury.watcher.balance()[1] == total
        done = treasury.send(treasury.request())
        confirm(chain, treasury, payee)
        assert payee.received(done[0]['txid']) == XMR
        # Coinbase and an ordinary output (our change) in one transaction.
        chain.mine(UNLOCK, payee.address())
        treasury.watcher.sync()
        total = treasury.watcher.balance()[0]
        done = treasury.pay({'both': (payee.address(), total - XMR)})
        chain.mine(1, payee.address())
        assert payee.received(done[0]['txid']) == total - XMR
        chain.mine(UNLOCK, payee.address())
        agree_with_restored(chain, treasury)


def scenario_dropped_from_the_pool():
    """The node forgets a payout twice: it is sent again as the same bytes, and paid once."""
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 1, 2 * XMR)
        watcher, node, payee = treasury.watcher, chain.node, chain.wallet('payee')

        def waiting():
            found = node.transactions(node.pool())
            return [(tx['tx_hash'], tx['as_hex']) for tx in found]

        done = treasury.pay({'p': (payee.address(), XMR)})
        sent = waiting()
        assert [txid for txid, _ in sent] == [done[0]['txid']] and sent[0][1]
        node.flush_pool()
        assert waiting() == []
        watcher.broadcast()
        assert waiting() == sent
        # `run` looks for it with each block.
        node.flush_pool()
        with Daemon(watcher) as daemon:
            chain.mine(1, payer.address())
            until('it is there again', lambda: waiting() == sent)
            chain.mine(UNLOCK, payer.address())
            until('confirmed', lambda: watcher.payouts() == {'p': 'confirmed'})
            assert waiting() == []
            assert daemon.stop() < 1
        assert payee.balance()[0] == XMR
        kinds = [e['kind'] for _, e in watcher.events()]
        assert kinds.count('transaction_broadcast') == 1
