"""Over a limit: exit code 3, a journal entry, and nothing signed."""
import copy
import os

from airlock import POLICY, REFUSED, Treasury
from regtest import Chain, UNLOCK, XMR
from test_payouts import confirm, funded


def limits(**changes):
    policy = copy.deepcopy(POLICY)
    policy['limits'].update(changes)
    return policy


def refused(treasury, request, reason):
    """The request is refused for the reason, journaled, and no transaction leaves."""
    before = treasury.signer.journal()
    result = treasury.signer.sign(request, request + '.refused', code=REFUSED)
    assert reason in result.out + result.err, f"{reason} not in {result.out}{result.err}"
    entries = treasury.signer.journal()
    new = entries[len(before):]
    assert entries[:len(before)] == before
    assert new and any(reason in str(e) for e in new), f"no entry with {reason}: {new}"
    assert not any(e['kind'] == 'signed' for e in new), new
    if os.path.exists(request + '.refused'):
        assert treasury.watcher.take(request + '.refused', code=None) == []
    assert treasury.chain.node.pool() == []


def scenario_over_a_limit():
    """One treasury for each limit, its policy set from the start; then the limit that is just met."""
    cases = [
        ('limit_payout', limits(payout='0.999999999999')),
        ('limit_tx', limits(transaction='1')),  # the fee counts
        ('limit_fee', limits(fee='0.000001')),
        ('limit_fee_rate', limits(fee_per_byte='0.000000000001')),
        ('limit_day', limits(day='1')),
        ('limit_day_count', limits(day_count=0)),
    ]
    with Chain() as chain:
        payer, payee = chain.wallet('payer'), chain.wallet('payee')
        chain.mine(80, payer.address())
        payer.refresh()
        treasuries = {}
        for reason, policy in [*cases, ('met', limits(payout='1', transaction='1.1', day='1.1'))]:
            treasuries[reason] = Treasury(chain, reason, policy=policy)
            payer.pay([(treasuries[reason].watcher.address(), 2 * XMR)])
        chain.mine(UNLOCK, payer.address())
        for reason, treasury in treasuries.items():
            treasury.watcher.sync()
            treasury.watcher.add('a', payee.address(), XMR)
            if reason != 'met':
                refused(treasury, treasury.request(), reason)
        assert payee.balance()[0] == 0
        treasury = treasuries['met']
        treasury.send(treasury.request())
        confirm(chain, treasury, payer)
        assert payee.balance()[0] == XMR


def scenario_not_confirmed():
    """A wrong code, or none, signs nothing."""
    with Chain() as chain:
        treasury, _ = funded(chain, 'treasury', 2, 3 * XMR)
        treasury.watcher.add('a', chain.wallet('payee').address(), XMR)
        request = treasury.request()
        for code in ('', 'yes', 'AAAA-AAAA'):
            treasury.signer.sign(request, request + '.reply', code=REFUSED, confirm=code)
            assert not os.path.exists(request + '.reply')
        assert not any(e['kind'] == 'signed' for e in treasury.signer.journal())


def scenario_rolling_day():
    """What was signed counts, over several requests; a smaller payout still goes through."""
    with Chain() as chain:
        treasury, payer = funded(chain, 'treasury', 12, 3 * XMR, limits(day='2.5'))
        payee = chain.wallet('payee')
        treasury.pay({'first': (payee.address(), XMR)})
        confirm(chain, treasury, payer)
        treasury.pay({'second': (payee.address(), XMR)})
        confirm(chain, treasury, payer)
        treasury.watcher.add('third', payee.address(), XMR)
        request = treasury.request()
        refused(treasury, request, 'limit_day')
        assert payee.balance()[0] == 2 * XMR
        kinds = [e['kind'] for e in treasury.signer.journal()]
        assert kinds.count('signed') == 2, kinds
        chain.mine(UNLOCK, payer.address())
        treasury.watcher.sync()
