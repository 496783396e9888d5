"""
What every scenario starts from, made once and copied: official wallets (each costs seconds of key
derivation) and a chain whose first blocks are mined to the first of them. They stand in the build
folder. The chain is made anew after an hour: one without a new block for long is a sick one.

A scenario never notices but by its speed: wallets are new ones, of keys of their own within the
scenario's chain, and the blocks are those that mining would have made.
"""
import fcntl
import os
import shutil
import time

BLOCKS = 200  # in the prepared chain
WORTH = 40  # mining fewer is quicker than restarting the node on a copy
CHAIN_SECONDS = 3600  # until it is too old


def folder():
    here = os.path.dirname(os.path.abspath(__file__))
    build = os.environ.get('AIRLOCK_BUILD') or os.path.join(os.path.dirname(os.path.dirname(here)),
                                                            'build')
    path = os.path.join(build, 'integration-prepared')
    os.makedirs(path, exist_ok=True)
    return path


class Lock:
    """One process makes, the others wait for it."""

    def __enter__(self):
        self.file = open(os.path.join(folder(), 'lock'), 'w', encoding='ascii')
        fcntl.flock(self.file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_):
        self.file.close()


def have(name, make, seconds=None):
    """The path of what `make(path)` makes, made now unless it is there, and not older than that."""
    with Lock():
        path = os.path.join(folder(), name)
        if seconds and os.path.exists(path) and time.time() - os.path.getmtime(path) > seconds:
            shutil.rmtree(path)
        if not os.path.exists(path):
            work = path + '.new'
            shutil.rmtree(work, ignore_errors=True)
            os.makedirs(work)
            make(work)
            os.rename(work, path)
        return path
