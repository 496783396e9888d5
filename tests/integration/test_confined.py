"""
Rule 10 of the signer, in the real program: what a thief inside it could do, and what of the secrets
is left in its memory when it has done its work, refused it, or failed.
"""
import os
import tempfile

import memory
from airlock import DONE, FAILED, MESSAGE, PASSPHRASE, REFUSED, USAGE, Signer
from held import Held
from played import Played

EACCES, EPERM, EXDEV = 13, 1, 18


def tried(held):
    """What the probe tried: {(kind, name): errno}."""
    outcome = {}
    while (line := held.line()) != 'tried':
        kind, name, code = line.split('\t')
        outcome[kind, name] = int(code)
    return outcome


def playground(folder):
    """A folder outside the vault with something to destroy in it."""
    os.makedirs(os.path.join(folder, 'empty'))
    with open(os.path.join(folder, 'file'), 'wb'):
        pass
    return folder


def scenario_rule_10_the_program_is_confined():
    with tempfile.TemporaryDirectory(prefix='airlock-confined.') as folder:
        signer = Signer(os.path.join(folder, 'vault'))
        signer.init()
        force = signer.run('status', '--json').json['sandbox']
        assert force['seccomp'] == 2 and force['no_new_privs'] and not force['dumpable'], force
        assert force['core_limit'] == 0 and force['memory_locked'] and force['allowed'] < 50, force

        request = os.path.join(folder, 'request')
        with open(request, 'wb') as f:
            f.write(b'no request at all')
        place = playground(os.path.join(folder, 'elsewhere'))
        os.makedirs(os.path.join(folder, 'out'))
        held = Held(signer.command('sign', request, '--out', os.path.join(folder, 'out', 'reply')),
                    [('--passphrase-fd', PASSPHRASE + '\n')], **{'try': place})
        outcome = tried(held)
        assert 'no watcher is paired' in held.end(FAILED)  # it had read the file
        calls = {name: code for (kind, name), code in outcome.items() if kind == 'call'}
        writes = {name: code for (kind, name), code in outcome.items() if kind == 'write'}
        assert len(calls) > 40 and len(writes) == 8
        assert set(calls.values()) == {EPERM}, calls
        if force['landlock']:
            assert set(writes.values()) <= {EACCES, EXDEV}, writes
            assert sorted(os.listdir(place)) == ['empty', 'file']

        # The same library in another program: there it can do all of that.
        free = playground(os.path.join(folder, 'free'))
        held = Held(['/bin/cat', request], files=free)
        outcome = tried(held)
        held.end(DONE)
        assert outcome['write', 'open with O_CREAT'] == outcome['write', 'rmdir'] == DONE, outcome
        assert 'empty' not in os.listdir(free)


def scenario_memory_that_cannot_be_locked():
    """Said aloud, by every command, and by status."""
    import ctypes  # pylint: disable=C0415
    import resource  # pylint: disable=C0415

    def no_locking():
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
        pr_capbset_drop, cap_ipc_lock = 24, 14
        ctypes.CDLL(None).prctl(pr_capbset_drop, cap_ipc_lock, 0, 0, 0)

    with tempfile.TemporaryDirectory(prefix='airlock-unlocked.') as folder:
        signer = Signer(os.path.join(folder, 'vault'))
        signer.init()
        result = signer.run('status', '--json', limits=no_locking)
        assert not result.json['sandbox']['memory_locked']
        assert 'cannot be locked' in result.err
        assert 'NOT LOCKED' in signer.run('status', limits=no_locking).out
        assert 'cannot be locked' not in signer.run('status').err


def scenario_one_process_a_vault():
    """A second one is refused while the first lives, however the first ends."""
    with tempfile.TemporaryDirectory(prefix='airlock-second.') as folder:
        signer = Signer(os.path.join(folder, 'vault'))
        signer.init()
        for _ in range(3):
            first = Held(signer.command('status'), [('--passphrase-fd', None)],
                         ('--passphrase-fd', 1))
            first.wait('read')
            assert 'locked' in signer.run('status', code=FAILED).err
            assert 'locked' in signer.run('journal', 'verify', code=FAILED).err
            first.kill()
            signer.run('status')


def look(held, secret):
    """What is found in a process that is held; it goes on."""
    found = memory.find(held.pid, secret)
    held.release()
    return found


def look_at_the_end(held, secret, code):
    """Held at its very end, with nothing of it left."""
    while (line := held.line()) == 'held commit':
        held.release()
    assert line == 'held end', (line, held.end())
    left = look(held, secret)
    held.end(code)
    assert not left, left


def scenario_rule_10_secrets_leave_memory():
    with tempfile.TemporaryDirectory(prefix='airlock-memory.') as folder:
        treasury = Played(folder)
        signer = treasury.signer
        secret = memory.secrets(treasury.spend_key, treasury.view_key, PASSPHRASE, treasury.words)

        # That the search finds what is there: the passphrase while it is typed ...
        held = Held(signer.command('status'), [('--passphrase-fd', None)],
                    ('--passphrase-fd', len(PASSPHRASE) + 1))
        os.write(held.pipes['--passphrase-fd'], PASSPHRASE.encode())
        held.wait('read')
        assert 'passphrase' in look(held, secret)
        held.kill()

        # ... the view key, and nothing else, while a person looks at the request ...
        unlock = ('--passphrase-fd', PASSPHRASE + '\n')
        request, code = treasury.request()
        held = Held(signer.command('sign', request, '--out', request + '.reply'),
                    [unlock, ('--confirm-fd', code + '\n')], ('--confirm-fd', 1), commit=1, end=1)
        while (line := held.line()) == 'held commit':
            held.release()
        assert line == 'held read', held.end()
        found = look(held, secret)
        assert found and all(name.startswith('view key') for name in found), found
        # ... and the spend key while the signature is committed. At the end there is none.
        held.wait('commit')
        assert 'spend key' in look(held, secret)
        look_at_the_end(held, secret, DONE)
        assert os.path.exists(request + '.reply')

        # The same again; not confirmed; over a limit; no request at all; a reply that cannot be
        # written; no list of outputs; the kit; a wrong passphrase.
        look_at_the_end(Held(signer.command('sign', request, '--out', request + '.again'),
                             [unlock], end=1), secret, DONE)
        request, code = treasury.request()
        look_at_the_end(Held(signer.command('sign', request, '--out', request + '.reply'),
                             [unlock, ('--confirm-fd', 'no\n')], end=1), secret, REFUSED)
        large, code = treasury.request('1001')
        look_at_the_end(Held(signer.command('sign', large, '--out', large + '.reply'),
                             [unlock, ('--confirm-fd', code + '\n')], end=1), secret, REFUSED)
        look_at_the_end(Held(signer.command('sign', treasury.path('pairing'), '--out', request + '.x'),
                             [unlock], end=1), secret, MESSAGE)
        request, code = treasury.request()
        look_at_the_end(Held(signer.command('sign', request, '--out', '/nonexistent/reply'),
                             [unlock, ('--confirm-fd', code + '\n')], end=1), secret, FAILED)
        look_at_the_end(Held(signer.command('key-images', request, '--out', request + '.images'),
                             [unlock], end=1), secret, MESSAGE)
        look_at_the_end(Held(signer.command('kit', '--out', treasury.path('kit-2')), [unlock],
                             end=1), secret, DONE)
        wrong = PASSPHRASE[:-1] + 'x'
        secret |= memory.secrets(passphrase=wrong)
        look_at_the_end(Held(signer.command('status'), [('--passphrase-fd', wrong + '\n')], end=1),
                        secret, FAILED)


def scenario_rule_10_words_leave_memory():
    """Making and restoring vaults, and another passphrase."""
    with tempfile.TemporaryDirectory(prefix='airlock-words.') as folder:
        signer = Signer(os.path.join(folder, 'vault'))
        words = signer.init()
        secret = memory.secrets(passphrase=PASSPHRASE, words=words)
        options = ['init', '--network', 'mainnet', '--birthday', '0', '--kdf', 'quick']

        again = Signer(os.path.join(folder, 'again'))
        held = Held(again.command(*options),
                    [('--words-fd', None), ('--passphrase-fd', PASSPHRASE + '\n')],
                    ('--words-fd', len(words) + 1), end=1)
        os.write(held.pipes['--words-fd'], words.encode())
        held.wait('read')
        assert len(memory.find(held.pid, secret)) >= 22
        held.type('--words-fd', '\n')
        held.release()
        held.wait('end')
        left = memory.find(held.pid, secret)
        held.release()
        held.end(DONE)
        assert not left, left

        # Words with a fault in them, and a vault that is there already.
        third = Signer(os.path.join(folder, 'third'))
        for where, text, code in ((third, words + ' abbey', USAGE), (again, words, FAILED)):
            held = Held(where.command(*options), [('--words-fd', text + '\n'),
                                                  ('--passphrase-fd', PASSPHRASE + '\n')], end=1)
            held.wait('end')
            left = memory.find(held.pid, secret)
            held.release()
            held.end(code)
            assert not left, left
        assert not os.path.exists(third.folder)

        held = Held(again.command('passphrase'),
                    [('--passphrase-fd', PASSPHRASE + '\n'),
                     ('--new-passphrase-fd', 'another one altogether\n')], end=1)
        secret |= memory.secrets(passphrase='another one altogether')
        held.wait('end')
        left = memory.find(held.pid, secret)
        held.release()
        held.end(DONE)
        assert not left, left
