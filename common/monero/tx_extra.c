/*
 * tx_extra as the official wallet reads it: fields one after the other until the first that is
 * broken or unknown; what was read before counts. Source: monero src/cryptonote_basic/tx_extra.h.
 */
#include <string.h>

#include "common/monero/tx.h"

#define TAG_PADDING 0x00
#define TAG_PUBLIC_KEY 0x01
#define TAG_NONCE 0x02
#define TAG_MERGE_MINING 0x03
#define TAG_ADDITIONAL 0x04
#define TAG_MINERGATE 0xde

#define NONCE_PAYMENT_ID 0x00
#define NONCE_ENCRYPTED_PAYMENT_ID 0x01
#define NONCE_MAX 255

static void read_public_key(struct reader *r, struct tx_extra *out)
{
	struct public_key key;
	read_bytes(r, key.b, sizeof key.b);
	if (r->failed == ERR_OK &&
	    out->n_public < sizeof out->public_key / sizeof out->public_key[0]) {
		out->public_key[out->n_public++] = key;
	}
}

/* A field that counts its bytes first. */
static struct span read_string(struct reader *r)
{
	size_t n = read_count(r, 1);
	const uint8_t *p = read_span(r, n);
	return (struct span){p, r->failed == ERR_OK ? n : 0};
}

static void read_nonce(struct reader *r, struct tx_extra *out, bool first)
{
	struct span s = read_string(r);
	if (s.n > NONCE_MAX) {
		reader_fail(r, ERR_PARSE_VALUE);
		return;
	}
	if (!first) {
		return;
	}
	if (s.n == 33 && s.p[0] == NONCE_PAYMENT_ID) {
		out->has_payment_id = true;
		memcpy(out->payment_id, s.p + 1, 32);
	} else if (s.n == 9 && s.p[0] == NONCE_ENCRYPTED_PAYMENT_ID) {
		out->has_encrypted_payment_id = true;
		memcpy(out->encrypted_payment_id, s.p + 1, 8);
	}
}

static void read_merge_mining(struct reader *r)
{
	struct span s = read_string(r);
	struct reader inner = reader_of(s.p, s.n);
	read_varint(&inner); /* depth */
	read_span(&inner, 32);
	if (inner.failed != ERR_OK) {
		reader_fail(r, ERR_PARSE_VALUE);
	}
}

static void read_additional(struct reader *r, struct tx_extra *out, bool first)
{
	size_t n = read_count(r, 32);
	const uint8_t *keys = read_span(r, 32 * n);
	if (r->failed == ERR_OK && first) {
		out->n_additional = n;
		out->additional = keys;
	}
}

void tx_extra_parse(struct tx_extra *out, struct span extra)
{
	struct reader r = reader_of(extra.p, extra.n);
	bool nonce_met = false, additional_met = false;
	*out = (struct tx_extra){0};
	while (r.failed == ERR_OK && r.left > 0) {
		switch (read_u8(&r)) {
		case TAG_PUBLIC_KEY:
			read_public_key(&r, out);
			break;
		case TAG_NONCE:
			read_nonce(&r, out, !nonce_met);
			nonce_met = true;
			break;
		case TAG_MERGE_MINING:
			read_merge_mining(&r);
			break;
		case TAG_ADDITIONAL:
			read_additional(&r, out, !additional_met);
			additional_met = true;
			break;
		case TAG_MINERGATE:
			read_string(&r);
			break;
		case TAG_PADDING: /* zeros up to the end: nothing can follow */
		default:
			return;
		}
	}
}
