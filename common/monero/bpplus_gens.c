/* Generators and transcript of Bulletproofs+. */
#include "common/monero/bpplus.h"

#include <pthread.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/crypto/keccak.h"

static struct point table_G[BPPLUS_TERMS_MAX], table_H[BPPLUS_TERMS_MAX];
static size_t n_made;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void generator(struct point *out, uint64_t index)
{
	static const char label[] = "bulletproof_plus";
	uint8_t data[32 + sizeof label - 1 + 10];
	uint8_t hash[32];
	memcpy(data, PACKED_H.b, 32);
	memcpy(data + 32, label, sizeof label - 1);
	size_t n = 32 + sizeof label - 1;
	n += varint_encode(data + n, index);
	keccak256(hash, data, n);
	point_hash_vartime(out, hash, sizeof hash);
}

/* Made as they are asked for: a payment to one has 128 of the 1024, and each takes a square root.
 */
static void make_up_to(size_t terms)
{
	CHECK(terms <= BPPLUS_TERMS_MAX);
	pthread_mutex_lock(&lock);
	for (; n_made < terms; n_made++) {
		generator(&table_H[n_made], 2 * n_made);
		generator(&table_G[n_made], 2 * n_made + 1);
	}
	pthread_mutex_unlock(&lock);
}

const struct point *bpplus_G(size_t terms)
{
	make_up_to(terms);
	return table_G;
}

const struct point *bpplus_H(size_t terms)
{
	make_up_to(terms);
	return table_H;
}

size_t bpplus_log(size_t n)
{
	size_t log = 0;
	while (((size_t)1 << log) < n) {
		log++;
	}
	return log;
}

void bpplus_transcript_start(struct scalar *t, const struct packed *V, size_t n)
{
	static const char label[] = "bulletproof_plus_transcript";
	uint8_t data[64];
	struct point start;
	struct scalar hash;
	keccak256(data, label, sizeof label - 1);
	point_hash_vartime(&start, data, 32);
	point_pack(data, &start);
	sc_hash(&hash, V, n * sizeof *V);
	memcpy(data + 32, hash.b, 32);
	sc_hash(t, data, sizeof data);
}

void bpplus_transcript_one(struct scalar *t, const struct packed *a)
{
	uint8_t data[64];
	memcpy(data, t->b, 32);
	memcpy(data + 32, a->b, 32);
	sc_hash(t, data, sizeof data);
}

void bpplus_transcript_two(struct scalar *t, const struct packed *a, const struct packed *b)
{
	uint8_t data[96];
	memcpy(data, t->b, 32);
	memcpy(data + 32, a->b, 32);
	memcpy(data + 64, b->b, 32);
	sc_hash(t, data, sizeof data);
}

void bpplus_powers(struct scalar *out, const struct scalar *base, size_t n)
{
	struct scalar power = SC_ONE;
	for (size_t i = 0; i < n; i++) {
		out[i] = power;
		sc_mul(&power, &power, base);
	}
}

void bpplus_windows(struct scalar *d, const struct scalar *z_squared, size_t m)
{
	d[0] = *z_squared;
	for (size_t i = 1; i < BPPLUS_BITS; i++) {
		sc_add(&d[i], &d[i - 1], &d[i - 1]);
	}
	for (size_t i = BPPLUS_BITS; i < m * BPPLUS_BITS; i++) {
		sc_mul(&d[i], &d[i - BPPLUS_BITS], z_squared);
	}
}
