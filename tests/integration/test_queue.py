"""
The queue of payouts on a real chain: files of many, order and time, requests that are lost and turn
up again, change in parts.
"""
import os

from airlock import DONE, FAILED, NODE, POLICY, Treasury, USAGE
from daemon import Daemon, until
from regtest import Chain, UNLOCK, XMR
from test_payouts import confirm, funded
from test_run import configure

STAGENET = ('54eRDpqge8XebVdZxc9Nnaj1uU6tjwphK6ydD3bVF9tz8Djum1dEfp5VePDvXyjtZw2F8ys4sVQTwHKLBWYyPDTg'
            '7HH1L3X')


def queue(treasury, text, code=DONE):
    path = treasury.path('payouts.csv')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    return treasury.watcher.run('payout', 'import', path, '--json', code=code)


def scenario_lost_requests():
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 6, 2 * XMR)
        watcher, signer = treasury.watcher, treasury.signer
        payee = chain.wallet('payee')
        to = payee.address()

        # A file of many: all or none.
        good = f"id,amount,address,priority,reference\n" \
               f"a,2.5,{to},normal,\"one, two\"\nb,0.25,{to},high,\n"
        bad = queue(treasury, good + f"c,1,{to[:-1]},low,\n", code=USAGE)
        assert 'line 4, address' in bad.err, bad.err
        assert watcher.payouts() == {}
        assert queue(treasury, good).json['queued'] == 2
        assert queue(treasury, good).json['known'] == 2
        assert queue(treasury, good.replace('2.5', '2.6'), code=FAILED).err.count('line 2') == 1

        # Lost on the way back: asked for again, in conflict; both are signed, one can be mined.
        first = treasury.request()
        watcher.run('request', 'cancel', '1')
        assert watcher.payouts() == {'a': 'queued', 'b': 'queued'}
        watcher.run('payout', 'cancel', 'a', code=FAILED)
        second = treasury.request()
        signer.sign(first, first + '.reply')
        signer.sign(second, second + '.reply')
        watcher.take(second + '.reply')
        watcher.broadcast()
        late = watcher.take(first + '.reply')
        assert len(late) == 1, 'the late reply is taken'
        watcher.broadcast(code=NODE)  # the pool has the other one
        confirm(chain, treasury, payer)
        assert payee.balance()[0] == 11 * XMR // 4
        assert set(watcher.payouts().values()) == {'in_block'}
        watcher.broadcast()

        # Lost, and back before it is asked for again: paid by that, and once.
        queue(treasury, f"id,address,amount\nc,{to},0.5\n")
        third = treasury.request()
        signer.sign(third, third + '.reply')
        watcher.run('request', 'cancel', '3')
        assert watcher.payouts()['c'] == 'queued'
        watcher.take(third + '.reply')
        assert watcher.payouts()['c'] == 'signed'
        watcher.build(treasury.path('nothing'), code=FAILED)
        watcher.broadcast()
        confirm(chain, treasury, payer, UNLOCK)
        assert payee.balance()[0] == 13 * XMR // 4
        assert set(watcher.payouts().values()) == {'confirmed'}
        watcher.run('verify')
        watcher.run('status')


def scenario_change_in_parts():
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 1, 5 * XMR)
        treasury.watcher.set(change_outputs=4, change_least='0.5')
        payee = chain.wallet('payee')
        confirm(chain, treasury, payer)  # a template may be older than the deposit
        assert treasury.watcher.status()['payable']['outputs_now'] == 1
        treasury.pay({'a': (payee.address(), XMR)})
        soon = treasury.watcher.status()['payable']
        assert soon['now_atomic'] == soon['in_10_blocks_atomic'] == 0
        assert 39 * XMR // 10 < soon['in_60_blocks_atomic'] < 4 * XMR
        confirm(chain, treasury, payer)
        soon = treasury.watcher.status()['payable']
        assert soon['now_atomic'] == 0 and 39 * XMR // 10 < soon['in_10_blocks_atomic'] < 4 * XMR
        chain.mine(UNLOCK, payer.address())
        treasury.watcher.sync()
        assert treasury.watcher.status()['payable']['outputs_now'] == 4
        # Two payouts at once without waiting for each other's change.
        treasury.pay({'b': (payee.address(), XMR // 2)})
        treasury.pay({'c': (payee.address(), XMR // 2)})
        confirm(chain, treasury, payer)
        assert payee.balance()[0] == 2 * XMR


def scenario_sweep():
    """More than a hundred outputs go to the vault in one transaction, and the float stays."""
    with Chain() as chain:
        cold, miner = chain.wallet('vault'), chain.wallet('miner')
        vaults = [{'name': 'cold', 'address': cold.address(), 'vault': True}]
        treasury = Treasury(chain, policy=dict(POLICY, destinations=vaults))
        chain.mine(115, treasury.watcher.address())
        chain.mine(70, miner.address())
        treasury.watcher.run('sweep', '--out', treasury.path('none'), code=USAGE)
        treasury.watcher.set(vault=cold.address(), float='100', fee='slow')
        treasury.watcher.sync()
        total, unlocked, _ = treasury.watcher.balance()
        assert total == unlocked
        built = treasury.watcher.run('sweep', '--out', treasury.path('sweep'), '--json').json
        assert built['transactions'] == 1 and built['inputs'] >= 110, built
        done = treasury.send(treasury.path('sweep'))
        confirm(chain, treasury, miner)
        tx = chain.node.transactions([done[0]['txid']])[0]
        assert tx is not None and not tx['in_pool']
        assert tx['as_json'].count('"k_image"') == built['inputs'] > 100
        left = treasury.watcher.balance()[0]
        assert cold.balance()[0] + done[0]['fee'] + left == total
        assert 100 * XMR <= left < 101 * XMR, left


def scenario_run_sweeps():
    """`run` writes the request when there is enough above the float, and one at a time."""
    with Chain() as chain:
        cold = chain.wallet('cold')
        vaults = [{'name': 'cold', 'address': cold.address(), 'vault': True}]
        treasury, payer = funded(chain, 'treasury', 5, 2 * XMR, dict(POLICY, destinations=vaults))
        watcher, folder = treasury.watcher, treasury.path('sweeps')
        os.makedirs(folder)
        sweeping = {'vault': cold.address(), 'float': '3', 'sweep_folder': folder, 'fee': 'slow'}
        configure(watcher, sweep_above='8', **sweeping)
        total = watcher.balance()[0]
        assert total == 10 * XMR
        with Daemon(watcher) as daemon:
            chain.mine(1, payer.address())
            until('the block', lambda: watcher.status()['height'] == chain.node.height())
            assert os.listdir(folder) == [], '7 above the float are not more than 8'
            daemon.stop()
        own = watcher.address()
        # What is wrong here and not in itself: an address of stagenet, our own, a folder not there.
        for wrong in STAGENET, own:
            configure(watcher, **dict(sweeping, vault=wrong))
            for command in 'check-config', 'status':
                assert 'line 5: vault: ' in watcher.run(command, code=USAGE).err
        configure(watcher, sweep_above='6', **sweeping)
        watcher.run('check-config')
        os.rmdir(folder)
        found = watcher.run('check-config', '--json', code=USAGE).json['problems']
        assert [p['line'] for p in found] == [8], found
        with Daemon(watcher) as daemon:
            # A folder that is away is said and waited for; everything else goes on.
            until('the warning', lambda: 'is not swept' in daemon.text())
            chain.mine(1, payer.address())
            until('the block', lambda: watcher.status()['height'] == chain.node.height())
            os.makedirs(folder)
            daemon.hup()
            until('the request', lambda: os.listdir(folder) == ['sweep-1.request'])
            # While it waits for its reply there is no other.
            chain.mine(2, payer.address())
            until('the blocks', lambda: watcher.status()['height'] == chain.node.height())
            assert os.listdir(folder) == ['sweep-1.request']
            done = treasury.send(os.path.join(folder, 'sweep-1.request'))
            confirm(chain, treasury, payer, UNLOCK + 1)
            assert daemon.stop() < 1
        assert sorted(os.listdir(folder)) == ['sweep-1.request', 'sweep-1.request.reply']
        assert set(watcher.payouts().values()) == {'confirmed'}
        left = watcher.balance()[0]
        assert 3 * XMR <= left < 5 * XMR, left
        assert cold.balance()[0] == cold.received(done[0]['txid']) == total - done[0]['fee'] - left
