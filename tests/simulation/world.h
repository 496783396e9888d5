/*
 * The simulated world: one chain, a watcher and a signer on disks of their own, a file between
 * them, three recipients, and a clock that only the simulation moves. Everything that happens is
 * drawn from one seed, so every failure can be replayed.
 */
#ifndef AIRLOCK_SIMULATION_WORLD_H
#define AIRLOCK_SIMULATION_WORLD_H

#include "common/base/rng.h"
#include "signer/session/catch_up.h"
#include "signer/sign/build.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/fake_chain.h"
#include "watcher/watcher.h"

#define RECIPIENTS 3
#define PAYOUTS_MAX 64
#define MESSAGES_MAX 64
#define SIGNED_MAX 256
#define INVOICES_MAX 8
#define INDICES 16 /* subaddresses of an account that the oracle looks for */

/* What does not change from seed to seed: keys, and disks just after set-up. */
struct origin {
	struct account_view account;
	struct spend_key spend;
	struct identity watcher_identity, signer_identity;
	struct account_view recipients[RECIPIENTS];
	struct public_key ours[2][INDICES];
	struct public_key theirs[RECIPIENTS][2][INDICES];
	struct disk *hot, *cold;
	struct ledger_head journal; /* the signer's when it made its kit */
};
void origin_make(struct origin *o);
void origin_free(struct origin *o);

struct sim_payout {
	char id[16];
	size_t recipient;
	struct address to;
	struct amount amount; /* no two alike, so that the chain tells them apart */
	enum payout_priority priority;
	uint64_t not_before;
};

struct sim_invoice {
	char id[16];
	struct amount amount;
	uint64_t lasts;
	bool in_blocks;
	bool known;             /* its address came back */
	enum invoice_rule over; /* what was decided on what it holds, 0 nothing yet */
	struct subaddress at;
	struct address to;
};

struct sim_message {
	struct buf request, reply;
	uint64_t number;
	struct ledger_head answered; /* the signer's journal with the reply in it */
	bool imported;
};

/* A signature that left the signer: what the limits are measured by. */
struct sim_signed {
	struct hash id;
	struct amount leaves;
	struct hash rings; /* fake_ring_add over its inputs */
	uint64_t wall, chain;
	struct ledger_head entry; /* the journal with it in it */
	bool forgotten;           /* by a disk that was rolled back */
	size_t n_images;
	struct key_image images[8];
	size_t n_payouts;
	struct payout_id payouts[TX_OUTPUTS_MAX];
};

struct world {
	uint64_t seed;
	bool trace;
	struct rng_seeded stream;
	struct rng rng;
	uint64_t now;
	struct clock clock;
	const struct origin *origin;
	struct fake_chain *chain;

	struct disk *hot, *cold;
	struct disk *kept,
	    *kept_hot; /* copies of the signer's and the watcher's as they were once */
	struct db *hot_db;
	struct watcher watcher;
	bool hot_up;

	struct sim_payout payouts[PAYOUTS_MAX];
	size_t n_payouts;
	struct sim_invoice invoices[INVOICES_MAX];
	size_t n_invoices;
	struct sim_message messages[MESSAGES_MAX];
	size_t n_messages;
	struct sim_signed signatures[SIGNED_MAX];
	size_t n_signatures;
	uint64_t events_before; /* the newest event at the last look */
	uint64_t newest_request;
	struct ledger_head cold_head; /* the newest journal head that left the signer */
	bool rolled_back;             /* the signer's disk was, at some time */
	bool restored;                /* the watcher's was; never both */
	bool recovering;              /* from that */
	uint64_t invalid;             /* signed transactions whose rings a reorganisation took */
	uint64_t happened[32];        /* how often each kind of step ran to its end */
};

void world_start(struct world *w, const struct origin *o, uint64_t seed, bool trace);
void world_end(struct world *w);
/* One random step. */
void world_step(struct world *w);
/* Calms down: node up, everything broadcast and deep; then nothing may be left undone. */
void world_settle(struct world *w);

/* Brings the watcher (back) up from its disk. */
void world_boot_hot(struct world *w);

/* Which failures are part of the game; any other is a fault of ours. True for none at all. */
bool world_expected(struct world *w, const char *what, enum err rc);
void world_say(const struct world *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Queues a payout, and makes an invoice, for the first time or again. */
enum err MUST_CHECK world_order(struct world *w, const struct sim_payout *p);
enum err MUST_CHECK world_ask_for_invoice(struct world *w, struct sim_invoice *i);

/* ---- stores out of older copies (restore.c) ---- */

bool world_copy_hot(struct world *w);
bool world_restore_hot(struct world *w);
/* What an operator does then, and again when that was interrupted; nothing else before. */
bool world_recover(struct world *w);
bool world_copy_cold(struct world *w);
bool world_roll_back_cold(struct world *w);
bool world_catch_up(struct world *w);

/* ---- the signer's side (cold.c) ---- */

/* Limits that the simulation's policy sets and the oracle holds it to. */
extern const struct amount COLD_TX_LIMIT, COLD_DAY_LIMIT;

void cold_origin(struct origin *o);
/* A whole run of the signer: boots from its disk, answers, and is gone. ERR_IO after a power cut.
 */
enum err MUST_CHECK cold_answer(struct world *w, struct span request, struct buf *reply,
				struct ledger_head *answered);
/* Answers a question for key images. */
enum err MUST_CHECK cold_key_images(struct world *w, struct span asked, struct buf *answer);
/* Takes the entries it lacks from the watcher's copy of the journal. */
enum err MUST_CHECK cold_catch_up(struct world *w, struct span copy, struct catch_up *out);
/* After the journal became another one: which signatures stand in it. */
void cold_remembers(struct world *w);
/* The journal holds the head. */
enum err MUST_CHECK cold_has(struct world *w, const struct ledger_head *head);
/* Chain and signatures of the whole journal. */
enum err MUST_CHECK cold_verify(struct world *w);

/* ---- the oracle (oracle.c): aborts with the seed and what is wrong ---- */

__attribute__((noreturn)) void world_fail(const struct world *w, const char *fmt, ...)
    PRINTF_LIKE(2, 3);
/* True at every moment. */
void oracle_always(struct world *w);
/* True once the world has settled. */
void oracle_settled(struct world *w);

#endif
