/* The scanner's unit of cost: many points times the view key. */
#include "common/base/secret.h"
#include "common/crypto/group_forms.h"

#define BLOCK 32

void point_mul8_batch_pack(uint8_t *out, const struct scalar *s, const struct point *p, size_t n)
{
	struct point r[BLOCK];
	for (size_t start = 0; start < n; start += BLOCK) {
		size_t size = n - start < BLOCK ? n - start : BLOCK;
		for (size_t i = 0; i < size; i++) {
			point_mul(&r[i], s, &p[start + i]);
			point_mul8(&r[i], &r[i]);
		}
		point_pack_batch(out + 32 * start, r, size);
	}
	secret_wipe(r, sizeof r);
}
