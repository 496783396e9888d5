/*
 * Runs Monero's own crypto vectors (package monero-tests) through our functions. The file's path is
 * the first argument, else $AIRLOCK_MONERO_VECTORS, else where the package puts it; without the
 * file the test is skipped (exit 77). Kinds that only replay the official test program's random
 * stream (random_scalar, generate_keys, generate_signature, generate_ring_signature) are counted as
 * left out; any other unknown kind fails. Signing halves exist here only, as test arithmetic.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/hex.h"
#include "common/crypto/keccak.h"
#include "common/monero/keys.h"

#define SKIP 77
#define RING_MAX 512

/* The words of one line; the first one that is not as expected marks the line bad. */
struct line {
	char *rest;
	bool bad;
};

static const char *word(struct line *l)
{
	const char *w = strtok_r(NULL, " \n", &l->rest);
	if (w == NULL) {
		l->bad = true;
		return "";
	}
	return w;
}

static void take(struct line *l, void *out, size_t n)
{
	if (hex_decode(out, n, word(l)) != ERR_OK) {
		l->bad = true;
	}
}

static bool take_bool(struct line *l)
{
	const char *w = word(l);
	if (strcmp(w, "true") != 0 && strcmp(w, "false") != 0) {
		l->bad = true;
	}
	return strcmp(w, "true") == 0;
}

static uint64_t take_number(struct line *l)
{
	char *end = NULL;
	const char *w = word(l);
	uint64_t v = strtoull(w, &end, 10);
	l->bad = l->bad || *w == 0 || *end != 0;
	return v;
}

/* Whether the next word is the 32 bytes. */
static bool next_is(struct line *l, const void *got)
{
	uint8_t expected[32];
	take(l, expected, sizeof expected);
	return memcmp(expected, got, sizeof expected) == 0;
}

static bool packs_to(struct line *l, const struct point *p)
{
	uint8_t b[32];
	point_pack(b, p);
	return next_is(l, b);
}

/* A result that the line says exists or not, and which when it does. */
static bool outcome(struct line *l, enum err e, const void *got)
{
	return take_bool(l) ? e == ERR_OK && next_is(l, got) : e != ERR_OK;
}

static bool run_check_scalar(struct line *l)
{
	uint8_t s[32];
	take(l, s, 32);
	return sc_is_canonical(s) == take_bool(l);
}

static bool run_check_key(struct line *l)
{
	uint8_t key[32];
	struct point p;
	take(l, key, 32);
	bool decodes = point_unpack_vartime(&p, key) == ERR_OK;
	if (decodes) {
		uint8_t again[32];
		point_pack(again, &p);
		if (memcmp(again, key, 32) != 0) {
			return false;
		}
	}
	return decodes == take_bool(l);
}

static bool run_hash_to_scalar(struct line *l)
{
	uint8_t data[1024];
	const char *hex = word(l);
	size_t n = strcmp(hex, "x") == 0 ? 0 : strlen(hex) / 2;
	struct scalar s;
	if (n > sizeof data || (n > 0 && hex_decode(data, n, hex) != ERR_OK)) {
		return false;
	}
	sc_hash(&s, data, n);
	return next_is(l, s.b);
}

static bool run_hash_to_point(struct line *l)
{
	uint8_t h[32];
	struct point p;
	take(l, h, 32);
	point_from_hash_vartime(&p, h);
	return packs_to(l, &p);
}

static bool run_hash_to_ec(struct line *l)
{
	uint8_t key[32];
	struct point p;
	take(l, key, 32);
	point_hash_vartime(&p, key, 32);
	return packs_to(l, &p);
}

static bool run_secret_key_to_public_key(struct line *l)
{
	struct scalar s;
	struct public_key key = {{0}};
	take(l, s.b, 32);
	enum err e = sc_is_canonical(s.b) ? ERR_OK : ERR_SCALAR;
	if (e == ERR_OK) {
		public_of_scalar(&key, &s);
	}
	return outcome(l, e, key.b);
}

static bool run_generate_key_derivation(struct line *l)
{
	struct public_key key;
	struct scalar s;
	struct derivation d;
	struct point p;
	take(l, key.b, 32);
	take(l, s.b, 32);
	enum err e = derive(&d, &key, &s);
	if (e == ERR_OK) {
		uint8_t batch[32];
		if (point_unpack_vartime(&p, key.b) != ERR_OK) {
			return false;
		}
		point_mul8_batch_pack(batch, &s, &p, 1);
		if (memcmp(batch, d.b, 32) != 0) {
			return false;
		}
	}
	return outcome(l, e, d.b);
}

static bool run_derive_public_key(struct line *l)
{
	struct derivation d;
	struct public_key base, key, back;
	take(l, d.b, 32);
	uint64_t index = take_number(l);
	take(l, base.b, 32);
	enum err e = derive_public_key(&key, &d, index, &base);
	if (e == ERR_OK && (derive_subaddress_spend_vartime(&back, &key, &d, index) != ERR_OK ||
			    memcmp(back.b, base.b, 32) != 0)) {
		return false;
	}
	return outcome(l, e, key.b);
}

static bool run_derive_secret_key(struct line *l)
{
	struct derivation d;
	struct scalar base, s;
	take(l, d.b, 32);
	derivation_scalar(&s, &d, take_number(l));
	take(l, base.b, 32);
	sc_add(&s, &s, &base);
	return next_is(l, s.b);
}

static bool run_derive_view_tag(struct line *l)
{
	struct derivation d;
	uint8_t expected;
	take(l, d.b, 32);
	uint8_t tag = derive_view_tag(&d, take_number(l));
	take(l, &expected, 1);
	return tag == expected;
}

static bool run_generate_key_image(struct line *l)
{
	uint8_t key[32];
	struct scalar s;
	struct point p;
	take(l, key, 32);
	take(l, s.b, 32);
	point_hash_vartime(&p, key, 32);
	point_mul(&p, &s, &p);
	return packs_to(l, &p);
}

static bool check_signature(const uint8_t hash[32], const uint8_t key[32], const uint8_t sig[64])
{
	struct scalar c, r, h;
	struct point p;
	uint8_t buffer[96];
	memcpy(c.b, sig, 32);
	memcpy(r.b, sig + 32, 32);
	if (point_unpack_vartime(&p, key) != ERR_OK || !sc_is_canonical(c.b) ||
	    !sc_is_canonical(r.b) || sc_is_zero(&c)) {
		return false;
	}
	point_double_mul_base_vartime(&p, &c, &p, &r);
	memcpy(buffer, hash, 32);
	memcpy(buffer + 32, key, 32);
	point_pack(buffer + 64, &p);
	sc_hash(&h, buffer, sizeof buffer);
	return !point_is_identity(&p) && sc_equal(&h, &c);
}

static bool run_check_signature(struct line *l)
{
	uint8_t hash[32], key[32], sig[64];
	take(l, hash, 32);
	take(l, key, 32);
	take(l, sig, 64);
	return check_signature(hash, key, sig) == take_bool(l);
}

static bool check_ring(const uint8_t hash[32], const uint8_t image[32], size_t n,
		       const uint8_t (*key)[32], const uint8_t (*sig)[64])
{
	struct point image_point, p, hp;
	struct keccak k;
	struct scalar sum = SC_ZERO, h;
	uint8_t b[32];
	if (point_unpack_vartime(&image_point, image) != ERR_OK) {
		return false;
	}
	keccak_init(&k);
	keccak_update(&k, hash, 32);
	for (size_t i = 0; i < n; i++) {
		struct scalar c, r;
		memcpy(c.b, sig[i], 32);
		memcpy(r.b, sig[i] + 32, 32);
		if (point_unpack_vartime(&p, key[i]) != ERR_OK || !sc_is_canonical(c.b) ||
		    !sc_is_canonical(r.b)) {
			return false;
		}
		point_double_mul_base_vartime(&p, &c, &p, &r);
		point_pack(b, &p);
		keccak_update(&k, b, 32);
		point_hash_vartime(&hp, key[i], 32);
		point_double_mul_vartime(&p, &r, &hp, &c, &image_point);
		point_pack(b, &p);
		keccak_update(&k, b, 32);
		sc_add(&sum, &sum, &c);
	}
	keccak_final(&k, b);
	sc_reduce32(&h, b);
	return sc_equal(&h, &sum);
}

static bool run_check_ring_signature(struct line *l)
{
	static uint8_t key[RING_MAX][32], sig[RING_MAX][64], all[RING_MAX * 64];
	uint8_t hash[32], image[32];
	take(l, hash, 32);
	take(l, image, 32);
	uint64_t n = take_number(l);
	if (n == 0 || n > RING_MAX) {
		return false;
	}
	for (uint64_t i = 0; i < n; i++) {
		take(l, key[i], 32);
	}
	take(l, all, 64 * n);
	memcpy(sig, all, 64 * n);
	return check_ring(hash, image, n, (const uint8_t(*)[32])key, (const uint8_t(*)[64])sig) ==
	       take_bool(l);
}

/* The official pair is a known-bad and a known-good test of P + P - P - P; ours must be the good
 * one. */
static bool run_check_ge_p3_identity(struct line *l)
{
	uint8_t key[32];
	struct point p, zero;
	take(l, key, 32);
	(void)take_bool(l);
	bool expected = take_bool(l);
	if (point_unpack_vartime(&p, key) != ERR_OK) {
		return false;
	}
	point_add(&zero, &p, &p);
	point_sub(&zero, &zero, &p);
	point_sub(&zero, &zero, &p);
	return point_is_identity(&zero) == expected && !point_is_identity(&p);
}

struct kind {
	const char *name;
	bool (*run)(struct line *l); /* NULL: left out, see above */
	unsigned count;
};

#define KIND(name)                                                                                 \
	{                                                                                          \
#name, run_##name, 0                                                               \
	}
static struct kind kinds[] = {
    KIND(check_scalar),
    KIND(check_key),
    KIND(hash_to_scalar),
    KIND(hash_to_point),
    KIND(hash_to_ec),
    KIND(secret_key_to_public_key),
    KIND(generate_key_derivation),
    KIND(derive_public_key),
    KIND(derive_secret_key),
    KIND(derive_view_tag),
    KIND(generate_key_image),
    KIND(check_signature),
    KIND(check_ring_signature),
    KIND(check_ge_p3_identity),
    {"random_scalar", NULL, 0},
    {"generate_keys", NULL, 0},
    {"generate_signature", NULL, 0},
    {"generate_ring_signature", NULL, 0},
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

/* Whether the line passes; counts it under its kind. */
static bool run_line(char *text)
{
	struct line l = {NULL, false};
	const char *name = strtok_r(text, " \n", &l.rest);
	if (name == NULL) {
		return true;
	}
	for (size_t i = 0; i < N_KINDS; i++) {
		if (strcmp(name, kinds[i].name) != 0) {
			continue;
		}
		kinds[i].count++;
		if (kinds[i].run == NULL) {
			return true;
		}
		bool right = kinds[i].run(&l);
		return right && !l.bad && strtok_r(NULL, " \n", &l.rest) == NULL;
	}
	return false;
}

static bool report(unsigned failed)
{
	unsigned total = 0;
	bool every_kind = true;
	for (size_t i = 0; i < N_KINDS; i++) {
		printf("%6u %s%s\n", kinds[i].count, kinds[i].name,
		       kinds[i].run == NULL ? " (left out)" : "");
		if (kinds[i].run != NULL) {
			total += kinds[i].count;
			every_kind = every_kind && kinds[i].count > 0;
		}
	}
	printf("%6u lines run, %u failed\n", total, failed);
	if (!every_kind) {
		printf("a kind of line never came: not the file this test knows\n");
	}
	return failed == 0 && every_kind;
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : getenv("AIRLOCK_MONERO_VECTORS");
	if (path == NULL) {
		path = "/usr/share/monero/testdata/crypto/tests.txt";
	}
	FILE *f = fopen(path, "r");
	if (f == NULL) {
		printf("skipped: no official vectors at %s (package monero-tests)\n", path);
		return SKIP;
	}
	char *text = NULL;
	size_t size = 0;
	unsigned number = 0, failed = 0;
	while (getline(&text, &size, f) > 0) {
		number++;
		if (!run_line(text)) {
			failed++;
			printf("line %u fails\n", number);
		}
	}
	free(text);
	(void)fclose(f);
	return report(failed) ? EXIT_SUCCESS : EXIT_FAILURE;
}
