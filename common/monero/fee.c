/* Fee arithmetic, checked: the figures come from a node. */
#include "common/monero/fee.h"

#include <string.h>

#include "common/base/check.h"
#include "common/base/text.h"

static const char *const names[FEE_LEVEL_COUNT] = {"slow", "normal", "fast", "fastest"};

const char *fee_level_name(enum fee_level level)
{
	CHECK((unsigned)level < FEE_LEVEL_COUNT);
	return names[level];
}

enum err fee_level_parse(enum fee_level *out, const char *name)
{
	for (unsigned i = 0; i < FEE_LEVEL_COUNT; i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum fee_level)i;
			return ERR_OK;
		}
	}
	char safe[32];
	*out = FEE_SLOW;
	return err_set(ERR_USAGE, "'%s' is not a fee level: slow, normal, fast or fastest",
		       text_safe(safe, sizeof safe, name, strlen(name)));
}

enum err fee_of_weight(struct amount *out, uint64_t weight, uint64_t per_byte, uint64_t mask)
{
	struct amount raw, padded;
	uint64_t step = mask ? mask : 1;
	*out = amount_of(0);
	if (!amount_mul(&raw, amount_of(per_byte), weight) ||
	    !amount_add(&padded, raw, amount_of(step - 1)) ||
	    !amount_mul(out, amount_of(padded.atomic / step), step)) {
		return err_set(ERR_NODE_ANSWER, "its fee per byte or fee mask is out of range");
	}
	return ERR_OK;
}
