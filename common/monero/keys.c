/* One-time key arithmetic with the view key. Whatever is secret on the stack is wiped. */
#include "common/monero/keys.h"

#include <string.h>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/base/secret.h"
#include "common/crypto/keccak.h"

/* The longest of our hash inputs: a label or a key before a derivation and a varint. */
#define INPUT_MAX 96

enum err account_view_init(struct account_view *out, enum network network,
			   const struct view_key *view, const struct public_key *spend_public)
{
	struct point p;
	enum err e = point_unpack_vartime(&p, spend_public->b);
	if (e == ERR_OK && !point_in_subgroup_vartime(&p)) {
		e = ERR_POINT;
	}
	if (e == ERR_OK && (!sc_is_canonical(view->s.b) || sc_is_zero(&view->s))) {
		e = ERR_SCALAR;
	}
	if (e != ERR_OK) {
		secret_wipe(out, sizeof *out);
		return e;
	}
	out->network = network;
	out->view = *view;
	out->spend_public = *spend_public;
	public_of_scalar(&out->view_public, &view->s);
	return ERR_OK;
}

void public_of_scalar(struct public_key *out, const struct scalar *s)
{
	struct point p;
	point_mul_base(&p, s);
	point_pack(out->b, &p);
	secret_wipe(&p, sizeof p);
}

enum err derive(struct derivation *out, const struct public_key *pub, const struct scalar *key)
{
	struct point p;
	enum err e = point_unpack_vartime(&p, pub->b);
	if (e != ERR_OK) {
		memset(out, 0, sizeof *out);
		return e;
	}
	point_mul(&p, key, &p);
	point_mul8(&p, &p);
	point_pack(out->b, &p);
	secret_wipe(&p, sizeof p);
	return ERR_OK;
}

#define DERIVE_BLOCK 64
_Static_assert(sizeof(struct public_key) == 32 && sizeof(struct derivation) == 32,
	       "arrays of keys are arrays of encodings");

void derive_batch(struct derivation *out, const struct public_key *pub, size_t n,
		  const struct scalar *key)
{
	struct point p[DERIVE_BLOCK];
	bool good[DERIVE_BLOCK];
	for (size_t start = 0; start < n; start += DERIVE_BLOCK) {
		size_t size = n - start < DERIVE_BLOCK ? n - start : DERIVE_BLOCK;
		point_unpack_batch_vartime(p, good, pub[start].b, size);
		for (size_t i = 0; i < size; i++) {
			if (!good[i]) {
				p[i] = POINT_IDENTITY;
			}
		}
		point_mul8_batch_pack(out[start].b, key, p, size);
		for (size_t i = 0; i < size; i++) {
			if (!good[i]) {
				memset(&out[start + i], 0, sizeof out[start + i]);
			}
		}
	}
}

/* label || body || varint(index), hashed; `index` is left out when it is NULL. */
static void hash_parts(uint8_t out[static 32], const char *label, const void *body, size_t body_n,
		       const uint64_t *index)
{
	uint8_t input[INPUT_MAX];
	size_t n = strlen(label);
	CHECK(n + body_n + 10 <= sizeof input);
	memcpy(input, label, n);
	memcpy(input + n, body, body_n);
	n += body_n;
	if (index != NULL) {
		n += varint_encode(input + n, *index);
	}
	keccak256(out, input, n);
	secret_wipe(input, sizeof input);
}

void derivation_scalar(struct scalar *out, const struct derivation *d, uint64_t index)
{
	uint8_t h[32];
	hash_parts(h, "", d->b, sizeof d->b, &index);
	sc_reduce32(out, h);
	secret_wipe(h, sizeof h);
}

enum err derive_public_key(struct public_key *out, const struct derivation *d, uint64_t index,
			   const struct public_key *spend)
{
	struct point b, p;
	struct scalar s;
	enum err e = point_unpack_vartime(&b, spend->b);
	if (e != ERR_OK) {
		memset(out, 0, sizeof *out);
		return e;
	}
	derivation_scalar(&s, d, index);
	point_mul_base(&p, &s);
	point_add(&p, &p, &b);
	point_pack(out->b, &p);
	secret_wipe(&s, sizeof s);
	return ERR_OK;
}

enum err derive_subaddress_spend_vartime(struct public_key *out, const struct public_key *one_time,
					 const struct derivation *d, uint64_t index)
{
	struct point one, p;
	struct scalar s;
	enum err e = point_unpack_vartime(&one, one_time->b);
	if (e != ERR_OK) {
		memset(out, 0, sizeof *out);
		return e;
	}
	derivation_scalar(&s, d, index);
	point_mul_base(&p, &s);
	point_sub(&p, &one, &p);
	point_pack(out->b, &p);
	secret_wipe(&s, sizeof s);
	return ERR_OK;
}

uint8_t derive_view_tag(const struct derivation *d, uint64_t index)
{
	uint8_t h[32];
	hash_parts(h, "view_tag", d->b, sizeof d->b, &index);
	uint8_t tag = h[0];
	secret_wipe(h, sizeof h);
	return tag;
}

static bool is_primary(struct subaddress at)
{
	return at.major == 0 && at.minor == 0;
}

void subaddress_scalar(struct scalar *out, const struct view_key *view, struct subaddress at)
{
	uint8_t input[8 + 32 + 8] = "SubAddr"; /* its terminator is hashed too */
	if (is_primary(at)) {
		*out = SC_ZERO;
		return;
	}
	memcpy(input + 8, view->s.b, 32);
	store64_le(input + 40, (uint64_t)at.minor << 32 | at.major);
	sc_hash(out, input, sizeof input);
	secret_wipe(input, sizeof input);
}

/* A part of a range that fits the stack and shares an inversion. */
#define SPEND_BLOCK 32

/* D as points; `n` at most SPEND_BLOCK. */
static void spend_points(struct point *out, const struct account_view *account,
			 struct subaddress first, size_t n)
{
	struct point b;
	/* account_view_init has checked the key. */
	CHECK(n <= SPEND_BLOCK && point_unpack_vartime(&b, account->spend_public.b) == ERR_OK);
	for (size_t i = 0; i < n; i++) {
		struct scalar m;
		subaddress_scalar(&m, &account->view,
				  (struct subaddress){first.major, first.minor + (uint32_t)i});
		point_mul_base(&out[i], &m);
		point_add(&out[i], &out[i], &b);
		secret_wipe(&m, sizeof m);
	}
}

void subaddress_spend_keys(struct public_key *out, const struct account_view *account,
			   struct subaddress first, size_t n)
{
	struct point d[SPEND_BLOCK];
	CHECK(n <= (uint64_t)UINT32_MAX - first.minor + 1);
	for (size_t done = 0; done < n;) {
		size_t size = n - done < SPEND_BLOCK ? n - done : SPEND_BLOCK;
		struct subaddress at = {first.major, first.minor + (uint32_t)done};
		spend_points(d, account, at, size);
		point_pack_batch(out[done].b, d, size);
		done += size;
	}
}

void subaddress_spend_key(struct public_key *out, const struct account_view *account,
			  struct subaddress at)
{
	subaddress_spend_keys(out, account, at, 1);
}

void subaddress_keys(struct public_key *spend, struct public_key *view,
		     const struct account_view *account, struct subaddress at)
{
	struct point d;
	if (is_primary(at)) {
		*spend = account->spend_public;
		*view = account->view_public;
		return;
	}
	spend_points(&d, account, at, 1);
	point_pack(spend->b, &d);
	point_mul(&d, &account->view.s, &d);
	point_pack(view->b, &d);
}

void commit(struct commitment *out, const struct mask *mask, struct amount amount)
{
	struct point g, h;
	struct scalar a = sc_of_u64(amount.atomic);
	point_mul_base(&g, &mask->s);
	point_mul_h(&h, &a);
	point_add(&g, &g, &h);
	point_pack(out->b, &g);
	secret_wipe(&a, sizeof a);
	secret_wipe(&g, sizeof g);
	secret_wipe(&h, sizeof h);
}

void commit_coinbase(struct commitment *out, struct amount amount)
{
	struct mask one = {SC_ONE};
	commit(out, &one, amount);
}

void derive_mask(struct mask *out, const struct derivation *d, uint64_t index)
{
	struct scalar shared;
	uint8_t h[32];
	derivation_scalar(&shared, d, index);
	hash_parts(h, "commitment_mask", shared.b, sizeof shared.b, NULL);
	sc_reduce32(&out->s, h);
	secret_wipe(&shared, sizeof shared);
	secret_wipe(h, sizeof h);
}

static void xor8(uint8_t out[static 8], const uint8_t in[static 8], const uint8_t key[static 8])
{
	for (int i = 0; i < 8; i++) {
		out[i] = in[i] ^ key[i];
	}
}

void amount_crypt(uint8_t out[static 8], const uint8_t in[static 8], const struct derivation *d,
		  uint64_t index)
{
	struct scalar shared;
	uint8_t h[32];
	derivation_scalar(&shared, d, index);
	hash_parts(h, "amount", shared.b, sizeof shared.b, NULL);
	xor8(out, in, h);
	secret_wipe(&shared, sizeof shared);
	secret_wipe(h, sizeof h);
}

void payment_id_crypt(uint8_t out[static 8], const uint8_t in[static 8], const struct derivation *d)
{
	uint8_t input[33], h[32];
	memcpy(input, d->b, 32);
	input[32] = 0x8d;
	keccak256(h, input, sizeof input);
	xor8(out, in, h);
	secret_wipe(input, sizeof input);
	secret_wipe(h, sizeof h);
}
