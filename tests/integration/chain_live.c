/*
 * The watcher's chain over monerod, one call a run, printed in lines for test_rpc.py to compare
 * with what the node's JSON calls and the official wallet say.
 *
 *   chain_live URL info | blocks [ID...] | id HEIGHT | distribution | outs INDEX... | fee
 *            | submit HEX | place ID... | spent IMAGE... | pool
 *
 * AIRLOCK_LIVE_NETWORK, _USER, _PASSWORD, _PIN, _WHOLE, _PLAIN set the options. The exit code is
 * the error's; its name goes to standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/hex.h"
#include "common/base/secret.h"
#include "watcher/chain/rpc.h"

#define ITEMS_MAX 4096

static const char *hex32(const void *p)
{
	static char text[4][65];
	static unsigned next;
	char *out = text[next++ % 4];
	hex_encode(out, p, 32);
	return out;
}

static enum err items(void *out, char **args, size_t n)
{
	uint8_t *p = out;
	for (size_t i = 0; i < n; i++) {
		enum err e = hex_decode(p + 32 * i, 32, args[i]);
		if (e != ERR_OK) {
			return e;
		}
	}
	return ERR_OK;
}

static enum err info(const struct chain *c)
{
	struct chain_info i;
	enum err e = c->info(c->ctx, &i);
	if (e == ERR_OK) {
		printf("%llu %llu %s %llu %s %d %u\n", (unsigned long long)i.height,
		       (unsigned long long)i.target_height, hex32(&i.top),
		       (unsigned long long)i.top_time, network_name(i.network), i.synchronized,
		       i.hard_fork);
	}
	return e;
}

static enum err blocks(const struct chain *c, char **args, size_t n)
{
	static struct hash known[ITEMS_MAX];
	struct chain_batch b = {0};
	enum err e = items(known, args, n);
	if (e == ERR_OK) {
		e = c->blocks(c->ctx, &b, known, n);
	}
	if (e != ERR_OK) {
		return e;
	}
	printf("batch %llu %llu %zu\n", (unsigned long long)b.start_height,
	       (unsigned long long)b.node_height, b.n);
	for (size_t i = 0; i < b.n; i++) {
		const struct chain_block *block = &b.blocks[i];
		printf("block %llu %s %s %llu %zu\n", (unsigned long long)block->height,
		       hex32(&block->id), hex32(&block->previous), (unsigned long long)block->time,
		       block->n_txs);
		for (size_t j = 0; j < block->n_txs; j++) {
			const struct chain_tx *tx = &block->txs[j];
			printf("tx %s %d %d %zu", hex32(&tx->id), tx->pruned, tx->coinbase,
			       tx->size);
			for (size_t k = 0; k < tx->n_indices; k++) {
				printf(" %llu", (unsigned long long)tx->output_indices[k]);
			}
			printf("\n");
		}
	}
	chain_batch_free(&b);
	return ERR_OK;
}

static enum err block_id_at(const struct chain *c, const char *height)
{
	struct hash id;
	enum err e = c->block_id(c->ctx, &id, strtoull(height, NULL, 10));
	if (e == ERR_OK) {
		printf("%s\n", hex32(&id));
	}
	return e;
}

static enum err distribution(const struct chain *c)
{
	uint64_t *counts = NULL, from = 0;
	size_t n = 0;
	enum err e = c->distribution(c->ctx, &counts, &n, &from);
	if (e == ERR_OK) {
		printf("%llu", (unsigned long long)from);
		for (size_t i = 0; i < n; i++) {
			printf(" %llu", (unsigned long long)counts[i]);
		}
		printf("\n");
	}
	free(counts);
	return e;
}

static enum err outs(const struct chain *c, char **args, size_t n)
{
	static uint64_t indices[ITEMS_MAX];
	static struct chain_out out[ITEMS_MAX];
	for (size_t i = 0; i < n; i++) {
		indices[i] = strtoull(args[i], NULL, 10);
	}
	enum err e = c->outs(c->ctx, out, indices, n);
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		printf("%llu %s %s %d %llu\n", (unsigned long long)out[i].global_index,
		       hex32(&out[i].key), hex32(&out[i].commitment), out[i].unlocked,
		       (unsigned long long)out[i].height);
	}
	return e;
}

static enum err fee(const struct chain *c)
{
	struct chain_fee f;
	enum err e = c->fee(c->ctx, &f);
	if (e == ERR_OK) {
		printf("%llu %llu %llu %llu %llu\n", (unsigned long long)f.per_byte[0],
		       (unsigned long long)f.per_byte[1], (unsigned long long)f.per_byte[2],
		       (unsigned long long)f.per_byte[3], (unsigned long long)f.quantization_mask);
	}
	return e;
}

static enum err submit(const struct chain *c, const char *hex)
{
	size_t n = strlen(hex) / 2;
	uint8_t *blob = malloc(n ? n : 1);
	enum err e = blob ? hex_decode(blob, n, hex) : ERR_NO_MEMORY;
	if (e == ERR_OK) {
		e = c->submit(c->ctx, blob, n);
	}
	free(blob);
	return e;
}

static enum err place(const struct chain *c, char **args, size_t n)
{
	static const char *const names[] = {"unknown", "pool", "block"};
	static struct hash ids[ITEMS_MAX];
	static struct chain_tx_place out[ITEMS_MAX];
	enum err e = items(ids, args, n);
	if (e == ERR_OK) {
		e = c->place(c->ctx, out, ids, n);
	}
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		printf("%s %llu %d\n", names[out[i].place], (unsigned long long)out[i].height,
		       out[i].double_spend_seen);
	}
	return e;
}

static enum err spent(const struct chain *c, char **args, size_t n)
{
	static struct key_image images[ITEMS_MAX];
	static uint8_t state[ITEMS_MAX];
	enum err e = items(images, args, n);
	if (e == ERR_OK) {
		e = c->spent(c->ctx, state, images, n);
	}
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		printf("%u\n", state[i]);
	}
	return e;
}

static enum err pool(const struct chain *c)
{
	struct chain_pool_tx *txs = NULL;
	size_t n = 0;
	enum err e = c->pool(c->ctx, &txs, &n);
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		printf("%s %zu\n", hex32(&txs[i].id), txs[i].size);
	}
	chain_pool_free(txs, n);
	return e;
}

static enum err run(const struct chain *c, const char *what, char **args, size_t n)
{
	if (n > ITEMS_MAX) {
		return ERR_USAGE;
	}
	if (strcmp(what, "info") == 0) {
		return info(c);
	}
	if (strcmp(what, "blocks") == 0) {
		return blocks(c, args, n);
	}
	if (strcmp(what, "id") == 0 && n == 1) {
		return block_id_at(c, args[0]);
	}
	if (strcmp(what, "distribution") == 0) {
		return distribution(c);
	}
	if (strcmp(what, "outs") == 0) {
		return outs(c, args, n);
	}
	if (strcmp(what, "fee") == 0) {
		return fee(c);
	}
	if (strcmp(what, "submit") == 0 && n == 1) {
		return submit(c, args[0]);
	}
	if (strcmp(what, "place") == 0) {
		return place(c, args, n);
	}
	if (strcmp(what, "spent") == 0) {
		return spent(c, args, n);
	}
	if (strcmp(what, "pool") == 0) {
		return pool(c);
	}
	return err_set(ERR_USAGE, "chain_live: %s?", what);
}

int main(int argc, char **argv)
{
	struct chain c = {0};
	const char *network = getenv("AIRLOCK_LIVE_NETWORK");
	struct chain_rpc_options o = {
	    .url = argc > 1 ? argv[1] : NULL,
	    .user = getenv("AIRLOCK_LIVE_USER"),
	    .password = getenv("AIRLOCK_LIVE_PASSWORD"),
	    .tls_pin = getenv("AIRLOCK_LIVE_PIN"),
	    .whole_txs = getenv("AIRLOCK_LIVE_WHOLE"),
	    .allow_plain = getenv("AIRLOCK_LIVE_PLAIN"),
	    .allow_no_login = getenv("AIRLOCK_LIVE_PLAIN"),
	    .submit_url = getenv("AIRLOCK_LIVE_SUBMIT"),
	    .submit_proxy = getenv("AIRLOCK_LIVE_SUBMIT_PROXY"),
	    .timeout_s = 20,
	    .tries = 2,
	};
	enum err e = argc < 3 ? ERR_USAGE : secret_start();
	if (e == ERR_OK && network) {
		e = network_parse(&o.network, network);
	}
	if (e == ERR_OK) {
		e = chain_rpc_open(&c, &o);
	}
	if (e == ERR_OK) {
		e = run(&c, argv[2], argv + 3, (size_t)(argc - 3));
	}
	chain_rpc_close(&c);
	if (e != ERR_OK) {
		fprintf(stderr, "%s: %s: %s\n", err_name(e), err_text(e), err_detail());
	}
	return err_exit_code(e);
}
