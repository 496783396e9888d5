/*
 * mutate [--count N] [--seed S] [--from I]: the mutation campaign, see tools/mutate. Every
 * iteration draws a valid request, changes it, signs and seals it with the stolen keys of the
 * watcher, and lets the signer's session answer it, a person agreeing to whatever is shown. What
 * the person is asked to agree to is judged by the oracle, as is what is signed; signing itself,
 * by far the dearest step, is done for one in SIGN_ONE_IN of them.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "common/base/check.h"
#include "common/base/secret.h"
#include "tests/mutation/mutate.h"
#include "tests/mutation/oracle.h"

#define SIGN_ONE_IN 200
#define HANG_SECONDS 60
#define CODES 256

enum outcome { UNCHANGED, THIEF, TREE, FOREIGN, REPLAY, OUTCOMES };
static const char *const OUTCOME_NAMES[OUTCOMES] = {"unchanged", "thief's", "tree's", "foreign",
						    "replayed"};

struct campaign {
	struct target target;
	uint64_t seed, from, iteration;
	double begin;
	uint64_t tried[OUTCOMES], allowed[OUTCOMES], kinds[THIEF_KINDS];
	uint64_t n_asked, n_replies, n_signed, codes[CODES];
	struct oracle_counts made;
	double slowest;
	/* of this iteration */
	struct request request; /* as the oracle read it, when consent was asked */
	bool has_request, agreed, lent;
	bool allowed_txs[REQUEST_TXS_MAX];
};

static volatile sig_atomic_t stopped;

/* The iteration under way is ended, and what was found by then is told. */
static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static double seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What the iterations before this one came to. */
static void report(const struct campaign *c)
{
	printf("seed %" PRIu64 ", iterations %" PRIu64 " to %" PRIu64 " in %.0f s, %.0f s of "
	       "computing, the slowest %.2f s\n",
	       c->seed, c->from, c->iteration - 1, seconds(CLOCK_MONOTONIC) - c->begin,
	       seconds(CLOCK_PROCESS_CPUTIME_ID), c->slowest);
	for (size_t i = 0; i < OUTCOMES; i++) {
		printf("  %-10s %9" PRIu64 " tried, %9" PRIu64 " allowed whole\n", OUTCOME_NAMES[i],
		       c->tried[i], c->allowed[i]);
	}
	printf("  consent asked %" PRIu64 " times, for transactions valid on the chain %" PRIu64
	       ", refused by any node %" PRIu64 "; signed %" PRIu64 "\n",
	       c->n_asked, c->made.valid, c->made.off_chain, c->n_signed);
	for (size_t i = 0; i < CODES; i++) {
		if (c->codes[i] && i != ERR_OK) {
			printf("  %-20s %9" PRIu64 "\n", err_name((enum err)i), c->codes[i]);
		}
	}
}

static void fault(const struct campaign *c, const char *what)
{
	char detail[256];
	snprintf(detail, sizeof detail, "%s", err_detail());
	report(c);
	printf("mutate: seed %" PRIu64 " iteration %" PRIu64 ": %s (%s)\n", c->seed, c->iteration,
	       what, detail);
	exit(1);
}

/*
 * An iteration that computes for longer ends the program by SIGPROF, which the shell tells. Time on
 * the processor counts, since a busy machine may let any iteration wait. 0: no limit.
 */
static void limit_seconds(int most)
{
	const struct itimerval limit = {.it_value = {.tv_sec = most}};
	CHECK(setitimer(ITIMER_PROF, &limit, NULL) == 0);
}

/* Between the review and the signature: whatever is about to be signed is judged here. */
static enum err confirm(void *ctx, const struct assessment *a)
{
	struct campaign *c = ctx;
	c->n_asked++;
	if (!c->has_request || c->request.n_txs != a->request.n_txs) {
		fault(c, "consent was asked for what was not sent");
	}
	for (size_t i = 0; i < a->request.n_txs; i++) {
		c->allowed_txs[i] = a->txs[i].verdict.code == ERR_OK;
	}
	const char *wrong = oracle_consents(&c->made, &c->target, &c->request, c->allowed_txs);
	if (wrong) {
		fault(c, wrong);
	}
	c->agreed = rng_below(&c->target.rng, SIGN_ONE_IN) == 0;
	return c->agreed ? ERR_OK : ERR_NOT_CONFIRMED;
}

static enum err unlock(void *ctx, const struct spend_key **spend)
{
	struct campaign *c = ctx;
	if (!c->agreed || c->lent) {
		fault(c, "the spend key is asked for without consent");
	}
	c->lent = true;
	*spend = &c->target.ours.spend;
	return ERR_OK;
}

static void lock(void *ctx)
{
	((struct campaign *)ctx)->lent = false;
}

static void open_reply(struct campaign *c, struct reply *out, const struct buf *file)
{
	struct envelope e;
	struct buf plain = {0};
	if (envelope_open(&e, &plain, buf_span(file), MSG_REPLY, NETWORK_STAGENET,
			  &c->target.watcher, &c->target.signer.public) != ERR_OK ||
	    reply_decode(out, e.body) != ERR_OK) {
		fault(c, "the reply is no reply");
	}
	buf_free(&plain);
}

/* What the reply holds must be what the person agreed to; refusals are counted by their codes. */
static void check_reply(struct campaign *c, const struct buf *file, bool is_signed)
{
	static const bool none[REQUEST_TXS_MAX];
	struct reply reply;
	open_reply(c, &reply, file);
	c->n_replies++;
	if (!c->has_request) {
		fault(c, "a reply to what cannot be read");
	}
	const char *wrong =
	    oracle_signed(&c->target, &c->request, is_signed ? c->allowed_txs : none, &reply);
	if (wrong) {
		fault(c, wrong);
	}
	for (size_t i = 0; i < reply.n_txs; i++) {
		c->codes[reply.txs[i].refused % CODES]++;
		c->n_signed += reply.txs[i].refused == ERR_OK;
	}
	reply_free(&reply);
}

/* Whether all that was asked for was allowed. */
static bool answer(struct campaign *c, struct span file)
{
	const struct session_hooks hooks = {c, confirm, unlock, lock};
	struct assessment a;
	struct buf reply;
	buf_init(&reply, PROTO_MESSAGE_MAX);
	c->agreed = false;
	memset(c->allowed_txs, 0, sizeof c->allowed_txs);
	err_clear();
	uint64_t asked = c->n_asked;
	enum err rc = session_answer(&reply, &a, &c->target.env, file, NULL, &hooks);
	bool whole = c->n_asked > asked && a.n_allowed == a.request.n_txs;
	/* A lie that says the truth again: the reply of then, no new signature. */
	bool again = a.answered;
	assessment_free(&a);
	if (rc == ERR_OK && !c->agreed && !again) {
		fault(c, "signed without consent");
	}
	if (rc != ERR_OK && err_category(rc) != CAT_REFUSED && err_category(rc) != CAT_MESSAGE) {
		fault(c, err_name(rc));
	}
	if (c->lent) {
		fault(c, "the spend key was not given back");
	}
	if (reply.n && !again) {
		check_reply(c, &reply, rc == ERR_OK);
	} else {
		c->codes[rc % CODES]++;
	}
	const char *wrong = oracle_accounts(&c->target, rc == ERR_OK && !again ? &c->request : NULL,
					    c->allowed_txs);
	if (wrong) {
		fault(c, wrong);
	}
	buf_free(&reply);
	return whole;
}

/* Signed and sealed as the watcher would; the number in the envelope follows the body's. */
static bool send_body(struct campaign *c, const struct buf *body, uint64_t number)
{
	struct buf file;
	buf_init(&file, PROTO_MESSAGE_MAX);
	c->has_request = request_decode(&c->request, buf_span(body)) == ERR_OK;
	target_seal(&c->target, &file, buf_span(body), c->has_request ? c->request.number : number);
	bool whole = answer(c, buf_span(&file));
	buf_free(&file);
	if (c->has_request) {
		request_free(&c->request);
		c->has_request = false;
	}
	return whole;
}

static const struct request *any_base(const struct campaign *c)
{
	return &c->target.bases[rng_below(&c->target.rng, BASES)];
}

static bool try_changed(struct campaign *c, enum outcome how)
{
	const struct rng *rng = &c->target.rng;
	const struct request *base = any_base(c);
	struct request r;
	struct buf body;
	buf_init(&body, PROTO_MESSAGE_MAX);
	request_copy(&r, base);
	for (uint64_t n = 1 + rng_below(rng, 3); how == THIEF && n > 0;) {
		unsigned kind = (unsigned)rng_below(rng, THIEF_KINDS);
		if (thief_change(&r, &c->target, kind)) {
			c->kinds[kind]++;
			n--;
		}
	}
	/* A thief who writes what no message can hold is left with the tree's changes. */
	if (request_encode(&body, &r) != ERR_OK) {
		buf_reset(&body);
		CHECK(request_encode(&body, base) == ERR_OK);
		how = TREE;
	}
	uint64_t n = how == TREE ? 1 + rng_below(rng, 4) : how == THIEF && rng_below(rng, 16) == 0;
	for (; n > 0; n--) {
		tree_change(&body, rng);
	}
	bool whole = send_body(c, &body, r.number);
	request_free(&r);
	buf_free(&body);
	return whole;
}

/* Not from our watcher to us, or not whole: nobody may be asked. */
static void try_foreign(struct campaign *c)
{
	struct target *t = &c->target;
	const struct rng *rng = &t->rng;
	struct buf body, file;
	struct hash hash;
	const struct request *r = any_base(c);
	uint64_t asked = c->n_asked, how = rng_below(rng, 9);
	buf_init(&body, PROTO_MESSAGE_MAX);
	buf_init(&file, PROTO_MESSAGE_MAX);
	CHECK(request_encode(&body, r) == ERR_OK);
	CHECK(envelope_seal(&file, &hash, how == 0 ? MSG_OUTPUTS : MSG_REQUEST,
			    how == 1 ? NETWORK_MAINNET : NETWORK_STAGENET,
			    how == 2 ? r->number + 1 : r->number, buf_span(&body),
			    how == 3 ? &t->stranger : &t->watcher,
			    how == 4 ? &t->stranger.public : &t->signer.public) == ERR_OK);
	switch (how) {
	case 5:
		flip_bit(file.p, file.n, rng);
		break;
	case 6:
		file.n = rng_below(rng, file.n);
		break;
	case 7:
		buf_u8(&file, (uint8_t)rng_below(rng, 256));
		break;
	case 8: /* the signer's own words */
		buf_reset(&file);
		buf_put(&file, t->past_reply.p, t->past_reply.n);
		break;
	default:
		break;
	}
	(void)answer(c, buf_span(&file));
	if (c->n_asked != asked) {
		fault(c, "consent was asked for a foreign message");
	}
	buf_free(&body);
	buf_free(&file);
}

/* A request that was answered is answered again, byte for byte, and counts once. */
static void try_replay(struct campaign *c)
{
	const struct session_hooks hooks = {c, confirm, unlock, lock};
	struct target *t = &c->target;
	struct assessment a;
	struct buf reply;
	buf_init(&reply, PROTO_MESSAGE_MAX);
	enum err rc = session_answer(&reply, &a, &t->env, buf_span(&t->past_file), NULL, &hooks);
	assessment_free(&a);
	if (rc != ERR_OK || reply.n != t->past_reply.n ||
	    memcmp(reply.p, t->past_reply.p, reply.n) != 0 || oracle_accounts(t, NULL, NULL)) {
		fault(c, "a request that came again is answered otherwise");
	}
	buf_free(&reply);
}

static enum outcome draw(const struct rng *rng)
{
	uint64_t at = rng_below(rng, 100);
	return at < 1 ? UNCHANGED : at < 3 ? FOREIGN : at < 4 ? REPLAY : at < 70 ? THIEF : TREE;
}

static void iterate(struct campaign *c)
{
	target_reset(&c->target, c->seed, c->iteration);
	enum outcome how = draw(&c->target.rng);
	double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
	limit_seconds(HANG_SECONDS);
	c->tried[how]++;
	if (how == FOREIGN) {
		try_foreign(c);
	} else if (how == REPLAY) {
		try_replay(c);
	} else {
		bool whole = try_changed(c, how);
		c->allowed[how] += whole;
		if (how == UNCHANGED && !whole) {
			fault(c, "an honest request is refused");
		}
	}
	double took = seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
	c->slowest = took > c->slowest ? took : c->slowest;
}

/* Codes that a campaign of some length meets; one that it never met would be unproven. */
static const enum err MUST_MEET[] = {
    ERR_LIMIT_PAYOUT,    ERR_LIMIT_TX,       ERR_LIMIT_DAY,     ERR_LIMIT_DAY_COUNT,
    ERR_LIMIT_FEE,       ERR_LIMIT_FEE_RATE, ERR_NOT_CONFIRMED, ERR_ROLLED_BACK,
    ERR_INPUT_NOT_OURS,  ERR_INPUT_AMOUNT,   ERR_INPUT_TWICE,   ERR_RING,
    ERR_BALANCE,         ERR_CHANGE,         ERR_PAYOUT_TWICE,  ERR_PAYOUT_CHANGED,
    ERR_REQUEST_EXPIRED, ERR_REQUEST_STALE,  ERR_TX_SHAPE,      ERR_POINT,
    ERR_MSG_FORMAT,      ERR_MSG_CANONICAL,  ERR_MSG_NETWORK,   ERR_MSG_SENDER,
    ERR_MSG_RECIPIENT,   ERR_MSG_TYPE};

/* Of a long campaign: whether it met all that it must. */
static bool is_complete(const struct campaign *c, uint64_t count)
{
	bool complete = true;
	for (size_t i = 0; count >= 100000 && i < sizeof MUST_MEET / sizeof MUST_MEET[0]; i++) {
		if (c->codes[MUST_MEET[i]] == 0) {
			printf("mutate: %s was never met\n", err_name(MUST_MEET[i]));
			complete = false;
		}
	}
	for (unsigned i = 0; count >= 100000 && i < THIEF_KINDS; i++) {
		if (c->kinds[i] == 0) {
			printf("mutate: the change \"%s\" was never made\n", thief_kind_name(i));
			complete = false;
		}
	}
	return complete;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"count", required_argument, NULL, 'n'},
						{"seed", required_argument, NULL, 's'},
						{"from", required_argument, NULL, 'f'},
						{NULL, 0, NULL, 0}};
	static struct campaign c;
	uint64_t count = 2000;
	int option;
	c.seed = c.from = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		uint64_t value = option == '?' ? 0 : strtoull(optarg, NULL, 10);
		if (option == 'n') {
			count = value;
		} else if (option == 's') {
			c.seed = value;
		} else if (option == 'f') {
			c.from = value;
		} else {
			fprintf(stderr, "usage: mutate [--count N] [--seed S] [--from I]\n");
			return 2;
		}
	}
	CHECK(secret_start() == ERR_OK);
	target_make(&c.target);
	c.begin = seconds(CLOCK_MONOTONIC);
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	for (c.iteration = c.from; c.iteration < c.from + count && !stopped; c.iteration++) {
		iterate(&c);
	}
	limit_seconds(0);
	report(&c);
	bool complete = is_complete(&c, c.iteration - c.from);
	target_free(&c.target);
	return complete ? 0 : 1;
}
