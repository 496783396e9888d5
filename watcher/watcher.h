/*
 * The watcher's core: what it does, apart from where its chain, clock, randomness and storage come
 * from. The program, the unit tests and the simulation drive it through this header alone. Every
 * function that changes something does so in one db transaction (a sync step, one a batch), with
 * its events in the ledger; on any error nothing has changed unless the function says otherwise.
 */
#ifndef AIRLOCK_WATCHER_WATCHER_H
#define AIRLOCK_WATCHER_WATCHER_H

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/ledger/ledger.h"
#include "common/monero/fee.h"
#include "proto/envelope.h"
#include "watcher/chain/chain.h"

#define WATCHER_LEDGER_LABEL "airlock-watcher-ledger"
#define PAYOUT_ID_MAX 64 /* letters, digits and . _ : / + @ # = - */
#define LABEL_MAX 64     /* printable ASCII */
#define CREDIT_STEPS_MAX 8
#define INVOICE_ID_MAX 64
#define INVOICE_SECONDS_MAX (3653 * UINT64_C(86400))
#define INVOICE_BLOCKS_MAX (3653 * UINT64_C(720))
#define HARD_FORK_KNOWN 16 /* the newest this version understands */
#define BLOCKS_REMEMBERED 5000
#define SPENDABLE_AGE 10
#define COINBASE_AGE 60
#define WITNESSES_MAX 4

/*
 * Depth by value: a deposit up to `up_to` is credited `depth` blocks deep (1: in the top block).
 * What is compared is the largest of the deposit, all that its transaction pays us, and all that
 * its address received within the last `depth_above` blocks, so that a payment does not get by with
 * less depth for coming in many parts.
 */
struct credit_step {
	struct amount up_to;
	uint32_t depth;
};

/* What to do with a payment that does not fit its invoice. */
enum invoice_rule {
	INVOICE_HOLD = 1,   /* keep it apart for a person to decide */
	INVOICE_ACCEPT = 2, /* count it */
	INVOICE_REFUND = 3, /* list it to be paid back */
};
const char *invoice_rule_name(enum invoice_rule r);
/* ERR_CONFIG. */
enum err MUST_CHECK invoice_rule_parse(enum invoice_rule *out, const char *text);

struct invoice_rules {
	enum invoice_rule under;       /* too little when its time is over, or it is closed */
	enum invoice_rule over;        /* what is above the amount, if by more than the tolerance */
	enum invoice_rule late;        /* mined after its time */
	enum invoice_rule after_close; /* mined after an operator closed it */
};

struct watcher_config {
	size_t n_steps; /* rising; what is above the last one takes depth_above */
	struct credit_step step[CREDIT_STEPS_MAX];
	uint32_t depth_above;
	struct invoice_rules invoices; /* of those made from now on */
	char recipient[LABEL_MAX + 1]; /* the payee's name in payment URIs, "" none */
	bool credit_locked; /* also while an explicit unlock time keeps it from being spent */
	enum fee_level fee_level;
	struct amount fee_most, fee_per_byte_most; /* nothing is built that costs more */
	uint64_t request_seconds;                  /* how long a request may be signed */
	uint64_t requests_after;   /* new ones have greater numbers: the signer answered this one */
	uint64_t stall_seconds;    /* no block for so long: the node stands still; 0: never */
	uint64_t witnesses_needed; /* of those there are, so many must agree */
	uint64_t request_grace;    /* so many seconds after its time a request is given up */
	/* Change is split until so many outputs are there to pay from, in parts of at least so
	 * much. */
	uint64_t change_outputs;
	struct amount change_least;
	/*
	 * Sweeping: the vault (none while its spend key is zero), what stays here to pay from, and
	 * when it is due by itself: so much, or so many outputs, above that; 0: never.
	 */
	struct address vault;
	struct amount float_amount;
	struct amount sweep_above;
	uint64_t sweep_outputs;
	/* Seconds that these are kept; 0: for ever. */
	uint64_t keep_labels, keep_references, keep_invoices, keep_blobs;
};
/*
 * 1 up to 0.1 XMR, 10 up to 10 XMR, 20 above; normal fee, bounded as the signer's example policy
 * does; 7 days; an hour; one.
 */
void watcher_config_default(struct watcher_config *out);

/* Tables of the db, in this order (db_open_lmdb, or a backend with as many). */
extern const char *const WATCHER_TABLES[];
extern const unsigned WATCHER_TABLE_COUNT;

struct witness; /* watcher/health/health.h */

struct watcher {
	struct db *db; /* the caller's */
	struct chain chain;
	struct witness *witness; /* the caller's; none after watcher_open */
	size_t n_witnesses;
	struct clock clock;
	struct rng rng;
	struct watcher_config config;
	struct account_view account;
	struct identity identity;
	struct identity_public signer;
	uint64_t birthday;
	char name[PROTO_NAME_MAX + 1];
	/* NULL, or asked during long walks of the store: true ends them, ERR_CANCELLED. */
	bool (*stopped)(void *ctx);
	void *stopped_ctx;
};

/*
 * Fills an empty db from a kit: account, identities, subaddress lookahead of 50 accounts by 200.
 * ERR_EXISTS when the db holds a watcher already.
 */
enum err MUST_CHECK watcher_create(struct db *db, const struct kit *kit,
				   const struct identity_public *signer,
				   const uint8_t seed[static 32], const struct clock *clock);
/* Loads what create wrote; config is the default. ERR_STATE when there is nothing. */
enum err MUST_CHECK watcher_open(struct watcher *w, struct db *db, struct chain chain,
				 struct clock clock, struct rng rng);
/* Wipes; leaves the db open. */
void watcher_close(struct watcher *w);

/* The pairing message (open, signed) for the signer; appended to out. */
enum err MUST_CHECK watcher_pairing(const struct watcher *w, struct buf *out);

/* ---- Following the chain ---- */

struct sync_result {
	uint64_t height; /* blocks we have: the newest one's height + 1 */
	uint64_t node_height;
	size_t added;    /* blocks applied by this step */
	size_t dropped;  /* blocks of ours that the node's chain replaced */
	bool done;       /* nothing more to fetch now */
	bool node_ready; /* healthy: deposits may be credited */
};

/*
 * One batch: asks the node, follows it (rolling back what it replaced), finds deposits and spends,
 * credits what is deep enough, confirms payouts. A node whose top is one of our older blocks is
 * only behind, and nothing is rolled back. ERR_NODE_*; ERR_NODE_REORG when the common block is no
 * longer remembered. At the top the node's pool is looked at besides; when that fails the blocks
 * stay.
 */
enum err MUST_CHECK watcher_sync_step(struct watcher *w, struct sync_result *out);
/* Steps until done. `out` sums added and dropped. */
enum err MUST_CHECK watcher_sync(struct watcher *w, struct sync_result *out);

/*
 * Lets payouts go on after what halted them (a reorganisation as deep as the deepest credit) was
 * looked at. *halt is the event that halted them, 0 when nothing did.
 */
enum err MUST_CHECK watcher_resume(struct watcher *w, uint64_t *halt);

/* ---- The node's health ---- */

enum health_state {
	HEALTH_UNKNOWN = 0, /* never asked */
	HEALTH_HEALTHY = 1,
	HEALTH_BEHIND = 2,      /* its network, or a witness, is further */
	HEALTH_STALLED = 3,     /* no new block for long */
	HEALTH_DISAGREEING = 4, /* a witness has another chain */
	HEALTH_UNREACHABLE = 5, /* it, or too many witnesses, do not answer */
	HEALTH_FAULTY = 6,      /* its answers make no sense */
	HEALTH_FOREIGN = 7,     /* of another network */
	HEALTH_UNKNOWN_FORK = 8,
};
const char *health_state_name(enum health_state s);

#define HEALTH_REASON_MAX 128
struct node_health {
	enum health_state state;
	uint64_t since;                    /* time of the change to this state */
	uint64_t height, target, top_time; /* as the node says */
	uint64_t credit_height; /* blocks, from the first, that enough witnesses have too */
	uint32_t witnesses, answering, agreeing;
	char reason[HEALTH_REASON_MAX]; /* "" when healthy; names no machine */
};
/* As it was when the node was asked last. Nothing is credited or planned unless it is healthy. */
enum err MUST_CHECK watcher_health(const struct watcher *w, struct node_health *out);

/* ---- What is there ---- */

struct balance {
	struct amount total;    /* unspent outputs in blocks, reserved ones included */
	struct amount unlocked; /* of these, what could be spent in the next block; not reserved */
	struct amount reserved; /* inputs of requests that are neither mined nor cancelled */
	size_t outputs;         /* unspent */
};
enum err MUST_CHECK watcher_balance(const struct watcher *w, struct balance *out);

enum deposit_state {
	DEPOSIT_IN_BLOCK = 1, /* not deep enough yet */
	DEPOSIT_CREDITED = 2,
	DEPOSIT_REVERSED = 3,  /* its block was replaced */
	DEPOSIT_OWN = 4,       /* change or a payout to ourselves: never credited */
	DEPOSIT_DUPLICATE = 5, /* same one-time key as a better one: cannot be spent besides it */
	DEPOSIT_SEEN = 6,      /* in the node's pool: nothing is promised */
	DEPOSIT_CONFIRMED = 7, /* deep enough; credited once the node is healthy */
};
#define DEPOSIT_STATES (DEPOSIT_CONFIRMED + 1)
const char *deposit_state_name(enum deposit_state s);

struct outpoint {
	struct hash tx;
	uint32_t index;
};

struct deposit {
	struct outpoint at;
	struct subaddress address;
	struct amount amount;
	struct amount credited; /* zero unless credited */
	uint64_t credit;        /* number of the event that credited it, 0 none */
	uint64_t was;           /* number of an earlier credit that was reversed, 0 none */
	uint64_t due;           /* the chain's height at which it will be credited, 0 never */
	uint64_t height;        /* 0 while only seen */
	uint64_t unlock_time;
	uint64_t unlock_height; /* first height of a block that may spend it, if by height */
	bool coinbase;
	bool spent;
	uint64_t reserved; /* the request's number, 0 none */
	enum deposit_state state;
};
/* What could be paid out in the next block, in 10 and in 60, without what is reserved. */
enum { PAYABLE_NOW, PAYABLE_IN_10, PAYABLE_IN_60, PAYABLES };
struct payable {
	struct amount amount[PAYABLES];
	size_t outputs[PAYABLES];
};
/*
 * In 10 and in 60 blocks hold what unlocks until then; in 60 also the change of transactions that
 * are signed and in no block yet.
 */
enum err MUST_CHECK watcher_payable(const struct watcher *w, struct payable *out);

/* Visitors stop at the first false. */
typedef bool deposit_visit(void *ctx, const struct deposit *d);
enum err MUST_CHECK watcher_deposits(const struct watcher *w, deposit_visit *visit, void *ctx);

struct address_entry {
	struct subaddress at;
	struct address address;
	char label[LABEL_MAX + 1];
	uint64_t time; /* made; 0 for the primary address */
};
/* The account's next unused subaddress; account at most 2^20. */
enum err MUST_CHECK watcher_new_address(struct watcher *w, uint32_t account, const char *label,
					struct address_entry *out);
typedef bool address_visit(void *ctx, const struct address_entry *e);
/* The primary address and those made by watcher_new_address. */
enum err MUST_CHECK watcher_addresses(const struct watcher *w, address_visit *visit, void *ctx);

/* ---- Invoices ---- */

enum invoice_state {
	INVOICE_OPEN = 1,
	INVOICE_PARTLY_PAID = 2,
	INVOICE_PAID = 3,
	INVOICE_UNDERPAID = 4, /* over or closed with too little, which the rule did not accept */
	INVOICE_EXPIRED = 5,   /* over with nothing that counts */
	INVOICE_CLOSED = 6,    /* closed with nothing that counts */
	INVOICE_REFUNDED = 7,  /* what came was paid back */
};
const char *invoice_state_name(enum invoice_state s);

/*
 * received = counted + held + refund + what was refunded of it. All but pending is of credited
 * deposits. A function of the chain, the terms, and the operator's acts (close at a height, decide,
 * refund).
 */
struct invoice_outcome {
	enum invoice_state state;
	struct amount received;
	struct amount counted;
	struct amount held;    /* for a person to decide */
	struct amount refund;  /* to be paid back, and not yet ordered to be */
	struct amount pending; /* in blocks, will count when it is deep enough */
};

struct invoice {
	uint64_t number;
	char id[INVOICE_ID_MAX + 1]; /* "" once it is forgotten, with the label */
	char label[LABEL_MAX + 1];
	struct subaddress at;
	struct address address;
	struct amount amount, tolerance;
	uint64_t lasts; /* seconds, or blocks; 0 for ever */
	bool in_blocks;
	struct invoice_rules rules;
	uint64_t created, created_height;
	uint64_t changed;       /* time of the newest change of its outcome */
	uint64_t expires_time;  /* 0: not by time */
	uint64_t late_from;     /* the first block that is late, 0 not known yet */
	uint64_t closed_from;   /* the first block after an operator closed it, 0 not closed */
	struct amount refunded; /* ordered to be paid back */
	uint64_t refunds;       /* payouts that were queued for that, cancelled ones included */
	struct invoice_outcome is;
};

struct invoice_order {
	const char *id, *label; /* the label is shown to the payer */
	uint32_t account;
	struct amount amount;
	struct amount tolerance; /* so much too little, or too much, is as good as exact */
	uint64_t lasts;
	bool in_blocks;
};

/*
 * Makes an invoice with an address of its own, or returns the one that was made by the same order;
 * the id with other terms is ERR_CONFLICT. ERR_USAGE, ERR_AMOUNT; ERR_STATE before the first sync.
 */
enum err MUST_CHECK watcher_create_invoice(struct watcher *w, const struct invoice_order *order,
					   struct invoice *out);
/*
 * The id may also be "%" and the invoice's number: what an operator has of one whose id is
 * forgotten. ERR_NOT_FOUND.
 */
enum err MUST_CHECK watcher_get_invoice(const struct watcher *w, const char *id,
					struct invoice *out);
/* No block from here on is on time. Closed already: ERR_OK, nothing changes. ERR_NOT_FOUND. */
enum err MUST_CHECK watcher_close_invoice(struct watcher *w, const char *id, struct invoice *out);
/*
 * A person decides on what is held: it counts from now on (INVOICE_ACCEPT), or is to be paid back
 * (INVOICE_REFUND); so is what comes later for the same reason (too much, late), and nothing else.
 * ERR_STATE when nothing is held, ERR_NOT_FOUND.
 */
enum err MUST_CHECK watcher_decide_held(struct watcher *w, const char *id, enum invoice_rule how,
					struct invoice *out);
struct payout;
/*
 * Queues a payout of all that is to be refunded, and counts it as refunded until it is cancelled.
 * Its id begins with "refund:", which no other's does. ERR_STATE when nothing
 * is, ERR_NOT_FOUND, ERR_ADDR_NETWORK.
 */
enum err MUST_CHECK watcher_refund_invoice(struct watcher *w, const char *id,
					   const struct address *to, struct payout *out);
typedef bool invoice_visit(void *ctx, const struct invoice *v);
/* In the order made. */
enum err MUST_CHECK watcher_invoices(const struct watcher *w, invoice_visit *visit, void *ctx);

/* ---- Payouts ---- */

enum payout_state {
	PAYOUT_QUEUED = 1,
	PAYOUT_REQUESTED = 2, /* in a request that was not answered yet */
	PAYOUT_SIGNED = 3,
	PAYOUT_BROADCAST = 4,
	PAYOUT_IN_BLOCK = 5,
	PAYOUT_CONFIRMED = 6, /* 10 blocks deep */
	PAYOUT_CANCELLED = 7,
	/*
	 * By the signer, `refused` says why: payout retry queues it again. What passes by itself, a
	 * rolling limit or a request that was too old, returns to the queue instead.
	 */
	PAYOUT_REFUSED = 8,
	PAYOUT_FAILED = 9, /* its signed transaction conflicts with one in a block */
};
#define PAYOUT_STATES (PAYOUT_FAILED + 1)
const char *payout_state_name(enum payout_state s);

/* Which payouts go first; among equals, in the order queued. */
enum payout_priority { PAYOUT_HIGH = 1, PAYOUT_NORMAL = 2, PAYOUT_LOW = 3 };
const char *payout_priority_name(enum payout_priority p);

struct payout {
	uint64_t number;
	char id[PAYOUT_ID_MAX + 1];
	struct payout_id wire; /* what crosses the gap: a hash of id */
	struct address to;
	struct amount amount;
	char reference[PROTO_REFERENCE_MAX + 1];
	enum payout_priority priority;
	uint64_t not_before; /* is in no request before this time; 0: at once */
	bool forgotten;      /* its reference was pruned */
	enum payout_state state;
	uint64_t time;    /* queued */
	uint64_t request; /* the newest it is in, 0 none */
	uint64_t invoice; /* the number of the one whose refund it is, 0 none */
	struct hash tx;   /* zero until signed */
	enum err refused;
	/* An earlier request may have been signed: any new one shares an input with it. */
	bool tied;
	uint64_t tied_in; /* that request; the newest of them */
	struct outpoint tie;
};

struct payout_order {
	const char *id;
	struct address to;
	struct amount amount;
	const char *reference;
	enum payout_priority priority;
	uint64_t not_before;
};

/*
 * Queues. The same order again is ERR_OK and changes nothing; any other content under a known id is
 * ERR_CONFLICT. ERR_USAGE for a bad id, reference or a zero amount, ERR_ADDR_NETWORK. `out` may be
 * NULL.
 */
enum err MUST_CHECK watcher_add_payout(struct watcher *w, const struct payout_order *order,
				       struct payout *out);

struct payout_import {
	size_t queued;        /* new */
	size_t known;         /* were here before, the same */
	struct amount amount; /* of the new ones */
};
/*
 * Queues all rows of a CSV file (payouts/order.h), or none: the first error names its line. An id
 * twice in one file is an error, also with the same content.
 */
enum err MUST_CHECK watcher_import_payouts(struct watcher *w, struct span csv,
					   struct payout_import *out);
/*
 * Only while queued, refused or failed; and what was signed, or may have been, only once every
 * input of that was spent by others `depth_above` blocks deep: ERR_STATE. What an invoice's refund
 * would have paid back is owed again. ERR_NOT_FOUND. Cancelled already: ERR_OK.
 */
enum err MUST_CHECK watcher_cancel_payout(struct watcher *w, const char *id);
/*
 * Refused back to queued, with all that it may have been signed with. A failed one, with all others
 * of its transaction, to be paid from those of its inputs that nobody spent; ERR_STATE when there
 * are none: the signer would not sign it.
 */
enum err MUST_CHECK watcher_retry_payout(struct watcher *w, const char *id);
enum err MUST_CHECK watcher_get_payout(const struct watcher *w, const char *id, struct payout *out);
enum err MUST_CHECK watcher_get_payout_by_number(const struct watcher *w, uint64_t number,
						 struct payout *out);
typedef bool payout_visit(void *ctx, const struct payout *p);
/* In the order queued. */
enum err MUST_CHECK watcher_payouts(const struct watcher *w, payout_visit *visit, void *ctx);

/* ---- Requests and replies ---- */

enum request_state {
	REQUEST_OPEN = 1,
	REQUEST_SIGNED = 2,  /* answered; some transactions may have been refused */
	REQUEST_REFUSED = 3, /* answered; nothing was signed */
	REQUEST_CANCELLED = 4,
	REQUEST_EXPIRED = 5, /* nobody answered in time */
};
const char *request_state_name(enum request_state s);

struct request_info {
	uint64_t number;
	struct hash hash; /* what the confirmation code is made of */
	enum request_state state;
	uint64_t time;
	uint64_t expires;
	size_t n_payouts, n_txs, n_inputs;
	struct amount amount; /* of all payouts */
	struct amount fee;
	size_t left; /* payouts that stayed in the queue for lack of funds (set by build alone) */
};

/*
 * Plans all queued payouts the unlocked funds suffice for, in the order queued, reserves the
 * inputs, and appends the sealed request to `file`. ERR_HALTED; ERR_NOT_FOUND when nothing is
 * queued, ERR_FUNDS when not even the first payout can be paid, ERR_NODE_* (behind, or answers that
 * do not fit our own records).
 */
enum err MUST_CHECK watcher_build_request(struct watcher *w, struct buf *file,
					  struct request_info *out);
/*
 * Plans a request that moves to the vault what lies above the float and the queued payouts: the
 * smallest outputs first, at most TX_INPUTS_MAX to a transaction; change is what the last one has
 * too much, and what a full one keeps should its fee have to grow. At most `most` leaves (zero: no
 * bound), from at most `outputs` outputs (0: no bound). Its payouts have ids that begin with
 * "sweep:"; given up or refused unsigned, they are cancelled. ERR_CONFIG without a vault, ERR_FUNDS
 * when nothing worth its fee lies above; else as above.
 */
enum err MUST_CHECK watcher_sweep(struct watcher *w, struct amount most, size_t outputs,
				  struct buf *file, struct request_info *out);
/* Whether sweeping is due by itself; never while a request waits for its reply. */
enum err MUST_CHECK watcher_sweep_due(const struct watcher *w, bool *due);
/* The same request's message again; the same hash. */
enum err MUST_CHECK watcher_reseal_request(const struct watcher *w, uint64_t number,
					   struct buf *file);
/*
 * Gives up waiting: payouts return to the queue, tied to the inputs of this request unless it
 * `never_left`, so that whatever was signed conflicts with whatever is signed next. A reply that
 * turns up all the same is taken, unless it never left. ERR_STATE unless open.
 */
enum err MUST_CHECK watcher_cancel_request(struct watcher *w, uint64_t number, bool never_left);
/* The same for every open request whose time, and the grace after it, are over; *n counts them. */
enum err MUST_CHECK watcher_expire_requests(struct watcher *w, size_t *n);
typedef bool request_visit(void *ctx, const struct request_info *r);
enum err MUST_CHECK watcher_requests(const struct watcher *w, request_visit *visit, void *ctx);
/* The request as it was sent; request_free. */
enum err MUST_CHECK watcher_get_request(const struct watcher *w, uint64_t number,
					struct request *out);

struct import_result {
	uint64_t request;
	bool again;       /* this reply was imported before: nothing changed */
	enum err refused; /* the whole request; ERR_OK otherwise */
	char reason[256];
	size_t n_signed, n_refused;
	uint64_t n_entries; /* journal entries that were new to us */
};
/*
 * Takes a reply: from the paired signer, to a request of ours by hash, each transaction paying what
 * was planned (rings, outputs, fee) under its own id, journal entries fitting onto our copy.
 * ERR_MSG_* otherwise, ERR_JOURNAL_BROKEN, ERR_STATE for a request that was cancelled.
 */
enum err MUST_CHECK watcher_import_reply(struct watcher *w, struct span file,
					 struct import_result *out);

enum sent_state {
	SENT_SIGNED = 1,
	SENT_BROADCAST = 2, /* given to the node at least once */
	SENT_IN_BLOCK = 3,
	SENT_CONFIRMED = 4,
	SENT_REJECTED = 5, /* one of its inputs was spent by another transaction in a block */
	SENT_INVALID = 6, /* a reorganisation took its ring members; its payouts are queued again */
};
const char *sent_state_name(enum sent_state s);

/* A signed transaction of ours. */
struct sent_tx {
	struct hash id;
	uint64_t request;
	uint32_t place; /* among the request's transactions */
	enum sent_state state;
	uint64_t height;
	uint64_t time; /* imported */
	struct amount fee;
	struct span blob;
	size_t n_keys, n_images, n_payouts;
	struct scalar keys[1 + TX_OUTPUTS_MAX];
	struct key_image images[TX_INPUTS_MAX]; /* in the blob's order */
	uint64_t payouts[TX_OUTPUTS_MAX];       /* numbers of the payouts it pays */
};
typedef bool sent_visit(void *ctx, const struct sent_tx *t);
enum err MUST_CHECK watcher_sent(const struct watcher *w, sent_visit *visit, void *ctx);

struct broadcast_result {
	size_t submitted; /* taken by the node now */
	size_t waiting;   /* in its pool already */
	size_t in_block;  /* mined; the next sync records it */
	size_t rejected;
};
/*
 * Gives every signed transaction that is in no block to the node, always as the same bytes; what
 * the node has already is not sent. One that the node rejects stays to be tried again, the others
 * still go, and the result is ERR_NODE_REJECTED, or ERR_OVERTAKEN when the node says that a block
 * spends one of its inputs; `out` is set then too. Other ERR_NODE_* stop at once. ERR_HALTED.
 */
enum err MUST_CHECK watcher_broadcast(struct watcher *w, struct broadcast_result *out);
/* The same for those alone that were given out before: a pool may drop what it took. */
enum err MUST_CHECK watcher_broadcast_again(struct watcher *w, struct broadcast_result *out);

/* ---- Key images ---- */

/*
 * A message that asks the signer for the key images of unspent outputs of which we have none, as
 * many as fit, appended to `file`. *n counts them, *left those that do not fit. ERR_NOT_FOUND when
 * there are none.
 */
enum err MUST_CHECK watcher_ask_images(const struct watcher *w, struct buf *file, size_t *n,
				       size_t *left);
/*
 * Takes what the signer answers, each by its proof, all or nothing; the next sync looks in the
 * blocks that are known already for what spent them. *n counts the new ones. ERR_MSG_*, ERR_PROOF.
 */
enum err MUST_CHECK watcher_import_images(struct watcher *w, struct span file, size_t *n);

/* ---- The signer's journal ---- */

struct journal_export {
	uint64_t first, last; /* entries in the file; last < first: none */
	uint64_t newest;      /* of our copy */
};
/*
 * Our copy of the signer's journal from entry `after` + 1 on, as much as fits a message, appended
 * to `file`: sealed to the signer, which catches up with it, or open, for an auditor.
 */
enum err MUST_CHECK watcher_export_journal(const struct watcher *w, uint64_t after, bool open,
					   struct buf *file, struct journal_export *out);

/* ---- Events ---- */

struct event {
	uint64_t number;
	struct span json; /* one object, no line breaks; borrowed during the visit */
};
typedef bool event_visit(void *ctx, const struct event *e);
enum err MUST_CHECK watcher_events(const struct watcher *w, uint64_t after, event_visit *visit,
				   void *ctx);
/*
 * Recomputes what is derived and compares: the ledger's chain and the journal's; every index with
 * the records it is of, both ways; addresses with the view key; each credit with its event, and the
 * sum of credits in the ledger with that of the deposits; spends with key images; reservations with
 * requests; the states of payouts with those of the transactions that pay them; invoices with their
 * payments and refunds; webhooks with the events there are. ERR_DB_DAMAGED, ERR_JOURNAL_BROKEN,
 * naming the check. `told` (may be NULL) hears of each check how many records it looked at; the one
 * that fails is the last.
 */
typedef void verify_visit(void *ctx, const char *check, uint64_t records, bool good);
enum err MUST_CHECK watcher_verify(const struct watcher *w, verify_visit *told, void *ctx);
/* The same, but addresses' spend keys are not derived again, which takes by far the longest. */
enum err MUST_CHECK watcher_verify_books(const struct watcher *w);

struct prune_result {
	size_t labels;     /* of addresses */
	size_t references; /* of payouts that are done with */
	size_t invoices;   /* that are done with: their ids and labels */
	size_t blobs;      /* of confirmed transactions */
	size_t requests;   /* as they were sent, of those all of whose transactions are done with */
};
/*
 * Forgets what is older than the configuration keeps it. What proves balances stays: amounts,
 * transactions, keys, events, the journal. A payout that lost its reference is still known by its
 * id, address and amount; an invoice that lost its id is still found by it (a hash stays), and goes
 * on by its rules when something is paid to its address. ERR_STATE while the clock is more than a
 * day ahead of our newest block: it may be wrong, and what is forgotten does not come back.
 */
enum err MUST_CHECK watcher_prune(struct watcher *w, struct prune_result *out);
/* The same, if the last time is more than a day ago. */
enum err MUST_CHECK watcher_prune_daily(struct watcher *w, struct prune_result *out);

struct watcher_status {
	uint64_t height;
	struct hash top;
	uint64_t top_time;
	uint64_t events;
	struct ledger_head journal;
	uint64_t halted; /* the event that halted payouts, 0 none */
	size_t open_requests;
	size_t unsent, in_flight; /* transactions */
	/* By state; failed payouts: another transaction made their signed one impossible. */
	uint64_t deposits[DEPOSIT_STATES], payouts[PAYOUT_STATES];
};
/* However many records there are, at once. */
enum err MUST_CHECK watcher_status(const struct watcher *w, struct watcher_status *out);

#endif
