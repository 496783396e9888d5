/*
 * The Ed25519 group: points in extended coordinates, field of 5 limbs of 51 bits. Constant time
 * unless the name says _vartime; anything touching the spend key uses the constant-time ones.
 * A struct point made by these functions is on the curve; it is in the prime subgroup only if the
 * function says so. Names after "Twisted Edwards Curves Revisited" (Hisil et al. 2008).
 */
#ifndef AIRLOCK_CRYPTO_GROUP_H
#define AIRLOCK_CRYPTO_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/crypto/scalar.h"

struct fe {
	uint64_t v[5];
};

struct point {
	struct fe x, y, z, t;
};

/* A point's 32-byte encoding. Wrapped in distinct types for each kind of key (monero/keys.h). */
struct packed {
	uint8_t b[32];
};

/* G, and Monero's second generator H: 8 times the point that keccak256(G)
 * encodes (rctTypes.h). */
extern const struct point POINT_G, POINT_H, POINT_IDENTITY;
extern const struct packed PACKED_G, PACKED_H, PACKED_IDENTITY;

/*
 * Decodes as Monero does (ge_frombytes_vartime: y below p, x = 0 with sign bit refused). ERR_POINT.
 * Does not check the subgroup. Variable time in the encoding, which is public wherever we decode.
 */
enum err MUST_CHECK point_unpack_vartime(struct point *out, const uint8_t in[static 32]);
/* n encodings, 32 bytes each, together; good[i] says whether out[i] decoded, else it is zero. */
void point_unpack_batch_vartime(struct point *out, bool *good, const uint8_t *in, size_t n);
void point_pack(uint8_t out[static 32], const struct point *p);
/* n encodings, 32 bytes each, with a single inversion. */
void point_pack_batch(uint8_t *out, const struct point *p, size_t n);

void point_add(struct point *out, const struct point *a, const struct point *b);
void point_sub(struct point *out, const struct point *a, const struct point *b);
void point_neg(struct point *out, const struct point *a);
void point_double(struct point *out, const struct point *a);
void point_mul8(struct point *out, const struct point *a);
bool point_equal(const struct point *a, const struct point *b);
bool point_is_identity(const struct point *a);
/* l * p is the identity. */
bool point_in_subgroup_vartime(const struct point *p);

/* Constant time: s secret, p public or secret. s need only be below 2^255. */
void point_mul(struct point *out, const struct scalar *s, const struct point *p);
void point_mul_base(struct point *out, const struct scalar *s);
/* Constant time s * H, from a table like the base's. */
void point_mul_h(struct point *out, const struct scalar *s);
/* a*A + b*G; a and b public. */
void point_double_mul_base_vartime(struct point *out, const struct scalar *a, const struct point *A,
				   const struct scalar *b);
/* a*A + b*B; public. */
void point_double_mul_vartime(struct point *out, const struct scalar *a, const struct point *A,
			      const struct scalar *b, const struct point *B);

/*
 * Many variable-base products with one scalar, constant time in the scalar (the view key): the
 * scanner's unit of cost. out[i] = 8 * s * p[i], packed. Shares the inversion over the batch and
 * uses the widest vector unit the processor has.
 */
void point_mul8_batch_pack(uint8_t *out, const struct scalar *s, const struct point *p, size_t n);

/* Monero's hash-to-point maps: to_point (ge_fromfe_frombytes_vartime of 32 bytes, without the
 * cofactor) and hash_to_ec = 8 * to_point(keccak256(in)). */
void point_from_hash_vartime(struct point *out, const uint8_t hash[static 32]);
void point_hash_vartime(struct point *out, const void *p, size_t n);

/* sum s[i] * p[i], public values, by the method measured fastest for n. ERR_NO_MEMORY. */
enum err MUST_CHECK point_msm_vartime(struct point *out, const struct scalar *s,
				      const struct point *p, size_t n);

/*
 * Several small sums at once, public values: out[k] = sum over j of s[terms*k + j] * p[terms*k +
 * j]. Two sums of three terms (a step around a CLSAG ring) share one pass where the processor can.
 * out must not overlap the rest.
 */
#define POINT_SUMS_TERMS_MAX 8
void point_sums_vartime(struct point *out, const struct scalar *s, const struct point *p,
			size_t terms, size_t sums);

/*
 * Folds `terms` blocks of n points into one, public scalars: out[i] = sum over j of s[j] * p[n*j +
 * i]. terms at most POINT_SUMS_TERMS_MAX. out may be p.
 */
void point_fold_vartime(struct point *out, const struct scalar *s, size_t terms,
			const struct point *p, size_t n);

/* out becomes p where choose is true, in constant time. */
void point_select(struct point *out, const struct point *p, bool choose);

#endif
