/*
 * Invoices: the same outcome however and whenever payments were noticed, whatever the operator did
 * and the chain took back in between.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/watcher/hot.h"

#define XMR ATOMIC_PER_XMR
#define INVOICES 6
#define TWINS 3
#define ROUNDS 40

struct history {
	struct hot hot[TWINS];
	struct rng_seeded stream;
	struct rng rng;
	struct subaddress at[INVOICES];
	unsigned decided;
};

static struct invoice get(const struct hot *h, const char *id)
{
	struct invoice v;
	assert_int_equal(watcher_get_invoice(&h->w, id, &v), ERR_OK);
	return v;
}

static void history_start(struct history *s, uint64_t seed)
{
	hot_start(&s->hot[0], 30);
	s->rng = rng_seeded(&s->stream, seed);
	hot_sync(&s->hot[0]);
	s->hot[0].now = fake_chain_time(s->hot[0].chain);
	for (size_t i = 0; i < INVOICES; i++) {
		char id[8];
		snprintf(id, sizeof id, "i%zu", i);
		s->hot[0].w.config.invoices =
		    (struct invoice_rules){(enum invoice_rule)(1 + rng_below(&s->rng, 3)),
					   (enum invoice_rule)(1 + rng_below(&s->rng, 3)),
					   (enum invoice_rule)(1 + rng_below(&s->rng, 3)),
					   (enum invoice_rule)(1 + rng_below(&s->rng, 3))};
		uint64_t lasts = rng_below(&s->rng, 60);
		struct invoice v;
		struct invoice_order o = {.id = id,
					  .label = "",
					  .amount = amount_of(XMR / 4 + rng_below(&s->rng, XMR)),
					  .lasts = i % 3 ? lasts * (i % 3 == 1 ? 120 : 1) : 0,
					  .in_blocks = i % 3 == 2};
		assert_int_equal(watcher_create_invoice(&s->hot[0].w, &o, &v), ERR_OK);
		s->at[i] = v.at;
	}
	for (size_t i = 1; i < TWINS; i++) {
		hot_twin(&s->hot[i], &s->hot[0]);
	}
}

static void sync_all(struct history *s)
{
	for (size_t i = 0; i < TWINS; i++) {
		s->hot[i].asleep = false;
		hot_sync(&s->hot[i]);
	}
}

/* The first invoice from there on of which something is held, or just that one. */
static size_t held_from(const struct history *s, size_t which)
{
	for (size_t i = 0; i < INVOICES; i++) {
		size_t at = (which + i) % INVOICES;
		char id[8];
		snprintf(id, sizeof id, "i%zu", at);
		if (!amount_is_zero(get(&s->hot[0], id).is.held)) {
			return at;
		}
	}
	return which;
}

/* An act of the operator's, now and then, at the same place of the same chain for all. */
static void act(struct history *s, size_t which)
{
	uint64_t what = rng_below(&s->rng, 9);
	char id[8];
	if (what > 5) {
		return;
	}
	sync_all(s);
	which = what < 3 ? which : held_from(s, which);
	snprintf(id, sizeof id, "i%zu", which);
	bool holds = !amount_is_zero(get(&s->hot[0], id).is.held);
	for (size_t i = 0; i < TWINS; i++) {
		struct watcher *w = &s->hot[i].w;
		struct invoice v;
		enum invoice_rule how = what == 3 ? INVOICE_ACCEPT : INVOICE_REFUND;
		if (what < 3) {
			assert_int_equal(watcher_close_invoice(w, id, &v), ERR_OK);
		} else {
			assert_int_equal(watcher_decide_held(w, id, how, &v),
					 holds ? ERR_OK : ERR_STATE);
		}
	}
	s->decided += what >= 3 && holds;
}

static void happen(struct history *s)
{
	struct fake_chain *chain = s->hot[0].chain;
	struct address to;
	size_t which = rng_below(&s->rng, INVOICES);
	switch (rng_below(&s->rng, 8)) {
	case 0:
	case 1:
	case 2:
		address_of(&to, &s->hot[0].w.account, s->at[which]);
		fake_chain_pay(chain, &to, amount_of(XMR / 20 + rng_below(&s->rng, XMR / 2)));
		break;
	case 3:
	case 4:
	case 5:
		fake_chain_mine(chain, 1 + rng_below(&s->rng, 4), 1 + rng_below(&s->rng, 240),
				rng_below(&s->rng, 4) != 0);
		break;
	case 6:
		fake_chain_pop(chain, 1 + rng_below(&s->rng, 8), rng_below(&s->rng, 3) == 0);
		fake_chain_mine(chain, 9, 1 + rng_below(&s->rng, 240), rng_below(&s->rng, 2));
		break;
	case 7:
		act(s, which);
		break;
	}
}

static void learned_in_any_order(void **state)
{
	unsigned seen = 0, decided = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct history s = {0};
		history_start(&s, seed);
		for (size_t i = 0; i < ROUNDS; i++) {
			happen(&s);
			/* One looks all the time, one with an ailing node, one hardly ever. */
			hot_sync(&s.hot[0]);
			s.hot[1].asleep = rng_below(&s.rng, 3) != 0;
			if (rng_below(&s.rng, 2)) {
				hot_sync(&s.hot[1]);
			}
			if (rng_below(&s.rng, 16) == 0) {
				hot_sync(&s.hot[2]);
			}
		}
		fake_chain_mine(s.hot[0].chain, 1, 120, true);
		fake_chain_mine(s.hot[0].chain, 60, 120, false);
		sync_all(&s);
		for (size_t i = 0; i < INVOICES; i++) {
			char id[8];
			snprintf(id, sizeof id, "i%zu", i);
			struct invoice first = get(&s.hot[0], id);
			seen |= 1u << first.is.state;
			for (size_t k = 1; k < TWINS; k++) {
				struct invoice other = get(&s.hot[k], id);
				if (memcmp(&first, &other, sizeof first) != 0) {
					fail_msg("seed %llu: invoice %s is %s, and %s to another",
						 (unsigned long long)seed, id,
						 invoice_state_name(first.is.state),
						 invoice_state_name(other.is.state));
				}
			}
		}
		decided += s.decided;
		for (size_t i = TWINS; i-- > 0;) {
			hot_stop(&s.hot[i]);
		}
	}
	/* Histories in which nothing happens would show nothing. */
	assert_true(decided > 3);
	for (unsigned i = INVOICE_OPEN; i <= INVOICE_CLOSED; i++) {
		assert_true(seen & 1u << i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(learned_in_any_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
