"""
Vaults: made on a terminal, restored from words with and without an offset as the official wallet
does, given another passphrase, backed up and restored.
"""
import os
import shutil
import tempfile

from airlock import DONE, FAILED, MESSAGE, PASSPHRASE, REFUSED, USAGE, Signer, run
from held import Held
from played import Played
from regtest import Chain, Wallet
from terminal import Terminal

OPTIONS = ['init', '--network', 'mainnet', '--birthday', '0', '--kdf', 'quick']


def begin(signer, *more):
    """Up to the words: the terminal and the 25 words it shows."""
    terminal = Terminal(signer.command(*OPTIONS, *more))
    for _ in range(2):
        terminal.expect('passphrase: |again: ')
        terminal.type(PASSPHRASE)
    words = terminal.expect(r'the money:\s+((?:[a-z]+ ){24}[a-z]+)\r').group(1).split()
    terminal.expect('Enter when')
    assert not os.path.exists(signer.folder)
    terminal.type('')
    return terminal, words


def scenario_words_are_shown_once_and_asked_back():
    with tempfile.TemporaryDirectory(prefix='airlock-terminal.') as folder:
        signer = Signer(os.path.join(folder, 'vault'))
        terminal, words = begin(signer)
        asked = []
        for i in range(3):
            place = int(terminal.expect(r'Word (\d+) of the 25: ').group(1))
            asked.append(place)
            assert not os.path.exists(signer.folder)
            if i == 1:  # a slip, put right
                terminal.type('abbeyx')
                terminal.expect(f'another word. Word {place} of the 25: ')
            terminal.type(words[place - 1])
        terminal.expect('vault made')
        assert terminal.end() == 0
        assert len(set(asked)) == 3
        assert PASSPHRASE not in terminal.shown, 'a passphrase was echoed'
        assert terminal.shown.count(' '.join(words)) == 1
        assert '\x1b[2J' in terminal.shown[:terminal.shown.index('Word ')]
        address = signer.run('status', '--json').json['address']
        again = Signer(os.path.join(folder, 'again'))
        again.init(' '.join(words))
        assert again.run('status', '--json').json['address'] == address


def scenario_words_not_given_back_make_no_vault():
    with tempfile.TemporaryDirectory(prefix='airlock-terminal.') as folder:
        signer = Signer(os.path.join(folder, 'vault'))
        terminal, _ = begin(signer)
        for _ in range(3):
            terminal.expect(r'Word \d+ of the 25: ')
            terminal.type('abbeyx')
        terminal.expect('words_unproven')
        assert terminal.end() == USAGE
        assert os.listdir(folder) == []
        # Nor does a terminal that goes away.
        terminal, _ = begin(signer)
        os.close(terminal.fd)
        os.waitpid(terminal.pid, 0)
        assert os.listdir(folder) == []
        # A vault that is there is not touched, and no words are shown for nothing.
        signer.init()
        terminal = Terminal(signer.command(*OPTIONS))
        terminal.expect('already exists')
        assert terminal.end() == FAILED


def scenario_the_official_wallet_has_the_same_offset():
    """The unit tests know Monero's own hashes; here the wallet itself is asked."""
    with Chain() as chain, tempfile.TemporaryDirectory(prefix='airlock-offset.') as folder:
        signer = Signer(os.path.join(folder, 'source'))
        words = signer.init()
        official = Wallet(chain.folder, 'official', chain.node)
        chain.wallets.append(official)
        official.start()
        plain = signer.run('status', '--json').json['address']
        for i, offset in enumerate(('', 'a longer one, of words')):
            official.rpc('restore_deterministic_wallet', filename=f"offset{i}", password='',
                         seed=words, seed_offset=offset, language='English')
            restored = Signer(os.path.join(folder, str(i)))
            restored.run(*OPTIONS, fds=[('--words-fd', words + '\n'),
                                        ('--offset-fd', offset + '\n')])
            address = restored.run('status', '--json').json['address']
            assert address == official.address(), offset
            assert (address == plain) == (offset == '')
        # On the terminal, too.
        there = Signer(os.path.join(folder, 'there'))
        terminal = Terminal(there.command(*OPTIONS, '--restore'))
        for prompt, line in (('25 words: ', words), ('if none.: ', 'a longer one, of words'),
                             ('New passphrase: ', PASSPHRASE), ('again: ', PASSPHRASE)):
            terminal.expect(prompt)
            terminal.type(line)
        assert terminal.end() == 0
        assert there.run('status', '--json').json['address'] == \
            Signer(os.path.join(folder, '1')).run('status', '--json').json['address']
        assert signer.run('init', '--network', 'mainnet', '--birthday', '0',
                          fds=[('--offset-fd', 'x\n')], code=USAGE)


def scenario_another_passphrase_and_cost():
    with tempfile.TemporaryDirectory(prefix='airlock-passphrase.') as folder:
        treasury = Played(folder)
        signer = treasury.signer
        before = signer.run('status', '--json').json
        signer.run('passphrase', '--kdf-ops', '65', fds=[('--new-passphrase-fd', 'x\n')],
                   code=USAGE)
        signer.run('passphrase', fds=[('--new-passphrase-fd', '\n')], code=USAGE)
        signer.run('passphrase', '--kdf-ops', '2', '--kdf-memory', '3',
                   fds=[('--new-passphrase-fd', 'another\n')])
        assert 'passphrase' in signer.run('status', code=FAILED).err
        signer.passphrase = 'another'
        after = signer.run('status', '--json').json
        assert after['address'] == before['address']
        assert '2 passes over 3 MiB' in signer.run('status').out
        assert [e['kind'] for e in signer.journal()].count('passphrase') == 1
        assert sorted(os.listdir(signer.folder)) == ['data.mdb', 'lock', 'lock.mdb', 'vault']


def killed_at_each_step(command, fds, check):
    """Runs it again and again, killed one step later each time; returns how many steps it has."""
    steps = 0
    while True:
        held = Held(command, fds, steps=1)
        for _ in range(steps):
            held.wait('step')
            held.release()
        line = held.line()
        if not line:
            held.end(DONE)
            return steps
        assert line == 'held step', line
        held.kill()
        check(steps)
        steps += 1


def scenario_a_vault_survives_a_kill_at_every_step():
    """There is the old vault or the new one, whole; where there was none, another attempt works."""
    with tempfile.TemporaryDirectory(prefix='airlock-killed.') as folder:
        treasury = Played(folder)
        signer = treasury.signer
        words = treasury.words
        unlock = ('--passphrase-fd', PASSPHRASE + '\n')

        def one_of_two(_):
            codes = [signer.run('status', passphrase=p, code=None).code
                     for p in (PASSPHRASE, 'another')]
            assert codes in ([DONE, FAILED], [FAILED, DONE]), codes
            if codes == [FAILED, DONE]:
                signer.run('passphrase', passphrase='another',
                           fds=[('--new-passphrase-fd', PASSPHRASE + '\n')])
            run(signer.command('journal', 'verify'))

        assert killed_at_each_step(signer.command('passphrase'),
                                   [unlock, ('--new-passphrase-fd', 'another\n')], one_of_two) > 3
        signer.passphrase = 'another'
        left = {'data.mdb', 'lock', 'lock.mdb', 'vault'}
        assert set(os.listdir(signer.folder)) == left, 'a kill left something'

        backup = treasury.path('backup')
        signer.run('backup', '--out', backup)
        made = Signer(treasury.path('made'), passphrase='another')

        def whole_or_none(_):
            vault = os.path.join(made.folder, 'vault')
            if os.path.exists(vault):
                made.run('status')
                run(made.command('journal', 'verify'))
                shutil.rmtree(made.folder)
            elif os.path.exists(os.path.join(made.folder, 'data.mdb')):
                # Between the two last moves: a journal is never overwritten, so a person must look.
                assert 'without its vault' in made.run('restore', backup, code=FAILED).err
                shutil.rmtree(made.folder)

        for command, fds in ((['restore', backup], []),
                             (OPTIONS, [('--words-fd', words + '\n')])):
            steps = killed_at_each_step(made.command(*command),
                                        [('--passphrase-fd', 'another\n'), *fds], whole_or_none)
            assert steps > 8, steps
            made.run('status')
            assert set(os.listdir(made.folder)) == left
            shutil.rmtree(made.folder)


def scenario_rule_5_a_restored_backup_is_an_old_signer():
    with tempfile.TemporaryDirectory(prefix='airlock-backup.') as folder:
        treasury = Played(folder)
        signer = treasury.signer
        first, code = treasury.request()
        signer.sign(first, first + '.reply', confirm=code)
        backup = treasury.path('backup')
        signer.run('backup', '--out', backup)
        before = signer.journal()
        assert before[-1]['kind'] == 'backup'

        # Damaged, with another passphrase, over a vault: nothing is made.
        again = Signer(treasury.path('again'))
        with open(backup, 'rb') as f:
            data = f.read()
        for size in (0, 100, len(data) // 2, len(data) - 1):
            with open(backup + '.cut', 'wb') as f:
                f.write(data[:size])
            again.run('restore', backup + '.cut', code=MESSAGE)
        again.run('restore', first, code=MESSAGE)
        again.run('restore', backup, passphrase='wrong', code=FAILED)
        assert not os.path.exists(again.folder)
        signer.run('restore', backup, code=FAILED)

        # Restored: the same journal, pairing and policy; the same request, the same bytes.
        assert 'entry ' + str(len(before)) in again.run('restore', backup).out
        assert again.journal() == before
        status = again.run('status', '--json').json
        assert status['restored'] and status['watcher'] == 'a played watcher'
        again.run('sign', first, '--out', first + '.again')
        with open(first + '.reply', 'rb') as one, open(first + '.again', 'rb') as two:
            assert one.read() == two.read()

        # What the old one went on to sign, the restored one has not seen, and so it refuses.
        second, code = treasury.request()
        signer.sign(second, second + '.reply', confirm=code)
        third, code = treasury.request()
        refused = again.sign(third, third + '.reply', confirm=code, code=REFUSED)
        assert 'rolled_back' in refused.err, refused.err
        assert not os.path.exists(third + '.reply')
        assert again.journal() == before

        # Caught up it has all of that, and two entries that tell how it came about; then it signs.
        lost = signer.journal()
        signer.run('journal', 'export', '--cbor', '--out', treasury.path('copy'))
        again.run('catch-up', treasury.path('copy'))
        after = again.journal()
        assert after[:len(lost)] == lost
        kinds = [e['kind'] for e in after[len(lost):]]
        assert kinds == ['restored', 'caught_up'], kinds
        assert after[len(lost)]['entries'] == len(before)
        again.sign(third, third + '.reply', confirm=code)

        # Where nothing was lost it goes on, and its journal tells where it comes from.
        shutil.rmtree(again.folder)
        again.run('restore', backup)
        head = f"{len(before)}:{before[-1]['hash']}"
        fourth, code = treasury.request(head=head)
        again.sign(fourth, fourth + '.reply', confirm=code)
        after = again.journal()
        assert after[:len(before)] == before and after[len(before)]['kind'] == 'restored'
        assert after[len(before)]['entries'] == len(before)
        assert not again.run('status', '--json').json['restored']
        run(again.command('journal', 'verify'))
