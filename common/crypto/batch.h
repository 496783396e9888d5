/* The parts of the batched functions, for the files of this folder and their tests. */
#ifndef AIRLOCK_CRYPTO_BATCH_H
#define AIRLOCK_CRYPTO_BATCH_H

#include "common/crypto/group.h"

/* How many points one vector register holds. */
#define LANES 8

/* Whether this processor and its system have AVX-512 with the 52-bit multiplier (IFMA). */
bool ifma_usable(void);

/* out[i] = 8 * s * p[i] for LANES points; constant time in s. Only where ifma_usable. */
void ifma_mul8(struct point *out, const struct scalar *s, const struct point *p);

/* fe_pow_p58 of LANES values in place. Only where ifma_usable. */
void ifma_pow_p58(struct fe *a);

/* out[i] = 8 * s * p[i] for n points on any processor. */
void portable_mul8(struct point *out, const struct scalar *s, const struct point *p, size_t n);

/* The sum of s[i] * p[i]; s below 2^255. Only where ifma_usable. ERR_NO_MEMORY. */
enum err MUST_CHECK ifma_msm(struct point *out, const struct scalar *s, const struct point *p,
			     size_t n);

/* out[i] = s[i] * p[i] for LANES points, public values. Only where ifma_usable. */
void ifma_products(struct point *out, const struct scalar *s, const struct point *p);

/* out[i] = sum over j of s[j] * p[stride*j + i] for LANES values of i, public values; terms at most
 * POINT_SUMS_TERMS_MAX. Only where ifma_usable. */
void ifma_fold(struct point *out, const struct scalar *s, size_t terms, const struct point *p,
	       size_t stride);

/* The two portable methods; n above 0. */
enum err MUST_CHECK straus_msm(struct point *out, const struct scalar *s, const struct point *p,
			       size_t n);
enum err MUST_CHECK pippenger_msm(struct point *out, const struct scalar *s, const struct point *p,
				  size_t n);

#endif
