"""A reorganisation while deposits and a payout are in flight: nothing lost, nothing double."""
import json

from airlock import Treasury
from regtest import Chain, UNLOCK, XMR
from test_payouts import agree_with_restored, funded


def scenario_reorg():
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 3, 5 * XMR)
        payee = chain.wallet('payee')
        watcher = treasury.watcher
        start = watcher.balance()[0]

        # In flight: two deposits in one block, a payout in the next.
        address = watcher.new_address()
        kept = payer.pay([(address, XMR)])
        lost = payer.pay([(address, 2 * XMR)])
        chain.mine(1, payer.address())
        watcher.sync()
        assert watcher.balance()[0] == start + 3 * XMR
        done = treasury.pay({'flying': (payee.address(), XMR + 9)})
        chain.mine(1, payer.address())
        watcher.sync()
        after = start + 3 * XMR - (XMR + 9) - done[0]['fee']
        assert watcher.balance()[0] == after

        # The branch is replaced by a longer one in which nothing of it was mined.
        chain.node.pop(2)
        chain.node.flush_pool()
        chain.mine(3, payer.address())
        watcher.sync()
        total = watcher.balance()[0]
        assert total == start, f"after the reorg {total}, before the deposits {start}"
        assert payee.balance()[0] == 0
        states = {d[0]: d[4] for d in watcher.deposits()}
        assert kept['tx_hash'] not in states or states[kept['tx_hash']] == 'reversed'

        # One deposit comes back and is credited once; the payout goes out again as the same bytes.
        chain.node.submit(kept['tx_blob'])
        assert chain.node.pool() == [kept['tx_hash']]
        chain.mine(1, payer.address())
        watcher.sync()
        assert watcher.balance()[0] == start + XMR
        watcher.broadcast()
        assert chain.node.pool() == [done[0]['txid']]
        chain.mine(1, payer.address())
        watcher.sync()
        watcher.broadcast()
        assert chain.node.pool() == [], 'a mined payout was broadcast again'
        assert payee.balance()[0] == XMR + 9
        assert watcher.balance()[0] == start + XMR - (XMR + 9) - done[0]['fee']
        credits = [d for d in watcher.deposits()
                   if d[0] in (kept['tx_hash'], lost['tx_hash']) and d[4] != 'reversed']
        assert [d[0] for d in credits] == [kept['tx_hash']], credits

        # A deeper one that brings the same transactions in other blocks. Right after the fall the
        # payout's ring may be a block too young, which a node holds against it until it is sent anew.
        chain.node.pop(UNLOCK // 2)
        chain.node.flush_pool()
        chain.mine(2, payer.address())
        chain.node.post('/send_raw_transaction', {'tx_as_hex': kept['tx_blob']})
        watcher.sync()
        watcher.broadcast()
        assert set(chain.node.pool()) == {kept['tx_hash'], done[0]['txid']}
        chain.mine(UNLOCK - 2, payer.address())
        watcher.sync()
        assert watcher.balance()[0] == start + XMR - (XMR + 9) - done[0]['fee']
        chain.mine(UNLOCK, payer.address())
        agree_with_restored(chain, treasury)
        assert payee.balance()[0] == XMR + 9
        assert watcher.payouts() == {'flying': 'confirmed'}


def scenario_restart_from_nothing():
    """A watcher that starts over on the same chain comes to the same list and balance of deposits."""
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 5, XMR)
        again = Treasury(chain, 'again', words=treasury.words)
        again.watcher.sync()
        assert again.watcher.outputs() == treasury.watcher.outputs()
        assert again.watcher.balance() == treasury.watcher.balance()
        chain.node.pop(UNLOCK + 3)
        chain.node.flush_pool()
        chain.mine(UNLOCK + 4, payer.address())
        for each in (treasury, again):
            each.watcher.sync()
            assert each.watcher.balance() == (0, 0, 0)


def scenario_ring_members_vanish():
    """
    A signed payout whose ring members a reorganisation took: no node ever takes it again, and what
    replaces it spends one of the same outputs.
    """
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 3, 5 * XMR)
        watcher = treasury.watcher
        payee = chain.wallet('payee')
        # Outputs that only this branch has, old enough to be decoys.
        payer.refresh()
        for _ in range(8):
            payer.pay([(payer.address(), XMR // 100)] * 15)
        chain.mine(UNLOCK + 3, payer.address())
        watcher.sync()
        first = treasury.pay({'once': (payee.address(), XMR)})[0]['txid']
        made = chain.node.transactions([first])[0]
        assert made['in_pool']

        chain.node.pop(UNLOCK + 3)
        chain.node.flush_pool()
        chain.mine(UNLOCK + 4, payer.address())
        answer = chain.node.submit(made['as_hex'])
        assert answer['status'] != 'OK', answer
        watcher.sync()
        invalid = [e['txid'] for _, e in watcher.events() if e['kind'] == 'transaction_invalid']
        assert invalid == [first], invalid
        assert watcher.payouts() == {'once': 'queued'}
        watcher.broadcast()
        assert chain.node.pool() == []

        second = treasury.send(treasury.request())[0]['txid']
        again = chain.node.transactions([second])[0]
        images = [{i['key']['k_image'] for i in json.loads(tx['as_json'])['vin']}
                  for tx in (made, again)]
        assert images[0] & images[1], 'both could have been mined'
        chain.mine(UNLOCK, payer.address())
        watcher.sync()
        assert watcher.payouts() == {'once': 'confirmed'}
        assert payee.balance()[0] == XMR
