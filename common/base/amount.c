#include "common/base/amount.h"

#include <inttypes.h>
#include <stdio.h>

bool amount_add(struct amount *out, struct amount a, struct amount b)
{
	if (__builtin_add_overflow(a.atomic, b.atomic, &out->atomic)) {
		out->atomic = 0;
		return false;
	}
	return true;
}

bool amount_sub(struct amount *out, struct amount a, struct amount b)
{
	if (__builtin_sub_overflow(a.atomic, b.atomic, &out->atomic)) {
		out->atomic = 0;
		return false;
	}
	return true;
}

bool amount_mul(struct amount *out, struct amount a, uint64_t n)
{
	if (__builtin_mul_overflow(a.atomic, n, &out->atomic)) {
		out->atomic = 0;
		return false;
	}
	return true;
}

int amount_cmp(struct amount a, struct amount b)
{
	return (a.atomic > b.atomic) - (a.atomic < b.atomic);
}

bool amount_is_zero(struct amount a)
{
	return a.atomic == 0;
}

enum err amount_parse(struct amount *out, const char *text)
{
	*out = amount_of(0);
	struct amount v = {0};
	unsigned decimals = 0, digits = 0;
	bool point = false;
	for (const char *c = text; *c; c++) {
		if (*c == '.' && !point) {
			point = true;
			continue;
		}
		if (*c < '0' || *c > '9') {
			return err_set(ERR_AMOUNT,
				       "'%.40s': only digits and one decimal point are allowed",
				       text);
		}
		if (point && ++decimals > 12) {
			return err_set(ERR_AMOUNT, "'%.40s': more than 12 decimals", text);
		}
		digits++;
		if (!amount_mul(&v, v, 10) || !amount_add(&v, v, amount_of((uint64_t)(*c - '0')))) {
			return err_set(ERR_AMOUNT, "'%.40s': too large", text);
		}
	}
	if (digits == 0 || (point && decimals == 0)) {
		return err_set(ERR_AMOUNT, "'%.40s': a digit is missing", text);
	}
	for (; decimals < 12; decimals++) {
		if (!amount_mul(&v, v, 10)) {
			return err_set(ERR_AMOUNT, "'%.40s': too large", text);
		}
	}
	*out = v;
	return ERR_OK;
}

char *amount_format(char out[static AMOUNT_TEXT_MAX], struct amount a)
{
	snprintf(out, AMOUNT_TEXT_MAX, "%" PRIu64 ".%012" PRIu64, a.atomic / ATOMIC_PER_XMR,
		 a.atomic % ATOMIC_PER_XMR);
	return out;
}
