/*
 * What must be true, judged from the chain itself and from what left the signer, never from what
 * the programs believe.
 */
#include <inttypes.h>
#include <string.h>

#include "common/base/check.h"
#include "tests/simulation/world.h"

#define OWNED_MAX 512
#define DAY UINT64_C(86400)

struct owned {
	struct hash tx;
	uint64_t height;
	struct owned_output out;
	bool own; /* by a transaction that our signer made */
	bool found;
};

struct owned_list {
	const struct world *w;
	struct owned o[OWNED_MAX];
	size_t n;
};

/* The few subaddresses that the simulation uses, of one wallet. */
static bool find_small(void *ctx, struct subaddress *out, const struct public_key *spend)
{
	const struct public_key(*keys)[INDICES] = ctx;
	for (uint32_t i = 0; i < 2 * INDICES; i++) {
		*out = (struct subaddress){i / INDICES, i % INDICES};
		if (memcmp(keys[out->major][out->minor].b, spend->b, 32) == 0) {
			return true;
		}
	}
	return false;
}

static struct subaddress_book book_of(const struct public_key (*keys)[INDICES])
{
	return (struct subaddress_book){(void *)(uintptr_t)keys, find_small};
}

static bool signed_by_us(const struct world *w, const struct hash *tx)
{
	for (size_t i = 0; i < w->n_signatures; i++) {
		if (memcmp(w->signatures[i].id.b, tx->b, 32) == 0) {
			return true;
		}
	}
	return false;
}

static void collect(void *ctx, const struct hash *tx, uint64_t height,
		    const struct owned_output *out)
{
	struct owned_list *list = ctx;
	CHECK(list->n < OWNED_MAX);
	list->o[list->n++] = (struct owned){*tx, height, *out, signed_by_us(list->w, tx), false};
}

/* ---- deposits ---- */

static bool compare_deposit(void *ctx, const struct deposit *d)
{
	struct owned_list *list = ctx;
	struct owned *on_chain = NULL;
	for (size_t i = 0; i < list->n; i++) {
		if (memcmp(list->o[i].tx.b, d->at.tx.b, 32) == 0 &&
		    list->o[i].out.index == d->at.index) {
			on_chain = &list->o[i];
		}
	}
	if (d->state == DEPOSIT_SEEN) {
		if (on_chain) {
			world_fail(list->w, "a deposit on the chain is called waiting");
		}
		return true;
	}
	if (!on_chain) {
		if (d->state != DEPOSIT_REVERSED) {
			world_fail(list->w, "a deposit in state %s is not on the chain",
				   deposit_state_name(d->state));
		}
		return true;
	}
	if (on_chain->found) {
		world_fail(list->w, "a deposit is recorded twice");
	}
	on_chain->found = true;
	enum deposit_state want = on_chain->own ? DEPOSIT_OWN : DEPOSIT_CREDITED;
	uint64_t credited = on_chain->own ? 0 : on_chain->out.amount.atomic;
	if (d->state != want || d->credited.atomic != credited ||
	    d->amount.atomic != on_chain->out.amount.atomic || d->height != on_chain->height) {
		world_fail(list->w,
			   "a deposit of %" PRIu64 " at height %" PRIu64 " is %s at %" PRIu64
			   " with %" PRIu64 " credited",
			   on_chain->out.amount.atomic, on_chain->height,
			   deposit_state_name(d->state), d->height, d->credited.atomic);
	}
	return true;
}

/* Whether the chain says that an output of ours is spent. */
static bool is_spent(const struct world *w, const struct owned *o)
{
	struct plan_input in = {
	    .tx_public = o->out.tx_public, .output_index = o->out.index, .at = o->out.at};
	struct key_image image;
	uint8_t spent = 0;
	struct chain node = fake_chain_node(w->chain);
	in.ring[0].key = o->out.one_time;
	CHECK(input_key_image(&image, &in, &w->origin->account, &w->origin->spend) == ERR_OK);
	CHECK(node.spent(node.ctx, &spent, &image, 1) == ERR_OK);
	return spent != 0;
}

static void deposits_match_the_chain(struct world *w)
{
	static struct owned_list list;
	struct subaddress_book book = book_of(w->origin->ours);
	struct balance balance;
	uint64_t total = 0;
	list = (struct owned_list){.w = w};
	fake_chain_visit(w->chain, &w->origin->account, &book, collect, &list);
	CHECK(watcher_deposits(&w->watcher, compare_deposit, &list) == ERR_OK);
	for (size_t i = 0; i < list.n; i++) {
		if (!list.o[i].found) {
			world_fail(w, "a deposit of %" PRIu64 " was never found",
				   list.o[i].out.amount.atomic);
		}
		total += is_spent(w, &list.o[i]) ? 0 : list.o[i].out.amount.atomic;
	}
	CHECK(watcher_balance(&w->watcher, &balance) == ERR_OK);
	if (balance.total.atomic != total) {
		world_fail(w, "the balance is %" PRIu64 ", the chain says %" PRIu64,
			   balance.total.atomic, total);
	}
}

/* ---- invoices ---- */

/*
 * Every invoice's sums are those of the chain: what its address received, by the block it came in.
 * All is deep and over by now, and the simulation's rules are known.
 */
static void invoices_add_up(struct world *w)
{
	static struct owned_list list;
	struct subaddress_book book = book_of(w->origin->ours);
	list = (struct owned_list){.w = w};
	fake_chain_visit(w->chain, &w->origin->account, &book, collect, &list);
	for (size_t i = 0; i < w->n_invoices; i++) {
		struct invoice v;
		uint64_t sum[2] = {0}; /* on time; late or after it was closed */
		CHECK(watcher_get_invoice(&w->watcher, w->invoices[i].id, &v) == ERR_OK);
		for (size_t k = 0; k < list.n; k++) {
			const struct owned *o = &list.o[k];
			bool here = !o->own && memcmp(&o->out.at, &v.at, sizeof v.at) == 0;
			bool late = (v.late_from && o->height >= v.late_from) ||
				    (v.closed_from && o->height >= v.closed_from);
			sum[late] += here ? o->out.amount.atomic : 0;
		}
		uint64_t amount = v.amount.atomic, counted = sum[0], held = 0, refund = sum[1];
		bool paid = counted >= amount;
		bool over = v.late_from || v.closed_from;
		if (paid && w->invoices[i].over != INVOICE_ACCEPT) {
			uint64_t *to = w->invoices[i].over == INVOICE_REFUND ? &refund : &held;
			*to += counted - amount;
			counted = amount;
		} else if (!paid && over) {
			refund += counted;
			counted = 0;
		}
		if (v.is.counted.atomic != counted || v.is.held.atomic != held ||
		    v.is.refund.atomic != refund || (v.is.state == INVOICE_PAID) != paid ||
		    v.is.received.atomic != sum[0] + sum[1]) {
			world_fail(
			    w,
			    "invoice %s of %" PRIu64 " is %s, counted %" PRIu64 ", held %" PRIu64
			    ", refund %" PRIu64 "; the chain says %" PRIu64 " and %" PRIu64,
			    v.id, amount, invoice_state_name(v.is.state), v.is.counted.atomic,
			    v.is.held.atomic, v.is.refund.atomic, sum[0], sum[1]);
		}
	}
}

/* ---- payouts ---- */

struct received {
	const struct world *w;
	size_t recipient;
	unsigned times[PAYOUTS_MAX];
};

static void receive(void *ctx, const struct hash *tx, uint64_t height,
		    const struct owned_output *out)
{
	struct received *r = ctx;
	(void)height;
	for (size_t i = 0; i < r->w->n_payouts; i++) {
		const struct sim_payout *p = &r->w->payouts[i];
		if (p->recipient == r->recipient && p->amount.atomic == out->amount.atomic) {
			r->times[i]++;
			return;
		}
	}
	world_fail(r->w, "recipient %zu received %" PRIu64 " that nobody ordered (%02x...)",
		   r->recipient, out->amount.atomic, tx->b[0]);
}

static void payouts_arrive_once(struct world *w)
{
	static struct received r;
	r = (struct received){.w = w};
	for (r.recipient = 0; r.recipient < RECIPIENTS; r.recipient++) {
		const struct account_view *account = &w->origin->recipients[r.recipient];
		struct subaddress_book book = book_of(w->origin->theirs[r.recipient]);
		fake_chain_visit(w->chain, account, &book, receive, &r);
	}
	for (size_t i = 0; i < w->n_payouts; i++) {
		struct payout p;
		CHECK(watcher_get_payout(&w->watcher, w->payouts[i].id, &p) == ERR_OK);
		bool done = p.state == PAYOUT_IN_BLOCK || p.state == PAYOUT_CONFIRMED;
		if (r.times[i] > 1) {
			world_fail(w, "payout %s was paid %u times", p.id, r.times[i]);
		}
		if (done && r.times[i] != 1) {
			world_fail(w, "payout %s is %s but was never paid", p.id,
				   payout_state_name(p.state));
		}
		/* One that is paid by a request that the store forgot is nothing but refused. */
		if (!done && r.times[i] != 0 && !w->restored) {
			world_fail(w, "payout %s was paid but is %s", p.id,
				   payout_state_name(p.state));
		}
	}
}

/* What no node will ever take is not waited for. */
static bool is_taken(void *ctx, const struct sent_tx *t)
{
	struct world *w = ctx;
	struct chain node = fake_chain_node(w->chain);
	struct chain_tx_place place;
	CHECK(node.place(node.ctx, &place, &t->id, 1) == ERR_OK);
	if ((t->state == SENT_SIGNED || t->state == SENT_BROADCAST) && place.place == TX_UNKNOWN) {
		world_fail(w, "transaction %02x%02x... is called %s, and the node does not take it",
			   t->id.b[0], t->id.b[1], sent_state_name(t->state));
	}
	w->invalid += t->state == SENT_INVALID;
	return true;
}

/* ---- events ---- */

struct event_count {
	const struct world *w;
	uint64_t last;
};

static bool count_event(void *ctx, const struct event *e)
{
	struct event_count *c = ctx;
	if (e->number != c->last + 1) {
		world_fail(c->w, "event %" PRIu64 " follows %" PRIu64, e->number, c->last);
	}
	c->last = e->number;
	return true;
}

/* ---- the signer ---- */

static bool share_an_image(const struct sim_signed *a, const struct sim_signed *b)
{
	for (size_t i = 0; i < a->n_images; i++) {
		for (size_t j = 0; j < b->n_images; j++) {
			if (memcmp(a->images[i].b, b->images[j].b, 32) == 0) {
				return true;
			}
		}
	}
	return false;
}

static bool share_a_payout(const struct sim_signed *a, const struct sim_signed *b)
{
	for (size_t i = 0; i < a->n_payouts; i++) {
		for (size_t j = 0; j < b->n_payouts; j++) {
			if (memcmp(a->payouts[i].b, b->payouts[j].b, 16) == 0) {
				return true;
			}
		}
	}
	return false;
}

/* The newest signature against all before it. */
static void signatures_obey(struct world *w)
{
	for (size_t i = 0; i < w->n_signatures; i++) {
		const struct sim_signed *s = &w->signatures[i];
		uint64_t day = 0;
		if (amount_cmp(s->leaves, COLD_TX_LIMIT) > 0) {
			world_fail(w, "a transaction of %" PRIu64 " is over the limit",
				   s->leaves.atomic);
		}
		for (size_t j = 0; j <= i; j++) {
			const struct sim_signed *e = &w->signatures[j];
			/* Nothing is counted that only a lost disk knew. */
			if (!s->forgotten && !e->forgotten && s->wall - e->wall < DAY) {
				day += e->leaves.atomic;
			}
			if (j < i && share_a_payout(s, e) && !share_an_image(s, e)) {
				world_fail(w, "one payout stands in two transactions that could "
					      "both be mined");
			}
		}
		if (day > COLD_DAY_LIMIT.atomic) {
			world_fail(w, "%" PRIu64 " left within 24 hours", day);
		}
	}
}

/*
 * What is credited is as deep as its value demands, on the chain as the watcher knows it: by the
 * deposit, by all that its transaction paid, and by all that its address received in the twenty
 * blocks that end with it.
 */
struct depth_check {
	struct world *w;
	struct deposit d[OWNED_MAX];
	size_t n;
};

static bool collect_deposit(void *ctx, const struct deposit *d)
{
	struct depth_check *c = ctx;
	if (d->state != DEPOSIT_SEEN && d->state != DEPOSIT_REVERSED && d->state != DEPOSIT_OWN) {
		CHECK(c->n < OWNED_MAX);
		c->d[c->n++] = *d;
	}
	return true;
}

static uint64_t depth_demanded(const struct depth_check *c, const struct deposit *d)
{
	uint64_t of_tx = 0, of_address = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct deposit *o = &c->d[i];
		if (memcmp(o->at.tx.b, d->at.tx.b, 32) == 0) {
			of_tx += o->amount.atomic;
		}
		if (memcmp(&o->address, &d->address, sizeof o->address) == 0 &&
		    o->height <= d->height && o->height + 20 > d->height) {
			of_address += o->amount.atomic;
		}
	}
	uint64_t judged = of_tx > of_address ? of_tx : of_address;
	return judged <= ATOMIC_PER_XMR / 10 ? 1 : judged <= 10 * ATOMIC_PER_XMR ? 10 : 20;
}

static void credits_are_deep(struct world *w)
{
	static struct depth_check c;
	struct watcher_status status;
	c = (struct depth_check){.w = w};
	CHECK(watcher_status(&w->watcher, &status) == ERR_OK);
	CHECK(watcher_deposits(&w->watcher, collect_deposit, &c) == ERR_OK);
	for (size_t i = 0; i < c.n; i++) {
		const struct deposit *d = &c.d[i];
		/* A reorg may leave it less deep again; it may only not be credited so. */
		if (d->state == DEPOSIT_CREDITED && d->credit > w->events_before &&
		    d->height + depth_demanded(&c, d) > status.height) {
			world_fail(w, "a deposit at height %" PRIu64 " is credited at %" PRIu64,
				   d->height, status.height);
		}
	}
	w->events_before = status.events;
}

void oracle_always(struct world *w)
{
	credits_are_deep(w);
	signatures_obey(w);
	if (w->cold_head.number && cold_has(w, &w->cold_head) != ERR_OK) {
		world_fail(w, "journal entry %" PRIu64 " left the signer but is not on its disk",
			   w->cold_head.number);
	}
}

struct walked {
	uint64_t deposits[DEPOSIT_STATES], payouts[PAYOUT_STATES];
};

static bool walk_deposit(void *ctx, const struct deposit *d)
{
	struct walked *n = ctx;
	n->deposits[d->state]++;
	return true;
}

static bool walk_payout(void *ctx, const struct payout *p)
{
	struct walked *n = ctx;
	n->payouts[p->state]++;
	return true;
}

/* What is kept count of is what a walk over all records counts. */
static void tallies_are_right(struct world *w)
{
	struct walked n = {0};
	struct watcher_status s;
	CHECK(watcher_deposits(&w->watcher, walk_deposit, &n) == ERR_OK);
	CHECK(watcher_payouts(&w->watcher, walk_payout, &n) == ERR_OK);
	CHECK(watcher_status(&w->watcher, &s) == ERR_OK);
	if (memcmp(n.deposits, s.deposits, sizeof n.deposits) != 0 ||
	    memcmp(n.payouts, s.payouts, sizeof n.payouts) != 0) {
		world_fail(w, "status counts other deposits or payouts than there are");
	}
}

void oracle_settled(struct world *w)
{
	struct event_count events = {w, 0};
	deposits_match_the_chain(w);
	tallies_are_right(w);
	invoices_add_up(w);
	payouts_arrive_once(w);
	CHECK(watcher_sent(&w->watcher, is_taken, w) == ERR_OK);
	CHECK(watcher_events(&w->watcher, 0, count_event, &events) == ERR_OK);
	if (watcher_verify_books(&w->watcher) != ERR_OK) {
		world_fail(w, "the watcher's store: %s", err_detail());
	}
	if (cold_verify(w) != ERR_OK) {
		world_fail(w, "the signer's journal: %s", err_detail());
	}
}
