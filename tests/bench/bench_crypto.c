/*
 * What the group and the scalars cost, in microseconds per call, each as the best of several runs
 * so that other load on the machine counts little. The official counterparts are in monero-tests'
 * performance_tests.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/check.h"
#include "common/crypto/group.h"
#include "common/crypto/keccak.h"

#define MAX 8192
#define RUNS 7

static struct point points[MAX];
static struct scalar scalars[MAX];
static uint8_t packed[32 * MAX];

static double now_us(void)
{
	struct timespec t;
	CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

typedef void (*job)(size_t n);

static void bench(const char *name, job run, size_t n)
{
	double best = 1e18;
	for (int i = 0; i < RUNS; i++) {
		double start = now_us();
		run(n);
		double took = now_us() - start;
		best = took < best ? took : best;
	}
	printf("%-28s %6zu  %10.3f us each\n", name, n, best / (double)n);
}

static void run_mul(size_t n)
{
	struct point r;
	for (size_t i = 0; i < n; i++) {
		point_mul(&r, &scalars[i], &points[i]);
	}
}

static void run_base(size_t n)
{
	struct point r;
	for (size_t i = 0; i < n; i++) {
		point_mul_base(&r, &scalars[i]);
	}
}

static void run_double(size_t n)
{
	struct point r;
	for (size_t i = 0; i < n; i++) {
		point_double_mul_vartime(&r, &scalars[i], &points[i], &scalars[i + 1],
					 &points[i + 1]);
	}
}

static void run_double_base(size_t n)
{
	struct point r;
	for (size_t i = 0; i < n; i++) {
		point_double_mul_base_vartime(&r, &scalars[i], &points[i], &scalars[i + 1]);
	}
}

static void run_batch(size_t n)
{
	point_mul8_batch_pack(packed, &scalars[0], points, n);
}

static void run_pack(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		point_pack(packed, &points[i]);
	}
}

static void run_pack_batch(size_t n)
{
	point_pack_batch(packed, points, n);
}

static void run_unpack(size_t n)
{
	struct point p;
	for (size_t i = 0; i < n; i++) {
		err_ignore(point_unpack_vartime(&p, packed + 32 * i));
	}
}

static void run_unpack_batch(size_t n)
{
	static struct point p[1024];
	static bool good[1024];
	point_unpack_batch_vartime(p, good, packed, n);
}

static void run_subgroup(size_t n)
{
	unsigned inside = 0;
	for (size_t i = 0; i < n; i++) {
		inside += point_in_subgroup_vartime(&points[i]);
	}
	CHECK(inside == n);
}

static void run_hash(size_t n)
{
	struct point p;
	for (size_t i = 0; i < n; i++) {
		point_hash_vartime(&p, scalars[i].b, 32);
	}
}

static void run_keccak(size_t n)
{
	uint8_t h[32] = {0};
	for (size_t i = 0; i < n; i++) {
		keccak256(h, h, 32);
	}
}

static void run_sc_mul(size_t n)
{
	struct scalar r = scalars[0];
	for (size_t i = 0; i < n; i++) {
		sc_mul(&r, &r, &scalars[i]);
	}
}

static void run_sc_invert(size_t n)
{
	struct scalar r;
	for (size_t i = 0; i < n; i++) {
		sc_invert(&r, &scalars[i]);
	}
}

static void run_msm(size_t n)
{
	struct point r;
	CHECK(point_msm_vartime(&r, scalars, points, n) == ERR_OK);
}

static void run_sums(size_t n)
{
	struct point r[2];
	for (size_t i = 0; i < n; i++) {
		point_sums_vartime(r, scalars + i, points + i, 3, 2);
	}
}

int main(void)
{
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 1);
	for (size_t i = 0; i < MAX; i++) {
		sc_random(&scalars[i], &rng);
		point_hash_vartime(&points[i], scalars[i].b, 32);
	}
	bench("point_mul8_batch_pack", run_batch, 512);
	bench("point_mul", run_mul, 200);
	bench("point_mul_base", run_base, 500);
	bench("point_double_mul", run_double, 200);
	bench("point_double_mul_base", run_double_base, 200);
	bench("point_pack", run_pack, 500);
	bench("point_pack_batch", run_pack_batch, 1024);
	bench("point_unpack", run_unpack, 1024);
	bench("point_unpack_batch", run_unpack_batch, 1024);
	bench("point_in_subgroup", run_subgroup, 200);
	bench("point_hash", run_hash, 500);
	bench("keccak256, 32 bytes", run_keccak, 2000);
	bench("sc_mul", run_sc_mul, 8000);
	bench("sc_invert", run_sc_invert, 200);
	bench("point_sums, 2 of 3 terms", run_sums, 100);
	for (size_t n = 8; n <= MAX; n *= 2) {
		bench("point_msm, per term", run_msm, n);
	}
	return 0;
}
