/*
 * That the watch sees: each of these uses a secret as it must not be used, in the way that the
 * first argument names. memcheck must report each.
 */
#include <stdio.h>
#include <string.h>

#include "common/crypto/group.h"
#include "tests/ctime/marks.h"

static void branch(const struct scalar *s)
{
	struct scalar t;
	sc_add(&t, s, &SC_ONE);
	if (t.b[5] & 1) {
		puts("odd");
	}
}

static void address(const struct scalar *s)
{
	static const char table[256] = "table";
	volatile char c = table[s->b[3]];
	(void)c;
}

static void variable_time(const struct scalar *s)
{
	struct point p;
	point_double_mul_base_vartime(&p, s, &POINT_H, &SC_ONE);
}

int main(int argc, char **argv)
{
	struct scalar s = SC_EIGHT;
	if (argc != 2 || !is_watched()) {
		return 2;
	}
	mark_secret(&s, sizeof s);
	if (strcmp(argv[1], "branch") == 0) {
		branch(&s);
	} else if (strcmp(argv[1], "address") == 0) {
		address(&s);
	} else if (strcmp(argv[1], "vartime") == 0) {
		variable_time(&s);
	}
	return 0;
}
