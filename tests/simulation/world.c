/* What happens in the simulated world, step by step. */
#include "tests/simulation/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"

#define START_BLOCKS 60
#define START_TIME UINT64_C(1790000000)

enum step {
	STEP_DEPOSIT,
	STEP_MINE,
	STEP_SYNC,
	STEP_PAYOUT,
	STEP_REQUEST,
	STEP_ANSWER,
	STEP_IMPORT,
	STEP_SEND,
	STEP_REORG,
	STEP_NODE,
	STEP_CLOCK,
	STEP_HOT_CUT,
	STEP_COLD_CUT,
	STEP_RESTART,
	STEP_CANCEL,
	STEP_REPLAY,
	STEP_RESUME,
	STEP_INVOICE,
	STEP_CLOSE,
	STEP_DECIDE,
	STEP_SNAPSHOT,
	STEP_ROLLBACK,
	STEP_CATCH_UP,
	STEP_COPY_HOT,
	STEP_RESTORE_HOT,
};

/* Which step comes how often. */
static const enum step MIX[] = {
    STEP_DEPOSIT,  STEP_DEPOSIT,  STEP_MINE,    STEP_MINE,     STEP_MINE,        STEP_MINE,
    STEP_SYNC,     STEP_SYNC,     STEP_SYNC,    STEP_PAYOUT,   STEP_PAYOUT,      STEP_REQUEST,
    STEP_REQUEST,  STEP_ANSWER,   STEP_ANSWER,  STEP_ANSWER,   STEP_IMPORT,      STEP_IMPORT,
    STEP_IMPORT,   STEP_SEND,     STEP_SEND,    STEP_REORG,    STEP_NODE,        STEP_CLOCK,
    STEP_HOT_CUT,  STEP_COLD_CUT, STEP_RESTART, STEP_CANCEL,   STEP_REPLAY,      STEP_MINE,
    STEP_RESUME,   STEP_INVOICE,  STEP_CLOSE,   STEP_INVOICE,  STEP_CLOSE,       STEP_SNAPSHOT,
    STEP_ROLLBACK, STEP_CATCH_UP, STEP_DECIDE,  STEP_COPY_HOT, STEP_RESTORE_HOT,
};

void world_say(const struct world *w, const char *fmt, ...)
{
	if (w->trace) {
		va_list ap;
		va_start(ap, fmt);
		printf("%6" PRIu64 " ", fake_chain_height(w->chain));
		vprintf(fmt, ap);
		printf("\n");
		va_end(ap);
	}
}

void world_fail(const struct world *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "seed %" PRIu64 ": ", w->seed);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\nreplay with: tools/simulate --seed %" PRIu64 "\n", w->seed);
	va_end(ap);
	exit(1);
}

static uint64_t world_wall(void *ctx)
{
	return ((const struct world *)ctx)->now;
}

static uint64_t world_steady(void *ctx)
{
	return ((const struct world *)ctx)->now * 1000;
}

static uint64_t draw(struct world *w, uint64_t bound)
{
	return rng_below(&w->rng, bound);
}

static struct clock fixed_clock(struct world *w)
{
	return (struct clock){w, world_wall, world_steady};
}

void origin_make(struct origin *o)
{
	struct rng_seeded stream;
	struct rng rng = rng_seeded(&stream, 0);
	struct view_key view;
	struct public_key spend;
	uint8_t seed[32];
	memset(o, 0, sizeof *o);
	sc_random(&o->spend.s, &rng);
	sc_random(&view.s, &rng);
	public_of_scalar(&spend, &o->spend.s);
	CHECK(account_view_init(&o->account, NETWORK_MAINNET, &view, &spend) == ERR_OK);
	for (size_t i = 0; i < RECIPIENTS; i++) {
		struct scalar s;
		sc_random(&s, &rng);
		sc_random(&view.s, &rng);
		public_of_scalar(&spend, &s);
		CHECK(account_view_init(&o->recipients[i], NETWORK_MAINNET, &view, &spend) ==
		      ERR_OK);
	}
	for (uint32_t i = 0; i < 2 * INDICES; i++) {
		struct subaddress at = {i / INDICES, i % INDICES};
		subaddress_spend_key(&o->ours[at.major][at.minor], &o->account, at);
		for (size_t r = 0; r < RECIPIENTS; r++) {
			subaddress_spend_key(&o->theirs[r][at.major][at.minor], &o->recipients[r],
					     at);
		}
	}
	rng_fill(&rng, seed, sizeof seed);
	identity_from_seed(&o->watcher_identity, seed);
	rng_fill(&rng, seed, sizeof seed);
	identity_from_seed(&o->signer_identity, seed);

	o->cold = disk_new();
	cold_origin(o);
	struct world w = {.now = START_TIME};
	struct clock clock = fixed_clock(&w);
	struct kit kit = {.network = NETWORK_MAINNET,
			  .name = "simulation",
			  .spend = o->account.spend_public,
			  .view = o->account.view,
			  .journal = o->journal};
	struct db *db;
	o->hot = disk_new();
	CHECK(disk_open(&db, o->hot) == ERR_OK);
	CHECK(watcher_create(db, &kit, &o->signer_identity.public, o->watcher_identity.seed,
			     &clock) == ERR_OK);
	db_close(db);
}

void origin_free(struct origin *o)
{
	disk_free(o->hot);
	disk_free(o->cold);
}

static void hot_down(struct world *w)
{
	if (w->hot_up) {
		watcher_close(&w->watcher);
		db_close(w->hot_db);
		w->hot_up = false;
	}
}

void world_boot_hot(struct world *w)
{
	hot_down(w);
	disk_power_on(w->hot);
	if (disk_open(&w->hot_db, w->hot) != ERR_OK ||
	    watcher_open(&w->watcher, w->hot_db, fake_chain_node(w->chain), w->clock, w->rng) !=
		ERR_OK) {
		world_fail(w, "the watcher does not start: %s", err_detail());
	}
	/* Blocks of this chain come when a step mines them, not every two minutes. */
	w->watcher.config.stall_seconds = 0;
	w->watcher.config.requests_after = w->newest_request;
	w->hot_up = true;
}

static bool deposit(struct world *w);

/* What our signer made, it made over these rings and no others. */
static bool made_over(void *ctx, const struct hash *tx, const struct hash *rings)
{
	const struct world *w = ctx;
	for (size_t i = 0; i < w->n_signatures; i++) {
		if (memcmp(w->signatures[i].id.b, tx->b, 32) == 0) {
			return memcmp(w->signatures[i].rings.b, rings->b, 32) == 0;
		}
	}
	return true;
}

void world_start(struct world *w, const struct origin *o, uint64_t seed, bool trace)
{
	memset(w, 0, sizeof *w);
	w->seed = seed;
	w->trace = trace;
	w->rng = rng_seeded(&w->stream, seed);
	w->now = START_TIME + START_BLOCKS * 120;
	w->clock = fixed_clock(w);
	w->origin = o;
	w->chain = fake_chain_new(&w->rng, START_BLOCKS, START_TIME);
	fake_chain_judge_rings(w->chain, made_over, w);
	w->hot = disk_snapshot(o->hot);
	w->cold = disk_snapshot(o->cold);
	world_boot_hot(w);
	for (int i = 0; i < 3; i++) {
		deposit(w);
		deposit(w);
		fake_chain_mine(w->chain, 8, 120, true);
		w->now = fake_chain_time(w->chain);
	}
}

void world_end(struct world *w)
{
	hot_down(w);
	for (size_t i = 0; i < w->n_messages; i++) {
		buf_free(&w->messages[i].request);
		buf_free(&w->messages[i].reply);
	}
	disk_free(w->hot);
	disk_free(w->cold);
	disk_free(w->kept);
	disk_free(w->kept_hot);
	fake_chain_free(w->chain);
}

/* Which failures are part of the game; any other is a fault of ours. */
bool world_expected(struct world *w, const char *what, enum err rc)
{
	if (rc == ERR_OK) {
		return true;
	}
	world_say(w, "%s: %s (%s)", what, err_name(rc), err_detail());
	bool game = (rc == ERR_IO && (disk_is_dead(w->hot) || disk_is_dead(w->cold))) ||
		    err_category(rc) == CAT_NODE || rc == ERR_FUNDS || rc == ERR_OVERTAKEN ||
		    rc == ERR_NOT_FOUND || rc == ERR_STATE || rc == ERR_HALTED ||
		    err_category(rc) == CAT_REFUSED ||
		    /* Two journals of one signer: found out, and a person's to solve. */
		    /* Requests of before, which the store does not know. */
		    (w->restored && rc == ERR_MSG_UNKNOWN) ||
		    (w->rolled_back && (rc == ERR_JOURNAL_BROKEN || rc == ERR_JOURNAL_FORK ||
					rc == ERR_MSG_REPLAYED));
	if (!game) {
		world_fail(w, "%s failed: %s (%s)", what, err_text(rc), err_detail());
	}
	return false;
}

static bool deposit(struct world *w)
{
	static const uint64_t SIZES[] = {1000000,       90000000000,    100000000000,
					 3000000000000, 10000000000000, 40000000000000};
	struct subaddress at = {(uint32_t)draw(w, 2), (uint32_t)draw(w, 4)};
	struct address to;
	struct amount amount =
	    amount_of(SIZES[draw(w, 6)] + draw(w, 1000000) * (draw(w, 2) ? 1 : 0));
	address_of(&to, &w->origin->account, at);
	if (w->n_invoices && draw(w, 2)) {
		const struct sim_invoice *i = &w->invoices[draw(w, w->n_invoices)];
		to = i->to;
		at = i->at;
		amount = amount_of(i->amount.atomic / 2 + draw(w, i->amount.atomic));
	}
	if (draw(w, 4) == 0) {
		/* In parts, by one transaction. */
		struct address same[3] = {to, to, to};
		struct amount part = amount_of(amount.atomic / 3);
		struct amount parts[3] = {part, part, part};
		fake_chain_pay_many(w->chain, same, parts, 3);
	} else {
		fake_chain_pay(w->chain, &to, amount);
	}
	world_say(w, "deposit to %u/%u of %" PRIu64, at.major, at.minor, amount.atomic);
	return true;
}

static bool mine(struct world *w)
{
	size_t n = 1 + draw(w, 6);
	fake_chain_mine(w->chain, n, 60 + draw(w, 120), draw(w, 4) != 0);
	if (fake_chain_time(w->chain) > w->now) {
		w->now = fake_chain_time(w->chain);
	}
	world_say(w, "mined %zu", n);
	return true;
}

static bool sync_hot(struct world *w)
{
	struct sync_result result;
	enum err rc = watcher_sync(&w->watcher, &result);
	world_say(w, "sync: %zu added, %zu dropped", result.added, result.dropped);
	return world_expected(w, "sync", rc);
}

enum err world_order(struct world *w, const struct sim_payout *p)
{
	struct payout_order order = {.id = p->id,
				     .to = p->to,
				     .amount = p->amount,
				     .reference = "",
				     .priority = p->priority,
				     .not_before = p->not_before};
	return watcher_add_payout(&w->watcher, &order, NULL);
}

static bool payout(struct world *w)
{
	if (w->n_payouts == PAYOUTS_MAX) {
		return false;
	}
	struct sim_payout *p = &w->payouts[w->n_payouts];
	snprintf(p->id, sizeof p->id, "p%zu", w->n_payouts);
	p->recipient = draw(w, RECIPIENTS);
	address_of(&p->to, &w->origin->recipients[p->recipient],
		   (struct subaddress){0, (uint32_t)draw(w, 3)});
	p->amount = amount_of((1 + draw(w, 4000)) * 1000000000 + w->n_payouts);
	p->priority = (enum payout_priority)(PAYOUT_HIGH + draw(w, 3));
	p->not_before = draw(w, 4) ? 0 : w->now + draw(w, 7200);
	enum err rc = world_order(w, p);
	world_say(w, "payout %s of %" PRIu64, p->id, p->amount.atomic);
	/* Kept even when the power went: the caller does not know, and asks again. */
	w->n_payouts++;
	if (!world_expected(w, "payout add", rc)) {
		world_boot_hot(w);
		rc = world_order(w, p);
		if (rc != ERR_OK) {
			world_fail(w, "the same payout again: %s", err_text(rc));
		}
	}
	return true;
}

static bool request(struct world *w)
{
	if (w->n_messages == MESSAGES_MAX) {
		return false;
	}
	struct sim_message *m = &w->messages[w->n_messages];
	struct request_info info;
	/* An operator syncs first, mostly. */
	if (draw(w, 4)) {
		sync_hot(w);
	}
	if (disk_is_dead(w->hot)) {
		return false;
	}
	buf_init(&m->request, PROTO_MESSAGE_MAX);
	buf_init(&m->reply, PROTO_MESSAGE_MAX);
	enum err rc = watcher_build_request(&w->watcher, &m->request, &info);
	if (!world_expected(w, "request build", rc)) {
		buf_free(&m->request);
		return false;
	}
	m->number = w->newest_request = info.number;
	w->n_messages++;
	world_say(w, "request %" PRIu64 ": %zu payouts, %zu transactions", info.number,
		  info.n_payouts, info.n_txs);
	return true;
}

static struct sim_message *pick(struct world *w)
{
	/* Mostly the newest, now and then an old one. */
	if (w->n_messages == 0) {
		return NULL;
	}
	return &w->messages[draw(w, 3) ? w->n_messages - 1 : draw(w, w->n_messages)];
}

static bool answer(struct world *w, bool again)
{
	struct sim_message *m = pick(w);
	if (!m || (m->reply.n != 0) != again) {
		return false;
	}
	struct buf reply;
	struct ledger_head answered = {0};
	buf_init(&reply, PROTO_MESSAGE_MAX);
	enum err rc = cold_answer(w, buf_span(&m->request), &reply, &answered);
	bool good = world_expected(w, "sign", rc);
	bool known = again && cold_has(w, &m->answered) == ERR_OK;
	if (good && known && (reply.n != m->reply.n || memcmp(reply.p, m->reply.p, reply.n) != 0)) {
		world_fail(w, "request %" PRIu64 " again gave other bytes", m->number);
	}
	/* Of two answers, the second by a signer that forgot the first, either may be carried on.
	 */
	if (good && (!again || (!known && draw(w, 2)))) {
		buf_reset(&m->reply);
		buf_put(&m->reply, reply.p, reply.n);
		m->answered = answered;
		world_say(w, "answer to %" PRIu64, m->number);
	}
	buf_free(&reply);
	return good;
}

static bool import(struct world *w)
{
	struct sim_message *m = pick(w);
	struct import_result result;
	if (!m || m->reply.n == 0) {
		return false;
	}
	enum err rc = watcher_import_reply(&w->watcher, buf_span(&m->reply), &result);
	if (!world_expected(w, "import", rc)) {
		return false;
	}
	m->imported = true;
	world_say(w, "import of %" PRIu64 ": %zu signed, %zu refused (%s)%s", m->number,
		  result.n_signed, result.n_refused, err_name(result.refused),
		  result.again ? ", again" : "");
	return true;
}

static bool send(struct world *w)
{
	struct broadcast_result result;
	enum err rc = watcher_broadcast(&w->watcher, &result);
	world_say(w, "broadcast: %zu sent, %zu rejected", result.submitted, result.rejected);
	return world_expected(w, "broadcast", rc);
}

static bool reorg(struct world *w)
{
	static const uint64_t DEEPEST[] = {4, 4, 4, 4, 14, 14, 30, 30};
	size_t n = 1 + draw(w, DEEPEST[draw(w, 8)]);
	bool lose = draw(w, 3) == 0;
	fake_chain_pop(w->chain, n, lose);
	fake_chain_mine(w->chain, n + draw(w, 3), 100, draw(w, 2));
	if (draw(w, 8) == 0) {
		fake_chain_drop_pool(w->chain);
	}
	world_say(w, "reorg of %zu%s", n, lose ? ", deposits lost" : "");
	return true;
}

static bool cancel(struct world *w)
{
	struct sim_message *m = pick(w);
	if (!m) {
		return false;
	}
	if (draw(w, 2)) {
		const struct sim_payout *p = &w->payouts[draw(w, w->n_payouts)];
		world_say(w, "retry payout %s", p->id);
		return world_expected(w, "retry", watcher_retry_payout(&w->watcher, p->id));
	}
	world_say(w, "cancel request %" PRIu64, m->number);
	return world_expected(w, "cancel", watcher_cancel_request(&w->watcher, m->number, false));
}

static struct invoice_rules rules(void)
{
	return (struct invoice_rules){.under = INVOICE_REFUND,
				      .over = INVOICE_HOLD,
				      .late = INVOICE_REFUND,
				      .after_close = INVOICE_REFUND};
}

enum err world_ask_for_invoice(struct world *w, struct sim_invoice *i)
{
	struct invoice v;
	struct invoice_order order = {.id = i->id,
				      .label = "",
				      .amount = i->amount,
				      .lasts = i->lasts,
				      .in_blocks = i->in_blocks};
	w->watcher.config.invoices = rules();
	enum err rc = watcher_create_invoice(&w->watcher, &order, &v);
	if (rc == ERR_OK) {
		if (i->known && memcmp(&i->at, &v.at, sizeof v.at) != 0) {
			world_fail(w, "invoice %s has another address than before", i->id);
		}
		i->at = v.at;
		i->to = v.address;
		i->known = true;
	}
	return rc;
}

/* A new one, or one of before asked for again. */
static bool invoice(struct world *w)
{
	bool again = w->n_invoices == INVOICES_MAX || (w->n_invoices && draw(w, 4) == 0);
	struct sim_invoice *i = &w->invoices[again ? draw(w, w->n_invoices) : w->n_invoices];
	if (!again) {
		snprintf(i->id, sizeof i->id, "i%zu", w->n_invoices);
		i->amount = amount_of((1 + draw(w, 40)) * 10000000000);
		i->in_blocks = draw(w, 2);
		i->lasts = draw(w, 3) * (i->in_blocks ? 20 : 2400);
	}
	enum err rc = world_ask_for_invoice(w, i);
	if (!again && rc == ERR_STATE) {
		return false; /* before the first sync */
	}
	w->n_invoices += !again;
	world_say(w, "invoice %s of %" PRIu64, i->id, i->amount.atomic);
	if (!world_expected(w, "invoice create", rc)) {
		world_boot_hot(w);
		rc = world_ask_for_invoice(w, i);
		if (rc != ERR_OK) {
			world_fail(w, "the same invoice again: %s", err_text(rc));
		}
	}
	return true;
}

static bool close_invoice(struct world *w)
{
	struct invoice v;
	if (w->n_invoices == 0) {
		return false;
	}
	const char *id = w->invoices[draw(w, w->n_invoices)].id;
	world_say(w, "close invoice %s", id);
	return world_expected(w, "invoice close", watcher_close_invoice(&w->watcher, id, &v));
}

/* A cut leaves the decision made whole, or not at all. */
static bool decide_invoice(struct world *w)
{
	struct invoice v;
	if (w->n_invoices == 0) {
		return false;
	}
	enum invoice_rule how = draw(w, 2) ? INVOICE_ACCEPT : INVOICE_REFUND;
	struct sim_invoice *i = NULL;
	enum err rc = ERR_STATE; /* nothing is held */
	for (size_t k = 0, from = draw(w, w->n_invoices); rc == ERR_STATE && k < w->n_invoices;
	     k++) {
		i = &w->invoices[(from + k) % w->n_invoices];
		rc = watcher_decide_held(&w->watcher, i->id, how, &v);
	}
	if (rc == ERR_STATE) {
		return false;
	}
	world_say(w, "decide on invoice %s: %s", i->id, invoice_rule_name(how));
	if (!world_expected(w, "invoice decide", rc)) {
		world_boot_hot(w);
		CHECK(watcher_get_invoice(&w->watcher, i->id, &v) == ERR_OK);
	}
	i->over = v.rules.over == how ? how : i->over;
	return true;
}

/* An operator looks, now and then, at what halted payouts. */
static bool resume(struct world *w)
{
	uint64_t halt;
	enum err rc = watcher_resume(&w->watcher, &halt);
	if (rc == ERR_OK && halt) {
		world_say(w, "payouts go on after event %" PRIu64, halt);
	}
	return world_expected(w, "resume", rc) && halt;
}

static bool take(struct world *w, enum step step)
{
	switch (step) {
	case STEP_DEPOSIT:
		return deposit(w);
	case STEP_MINE:
		return mine(w);
	case STEP_SYNC:
		return sync_hot(w);
	case STEP_PAYOUT:
		return payout(w);
	case STEP_REQUEST:
		return request(w);
	case STEP_ANSWER:
		return answer(w, false);
	case STEP_IMPORT:
		return import(w);
	case STEP_SEND:
		return send(w);
	case STEP_REORG:
		return reorg(w);
	case STEP_NODE:
		fake_chain_set_down(w->chain, draw(w, 4) == 0);
		return true;
	case STEP_CLOCK:
		w->now += draw(w, 30) * 3600;
		return true;
	case STEP_HOT_CUT:
		disk_cut_at(w->hot, draw(w, 2) ? CUT_BEFORE_COMMIT : CUT_AFTER_COMMIT,
			    1 + (unsigned)draw(w, 3));
		return true;
	case STEP_COLD_CUT:
		disk_cut_at(w->cold, draw(w, 2) ? CUT_BEFORE_COMMIT : CUT_AFTER_COMMIT,
			    1 + (unsigned)draw(w, 2));
		return true;
	case STEP_RESTART:
		world_boot_hot(w);
		return true;
	case STEP_CANCEL:
		return cancel(w);
	case STEP_REPLAY:
		return answer(w, true);
	case STEP_RESUME:
		return resume(w);
	case STEP_INVOICE:
		return invoice(w);
	case STEP_CLOSE:
		return close_invoice(w);
	case STEP_DECIDE:
		return decide_invoice(w);
	case STEP_SNAPSHOT:
		return world_copy_cold(w);
	case STEP_ROLLBACK:
		return world_roll_back_cold(w);
	case STEP_CATCH_UP:
		return world_catch_up(w);
	case STEP_COPY_HOT:
		return world_copy_hot(w);
	case STEP_RESTORE_HOT:
		return world_restore_hot(w);
	}
	return false;
}

void world_step(struct world *w)
{
	enum step step = MIX[draw(w, sizeof MIX / sizeof MIX[0])];
	w->now += 1 + draw(w, 60);
	err_clear();
	if (!w->recovering || world_recover(w)) {
		w->happened[step] += take(w, step);
	}
	if (disk_is_dead(w->hot)) {
		world_say(w, "the watcher lost power");
		world_boot_hot(w);
	}
	if (disk_is_dead(w->cold)) {
		world_say(w, "the signer lost power");
		disk_power_on(w->cold);
	}
}

void world_settle(struct world *w)
{
	fake_chain_set_down(w->chain, false);
	disk_cut_at(w->hot, CUT_NONE, 0);
	disk_cut_at(w->cold, CUT_NONE, 0);
	world_boot_hot(w);
	for (int i = 0; i < 4; i++) {
		CHECK(!w->restored || world_recover(w));
		struct broadcast_result sent;
		struct sync_result synced;
		uint64_t halt;
		CHECK(watcher_resume(&w->watcher, &halt) == ERR_OK);
		enum err rc = watcher_broadcast(&w->watcher, &sent);
		if (rc != ERR_OK && rc != ERR_NODE_REJECTED && rc != ERR_OVERTAKEN) {
			world_fail(w, "broadcast at the end: %s (%s)", err_text(rc), err_detail());
		}
		fake_chain_mine(w->chain, 12, 120, true);
		rc = watcher_sync(&w->watcher, &synced);
		if (rc != ERR_OK) {
			world_fail(w, "sync at the end: %s (%s)", err_text(rc), err_detail());
		}
	}
}
