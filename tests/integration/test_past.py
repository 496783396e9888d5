"""Rules 5 and 6 with a real watcher and chain: a disk that was rolled back, and clocks that lie."""
import json
import os
import shutil

from airlock import DONE, MESSAGE, REFUSED, run
from regtest import Chain, UNLOCK, XMR
from test_payouts import confirm, funded

DAY = 86400


def restored(treasury, kept):
    shutil.rmtree(treasury.signer.folder)
    shutil.copytree(kept, treasury.signer.folder)


def kinds(treasury):
    return [e['kind'] for e in treasury.signer.journal()]


def at(treasury, offset, *args, fds=(), code=DONE):
    """A command of the signer with its clock set ahead or back by so many seconds."""
    unlock = ('--passphrase-fd', treasury.signer.passphrase + '\n')
    return run(['faketime', '-f', f'{offset:+d}s', *treasury.signer.command(*args)], [unlock, *fds], code)


def scenario_rule_5_rolled_back_until_caught_up():
    """A restored disk is noticed, catches up from the watcher, and pays nothing twice."""
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 4, 3 * XMR)
        payee = chain.wallet('payee')
        kept = treasury.path('kept')
        shutil.copytree(treasury.signer.folder, kept)
        treasury.pay({'first': (payee.address(), XMR)})
        first = treasury.path('request-1')
        confirm(chain, treasury, payer)
        whole = treasury.signer.journal()
        restored(treasury, kept)

        # The watcher echoes a head that this disk lacks; nothing is signed, nor written down.
        before = treasury.signer.journal()
        treasury.watcher.add('second', payee.address(), XMR)
        second = treasury.request()
        refusal = treasury.signer.sign(second, second + '.reply', code=REFUSED)
        assert 'rolled_back' in refusal.err, refusal.err
        assert not os.path.exists(second + '.reply')
        assert treasury.signer.journal() == before

        # The watcher's copy brings it back; a copy that was touched does not.
        copy = treasury.path('copy')
        treasury.watcher.run('journal', 'export', '--out', copy)
        with open(copy, 'rb') as f:
            data = bytearray(f.read())
        data[len(data) // 2] ^= 1
        with open(copy + '.bad', 'wb') as f:
            f.write(data)
        treasury.signer.run('catch-up', copy + '.bad', code=MESSAGE)
        assert treasury.signer.journal() == before
        treasury.signer.run('catch-up', copy)
        caught = treasury.signer.journal()
        assert caught[:len(whole)] == whole and [e['kind'] for e in caught[len(whole):]] == ['caught_up']

        # What was answered in the lost time is not signed anew; what comes now goes on as ever.
        again = treasury.signer.sign(first, first + '.again', code=REFUSED)
        assert 'reply_lost' in again.err and not os.path.exists(first + '.again')
        treasury.send(second)
        confirm(chain, treasury, payer, blocks=UNLOCK)
        assert payee.balance()[0] == 2 * XMR
        assert set(treasury.watcher.payouts().values()) == {'confirmed'}
        treasury.watcher.run('verify')

        # An auditor needs only the file and the identity.
        treasury.watcher.run('audit', 'export', '--out', treasury.path('audit'))
        treasury.signer.run('journal', 'export', '--out', treasury.path('lines'))
        print_of = json.loads(treasury.signer.run('status', '--json').out)['fingerprint']
        for file in ('audit', 'lines'):
            run([treasury.signer.command()[0], 'journal', 'verify', treasury.path(file),
                 '--identity', print_of])
        treasury.watcher.run('audit', 'verify', treasury.path('audit'))
        wrong = run([treasury.signer.command()[0], 'journal', 'verify', treasury.path('lines'),
                     '--identity', 'aaaa-aaaa-aaaa-aaaa'], code=MESSAGE)
        assert print_of in wrong.err


def scenario_rule_5_clocks_back_and_far_ahead():
    """A clock behind the journal signs nothing; one far ahead needs a person with a calendar."""
    with Chain() as chain:
        treasury, _ = funded(chain, 'treasury', 2, 3 * XMR)
        treasury.watcher.add('a', chain.wallet('payee').address(), XMR)
        request = treasury.request()
        code = treasury.signer.inspect(request).json['code'] + '\n'
        sign = ('sign', request, '--out', request + '.reply')
        asked = [('--confirm-fd', code)]
        for offset, reason in ((-DAY, 'clock_behind'), (8 * DAY, 'clock_jump'), (400 * DAY, 'clock_jump')):
            for _ in range(2):
                result = at(treasury, offset, *sign, fds=asked, code=REFUSED)
                assert reason in result.err, result.err
        assert kinds(treasury).count('request_refused') == 6
        assert 'signed' not in kinds(treasury)

        # Not by a wrong date, nor by anything else that is journaled.
        at(treasury, 8 * DAY, 'clock', 'confirm', fds=[('--confirm-fd', '2020-01-01\n')], code=REFUSED)
        policy = treasury.signer.folder + '.policy.json'
        at(treasury, 8 * DAY, 'policy', 'set', policy, '--yes', code=REFUSED)
        assert 'clock_confirmed' not in kinds(treasury)

        # The clock as it is signs; and none of this has moved it.
        treasury.signer.sign(request, request + '.reply')
        assert len(treasury.watcher.take(request + '.reply')) == 1
        then = os.popen("date -u -d '+8 days' +%F").read()
        at(treasury, 8 * DAY, 'clock', 'confirm', fds=[('--confirm-fd', then)])
        assert kinds(treasury)[-1] == 'clock_confirmed'
        late = at(treasury, 8 * DAY, *sign, fds=asked)
        assert 'answered before' in late.out
        assert 'clock_behind' in treasury.signer.set_policy(treasury.signer.policy, code=REFUSED).err
        chain.mine(UNLOCK, chain.wallet('miner').address())
