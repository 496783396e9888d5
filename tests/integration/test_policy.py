"""Approvals by the real minisign, the address book, and what goes without a person."""
import copy
import os
import subprocess

from airlock import MESSAGE, POLICY, REFUSED
from regtest import Chain, XMR
from test_payouts import confirm, funded


class Approver:
    """A person with minisign and no software of ours."""

    def __init__(self, folder, name):
        self.name, self.secret = name, os.path.join(folder, name + '.key')
        public = os.path.join(folder, name + '.pub')
        self.minisign('-G', '-W', '-p', public, '-s', self.secret)
        with open(public, encoding='ascii') as f:
            self.key = f.read().splitlines()[1]

    @staticmethod
    def minisign(*args):
        subprocess.run(['minisign', *args], stdin=subprocess.DEVNULL, check=True,
                       capture_output=True, timeout=60)

    def approve(self, file, *args):
        """Signs a file; returns the signature's."""
        signature = f'{file}.{self.name}{len(args)}.minisig'
        self.minisign('-S', '-W', '-s', self.secret, '-m', file, '-x', signature, *args)
        return signature


def tiered(approvers):
    policy = copy.deepcopy(POLICY)
    policy['tiers'] = {'unattended': {'transaction': '0.2', 'day': '0.5'},
                       'confirmed': {'transaction': '1', 'day': '2.5'}}
    policy['approvals'] = {'needed': 2,
                           'approvers': [{'name': a.name, 'key': a.key} for a in approvers]}
    return policy


def ready(chain, policy):
    """A treasury with three outputs of 3 XMR, deep enough even when one block was late."""
    treasury, payer = funded(chain, 'treasury', 3, 3 * XMR, policy)
    chain.mine(3, payer.address())
    treasury.watcher.sync()
    return treasury, payer


def entries(treasury, kind):
    return [e for e in treasury.signer.journal() if e['kind'] == kind]


def scenario_approvals():
    """A request beyond one confirmation waits for two of three approvers, who sign with minisign."""
    with Chain() as chain:
        people = [Approver(chain.path('.'), name) for name in ('alice', 'bob', 'carol')]
        outsider = Approver(chain.path('.'), 'mallory')
        treasury, payer = ready(chain, tiered(people))
        payee = chain.wallet('payee')
        signer = treasury.signer
        treasury.watcher.add('large', payee.address(), 5 * XMR)
        request = treasury.request()
        code = signer.inspect(request).json['code']

        def sign(*approvals, expect, says=None):
            given = [word for a in approvals for word in ('--approval', a)]
            result = signer.run('sign', request, '--out', request + '.reply', *given,
                                fds=[('--confirm-fd', code + '\n')], code=expect)
            assert not says or says in result.err, result.err
            assert os.path.exists(request + '.reply') == (expect == 0)

        alice, bob = people[0].approve(request), people[1].approve(request, '-l')
        again = people[0].approve(request, '-t', 'a second time')
        with open(request + '.other', 'wb') as f:
            f.write(b'another file')
        sign(expect=REFUSED, says='approvals')
        sign(alice, expect=REFUSED, says='1 of 2')
        sign(alice, again, expect=REFUSED, says='1 of 2')
        sign(alice, people[1].approve(request + '.other'), expect=MESSAGE,
             says='approval_signature')
        sign(alice, bob, outsider.approve(request), expect=REFUSED, says='approver')
        sign(alice, request, expect=MESSAGE, says='approval_format')
        shown = signer.run('inspect', request, '--approval', alice, '--json').json
        assert shown['refused'] == 'approvals' and shown['approvals']['given'] == 1, shown
        assert shown['transactions'][0]['rule'] == 'approved', shown
        assert not entries(treasury, 'signed')
        sign(alice, bob, expect=0)
        assert [e['name'] for e in entries(treasury, 'approval')] == ['alice', 'bob']
        signed = entries(treasury, 'signed')
        assert [(e['rule'], e['consent']) for e in signed] == [('approved', 'approved')], signed
        refused = entries(treasury, 'request_refused')
        assert {e['rule'] for e in refused} == {'approved'}, refused
        treasury.watcher.take(request + '.reply')
        treasury.watcher.broadcast()
        confirm(chain, treasury, payer)
        assert payee.balance()[0] == 5 * XMR
        # Within one confirmation nobody else is asked, and the approved one took nothing from it.
        treasury.pay({'small': (payee.address(), XMR // 2)})
        signed = entries(treasury, 'signed')[-1]
        assert (signed['rule'], signed['consent']) == ('confirmed', 'confirmed'), signed


def scenario_address_book():
    """Only listed destinations; a vault takes what no limit would let go; new ones are marked."""
    with Chain() as chain:
        cold, known = chain.wallet('cold'), chain.wallet('known')
        stranger = chain.wallet('stranger')
        policy = copy.deepcopy(POLICY)
        policy['limits'].update(payout='1', transaction='1.5')
        policy['destinations'] = [
            {'name': 'cold storage', 'address': cold.address(), 'vault': True},
            {'name': 'a supplier', 'address': known.address()}]
        treasury, payer = ready(chain, policy)
        signer, watcher = treasury.signer, treasury.watcher
        watcher.add('sweep', cold.address(), 4 * XMR)
        watcher.add('supply', known.address(), XMR // 2)
        watcher.add('odd', stranger.address(), XMR // 4)
        request = treasury.request()
        payouts = {p['address']: p for t in signer.inspect(request).json['transactions']
                   for p in t['payouts']}
        assert payouts[cold.address()]['name'] == 'cold storage'
        assert payouts[cold.address()]['vault'] and payouts[known.address()]['name'] == 'a supplier'
        assert payouts[stranger.address()]['name'] is None
        assert not payouts[stranger.address()]['paid_before']
        text = signer.run('inspect', request).out
        assert text.count('NEW:') == 1 and 'to cold storage, vault' in text, text
        assert all(len(line) <= 80 for line in text.splitlines()), text
        treasury.send(request)
        confirm(chain, treasury, payer)
        assert (cold.balance()[0], known.balance()[0], stranger.balance()[0]) == \
            (4 * XMR, XMR // 2, XMR // 4)
        policy['only_listed'] = True
        signer.set_policy(policy)
        watcher.add('odd-again', stranger.address(), XMR // 4)
        request = treasury.request()
        signer.sign(request, request + '.reply', code=REFUSED)
        assert entries(treasury, 'refused')[-1]['rule'] == 'only_listed'
        # Tightening held at once; loosening waits, and is shown.
        policy['only_listed'] = False
        signer.set_policy(policy)
        changes = signer.run('policy', 'show', '--diff', '--json').json['changes']
        assert [c['then'] for c in changes] == ['allowed'], changes
