"""Two nodes that part and meet again: real reorganisations."""
from regtest import Chain
from reorgs import World


def scenario_two_nodes_reorganise():
    depths = (1, 3, 12, 18, 100)
    with Chain(nodes=2) as chain:
        world = World(chain, len(depths))
        for depth in depths:
            world.round(depth)
        world.check_sums()
