/*
 * The simulation's disk: a db backend in memory that can lose power at a commit. What was committed
 * survives; a transaction that was open does not. After a power cut every call fails until
 * disk_power_on, so the program under test unwinds as it would see a dead machine, and is restarted
 * from what is durable.
 */
#ifndef AIRLOCK_SIMULATION_DISK_H
#define AIRLOCK_SIMULATION_DISK_H

#include "common/ledger/db.h"

#define DISK_TABLES_MAX 64

enum power_cut {
	CUT_NONE,
	CUT_BEFORE_COMMIT, /* the transaction is lost */
	CUT_AFTER_COMMIT,  /* it is durable, but the program never hears of it */
};

struct disk;

struct disk *disk_new(void);
void disk_free(struct disk *d);

/* A db on the disk; closing it leaves the disk as it is. */
enum err MUST_CHECK disk_open(struct db **out, struct disk *d);

/* Cuts the power at the n-th commit from now (1 is the next one). */
void disk_cut_at(struct disk *d, enum power_cut cut, unsigned n);
/* Dead since a cut? */
bool disk_is_dead(const struct disk *d);
void disk_power_on(struct disk *d);

/* Commits that became durable since the disk was made. */
uint64_t disk_commits(const struct disk *d);

/* A copy of everything durable, and going back to it: the snapshot an operator restores. */
struct disk *disk_snapshot(const struct disk *d);
void disk_restore(struct disk *d, const struct disk *snapshot);

#endif
