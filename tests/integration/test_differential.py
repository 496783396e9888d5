"""A few random histories; tools/differential runs as many as one likes."""
from differential import campaign


def scenario_random_histories():
    total = campaign(range(2, 4))
    assert total['reorganisations'] and total['deposits'], total
