"""
The thief against the signer, over many requests: what no single one tells is stopped by what the
signer remembers, or bounded by the rolling limits. What the signer cannot know, it is shown that
the network does, and that the allowance is used all the same.
"""
import glob
import json
import os
import shutil
import time

from airlock import DONE, REFUSED, Signer, atomic
from attack import POLICY, Attack, payout
from regtest import Chain, UNLOCK, XMR
from test_native import accepted, build, ring_of, unspent
from thief import (ADDRESS, AMOUNT, BIG, CHAIN_TIME, EXPIRES, FEE, INPUTS, JOURNAL, MASK, MEMBERS,
                   NUMBER, PARTS, PAYOUTS, PAYS, PLACES, REAL, REFERENCE, RING, TXS, WORTH, member,
                   set_member)

FAKETIME, = glob.glob('/usr/lib/*/faketime/libfaketime.so.1')


def first(body):
    return body[TXS][0][INPUTS][0]


def twice_and_again(attack):
    """One output, one payout: each signed for once, or in conflict."""
    body = attack.both()
    body[TXS][1][INPUTS] = [list(first(body))]
    attack.signs(body, refusals={1: 'input_twice'})

    body = attack.request(1)
    body[TXS][0][INPUTS] = [list(first(attack.bodies[0]))]
    attack.refused('an output signed away for another payout', body, 'input_twice')
    body = attack.request(0)
    body[TXS][0][INPUTS] = [list(first(attack.bodies[1]))]
    attack.refused('a payout again, from another output', body, 'payout_twice')
    for where, value in ((AMOUNT, XMR - 1), (REFERENCE, 'rent'),
                         (ADDRESS, attack.thief.address(attack.watcher.address()))):
        body = attack.request(0)
        body[PAYOUTS][0][where] = value
        attack.refused('a payout changed under its id', body, 'payout_changed')
    # In conflict with the first, so that only one can be mined: signed, and counted again.
    body = attack.request(0)
    body[TXS][0][FEE] += 1
    attack.signs(body)


def replays(attack):
    """Again, late, out of order: the same bytes, or nothing."""
    body = attack.request(1)
    file, confirm = attack.thief.seal(body)
    _, reply = attack.answer_file(file, confirm, DONE)
    attack.book(body, reply, None, {})
    with open(file + '.reply', 'rb') as f:
        answer = f.read()
    for _ in range(2):
        attack.answer_file(file, 'none', DONE)
        with open(file + '.reply', 'rb') as f:
            assert f.read() == answer
    # The same words in another box are the same request.
    again, _ = attack.thief.seal(body)
    with open(file, 'rb') as a, open(again, 'rb') as b:
        assert a.read() != b.read()
    attack.answer_file(again, 'none', DONE)
    with open(again + '.reply', 'rb') as f:
        assert f.read() == answer
    assert attack.new_entries() == []
    attack.check_books()

    changed = attack.request(2)
    changed[NUMBER] = body[NUMBER]
    attack.refused('another request of the same number', changed, 'request_stale')
    early, late = attack.request(2), attack.request(3)
    attack.signs(late)
    attack.refused('an earlier one after a later one', early, 'request_stale')


def past_and_time(attack):
    """Old heads and lies about the chain's time move nothing."""
    body = attack.request(2)
    body[JOURNAL] = [attack.entries[0]['number'], bytes.fromhex(attack.entries[0]['hash'])]
    attack.signs(body)
    for i, lie in enumerate((0, 1, BIG)):
        body = attack.request(4 + i)
        body[CHAIN_TIME] = lie
        attack.signs(body)


def off_the_chain(attack, payee):
    """What the signer cannot know: signed, counted, and refused by the network."""
    def refuse(blob):
        answer = attack.submit(blob)
        assert answer['status'] == 'Failed', answer
        assert attack.chain.node.pool() == []

    body = attack.request(7)
    spent = first(body)
    decoy = (spent[REAL] + 1) % RING
    set_member(spent, decoy, payee[2], member(spent, decoy)[1])
    refuse(attack.signs(body)[0])

    body = attack.request(8)
    body[TXS][0][INPUTS] = attack.thief.make_inputs(first(body), 3 * XMR)
    refuse(attack.signs(body)[0])

    # An amount inflated, and a commitment that opens to it: true to the signer, not to the chain.
    body = attack.request(7)
    body[PAYOUTS][0] = payout(body[PAYOUTS][0], 70)
    spent = list(first(attack.bodies[9]))
    spent[WORTH] += 100 * XMR
    set_member(spent, spent[REAL], member(spent, spent[REAL])[0],
               attack.thief.commit(spent[WORTH], spent[MASK]))
    body[TXS][0][INPUTS] = [spent]
    refuse(attack.signs(body)[0])


def change_in_crumbs(attack):
    """Change cut into all the outputs there are: signed, since all of it stays ours."""
    body = attack.request(10)
    tx = body[TXS][0]
    tx[PARTS], tx[FEE] = 15, 2 * tx[FEE]
    left = first(body)[WORTH] - body[PAYOUTS][0][AMOUNT] - tx[FEE]
    before = len(attack.watcher.outputs())
    attack.mined(attack.signs(body)[0])
    attack.watcher.sync()
    outputs = attack.watcher.outputs()
    assert len(outputs) == before + 15
    wallet = attack.chain.wallet('witness', words=attack.treasury.words)
    assert outputs == sorted((o['tx_hash'], o['subaddr_index']['major'], o['subaddr_index']['minor'],
                              o['amount']) for o in wallet.outputs())
    of_tx = {}
    for txid, *_, amount in outputs:
        of_tx.setdefault(txid, []).append(amount)
    assert [left] == [sum(amounts) for amounts in of_tx.values() if len(amounts) == 15]


def no_fee_for_the_network(attack):
    """
    Signed, and no node takes it. The payout is only paid by what conflicts with it; that counts
    again, and is the last that can come of this: the watcher has no output to pay it twice from.
    """
    body = attack.request(11)
    fee, body[TXS][0][FEE] = body[TXS][0][FEE], 0
    blob, = attack.signs(body)
    answer = attack.submit(blob)
    assert answer['status'] == 'Failed' and answer['fee_too_low'], answer
    body = attack.request(11)
    assert body[TXS][0][FEE] == fee
    attack.mined(attack.signs(body)[0])


def scenario_what_one_request_does_not_tell():
    policy = dict(POLICY, limits=dict(POLICY['limits'], day='100'))
    with Chain() as chain:
        miner, payee = chain.wallet('miner'), chain.wallet('payee')
        attack = Attack(chain, miner, [payee.address()] * 12, policy)
        twice_and_again(attack)
        replays(attack)
        past_and_time(attack)
        off_the_chain(attack, attack.thief.address(payee.address()))
        change_in_crumbs(attack)
        no_fee_for_the_network(attack)


def many(attack, payouts, fee, vault=None):
    """A forged request of made-up inputs: one transaction for each payout, of 1 XMR or less."""
    body = attack.request(0)
    like, pay = body[TXS][0], body[PAYOUTS][0]
    inputs = attack.thief.make_inputs(first(body), 3 * XMR, len(payouts))
    body[TXS], body[PAYOUTS] = [], []
    for spent, amount in zip(inputs, payouts):
        tx = list(like)
        tx[INPUTS], tx[PAYS], tx[FEE] = [spent], [len(body[PAYOUTS])], fee
        body[TXS].append(tx)
        attack.ids += 1
        body[PAYOUTS].append([attack.ids.to_bytes(16, 'big'), vault or pay[ADDRESS], amount, ''])
    return body


def drained(attack, vault):
    """Everything that is small enough by itself is bounded by the day, to the last unit."""
    fee = XMR // 100
    # Fees are counted where amounts are not.
    attack.signs(many(attack, [2 * XMR] * 5, fee, vault), takes=0)
    # The same payee, the same amount, under ids of their own: nobody can tell, all count.
    attack.signs(many(attack, [XMR] * 3, fee))
    left = 5 * XMR - attack.spent
    attack.signs(many(attack, [XMR, left - XMR - 2 * fee], fee))
    assert attack.spent == 5 * XMR
    attack.refused('a unit over the day', many(attack, [1], 0), 'limit_day')
    attack.refused('a fee over the day', many(attack, [XMR], 1, vault), 'limit_day')
    # Without a fee to a vault there is still the count.
    attack.signs(many(attack, [XMR] * 6, 0, vault), takes=0,
                 refusals={i: 'limit_day_count' for i in range(1, 6)})


def huge(attack):
    """A request at every bound is read, judged and refused in a time that a person waits."""
    body = attack.request(0)
    like, pay = body[TXS][0], body[PAYOUTS][0]
    inputs = attack.thief.make_inputs(first(body), XMR, 64 * 120)
    body[TXS], body[PAYOUTS] = [], []
    for i in range(64):
        tx = list(like)
        tx[INPUTS], tx[PAYS] = inputs[120 * i:120 * i + 120], []
        for _ in range(15):
            tx[PAYS].append(len(body[PAYOUTS]))
            body[PAYOUTS].append([(1 << 64 | len(body[PAYOUTS])).to_bytes(16, 'big'),
                                  pay[ADDRESS], 1, 'x' * 64])
        body[TXS].append(tx)
    start = time.monotonic()
    result, reply = attack.answer(body, REFUSED)
    print(f"a request of {64 * 120} inputs: {time.monotonic() - start:.1f} s")
    assert 'limit_day_count' in result.err and len(reply[4]) == 64
    assert [e['kind'] for e in attack.new_entries()] == ['request'] + ['refused'] * 64
    attack.check_books()


def rolled_back(attack, copy):
    """
    The vault's disk restored to before a signature. The honest watcher has seen a head that the
    signer now lacks. A thief echoes an older one: what he gains is what was forgotten, once more.
    """
    vault = attack.signer.folder
    shutil.copytree(vault, copy)
    attack.signs(many(attack, [1], 0, attack.vault), takes=0)
    head = [attack.entries[-1]['number'], bytes.fromhex(attack.entries[-1]['hash'])]
    honest = many(attack, [1], 0, attack.vault)
    honest[JOURNAL] = head
    newer = vault + '.newer'
    os.rename(vault, newer)
    shutil.copytree(copy, vault)
    try:
        file, confirm = attack.thief.seal(honest)
        result, reply = attack.answer_file(file, confirm, REFUSED)
        assert 'rolled_back' in result.err and reply is None
        lying_watcher(attack, copy)
    finally:
        shutil.rmtree(vault)
        os.rename(newer, vault)
    attack.check_books()


def lying_watcher(attack, copy):
    """
    Where the restored disk still knows the head that is echoed, the signer cannot see that it was
    restored: it signs, and its limits begin again where the copy left them. The two journals then
    part for ever, and whoever compares them sees it.
    """
    lie = many(attack, [XMR], 0)
    old = Signer(copy).journal()
    lie[JOURNAL] = [old[-1]['number'], bytes.fromhex(old[-1]['hash'])]
    file, confirm = attack.thief.seal(lie)
    forked = Signer(attack.signer.folder, attack.signer.passphrase)
    forked.sign(file, file + '.reply', confirm=confirm)
    assert atomic(forked.run('status', '--json').json['day_spent']) == XMR
    ours, theirs = attack.entries, forked.journal()
    assert theirs[:len(old)] == ours[:len(old)] == old
    assert [e['kind'] for e in theirs[len(old):]] == ['request', 'signed']
    assert ours[len(old)]['number'] == theirs[len(old)]['number']
    assert ours[len(old)]['hash'] != theirs[len(old)]['hash']


def at_another_time(attack, copy, shift):
    """The signer of a copy of the vault, with its clock put forward or back."""
    signer = Signer(copy, attack.signer.passphrase)
    command = signer.command
    signer.command = lambda *args: ['env', 'LD_PRELOAD=' + FAKETIME, 'FAKETIME=' + shift,
                                    'FAKETIME_DONT_RESET=1', *command(*args)]
    return signer


def clocks(attack, copy):
    """Neither clock alone moves the window, and a clock that went back stops everything."""
    file, confirm = attack.thief.seal(many(attack, [1], 0))
    back = at_another_time(attack, copy, '-1d')
    entries = Signer(copy).journal()
    assert 'clock_behind' in back.sign(file, file + '.reply', code=REFUSED, confirm=confirm).err
    new = Signer(copy).journal()[len(entries):]
    assert [(e['kind'], e.get('code')) for e in new] == [('request_refused', 'clock_behind')], new
    # A day on: the chain's time has not moved with it, so what was spent still counts.
    body = many(attack, [1], 0)
    body[CHAIN_TIME] = attack.bodies[0][CHAIN_TIME]
    body[EXPIRES] = int(time.time()) + 10 * 86400
    file, confirm = attack.thief.seal(body)
    ahead = at_another_time(attack, copy, '+25h')
    result = ahead.sign(file, file + '.reply', code=REFUSED, confirm=confirm)
    assert 'limit_day' in result.err or 'clock_jump' in result.err, result.err
    assert not any(e['kind'] == 'signed' for e in Signer(copy).journal()[len(entries):])


def scenario_limits_bound_what_is_small():
    limits = dict(POLICY['limits'], day='5', day_count=12, fee_per_byte='0.0001')
    with Chain() as chain:
        miner, payee = chain.wallet('miner'), chain.wallet('payee')
        vault = payee.new_address()
        policy = dict(POLICY, limits=limits, destinations=[
            {'name': 'cold storage', 'address': vault, 'vault': True}])
        attack = Attack(chain, miner, [payee.address()], policy)
        attack.ids = 1 << 32
        attack.vault = attack.thief.address(vault)
        before = attack.treasury.path('before')
        rolled_back(attack, before)
        drained(attack, attack.vault)
        huge(attack)
        clocked = attack.treasury.path('clocked')
        shutil.copytree(attack.signer.folder, clocked)
        clocks(attack, clocked)


def ring(chain, spent, index):
    """Puts an input of the chain into a ring of the chain, by its global index."""
    members = ring_of(chain, index)
    spent[PLACES] = [i - before for (i, _, _), before in
                     zip(members, [0] + [i for i, _, _ in members])]
    spent[MEMBERS] = bytes.fromhex(''.join(key + mask for _, key, mask in members))
    spent[REAL] = [i for i, _, _ in members].index(index)
    return spent


def burn(chain, miner, payer, address, amounts):
    """Pays the address twice to the very same one-time key; global index of each output by amount."""
    indices, keys = {}, []
    for amount in amounts:
        while True:
            txid, weight, _, blob = build(chain, payer, unspent(payer)[:1], [(address, amount)],
                                          tx_key='07' + '00' * 31)
            if all(key in blob for key in keys):  # the order of outputs is drawn
                break
        accepted(chain, txid, weight, blob, miner)
        chain.mine(UNLOCK, miner.address())
        tx, = chain.node.transactions([txid])
        keys = [out['target']['tagged_key']['key'] for out in json.loads(tx['as_json'])['vout']]
        indices[amount] = tx['output_indices']
    return indices


def scenario_outputs_that_share_a_key():
    """
    The burning bug, on a real chain: two outputs, one key, so one key image. The network takes one of
    them, the signer signs for one of them.
    """
    with Chain() as chain:
        miner, payee, payer = (chain.wallet(n) for n in ('miner', 'payee', 'payer'))
        attack = Attack(chain, miner, [payee.address()] * 2)
        miner.pay([(payer.address(), 5 * XMR)] * 2)
        chain.mine(UNLOCK, miner.address())
        places = burn(chain, miner, payer, attack.watcher.address(), [2 * XMR, XMR + XMR // 2])
        attack.watcher.sync()
        assert [d[4] for d in attack.watcher.deposits()].count('duplicate') == 1

        # The watcher spends what it has left: 3 XMR, and the greater of the two.
        attack.watcher.add('both', payee.address(), 4 * XMR)
        attack.treasury.request()
        inputs = attack.thief.body(3)[TXS][0][INPUTS]
        greater, = (i for i in inputs if i[WORTH] == 2 * XMR)
        attack.number = 3
        for index in places[XMR + XMR // 2]:
            lesser = ring(chain, list(greater), index)
            lesser[WORTH] = XMR + XMR // 2
            if member(lesser, lesser[REAL]) == (
                    member(greater, greater[REAL])[0],
                    attack.thief.commit(lesser[WORTH], lesser[MASK])):
                break
        else:
            raise AssertionError('no output of the chain has the same key')

        body = attack.request(0)
        body[TXS][0][INPUTS] = [greater, lesser]
        attack.refused('both in one transaction', body, 'input_twice')
        before = attack.treasury.path('before')
        shutil.copytree(attack.signer.folder, before)
        body = attack.both()
        body[TXS][0][INPUTS], body[TXS][1][INPUTS] = [greater], [lesser]
        blob, = attack.signs(body, refusals={1: 'input_twice'})
        body = attack.request(1)
        body[TXS][0][INPUTS] = [lesser]
        attack.refused('the other one later', body, 'input_twice')

        # A signer that forgot signs for the other one too; the network knows better.
        file, confirm = attack.thief.seal(body)
        Signer(before).sign(file, file + '.other', confirm=confirm)
        other = attack.thief.reply(file + '.other')[4][0][2].hex()
        attack.mined(blob)
        assert attack.submit(other)['double_spend']
