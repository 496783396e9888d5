"""
The thief against the signer, one request at a time: each lie is refused with its own code, stands in
the journal, and leaves the limits as they were. What one request cannot tell is in
test_attack_series.py.
"""
import os
import time

from airlock import MESSAGE, REFUSED
from attack import Attack, add_payouts, payout
from regtest import Chain, XMR
from thief import (ACCOUNT, ADDRESS, AMOUNT, BIG, EXPIRES, FEE, ID, INDEX, INPUTS, JOURNAL, MASK,
                   MEMBERS, MINOR, NUMBER, PARTS, PAYOUTS, PAYS, PLACES, R, REAL, REFERENCE, RING,
                   TXS, TYPE, WORTH, encode, member, set_member)

ORDER = 2**252 + 27742317777372353535851937790883648493
NOISE = bytes(range(32))


def first(body):
    return body[TXS][0][INPUTS][0]


def inputs_lie(attack):
    """(what, body, code) for each lie about what is spent."""
    def lie(what, reason, change):
        body = attack.request()
        change(body, first(body))
        return what, body, reason

    def other(where, value):
        return lambda body, spent: spent.__setitem__(where, value(spent))

    stranger = (first(attack.bodies[0])[REAL] + 1) % RING
    yield lie('an amount understated', 'input_amount', other(WORTH, lambda s: s[WORTH] - 1))
    yield lie('an amount inflated', 'input_amount', other(WORTH, lambda s: s[WORTH] + XMR))
    yield lie('an amount of nearly 2^64', 'input_amount', other(WORTH, lambda s: BIG))
    yield lie('a wrong mask', 'input_amount', other(MASK, lambda s: NOISE))
    yield lie('a mask in a second form', 'input_amount', other(
        MASK, lambda s: (int.from_bytes(s[MASK], 'little') + ORDER).to_bytes(32, 'little')))
    yield lie("another's output", 'input_not_ours', other(REAL, lambda s: stranger))
    yield lie('a place outside its transaction', 'input_not_ours',
              other(INDEX, lambda s: s[INDEX] + 1))
    yield lie('another subaddress', 'input_not_ours', other(MINOR, lambda s: s[MINOR] + 1))
    yield lie('another transaction key', 'input_not_ours',
              other(R, lambda s: first(attack.bodies[1])[R] if
                    first(attack.bodies[1])[R] != s[R] else NOISE[:31] + b'\0'))
    yield lie('the same output twice', 'input_twice',
              lambda body, spent: body[TXS][0][INPUTS].append(list(spent)))

    def disguised(body, spent):
        again, other = list(spent), first(attack.bodies[1])
        keys = [member(spent, i)[0] for i in range(RING)]
        for i in range(RING):
            if i != spent[REAL] and member(other, i)[0] not in keys:
                set_member(again, i, *member(other, i))
        assert again[MEMBERS] != spent[MEMBERS]
        body[TXS][0][INPUTS].append(again)

    yield lie('the same output twice, among other decoys', 'input_twice', disguised)


def rings_lie(attack):
    real = first(attack.bodies[0])[REAL]
    decoy = (real + 5) % RING

    def lie(what, reason, change):
        body = attack.request()
        change(first(body))
        return what, body, reason

    yield lie('a ring with the real output twice', 'ring',
              lambda s: set_member(s, decoy, *member(s, real)))
    yield lie('a decoy twice', 'ring',
              lambda s: set_member(s, decoy, *member(s, (real + 6) % RING)))
    yield lie('a decoy that is no key', 'ring',
              lambda s: set_member(s, decoy, b'\2' + bytes(31), member(s, decoy)[1]))
    yield lie('a commitment that is none', 'ring',
              lambda s: set_member(s, decoy, member(s, decoy)[0], b'\xff' * 32))
    for what, change in (
            ('a place twice', lambda s: s[PLACES].__setitem__(3, 0)),
            ('places that go back', lambda s: s[PLACES].__setitem__(3, BIG)),
            ('fifteen members', lambda s: s[PLACES].pop()),
            ('seventeen members', lambda s: s[PLACES].append(1)),
            ('half a member less', lambda s: s.__setitem__(MEMBERS, s[MEMBERS][:-32])),
            ('the real one outside', lambda s: s.__setitem__(REAL, RING)),
            ('the real one far outside', lambda s: s.__setitem__(REAL, BIG))):
        yield lie(what, 'msg_format', change)


def sums_lie(attack, payee, own):
    """What is paid, to whom, and what is left."""
    def lie(what, reason, change):
        body = attack.request()
        change(body, body[TXS][0], body[PAYOUTS][0])
        return what, body, reason

    def set_at(where, value):
        return lambda body, tx, pay: tx.__setitem__(where, value)

    def amount(value):
        return lambda body, tx, pay: pay.__setitem__(AMOUNT, value)

    def to(address, value=XMR):
        def change(body, tx, pay):
            pay[ADDRESS], pay[AMOUNT] = address, value
        return change

    def more(*payouts):
        return lambda body, tx, pay: add_payouts(
            body, [payout(pay, 50 + i, **p) for i, p in enumerate(payouts)])

    yield lie('a payout of nothing', 'tx_shape', amount(0))
    yield lie('more than comes in', 'balance', amount(3 * XMR))
    yield lie('an amount of 2^64 - 1', 'balance', amount(BIG))
    yield lie('amounts that wrap around', 'balance', more({'amount': BIG}, {'amount': 2}))
    yield lie('a fee that wraps around', 'balance', set_at(FEE, BIG))
    yield lie('no change output', 'tx_shape', set_at(PARTS, 0))
    yield lie('change to an account that spends nothing', 'change', set_at(ACCOUNT, 1))
    yield lie('change to the last account', 'change', set_at(ACCOUNT, 2**32 - 1))
    yield lie('one payout under one id twice', 'payout_twice', lambda body, tx, pay: add_payouts(
        body, [list(pay)]))
    yield lie('over the limit of a payout', 'limit_payout', amount(2 * XMR + 1))
    yield lie('a payout hidden as change', 'limit_payout', to(own, 2 * XMR + 1))
    yield lie('a payout split in two', 'limit_tx', more({'amount': XMR + XMR // 2}))
    yield lie('a fee burned', 'limit_fee', set_at(FEE, XMR // 20 + 1))
    yield lie('all change burned as fee', 'limit_tx', set_at(FEE, 2 * XMR))
    yield lie('a fee burned by the byte', 'limit_fee_rate', set_at(FEE, XMR // 50))
    payment_id = [payee[0], 2, *payee[2:4], NOISE[:8]]
    yield lie('two payees and a payment id', 'tx_shape', more({'address': payment_id}))
    yield lie('one payee under two payment ids', 'tx_shape', lambda body, tx, pay: (
        to(payment_id)(body, tx, pay),
        add_payouts(body, [payout(pay, 50, address=payment_id[:4] + [NOISE[8:16]])])))
    yield lie('sixteen payouts and no change', 'tx_shape', lambda body, tx, pay: (
        more(*[{'amount': 1}] * 15)(body, tx, pay), tx.__setitem__(PARTS, 0)))
    yield lie('no payout', 'tx_shape', lambda body, tx, pay: (
        body[PAYOUTS].clear(), tx[PAYS].clear()))
    for what, keys in (('no key', [bytes(32), payee[3]]), ('the identity', [b'\1' + bytes(31), payee[3]]),
                       ('a view key of order 2', [payee[2], b'\xec' + b'\xff' * 30 + b'\x7f'])):
        yield (*lie('a payee with ' + what, 'point', to([payee[0], payee[1], *keys])), MESSAGE)
    yield (*lie('a payee of another network', 'msg_network', to([1, *payee[1:]])), MESSAGE)
    for what, change in (
            ('sixteen payouts and change', more(*[{'amount': 1}] * 15)),
            ('seventeen payouts', more(*[{'amount': 1}] * 16)),
            ('seventeen change outputs', set_at(PARTS, 17)),
            ('an account beyond 32 bits', set_at(ACCOUNT, 2**32)),
            ('no input', set_at(INPUTS, [])),
            ('121 inputs', lambda body, tx, pay: tx.__setitem__(INPUTS, tx[INPUTS] * 121)),
            ('a payout that nothing pays', lambda body, tx, pay: tx[PAYS].clear()),
            ('an output paid twice', lambda body, tx, pay: tx[PAYS].append(0)),
            ('an output of no payout', lambda body, tx, pay: tx[PAYS].append(1)),
            ('a fourth kind of address', to([payee[0], 3, *payee[2:4]])),
            ('a payment id cut off', to([payee[0], 2, *payee[2:4]])),
            ('a payment id that is not asked for', to([*payee[:4], NOISE[:8]])),
            ('text with a zero byte', lambda body, tx, pay: pay.__setitem__(REFERENCE, 'a\0b')),
            ('text that is too long', lambda body, tx, pay: pay.__setitem__(REFERENCE, 'x' * 65)),
            ('65 transactions', lambda body, tx, pay: body.__setitem__(TXS, body[TXS] * 65)),
            ('a number too large', lambda body, tx, pay: pay.__setitem__(AMOUNT, b'\1' * 9)),
            ('a field more', lambda body, tx, pay: body.append(0)),
            ('a field less', lambda body, tx, pay: body.pop())):
        yield (*lie(what, 'msg_format', change), MESSAGE)
    yield (*lie('a kind of transaction to come', 'msg_version', set_at(TYPE, 2)), MESSAGE)


def heads_lie(attack):
    """Numbers, times and the past."""
    def lie(what, reason, where, value, code=REFUSED):
        body = attack.request()
        body[where] = value(body)
        return what, body, reason, code

    def flipped(body):
        number, digest = body[JOURNAL]
        return [number, bytes([digest[0] ^ 1]) + digest[1:]]

    yield lie('expired', 'request_expired', EXPIRES, lambda b: int(time.time()) - 60)
    yield lie('numbered zero', 'request_stale', NUMBER, lambda b: 0)
    yield lie('numbered to use up all numbers', 'parse_value', NUMBER, lambda b: BIG, MESSAGE)
    yield lie('a journal head that never was', 'rolled_back', JOURNAL, flipped)
    yield lie('the empty journal, wrongly', 'rolled_back', JOURNAL, lambda b: [0, bytes(32)])


def bytes_lie(attack):
    """Bodies that are no tree of ours."""
    good = encode(attack.request())
    yield 'nothing', b'', 'msg_truncated'
    yield 'cut short', good[:-1], 'msg_truncated'
    yield 'something after its end', good + b'\0', 'msg_format'
    yield 'a number in a longer form', good[:1] + b'\x1b' + bytes(7) + bytes([good[1]]) + good[2:] \
        if good[1] < 24 else good[:1] + b'\x1b' + bytes(7) + good[2:], 'msg_canonical'
    yield 'deep as a well', b'\x81' * 100000 + b'\0', None
    yield 'four thousand million elements', b'\x9a\xff\xff\xff\xff', None
    yield 'a string of 2^63 bytes', b'\x89\x5b\x7f' + b'\xff' * 7, None
    yield 'a map', b'\xa1\0\0', None
    yield 'without end', b'\x9f\xff', None


def shown(attack, payee):
    """Text that would move the cursor, turn the line round, or look like the signer's own."""
    texts = ('\x1b[2J\x1b[H', '\u202eRMX 1\u202c', '\u2066hidden\u2069', '\u009b31m', '\x7f\b\b\b',
             '\n  fee                   0.000000000000 XMR', '\ufeff\u200b\u2060', '"}],"x":[{"', '%n%s')
    body = attack.request()
    body[PAYOUTS][0][AMOUNT] = 1
    add_payouts(body, [payout(body[PAYOUTS][0], 60 + i, reference=text)
                       for i, text in enumerate(texts)])
    file, _ = attack.thief.seal(body)
    signer = attack.signer
    review = signer.run('inspect', file)
    refused = signer.sign(file, file + '.reply', code=REFUSED, confirm='none')
    assert not os.path.exists(file + '.reply')
    journal = signer.run('journal', 'show')
    for result in (review, refused, journal):
        for char in result.out + result.err:
            assert char == '\n' or ' ' <= char <= '~', f"{char!r} reaches the terminal"
    assert not any(line.lstrip().startswith('fee ') and '0.000000000000' in line
                   for line in review.out.splitlines())
    references = [p['reference'] for tx in signer.run('inspect', file, '--json').json['transactions']
                  for p in tx['payouts']]
    assert len(references) == 1 + len(texts)
    assert [e.get('code') for e in attack.new_entries()] == ['not_confirmed']
    attack.check_books()


def scenario_each_lie_is_refused():
    with Chain() as chain:
        miner, payee = chain.wallet('miner'), chain.wallet('payee')
        attack = Attack(chain, miner, [payee.address()] * 2)
        wire = attack.thief.address(payee.address())
        own = attack.thief.address(attack.watcher.address())
        for what, body, reason in inputs_lie(attack):
            attack.refused(what, body, reason)
        for what, body, reason in rings_lie(attack):
            attack.refused(what, body, reason, MESSAGE if reason == 'msg_format' else REFUSED)
        for what, body, reason, *code in sums_lie(attack, wire, own):
            attack.refused(what, body, reason, *code)
        for what, body, reason, code in heads_lie(attack):
            attack.refused(what, body, reason, code)
        for what, body, reason in bytes_lie(attack):
            attack.refused(what, body, reason or 'msg_', MESSAGE, number=attack.number)

        # A journal that lacks entries is not written on, so that it can still catch up.
        future = attack.request()
        future[JOURNAL] = [future[JOURNAL][0] + 1000, NOISE]
        attack.unwritten('a journal head of the future', future, 'rolled_back', REFUSED)
        good = attack.request()
        attack.unwritten('another network', good, 'msg_network', network=1)
        attack.unwritten("a stranger's", good, 'msg_sender', sender='stranger')
        attack.unwritten('for a stranger', good, 'msg_recipient', recipient='stranger')
        attack.unwritten('another kind of message', good, 'msg_type', type=5)
        attack.refused('numbered otherwise on the envelope', good, 'msg_format', MESSAGE,
                       number=good[NUMBER] + 1)
        shown(attack, wire)

        # After all that, what the honest watcher asked for is signed, and the network takes it.
        blob, = attack.signs(attack.request())
        assert attack.spent == XMR + attack.bodies[0][TXS][0][FEE]
        attack.mined(blob)
        assert payee.balance()[0] == XMR
