/* Addresses to text and back; which byte in front means which network and kind is a table. */
#include "common/monero/address.h"

#include <string.h>

#include "common/base/check.h"
#include "common/crypto/keccak.h"
#include "common/monero/base58.h"

#define CHECKSUM 4
#define PLAIN_SIZE (1 + 32 + 32 + CHECKSUM)
#define INTEGRATED_SIZE (PLAIN_SIZE + 8)
#define PLAIN_DIGITS 95
#define INTEGRATED_DIGITS 106

/* All prefixes are below 128, so that each is a varint of one byte. */
static const uint8_t prefixes[NETWORK_COUNT][3] = {
    [NETWORK_MAINNET] = {18, 42, 19},
    [NETWORK_TESTNET] = {53, 63, 54},
    [NETWORK_STAGENET] = {24, 36, 25},
};

static bool find_prefix(struct address *out, uint8_t prefix)
{
	for (unsigned n = 0; n < NETWORK_COUNT; n++) {
		for (unsigned k = 0; k < 3; k++) {
			if (prefixes[n][k] == prefix) {
				out->network = (enum network)n;
				out->kind = (enum address_kind)k;
				return true;
			}
		}
	}
	return false;
}

static enum err check_point(const struct public_key *key, const char *which)
{
	struct point p;
	if (point_unpack_vartime(&p, key->b) != ERR_OK) {
		return err_set(ERR_ADDR_KEY, "its %s key is not a point", which);
	}
	/* No wallet makes such a key; what is paid to it, and our change beside it, can be lost. */
	if (point_is_identity(&p) || !point_in_subgroup_vartime(&p)) {
		return err_set(ERR_ADDR_KEY, "its %s key is of small order, or has such a part",
			       which);
	}
	return ERR_OK;
}

/* `raw` has a good checksum. */
static enum err parse_raw(struct address *out, const uint8_t *raw, size_t n)
{
	if (!find_prefix(out, raw[0])) {
		return err_set(ERR_ADDR_PREFIX, "its prefix %u is of no Monero network", raw[0]);
	}
	if ((out->kind == ADDRESS_INTEGRATED) != (n == INTEGRATED_SIZE)) {
		return err_set(ERR_ADDR_LENGTH, "its length does not suit its kind");
	}
	memcpy(out->spend.b, raw + 1, 32);
	memcpy(out->view.b, raw + 33, 32);
	if (out->kind == ADDRESS_INTEGRATED) {
		memcpy(out->payment_id, raw + 65, sizeof out->payment_id);
	}
	enum err e = check_point(&out->spend, "spend");
	return e != ERR_OK ? e : check_point(&out->view, "view");
}

enum err address_parse(struct address *out, const char *text)
{
	uint8_t raw[INTEGRATED_SIZE], sum[32];
	*out = (struct address){0};
	size_t digits = strnlen(text, INTEGRATED_DIGITS + 1);
	if (digits != PLAIN_DIGITS && digits != INTEGRATED_DIGITS) {
		return err_set(ERR_ADDR_LENGTH, "%s%zu characters where %d or %d are needed",
			       digits > INTEGRATED_DIGITS ? "at least " : "", digits, PLAIN_DIGITS,
			       INTEGRATED_DIGITS);
	}
	size_t n = digits == PLAIN_DIGITS ? PLAIN_SIZE : INTEGRATED_SIZE;
	enum err e = base58_decode(raw, n, text, digits);
	if (e != ERR_OK) {
		return e;
	}
	keccak256(sum, raw, n - CHECKSUM);
	if (memcmp(sum, raw + n - CHECKSUM, CHECKSUM) != 0) {
		return err_set(ERR_ADDR_CHECKSUM, "compare it with its source");
	}
	e = parse_raw(out, raw, n);
	if (e != ERR_OK) {
		*out = (struct address){0};
	}
	return e;
}

enum err address_parse_for(struct address *out, const char *text, enum network network)
{
	enum err e = address_parse(out, text);
	if (e == ERR_OK && out->network != network) {
		e = err_set(ERR_ADDR_NETWORK, "it is of %s, not of %s", network_name(out->network),
			    network_name(network));
		*out = (struct address){0};
	}
	return e;
}

char *address_format(char out[static ADDRESS_TEXT_MAX], const struct address *a)
{
	CHECK((unsigned)a->network < NETWORK_COUNT && (unsigned)a->kind < 3);
	uint8_t raw[INTEGRATED_SIZE], sum[32];
	size_t n = 65;
	raw[0] = prefixes[a->network][a->kind];
	memcpy(raw + 1, a->spend.b, 32);
	memcpy(raw + 33, a->view.b, 32);
	if (a->kind == ADDRESS_INTEGRATED) {
		memcpy(raw + n, a->payment_id, sizeof a->payment_id);
		n += sizeof a->payment_id;
	}
	keccak256(sum, raw, n);
	memcpy(raw + n, sum, CHECKSUM);
	base58_encode(out, raw, n + CHECKSUM);
	return out;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->network == b->network && a->kind == b->kind &&
	       memcmp(a->spend.b, b->spend.b, sizeof a->spend.b) == 0 &&
	       memcmp(a->view.b, b->view.b, sizeof a->view.b) == 0 &&
	       memcmp(a->payment_id, b->payment_id, sizeof a->payment_id) == 0;
}

void address_of(struct address *out, const struct account_view *account, struct subaddress at)
{
	*out = (struct address){.network = account->network};
	out->kind = at.major == 0 && at.minor == 0 ? ADDRESS_STANDARD : ADDRESS_SUBADDRESS;
	subaddress_keys(&out->spend, &out->view, account, at);
}
