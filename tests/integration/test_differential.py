"""A few random histories; tools/differential runs as many as one likes."""
from differential import campaign


def scenario_random_histories():
    total = campaign(range(2, 5), coins=12)
    assert total['reorganisations'] and total['credited at the end'], total
