/* Proof of payment by transaction key: see the header. */
#include "common/monero/tx_key.h"

#include <string.h>

#include "common/base/secret.h"
#include "common/monero/tx_open.h"

/* Adds output i to *received if the key paid it to the address; *paid says whether it did. */
static enum err try_key(struct amount *received, bool *paid, const struct tx *tx, size_t i,
			const struct scalar *key, const struct address *to)
{
	struct derivation d;
	struct public_key expected;
	struct opened_output opened = {0};
	*paid = false;
	enum err e = derive(&d, &to->view, key);
	if (e != ERR_OK || !tx_view_tag_fits(tx, i, &d)) {
		goto out;
	}
	e = derive_public_key(&expected, &d, i, &to->spend);
	if (e != ERR_OK || memcmp(expected.b, tx->out[i].key.b, sizeof expected.b) != 0) {
		goto out;
	}
	*paid = tx_open(&opened, tx, i, &d);
	if (*paid && !amount_add(received, *received, opened.amount)) {
		e = err_set(ERR_BALANCE, "the outputs add up to more than there can be");
	}
out:
	secret_wipe(&d, sizeof d);
	secret_wipe(&opened, sizeof opened);
	return e;
}

enum err tx_key_check(struct amount *received, const struct tx *tx, const struct scalar *keys,
		      size_t n_keys, const struct address *to)
{
	struct amount sum = {0};
	*received = sum;
	if (n_keys != 1 && n_keys != 1 + tx->n_out) {
		return err_set(ERR_PARSE_VALUE, "%zu transaction keys for %zu outputs", n_keys,
			       tx->n_out);
	}
	for (size_t i = 0; i < tx->n_out; i++) {
		bool paid;
		enum err e = try_key(&sum, &paid, tx, i, &keys[0], to);
		if (e == ERR_OK && !paid && n_keys > 1) {
			e = try_key(&sum, &paid, tx, i, &keys[1 + i], to);
		}
		if (e != ERR_OK) {
			return e;
		}
	}
	*received = sum;
	return ERR_OK;
}

void tx_additional_key(struct scalar *out, const struct scalar *r, uint64_t i)
{
	static const char label[] = "airlock additional tx key";
	uint8_t data[sizeof label + 32 + 8];
	memcpy(data, label, sizeof label);
	memcpy(data + sizeof label, r->b, 32);
	store64_le(data + sizeof label + 32, i);
	sc_hash(out, data, sizeof data);
	secret_wipe(data, sizeof data);
}
