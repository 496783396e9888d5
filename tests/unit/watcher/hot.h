/* Test support: a watcher over the simulation's chain and disk, and what happened to it. */
#ifndef AIRLOCK_TESTS_HOT_H
#define AIRLOCK_TESTS_HOT_H

#include "tests/simulation/disk.h"
#include "tests/simulation/fake_chain.h"
#include "watcher/watcher.h"

struct hot {
	struct rng_seeded seeded;
	struct rng rng;
	uint64_t now;
	struct fake_chain *chain;
	struct disk *disk;
	struct db *db;
	struct watcher w;
	struct identity signer;
	bool double_spent; /* the chain spends whatever one asks for */
	bool asleep;       /* the node says it is not synchronised */
	enum network network;
	bool twin; /* the chain is another's */
};

void hot_start(struct hot *h, size_t blocks);
void hot_stop(struct hot *h);
/* Another watcher of the same money on the same chain, as this one is now; stop it first. */
void hot_twin(struct hot *twin, const struct hot *of);

void hot_sync(struct hot *h);
/* Pays the watcher's address at an index, in the next block, and mines it and `more` blocks. */
struct hash hot_deposit(struct hot *h, struct subaddress at, uint64_t atomic, size_t more);
/* Events of a kind so far. */
size_t hot_events(const struct hot *h, const char *kind);
/* The state of the only deposit of this amount; 0 when there is none. */
enum deposit_state hot_state(const struct hot *h, uint64_t atomic);

#endif
