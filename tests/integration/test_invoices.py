"""Invoices paid by an official wallet: its reading of our URI, parts, too much, too late, a reorg."""

from airlock import FAILED, USAGE, Treasury
from regtest import Chain, XMR

AMOUNT = XMR // 20  # credited in its first block, and twice of it too


def scenario_invoices():
    with Chain() as chain:
        payer = chain.wallet('payer')
        chain.mine(160, payer.address())
        payer.refresh()
        for _ in range(3):
            payer.pay([(payer.address(), 2 * XMR)] * 15)
        treasury = Treasury(chain)
        watcher = treasury.watcher
        chain.mine(11, payer.address())
        payer.refresh()
        watcher.sync()

        def paid(amount, invoice):
            payer.refresh()
            payer.pay([(invoice['address'], amount)])
            chain.mine(1, payer.address())
            while chain.node.pool():  # a block may be made before the node has the payment in it
                chain.mine(1, payer.address())
            watcher.sync()

        def check(invoice, *expected):
            found = watcher.invoice_state(invoice)
            assert found == expected, f"{invoice}: {found}, expected {expected}"

        # Made once, whatever is asked; and read by the official wallet as it was meant.
        label = 'two hats & a scarf (50%)'
        order = watcher.invoice('order-1', AMOUNT, '--expires', '12b', '--label', label)
        again = watcher.invoice('order-1', AMOUNT, '--expires', '12b', '--label', label)
        assert order == again
        watcher.invoice('order-1', AMOUNT + 1, '--expires', '12b', '--label', label, code=FAILED)
        read = payer.rpc('parse_uri', uri=order['uri'])['uri']
        assert (read['address'], read['amount'], read['tx_description']) == (
            order['address'], AMOUNT, label), read

        # In parts, then too much.
        paid(AMOUNT // 2, order)
        check('order-1', 'partly_paid', AMOUNT // 2, AMOUNT // 2, 0, 0)
        height = chain.node.height()
        paid(AMOUNT // 2, order)
        check('order-1', 'paid', AMOUNT, AMOUNT, 0, 0)
        paid(7, order)
        check('order-1', 'paid', AMOUNT + 7, AMOUNT, 7, 0)
        named = [e for _, e in watcher.events() if e.get('invoice') == 'order-1']
        assert [e['kind'] for e in named].count('deposit_credited') == 3

        # A reorganisation that loses the last two payments.
        replaced = chain.node.height() - height
        chain.node.pop(replaced)
        chain.node.flush_pool()
        chain.mine(replaced + 1, payer.address())
        watcher.sync()
        assert watcher.invoice_state('order-1')[:2] == ('partly_paid', AMOUNT // 2)

        # Too late, by the chain's height; what then to do is the configuration's.
        watcher.set(invoice_late='refund', invoice_over='refund')
        late = watcher.invoice('late', AMOUNT, '--expires', '2b')
        chain.mine(2, payer.address())
        paid(AMOUNT, late)
        check('late', 'expired', AMOUNT, 0, 0, AMOUNT)
        over = watcher.invoice('over', AMOUNT)
        paid(AMOUNT + AMOUNT // 2, over)
        check('over', 'paid', AMOUNT + AMOUNT // 2, AMOUNT, 0, AMOUNT // 2)
        owed = watcher.run('invoice', 'list', '--refunds', '--json').json['invoices']
        assert {v['id']: v['refund_atomic'] for v in owed} == {
            'late': AMOUNT, 'over': AMOUNT // 2}
        watcher.run('invoice', 'refund', 'late', '--address', payer.address())
        watcher.run('invoice', 'refund', 'late', '--address', payer.address(), code=FAILED)
        assert list(watcher.payouts().values()) == ['queued']
        # Cancelled, it is owed again; paid back to another address, by another payout.
        first = list(watcher.payouts())[0]
        watcher.run('payout', 'cancel', first)
        check('late', 'expired', AMOUNT, 0, 0, AMOUNT)
        watcher.run('invoice', 'refund', 'late', '--address', payer.new_address())
        check('late', 'refunded', AMOUNT, 0, 0, 0)
        assert sorted(watcher.payouts().values()) == ['cancelled', 'queued']

        # Closed: what comes after is not counted.
        shut = watcher.invoice('shut', AMOUNT)
        watcher.run('invoice', 'close', 'shut')
        paid(AMOUNT, shut)
        check('shut', 'closed', AMOUNT, 0, AMOUNT, 0)

        # What is held waits for a person, who decides once.
        watcher.run('invoice', 'decide', 'shut', 'maybe', code=USAGE)
        watcher.run('invoice', 'decide', 'shut', 'refund')
        check('shut', 'closed', AMOUNT, 0, 0, AMOUNT)
        watcher.run('invoice', 'decide', 'shut', 'refund', code=FAILED)
        watcher.run('verify')
