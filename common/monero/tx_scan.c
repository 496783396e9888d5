/*
 * Finding our outputs. Most outputs of a chain are not ours, so the cheapest test comes first: the
 * view tag, then the subaddress key and its look-up, and the commitment only for those that hit.
 */
#include <string.h>

#include "common/base/secret.h"
#include "common/monero/tx_open.h"

struct scan {
	const struct tx *tx;
	const struct tx_extra *extra;
	const uint8_t *derived;
	const struct account_view *account;
	const struct subaddress_book *book;
};

/* Key number k of extra's keys and then its additional keys, and its derivation; false if unusable.
 */
static bool candidate(struct public_key *key, struct derivation *d, const struct scan *s, size_t k)
{
	static const uint8_t none[32];
	memcpy(d->b, s->derived + 32 * k, 32);
	if (k < s->extra->n_public) {
		*key = s->extra->public_key[k];
	} else {
		memcpy(key->b, s->extra->additional + 32 * (k - s->extra->n_public), 32);
	}
	return memcmp(d->b, none, sizeof none) != 0;
}

/* Which of our addresses has this spend key; the primary one needs no book. */
static bool find_address(struct subaddress *at, const struct scan *s,
			 const struct public_key *spend)
{
	if (memcmp(spend->b, s->account->spend_public.b, sizeof spend->b) == 0) {
		*at = (struct subaddress){0, 0};
		return true;
	}
	return s->book->find(s->book->ctx, at, spend);
}

/* Whether output i is ours by this key. */
static bool try_key(struct owned_output *out, const struct scan *s, size_t i, size_t k)
{
	struct derivation d;
	struct public_key spend;
	struct opened_output opened = {0};
	bool ours = candidate(&out->tx_public, &d, s, k) && tx_view_tag_fits(s->tx, i, &d) &&
		    derive_subaddress_spend_vartime(&spend, &s->tx->out[i].key, &d, i) == ERR_OK &&
		    find_address(&out->at, s, &spend) && tx_open(&opened, s->tx, i, &d);
	if (ours) {
		out->index = i;
		out->one_time = s->tx->out[i].key;
		out->amount = opened.amount;
		out->mask = opened.mask;
		out->commitment = opened.commitment;
	}
	secret_wipe(&d, sizeof d);
	secret_wipe(&opened, sizeof opened);
	return ours;
}

/* Every main key is tried for every output, an additional key for the output of its place alone. */
static bool try_output(struct owned_output *out, const struct scan *s, size_t i)
{
	*out = (struct owned_output){0};
	for (size_t k = 0; k < s->extra->n_public; k++) {
		if (try_key(out, s, i, k)) {
			return true;
		}
	}
	if (i < s->extra->n_additional && try_key(out, s, i, s->extra->n_public + i)) {
		return true;
	}
	*out = (struct owned_output){0};
	return false;
}

enum err tx_scan(struct owned_output *out, size_t *n, size_t max, const struct tx *tx,
		 const struct tx_extra *extra, const uint8_t *derived,
		 const struct account_view *account, const struct subaddress_book *book)
{
	struct scan s = {tx, extra, derived, account, book};
	struct owned_output found;
	*n = 0;
	if (tx->version != 2) {
		return ERR_OK;
	}
	for (size_t i = 0; i < tx->n_out; i++) {
		if (!try_output(&found, &s, i)) {
			continue;
		}
		if (*n == max) {
			secret_wipe(out, max * sizeof *out);
			*n = 0;
			return err_set(ERR_LIMIT, "a transaction pays us more than %zu times", max);
		}
		out[(*n)++] = found;
	}
	secret_wipe(&found, sizeof found);
	return ERR_OK;
}
