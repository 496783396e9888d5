/* The wallet watched in regtest.h, with its subaddresses, as the scanner wants it. */
#ifndef AIRLOCK_TESTS_WALLET_H
#define AIRLOCK_TESTS_WALLET_H

#include "tests/unit/monero/regtest.h"
#include "tests/unit/monero/vector.h"

#include "common/monero/tx.h"

#define WALLET_ACCOUNTS 2
#define WALLET_ADDRESSES 5

struct wallet {
	struct account_view account;
	struct public_key spend[WALLET_ACCOUNTS][WALLET_ADDRESSES];
};

static inline void wallet_open(struct wallet *w)
{
	struct view_key view;
	struct public_key spend;
	assert_int_equal(hex_decode(view.s.b, 32, REGTEST_VIEW_KEY), ERR_OK);
	assert_int_equal(hex_decode(spend.b, 32, REGTEST_SPEND_PUBLIC), ERR_OK);
	assert_int_equal(account_view_init(&w->account, NETWORK_MAINNET, &view, &spend), ERR_OK);
	for (uint32_t i = 0; i < WALLET_ACCOUNTS; i++) {
		for (uint32_t k = 0; k < WALLET_ADDRESSES; k++) {
			subaddress_spend_key(&w->spend[i][k], &w->account,
					     (struct subaddress){i, k});
		}
	}
}

/* struct subaddress_book's find; ctx is the wallet. */
static inline bool wallet_find(void *ctx, struct subaddress *out, const struct public_key *spend)
{
	const struct wallet *w = ctx;
	for (uint32_t i = 0; i < WALLET_ACCOUNTS; i++) {
		for (uint32_t k = 0; k < WALLET_ADDRESSES; k++) {
			if (memcmp(w->spend[i][k].b, spend->b, 32) == 0) {
				*out = (struct subaddress){i, k};
				return true;
			}
		}
	}
	return false;
}

/* Scans as the watcher does: derivations for all keys of extra first. */
static inline enum err wallet_scan(struct wallet *w, struct owned_output *out, size_t *n,
				   size_t max, const struct tx *tx, const struct tx_extra *extra)
{
	uint8_t derived[64][32] = {{0}};
	struct subaddress_book book = {w, wallet_find};
	assert_true(extra->n_public + extra->n_additional <= 64);
	for (size_t i = 0; i < extra->n_public + extra->n_additional; i++) {
		const uint8_t *key = i < extra->n_public
					 ? extra->public_key[i].b
					 : extra->additional + 32 * (i - extra->n_public);
		struct point p;
		if (point_unpack_vartime(&p, key) == ERR_OK) {
			point_mul8_batch_pack(derived[i], &w->account.view.s, &p, 1);
		}
	}
	return tx_scan(out, n, max, tx, extra, derived[0], &w->account, &book);
}

#endif
