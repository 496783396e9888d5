/* Test support: a watcher with deposits on a chain of ours, and a node in between that can lie. */
#ifndef AIRLOCK_TESTS_PLANNED_H
#define AIRLOCK_TESTS_PLANNED_H

#include "signer/sign/build.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/fake_chain.h"
#include "tests/unit/signer/owned.h"
#include "watcher/watcher.h"

#define ASKED_MAX 10000

/* What the node says that is not so. `victim` is a global index. */
enum lie {
	LIE_NONE,
	LIE_KEY,            /* the victim's key is another's */
	LIE_COMMITMENT,     /* so is its commitment */
	LIE_LOCKED,         /* the victim is locked */
	LIE_OTHERS_LOCKED,  /* everything else is locked */
	LIE_ODD_LOCKED,     /* everything else with an odd index is locked */
	LIE_OTHERS_ALIKE,   /* everything else has one and the same key */
	LIE_OTHERS_UNSOUND, /* everything else has a key that is no point */
	LIE_NAMES,          /* answers are named by the next index */
	LIE_COUNTS,         /* the count of outputs falls somewhere */
	LIE_MORE_OUTPUTS,   /* there are a thousand times more than there are */
	LIE_FEE_HUGE,
	LIE_FEE_OVER, /* by one unit more than may be paid for a byte */
	LIE_FEE_NOTHING,
	LIE_FEE_TENFOLD,
	LIE_MASK_HUGE,
	LIE_SPENT,        /* every key image is spent in a block */
	LIE_OTHER_BLOCKS, /* the same, and the last block of an answer is another */
	LIE_MASK_OVER,    /* so that the smallest transaction's fee is rounded up above that */
};

struct planned {
	struct rng_seeded stream;
	struct rng rng;
	uint64_t now;
	struct test_wallet ours, theirs;
	struct fake_chain *chain;
	struct chain honest;
	enum lie lie;
	uint64_t victim;
	size_t n_asks, n_asked; /* questions for outputs, and all that was asked in them */
	uint64_t asked[ASKED_MAX];
	struct disk *disk;
	struct db *db;
	struct watcher w;
	struct identity signer;
};

/* n deposits of `each`, unlocked and known to the watcher, after `blocks` blocks of others. */
void planned_make(struct planned *p, size_t blocks, size_t n, struct amount each);
void planned_free(struct planned *p);

/* Queues; ids are "p0", "p1". */
void planned_payout(struct planned *p, size_t number, const struct address *to,
		    struct amount amount);
/* An address of the other wallet: {0, 0} is its primary one. */
struct address planned_to(const struct planned *p, uint32_t major, uint32_t minor);

/* Builds, reads back. The request is zero on failure. */
enum err planned_request(struct planned *p, struct request *r, struct request_info *info);

/* Signs a request of one transaction as the signer would. signed_tx_free. */
void planned_sign(struct planned *p, struct signed_tx *tx, const struct request *r);
/* The signer's reply to a request of one transaction comes back: signed, or refused if NULL. */
void planned_reply(struct planned *p, const struct request *r, const struct request_info *info,
		   struct signed_tx *tx, enum err refused);

/* Mines n blocks, the first with what waits if with_pool, and syncs. */
void planned_mine(struct planned *p, size_t n, bool with_pool);

/*
 * Key images: the watcher's question as the signer reads it, the signer's answer, and that answer
 * back to the watcher. outputs_free, key_images_free.
 */
enum err planned_ask(struct planned *p, struct outputs *asked);
void planned_prove(struct planned *p, struct key_images *images, const struct outputs *asked);
enum err planned_answer(struct planned *p, const struct key_images *images, size_t *n);

struct payout planned_get(const struct planned *p, const char *id);

#endif
