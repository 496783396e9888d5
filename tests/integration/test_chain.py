"""The harness itself against the official tools: what the other scenarios lean on works."""
from regtest import Chain, RpcError, UNLOCK, XMR


def scenario_official_wallets():
    with Chain() as chain:
        payer, payee = chain.wallet('payer'), chain.wallet('payee')
        chain.mine(80, payer.address())
        assert payer.balance()[1] > XMR

        account, _ = payee.new_account()
        subaddresses = [payee.new_address(account) for _ in range(14)]
        many = payer.pay([(address, XMR // 10) for address in subaddresses])
        integrated, _ = payee.integrated()
        one = payer.pay([(integrated, XMR)])
        assert sorted(chain.node.pool()) == sorted([many['tx_hash'], one['tx_hash']])
        chain.mine(1, payer.address())
        assert payee.balance(0) == (XMR, 0)
        assert payee.balance(account) == (14 * XMR // 10, 0)
        checked = payee.check_tx_key(one['tx_hash'], one['tx_key'], payee.address())
        assert checked['received'] == XMR and not checked['in_pool']
        assert payee.received(many['tx_hash'], account) == 14 * XMR // 10

        chain.mine(UNLOCK - 1, payer.address())
        again = chain.wallet('again', words=payee.words())
        assert again.address() == payee.address()
        assert again.balance() == (24 * XMR // 10, 24 * XMR // 10)

        # A reorganisation: the payments fall back into the pool, then are dropped.
        chain.node.pop(UNLOCK)
        assert sorted(chain.node.pool()) == sorted([many['tx_hash'], one['tx_hash']])
        chain.node.flush_pool()
        chain.mine(UNLOCK + 1, payer.address())
        assert payee.balance() == (0, 0)

        try:
            payer.pay([('4' + 'x' * 94, XMR)])
        except RpcError:
            return
        raise AssertionError('a bad address was paid')
