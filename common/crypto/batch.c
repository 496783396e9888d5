/* What is done to many points at once, with the processor's widest unit. */
#include "common/base/secret.h"
#include "common/crypto/batch.h"
#include "common/crypto/fe.h"

#define BLOCK 64

void portable_mul8(struct point *out, const struct scalar *s, const struct point *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		point_mul(&out[i], s, &p[i]);
		point_mul8(&out[i], &out[i]);
	}
}

static void vector_mul8(struct point *out, const struct scalar *s, const struct point *p, size_t n)
{
	size_t whole = n - n % LANES;
	for (size_t i = 0; i < whole; i += LANES) {
		ifma_mul8(out + i, s, p + i);
	}
	if (n - whole == 1) {
		/* A register of one point costs more than the plain way. */
		portable_mul8(out + whole, s, p + whole, 1);
	} else if (n > whole) {
		struct point padded[LANES];
		for (size_t i = 0; i < LANES; i++) {
			padded[i] = whole + i < n ? p[whole + i] : POINT_IDENTITY;
		}
		ifma_mul8(padded, s, padded);
		for (size_t i = whole; i < n; i++) {
			out[i] = padded[i - whole];
		}
		secret_wipe(padded, sizeof padded);
	}
}

void point_mul8_batch_pack(uint8_t *out, const struct scalar *s, const struct point *p, size_t n)
{
	struct point r[BLOCK];
	bool vector = ifma_usable();
	for (size_t start = 0; start < n; start += BLOCK) {
		size_t size = n - start < BLOCK ? n - start : BLOCK;
		if (vector) {
			vector_mul8(r, s, p + start, size);
		} else {
			portable_mul8(r, s, p + start, size);
		}
		point_pack_batch(out + 32 * start, r, size);
	}
	secret_wipe(r, sizeof r);
}

void fe_pow_p58_batch(struct fe *a, size_t n)
{
	size_t i = 0;
	if (ifma_usable()) {
		for (; i + LANES <= n; i += LANES) {
			ifma_pow_p58(a + i);
		}
		if (n - i > 1) {
			struct fe padded[LANES];
			for (size_t j = 0; j < LANES; j++) {
				padded[j] = i + j < n ? a[i + j] : FE_ONE;
			}
			ifma_pow_p58(padded);
			for (size_t j = 0; i < n; i++, j++) {
				a[i] = padded[j];
			}
		}
	}
	for (; i < n; i++) {
		fe_pow_p58(&a[i], &a[i]);
	}
}
