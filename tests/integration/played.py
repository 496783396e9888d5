"""
A treasury without a chain: the real signer, and a watcher that is played (played.c). For scenarios
that look at the signer alone; a request takes no time to make.
"""
import os
import subprocess

from airlock import PASSPHRASE, POLICY, Signer, program


def played(*args, text=''):
    build = os.path.dirname(os.path.dirname(program('airlock-signer')))
    command = [os.path.join(build, 'tests', 'integration', 'played'), *args]
    result = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


class Played:
    """A signer with policy, paired; its words and keys are known to the test."""

    def __init__(self, folder, passphrase=PASSPHRASE):
        self.folder = folder
        self.signer = Signer(self.path('vault'), passphrase)
        self.words = self.signer.init()
        self.spend_key, self.view_key = played('keys', text=self.words)
        self.signer.run('kit', '--out', self.path('kit'))
        played('pairing', self.path('pairing'))
        self.signer.run('pair', self.path('pairing'))
        self.signer.set_policy(POLICY)
        self.number = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def head(self):
        """The newest journal entry, as the watcher would have seen it."""
        entries = self.signer.journal()
        return f"{len(entries)}:{entries[-1]['hash']}"

    def request(self, amount='1', head=None):
        """A new request; returns its file and confirmation code."""
        self.number += 1
        file = self.path(f"request-{self.number}")
        code, = played('request', self.path('kit'), str(self.number), amount,
                       head or self.head(), file)
        return file, code
