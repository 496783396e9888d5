"""
A watcher's store out of a backup: what was paid since is spent, and nothing is paid twice. The
witness is the official wallet of the same words.
"""
import os
import re
import shutil

from airlock import FAILED, REFUSED, POLICY
from regtest import Chain, XMR
from test_payouts import agree_with_restored, all_mined, confirm, funded


def back_up(watcher, path):
    watcher.run('backup', '--out', path)


def restore(watcher, path):
    """In place: the newer store is lost."""
    os.remove(os.path.join(watcher.folder, 'data.mdb'))
    shutil.copy(path, os.path.join(watcher.folder, 'data.mdb'))
    watcher.sync()
    watcher.run('verify')


def learn_images(treasury, name):
    """Asks the signer what is spent; how many key images were new."""
    asked = treasury.path(name)
    treasury.watcher.run('outputs', '--out', asked)
    treasury.signer.run('key-images', asked, '--out', asked + '.images')
    taken = treasury.watcher.run('import', asked + '.images', '--json').json
    treasury.watcher.sync()
    treasury.watcher.run('verify')
    return taken['key_images']


def scenario_restored_store_learns_what_is_spent():
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 6, 2 * XMR)
        payee, watcher = chain.wallet('payee'), treasury.watcher
        treasury.pay({'before': (payee.address(), XMR)})
        confirm(chain, treasury, payer, 10)
        file = treasury.path('backup')
        back_up(watcher, file)
        paid = treasury.pay({'since': (payee.address(), 3 * XMR)})
        confirm(chain, treasury, payer, 10)
        all_mined(chain, paid)
        right = watcher.balance()

        # The chain tells of the change that came, and not of what went.
        restore(watcher, file)
        assert watcher.balance()[0] > right[0]
        assert learn_images(treasury, 'outputs') == len(watcher.outputs()) - 1
        assert watcher.balance() == right
        witness = agree_with_restored(chain, treasury)
        kinds = [event['kind'] for _, event in watcher.events()]
        assert kinds.count('spent_elsewhere') == len(paid)
        again = watcher.run('outputs', '--out', treasury.path('none'), code=FAILED)
        assert 'known' in again.err and not os.path.exists(treasury.path('none'))

        # What is new is paid; queued once more it is not paid once more.
        watcher.add('new', payee.address(), XMR)
        stale = treasury.request()
        refused = treasury.signer.sign(stale, stale + '.reply', code=REFUSED)
        newest = re.search(r'request 2 comes after (\d+)', refused.err)[1]
        watcher.run('request', 'cancel', '2')
        watcher.run('request', 'build', '--after', newest, '--out', treasury.path('new'))
        treasury.send(treasury.path('new'))
        confirm(chain, treasury, payer)
        assert payee.balance()[0] == 5 * XMR
        watcher.add('since', payee.address(), 3 * XMR)
        again = treasury.request()
        refused = treasury.signer.sign(again, again + '.reply', code=REFUSED)
        assert 'payout_twice' in refused.err, refused.err
        watcher.take(again + '.reply')
        assert watcher.payouts()['since'] == 'refused'
        watcher.run('payout', 'cancel', 'since')
        assert watcher.balance()[:2] == witness.balance()


def scenario_restored_store_takes_an_old_reply():
    """A request that the backup has: the same reply comes again, and the blocks have the rest."""
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 6, 2 * XMR, policy=POLICY)
        payee, watcher = chain.wallet('payee'), treasury.watcher
        watcher.add('open', payee.address(), 3 * XMR)
        request, file = treasury.request(), treasury.path('backup')
        back_up(watcher, file)
        paid = treasury.send(request)
        confirm(chain, treasury, payer, 10)
        right = watcher.balance()

        restore(watcher, file)
        assert watcher.payouts() == {'open': 'requested'}
        assert watcher.balance()[0] > right[0]
        again = request + '.again'
        treasury.signer.sign(request, again)
        assert watcher.take(again) == paid
        watcher.sync()
        assert watcher.payouts() == {'open': 'confirmed'}
        assert watcher.balance() == right
        watcher.run('verify')
        agree_with_restored(chain, treasury)
        assert payee.balance()[0] == 3 * XMR
        # Change that had been taken for a deposit is none.
        events = [event for _, event in watcher.events()]
        credited = sum(e['amount_atomic'] for e in events if e['kind'] == 'deposit_credited')
        reversed_ = sum(e['credited_atomic'] for e in events
                        if e['kind'] == 'deposit_reversed' and 'credit' in e)
        assert credited - reversed_ == 12 * XMR
