"""A short campaign of kill -9; tools/kill runs a long one."""
from killing import campaign


def scenario_kill_run():
    campaign(300, pause=1)
