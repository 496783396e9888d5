/*
 * How the watcher's store bears a million: "scale fill N DIR" makes one with so many subaddresses
 * and credited deposits, "scale measure DIR" opens it as a program does, and lets blocks with 100
 * deposits arrive. Prints "name value" lines: tools/scale makes the table.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/secret.h"
#include "tests/simulation/fake_chain.h"
#include "watcher/store/store.h"

#define MAP_SIZE (UINT64_C(1) << 38)
#define PART 20000 /* deposits in one transaction of filling */
#define HEIGHT 1000000
#define BLOCKS 20
#define DEPOSITS 100
#define CALM 30 /* blocks of others before ours */

static struct rng_seeded stream;

static double now_ms(clockid_t which)
{
	struct timespec t;
	clock_gettime(which, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Memory of our own, in MiB: what is mapped from the file is page cache. */
static double own_memory(void)
{
	char line[256];
	double kib = 0;
	FILE *f = fopen("/proc/self/status", "re");
	CHECK(f);
	while (fgets(line, sizeof line, f)) {
		if (strncmp(line, "RssAnon:", 8) == 0) {
			kib = strtod(line + 8, NULL);
		}
	}
	fclose(f);
	return kib / 1024;
}

static void put_deposit(struct db_txn *t, const struct rng *rng, uint32_t n)
{
	struct output_record o = {
	    .at.index = n % 2,
	    .address = {0, n},
	    .amount = amount_of(1 + n),
	    .global_index = n,
	    .height = HEIGHT + n / 100,
	    .credited = amount_of(1 + n),
	    .state = DEPOSIT_CREDITED,
	};
	struct event_writer e;
	uint8_t place[8], spend[32];
	struct table_key k;
	rng_fill(rng, o.at.tx.b, 32);
	rng_fill(rng, o.one_time.b, 32);
	rng_fill(rng, spend, 32);
	store32_be(place, 0);
	store32_be(place + 4, n);
	CHECK(db_put(t, T_SUBADDRESS, db_span(spend, 32), db_span(place, 8)) == ERR_OK);
	event_begin(&e, "deposit_credited", 1700000000 + n);
	event_hash(&e, "txid", &o.at.tx);
	event_number(&e, "output", o.at.index);
	event_number(&e, "account", 0);
	event_number(&e, "index", n);
	event_amount(&e, "amount", o.amount);
	event_number(&e, "height", o.height);
	CHECK(event_end(&e, t, &o.credit) == ERR_OK);
	CHECK(output_write(t, &o) == ERR_OK);
	k = key_height_outpoint(o.height, &o.at);
	CHECK(mark(t, T_OUT_HEIGHT, key_span(&k)) == ERR_OK);
	k = key_one_time(&o.one_time, &o.at);
	CHECK(mark(t, T_OUT_KEY, key_span(&k)) == ERR_OK);
	k = key_of_outpoint(&o.at);
	CHECK(mark(t, T_UNSPENT, key_span(&k)) == ERR_OK);
}

static void fill(uint32_t n, const char *dir)
{
	struct clock clock = clock_system();
	struct rng rng = rng_seeded(&stream, 1);
	struct kit kit = {.network = NETWORK_MAINNET, .name = "scale"};
	struct identity signer;
	struct scalar spend;
	uint8_t seed[32];
	struct db *db = NULL;
	struct db_txn *t = NULL;
	sc_random(&spend, &rng);
	sc_random(&kit.view.s, &rng);
	public_of_scalar(&kit.spend, &spend);
	rng_fill(&rng, seed, sizeof seed);
	identity_from_seed(&signer, seed);
	CHECK(dir_make(dir) == ERR_OK);
	CHECK(db_open_lmdb(&db, dir, WATCHER_TABLES, WATCHER_TABLE_COUNT, MAP_SIZE, true) ==
	      ERR_OK);
	CHECK(watcher_create(db, &kit, &signer.public, seed, &clock) == ERR_OK);
	for (uint32_t at = 0; at < n;) {
		CHECK(db_begin(&t, db, true) == ERR_OK);
		for (uint32_t i = 0; i < PART && at < n; i++, at++) {
			put_deposit(t, &rng, at);
		}
		CHECK(db_commit(t) == ERR_OK);
		fprintf(stderr, "\r%u of %u", at, n);
	}
	db_close(db);
	fputc('\n', stderr);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void sync_all(struct watcher *w)
{
	struct sync_result r;
	enum err rc = watcher_sync(w, &r);
	if (rc != ERR_OK) {
		fprintf(stderr, "%s: %s\n", err_text(rc), err_detail());
	}
	CHECK(rc == ERR_OK);
}

static bool walk(void *ctx, const struct deposit *d)
{
	uint64_t *counts = ctx;
	counts[d->state]++;
	return true;
}

/* What a page of metrics counts, as it is kept and by a walk over the deposits. */
static void measure_status(const struct watcher *w)
{
	struct watcher_status status;
	uint64_t counts[DEPOSIT_STATES] = {0};
	double busy = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	CHECK(watcher_status(w, &status) == ERR_OK);
	printf("status_cpu_ms %.2f\n", now_ms(CLOCK_PROCESS_CPUTIME_ID) - busy);
	busy = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	CHECK(watcher_deposits(w, walk, counts) == ERR_OK);
	printf("walk_cpu_ms %.0f\n", now_ms(CLOCK_PROCESS_CPUTIME_ID) - busy);
	CHECK(memcmp(counts, status.deposits, sizeof counts) == 0);
}

static void measure(const char *dir)
{
	struct rng rng = rng_seeded(&stream, 2);
	struct watcher w;
	struct watcher_status status;
	struct balance balance;
	struct db *db = NULL;
	double blocks[BLOCKS], cpu[BLOCKS], base = own_memory();
	double wall = now_ms(CLOCK_MONOTONIC), busy = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	CHECK(db_open_lmdb(&db, dir, WATCHER_TABLES, WATCHER_TABLE_COUNT, MAP_SIZE, true) ==
	      ERR_OK);
	struct fake_chain *chain = fake_chain_new(&rng, CALM, 1700000000);
	CHECK(watcher_open(&w, db, fake_chain_node(chain), clock_system(), rng) == ERR_OK);
	CHECK(watcher_status(&w, &status) == ERR_OK);
	printf("start_ms %.0f\n", now_ms(CLOCK_MONOTONIC) - wall);
	printf("start_cpu_ms %.0f\n", now_ms(CLOCK_PROCESS_CPUTIME_ID) - busy);
	printf("start_mib %.1f\n", own_memory() - base);
	sync_all(&w);
	for (size_t i = 0; i < BLOCKS; i++) {
		for (uint32_t k = 0; k < DEPOSITS; k++) {
			struct address to;
			address_of(&to, &w.account, (struct subaddress){0, k});
			fake_chain_pay(chain, &to, amount_of(1000000 + k));
		}
		fake_chain_mine(chain, 1, 120, true);
		wall = now_ms(CLOCK_MONOTONIC);
		busy = now_ms(CLOCK_PROCESS_CPUTIME_ID);
		sync_all(&w);
		blocks[i] = now_ms(CLOCK_MONOTONIC) - wall;
		cpu[i] = now_ms(CLOCK_PROCESS_CPUTIME_ID) - busy;
	}
	qsort(blocks, BLOCKS, sizeof blocks[0], ascending);
	qsort(cpu, BLOCKS, sizeof cpu[0], ascending);
	printf("block_ms %.1f\n", blocks[BLOCKS / 2]);
	printf("block_worst_ms %.1f\n", blocks[BLOCKS - 1]);
	printf("block_cpu_ms %.1f\n", cpu[BLOCKS / 2]);
	printf("memory_mib %.1f\n", own_memory() - base);
	wall = now_ms(CLOCK_MONOTONIC);
	CHECK(watcher_balance(&w, &balance) == ERR_OK);
	printf("balance_ms %.0f\n", now_ms(CLOCK_MONOTONIC) - wall);
	printf("outputs %zu\n", balance.outputs);
	measure_status(&w);
	watcher_close(&w);
	db_close(db);
	fake_chain_free(chain);
}

int main(int argc, char **argv)
{
	CHECK(secret_start() == ERR_OK);
	if (argc == 4 && strcmp(argv[1], "fill") == 0) {
		fill((uint32_t)strtoul(argv[2], NULL, 10), argv[3]);
	} else if (argc == 3 && strcmp(argv[1], "measure") == 0) {
		measure(argv[2]);
	} else {
		fputs("usage: scale fill N DIR | scale measure DIR\n", stderr);
		return 2;
	}
	return 0;
}
