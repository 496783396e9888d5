"""
Rule 7: the entry is on the disk before the signature leaves, whatever stops the signer. A short run
of the crash test; tools/crash is the long one.
"""
import os
import sys

from airlock import program

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'crash'))
import crash  # noqa: E402


def build():
    return os.path.dirname(os.path.dirname(program('airlock-signer')))


def scenario_rule_7_no_cut_loses_a_signature():
    done = crash.campaign(build(), seed=7, rounds=4, images=3, kills=10)
    assert not done.wrong, done.wrong
    assert done.points >= 120 and done.resumed >= 40, (done.points, done.resumed)


def scenario_rule_7_planted_faults_are_found():
    """The test itself: a disk that never syncs, and a reply that leaves before its commit."""
    for control in ('nosync', 'early'):
        assert crash.campaign(build(), seed=7, rounds=1, images=2, kills=0, control=control).wrong, control
