/* Opening outputs. Source: monero src/ringct/rctOps.cpp (ecdhDecode), rctSigs.cpp (decodeRct). */
#include "common/monero/tx_open.h"

#include <string.h>

#include "common/base/secret.h"

bool tx_view_tag_fits(const struct tx *tx, size_t i, const struct derivation *d)
{
	const struct tx_output *o = &tx->out[i];
	return !o->has_view_tag || derive_view_tag(d, i) == o->view_tag;
}

/* Since Bulletproof2: eight bytes masked, the blinding factor follows from the secret. */
static bool decrypt_short(struct opened_output *out, const struct tx_output *o, size_t i,
			  const struct derivation *d)
{
	uint8_t amount[8];
	amount_crypt(amount, o->amount_enc, d, i);
	out->amount = amount_of(load64_le(amount));
	derive_mask(&out->mask, d, i);
	return true;
}

/* Before: both are scalars, each with a hash of the secret added. False if above 64 bits. */
static bool decrypt_long(struct opened_output *out, const struct tx_output *o, size_t i,
			 const struct derivation *d)
{
	static const uint8_t zeros[24];
	struct scalar key, s;
	derivation_scalar(&key, d, i);
	sc_hash(&key, key.b, sizeof key.b);
	sc_reduce32(&s, o->mask_enc);
	sc_sub(&out->mask.s, &s, &key);
	sc_hash(&key, key.b, sizeof key.b);
	sc_reduce32(&s, o->amount_enc);
	sc_sub(&s, &s, &key);
	bool fits = memcmp(s.b + 8, zeros, sizeof zeros) == 0;
	out->amount = amount_of(load64_le(s.b));
	secret_wipe(&key, sizeof key);
	secret_wipe(&s, sizeof s);
	return fits;
}

bool tx_open(struct opened_output *out, const struct tx *tx, size_t i, const struct derivation *d)
{
	const struct tx_output *o = &tx->out[i];
	*out = (struct opened_output){0};
	if (tx->rct == RCT_NULL) {
		out->amount = amount_of(o->amount);
		out->mask.s = SC_ONE;
		commit_coinbase(&out->commitment, out->amount);
		return true;
	}
	bool fits =
	    tx->rct >= RCT_BULLETPROOF2 ? decrypt_short(out, o, i, d) : decrypt_long(out, o, i, d);
	if (fits) {
		commit(&out->commitment, &out->mask, out->amount);
		fits = memcmp(out->commitment.b, o->commitment.b, sizeof o->commitment.b) == 0;
	}
	if (!fits) {
		secret_wipe(out, sizeof *out);
	}
	return fits;
}
