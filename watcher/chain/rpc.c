/* The calls: requests built, posted, tried again, answers handed to rpc_bin.h and rpc_json.h. */
#include "watcher/chain/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/hex.h"
#include "watcher/chain/ahead.h"
#include "watcher/chain/backoff.h"
#include "watcher/chain/http.h"
#include "watcher/chain/rpc_bin.h"
#include "watcher/chain/rpc_json.h"
#include "watcher/chain/rpc_url.h"

/*
 * What answers may have: a lying node's cost memory, and JSON many times what it has in bytes. A
 * transaction can have 150 kB and comes in hexadecimal, twice; pruned it is 20 kB at most. Blocks
 * come by the thousand; of each there is a number in the distribution of outputs.
 */
#define ANSWER_MAX ((size_t)256 << 20)
#define SMALL_MAX ((size_t)1 << 20)
#define POOL_TX_MAX ((size_t)640 << 10)
#define PRUNED_TX_MAX ((size_t)128 << 10)
#define POOL_IDS_MAX ((size_t)8 << 20)
#define OUTS_MAX ((size_t)2 << 20)
#define DISTRIBUTION_MAX ((size_t)64 << 20)
#define REQUEST_MAX ((size_t)16 << 20)
#define TIMEOUT_S 60
#define TRIES 3
#define WAIT_FIRST_MS 400
#define WAIT_MOST_MS 5000
#define WAIT_PART_MS 100
/* What a restricted node answers at once, and no more than that is sensible to ask for. */
#define OUTS_AT_ONCE 4000
#define IMAGES_AT_ONCE 4000
#define TXS_AT_ONCE 100
#define POOL_AT_ONCE 50
#define POOL_MAX 100000
#define POOL_BYTES_MAX ((size_t)256 << 20)

struct rpc {
	struct http *http;
	struct http *submit;    /* NULL: the same */
	struct ahead *ahead;    /* NULL: nothing is fetched ahead */
	struct chain second;    /* a connection of its own, for what is */
	struct chain_info seen; /* as the node told last */
	struct chain_rpc_counts counts;
	struct clock clock;
	bool (*stopped)(void *ctx);
	void *stopped_ctx;
	enum err (*over)(void *ctx, enum err result);
	void *over_ctx;
	void (*moved)(void *ctx);
	void *moved_ctx;
	struct buf request, answer;
	struct rng rng;
	unsigned tries;
	enum network network;
	bool whole_txs;
};

static bool stopped(void *ctx)
{
	const struct rpc *c = ctx;
	return c->stopped && c->stopped(c->stopped_ctx);
}

static void moved(void *ctx)
{
	const struct rpc *c = ctx;
	if (c->moved) {
		c->moved(c->moved_ctx);
	}
}

static enum err over(struct rpc *c, enum err result)
{
	return c->over ? c->over(c->over_ctx, result) : result;
}

/* Ends early, and the call with it, when someone wants the program to stop. */
static bool wait_ms(struct rpc *c, uint64_t ms)
{
	while (ms && !stopped(c)) {
		uint64_t part = ms < WAIT_PART_MS ? ms : WAIT_PART_MS;
		struct timespec t = {0, (long)part * 1000000};
		nanosleep(&t, NULL);
		ms -= part;
	}
	return ms == 0;
}

const char *const RPC_BUCKET_NAMES[RPC_BUCKETS] = {"0.01", "0.05", "0.1", "0.5",
						   "1",    "5",    "30",  "+Inf"};

static void count(struct chain_rpc_counts *n, uint64_t ms, enum err e)
{
	static const uint64_t bounds[RPC_BUCKETS] = {10,   50,   100,   500,
						     1000, 5000, 30000, UINT64_MAX};
	size_t i = 0;
	while (ms > bounds[i]) {
		i++;
	}
	n->bucket[i]++;
	n->total_ms += ms;
	n->unreachable += e == ERR_NODE_UNREACHABLE;
	n->busy += e == ERR_NODE_BUSY;
	n->login += e == ERR_NODE_AUTH;
	n->bad += e == ERR_NODE_ANSWER;
}

static void counts_add(struct chain_rpc_counts *n, const struct chain_rpc_counts *more)
{
	for (size_t i = 0; i < RPC_BUCKETS; i++) {
		n->bucket[i] += more->bucket[i];
	}
	n->total_ms += more->total_ms;
	n->unreachable += more->unreachable;
	n->busy += more->busy;
	n->login += more->login;
	n->bad += more->bad;
}

void chain_rpc_counts(const struct chain *c, struct chain_rpc_counts *out)
{
	const struct rpc *rpc = c->ctx;
	*out = rpc ? rpc->counts : (struct chain_rpc_counts){0};
}

/* Posts c->request; leaves the answer, of `most` bytes, in c->answer. */
static enum err post_by(struct rpc *c, struct http *http, const char *path, const char *type,
			unsigned tries, size_t most)
{
	struct backoff pause = {.first_ms = WAIT_FIRST_MS, .most_ms = WAIT_MOST_MS};
	enum err e = buf_end(&c->request);
	if (e != ERR_OK) {
		return err_set(e, "a request to the node is too large");
	}
	c->answer.max = most;
	for (unsigned i = 1;; i++) {
		uint64_t start = clock_steady_ms(&c->clock);
		e = http_post(http, path, type, buf_span(&c->request), &c->answer);
		count(&c->counts, clock_steady_ms(&c->clock) - start, e);
		if ((e != ERR_NODE_UNREACHABLE && e != ERR_NODE_BUSY) || i >= tries ||
		    !wait_ms(c, backoff_wait_ms(&pause, &c->rng))) {
			return over(c, e);
		}
	}
}

static enum err post_bin(struct rpc *c, const char *path, size_t most)
{
	return post_by(c, c->http, path, "application/octet-stream", c->tries, most);
}

static enum err post_json(struct rpc *c, const char *path, size_t most)
{
	return post_by(c, c->http, path, "application/json", c->tries, most);
}

/* The frame of a JSON-RPC request; params is JSON. */
static enum err call_json(struct rpc *c, const char *method, const char *params)
{
	buf_reset(&c->request);
	buf_printf(&c->request,
		   "{\"jsonrpc\":\"2.0\",\"id\":\"0\",\"method\":\"%s\",\"params\":%s}", method,
		   params);
	return post_json(c, "/json_rpc", SMALL_MAX);
}

/* {"name":["hex",...] with the closing brace left to the caller. */
static void begin_hex_list(struct buf *b, const char *name, const void *items, size_t n)
{
	const uint8_t *p = items;
	char hex[65];
	buf_reset(b);
	buf_printf(b, "{\"%s\":[", name);
	for (size_t i = 0; i < n; i++) {
		hex_encode(hex, p + 32 * i, 32);
		buf_printf(b, "%s\"%s\"", i ? "," : "", hex);
	}
	buf_text(b, "]");
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static enum err rpc_info(void *ctx, struct chain_info *out)
{
	struct rpc *c = ctx;
	struct chain_info info = {0};
	struct rpc_header top = {0};
	char hex[65], params[96];
	*out = info;
	buf_reset(&c->request);
	buf_text(&c->request, "{}");
	enum err e = post_json(c, "/get_info", SMALL_MAX);
	if (e == ERR_OK) {
		e = rpc_json_info(&info, buf_span(&c->answer));
	}
	if (e == ERR_OK && info.network != c->network) {
		e = err_set(ERR_NODE_NETWORK, "the node is on %s, this wallet is on %s",
			    network_name(info.network), network_name(c->network));
	}
	if (e != ERR_OK) {
		return e;
	}
	e = call_json(c, "hard_fork_info", "{}");
	if (e == ERR_OK) {
		e = rpc_json_fork(&info.hard_fork, buf_span(&c->answer));
	}
	if (e == ERR_OK && info.hard_fork > CHAIN_RPC_FORK_MAX) {
		e = err_set(ERR_NODE_FORK, "hard fork %u is in force; update this program",
			    info.hard_fork);
	}
	if (e != ERR_OK) {
		return e;
	}
	hex_encode(hex, &info.top, sizeof info.top);
	snprintf(params, sizeof params, "{\"hash\":\"%s\"}", hex);
	e = call_json(c, "get_block_header_by_hash", params);
	if (e == ERR_OK) {
		e = rpc_json_header(&top, buf_span(&c->answer));
	}
	if (e == ERR_OK &&
	    (memcmp(&top.id, &info.top, sizeof top.id) != 0 || top.height + 1 != info.height)) {
		e = err_set(ERR_NODE_ANSWER, "the node contradicts itself about its top block");
	}
	if (e != ERR_OK) {
		return e;
	}
	info.top_time = top.time;
	*out = c->seen = info;
	return ERR_OK;
}

static enum err rpc_block_id(void *ctx, struct hash *out, uint64_t height)
{
	struct rpc *c = ctx;
	struct rpc_header h = {0};
	char params[64];
	*out = (struct hash){0};
	snprintf(params, sizeof params, "{\"height\":%llu}", (unsigned long long)height);
	enum err e = call_json(c, "get_block_header_by_height", params);
	if (e == ERR_OK) {
		e = rpc_json_header(&h, buf_span(&c->answer));
	}
	if (e == ERR_OK && h.height != height) {
		e = err_set(ERR_NODE_ANSWER, "asked for block %llu, got %llu",
			    (unsigned long long)height, (unsigned long long)h.height);
	}
	if (e == ERR_OK) {
		*out = h.id;
	}
	return e;
}

static enum err ask_blocks(struct rpc *c, struct chain_batch *out, const struct hash *known,
			   size_t n_known, unsigned tries)
{
	buf_reset(&c->request);
	rpc_blocks_request(&c->request, known, n_known, !c->whole_txs);
	enum err e =
	    post_by(c, c->http, "/get_blocks.bin", "application/octet-stream", tries, ANSWER_MAX);
	if (e == ERR_OK) {
		e = rpc_blocks_decode(out, buf_span(&c->answer), known, n_known);
	}
	if (e == ERR_OK && out->n > 0 &&
	    out->blocks[out->n - 1].major_version > CHAIN_RPC_FORK_MAX) {
		e = err_set(ERR_NODE_FORK, "block %llu is of hard fork %u; update this program",
			    (unsigned long long)out->blocks[out->n - 1].height,
			    out->blocks[out->n - 1].major_version);
		chain_batch_free(out);
	}
	return e;
}

/* What was fetched ahead, and what it cost; a silent node must not be waited for once more. */
static bool take_ahead(struct rpc *c, struct chain_batch *out, unsigned *tries,
		       const struct hash *newest)
{
	struct rpc *second = c->second.ctx;
	enum err failed;
	bool taken = ahead_take(c->ahead, out, &failed, newest, &c->seen, stopped, moved, c);
	if ((failed == ERR_NODE_UNREACHABLE || failed == ERR_NODE_BUSY) && *tries > 1) {
		--*tries;
	}
	counts_add(&c->counts, &second->counts);
	second->counts = (struct chain_rpc_counts){0};
	return taken;
}

static enum err rpc_blocks(void *ctx, struct chain_batch *out, const struct hash *known,
			   size_t n_known)
{
	struct rpc *c = ctx;
	struct hash genesis;
	unsigned tries = c->tries;
	enum err e = ERR_OK;
	*out = (struct chain_batch){0};
	if (n_known == 0) {
		/* The node wants to see at least the block everything begins with. */
		e = rpc_block_id(ctx, &genesis, 0);
		if (e != ERR_OK) {
			return e;
		}
		known = &genesis;
		n_known = 1;
	}
	if (!c->ahead || !take_ahead(c, out, &tries, &known[0])) {
		e = ask_blocks(c, out, known, n_known, tries);
	} else if ((e = over(c, ERR_OK)) != ERR_OK) {
		chain_batch_free(out);
	}
	if (e == ERR_OK && c->ahead && out->n > 0) {
		const struct chain_block *last = &out->blocks[out->n - 1];
		if (last->height + 1 < c->seen.height) {
			ahead_start(c->ahead, &last->id, &known[n_known - 1]);
		}
	}
	return e;
}

static enum err rpc_distribution(void *ctx, uint64_t **out, size_t *n, uint64_t *from)
{
	struct rpc *c = ctx;
	*out = NULL;
	*n = 0;
	*from = 0;
	buf_reset(&c->request);
	rpc_distribution_request(&c->request);
	enum err e = post_bin(c, "/get_output_distribution.bin", DISTRIBUTION_MAX);
	if (e != ERR_OK) {
		return e;
	}
	return rpc_distribution_decode(out, n, from, buf_span(&c->answer));
}

static enum err rpc_outs(void *ctx, struct chain_out *out, const uint64_t *global_indices, size_t n)
{
	struct rpc *c = ctx;
	memset(out, 0, n * sizeof *out);
	for (size_t at = 0; at < n;) {
		size_t part = smaller(n - at, OUTS_AT_ONCE);
		buf_reset(&c->request);
		rpc_outs_request(&c->request, global_indices + at, part);
		enum err e = post_bin(c, "/get_outs.bin", OUTS_MAX);
		if (e == ERR_OK) {
			e = rpc_outs_decode(out + at, global_indices + at, part,
					    buf_span(&c->answer));
		}
		if (e != ERR_OK) {
			memset(out, 0, n * sizeof *out);
			return e;
		}
		at += part;
	}
	return ERR_OK;
}

static enum err rpc_fee(void *ctx, struct chain_fee *out)
{
	struct rpc *c = ctx;
	*out = (struct chain_fee){0};
	enum err e = call_json(c, "get_fee_estimate", "{}");
	if (e != ERR_OK) {
		return e;
	}
	return rpc_json_fee(out, buf_span(&c->answer));
}

static enum err rpc_submit(void *ctx, const uint8_t *blob, size_t n)
{
	struct rpc *c = ctx;
	buf_reset(&c->request);
	buf_text(&c->request, "{\"do_not_relay\":false,\"do_sanity_checks\":true,\"tx_as_hex\":\"");
	for (size_t i = 0; i < n; i += 64) {
		char hex[129];
		hex_encode(hex, blob + i, smaller(n - i, 64));
		buf_text(&c->request, hex);
	}
	buf_text(&c->request, "\"}");
	/* Once: after a broken connection the caller looks where the transaction is first. */
	enum err e = post_by(c, c->submit ? c->submit : c->http, "/send_raw_transaction",
			     "application/json", 1, SMALL_MAX);
	if (e != ERR_OK) {
		return e;
	}
	return rpc_json_submit(buf_span(&c->answer));
}

static enum err rpc_place(void *ctx, struct chain_tx_place *out, const struct hash *ids, size_t n)
{
	struct rpc *c = ctx;
	memset(out, 0, n * sizeof *out);
	for (size_t at = 0; at < n;) {
		size_t part = smaller(n - at, TXS_AT_ONCE);
		begin_hex_list(&c->request, "txs_hashes", ids + at, part);
		buf_text(&c->request, ",\"prune\":true}");
		enum err e = post_json(c, "/get_transactions", part * PRUNED_TX_MAX + SMALL_MAX);
		if (e == ERR_OK) {
			e = rpc_json_places(out + at, ids + at, part, buf_span(&c->answer));
		}
		if (e != ERR_OK) {
			memset(out, 0, n * sizeof *out);
			return e;
		}
		at += part;
	}
	return ERR_OK;
}

static enum err rpc_spent(void *ctx, uint8_t *spent, const struct key_image *images, size_t n)
{
	struct rpc *c = ctx;
	memset(spent, 0, n);
	for (size_t at = 0; at < n;) {
		size_t part = smaller(n - at, IMAGES_AT_ONCE);
		begin_hex_list(&c->request, "key_images", images + at, part);
		buf_text(&c->request, "}");
		enum err e = post_json(c, "/is_key_image_spent", SMALL_MAX);
		if (e == ERR_OK) {
			e = rpc_json_spent(spent + at, part, buf_span(&c->answer));
		}
		if (e != ERR_OK) {
			memset(spent, 0, n);
			return e;
		}
		at += part;
	}
	return ERR_OK;
}

static enum err rpc_pool(void *ctx, struct chain_pool_tx **out, size_t *n)
{
	struct rpc *c = ctx;
	struct hash *ids = NULL;
	struct chain_pool_tx *txs = NULL;
	size_t n_ids = 0, have = 0, bytes = 0;
	*out = NULL;
	*n = 0;
	buf_reset(&c->request);
	buf_text(&c->request, "{}");
	enum err e = post_json(c, "/get_transaction_pool_hashes", POOL_IDS_MAX);
	if (e == ERR_OK) {
		e = rpc_json_pool_ids(&ids, &n_ids, buf_span(&c->answer));
	}
	if (e == ERR_OK && n_ids > POOL_MAX) {
		e = err_set(ERR_NODE_ANSWER, "the pool is said to have %zu transactions", n_ids);
	}
	if (e != ERR_OK) {
		goto out;
	}
	txs = calloc(n_ids ? n_ids : 1, sizeof *txs);
	if (!txs) {
		e = ERR_NO_MEMORY;
		goto out;
	}
	for (size_t at = 0; at < n_ids && e == ERR_OK;) {
		size_t part = smaller(n_ids - at, POOL_AT_ONCE), got = 0;
		begin_hex_list(&c->request, "txs_hashes", ids + at, part);
		buf_text(&c->request, "}");
		e = post_json(c, "/get_transactions", part * POOL_TX_MAX + SMALL_MAX);
		if (e == ERR_OK) {
			e = rpc_json_pool_txs(txs + have, &got, ids + at, part,
					      buf_span(&c->answer));
		}
		for (size_t i = 0; i < got; i++) {
			bytes += txs[have + i].size;
		}
		have += got;
		at += part;
		if (e == ERR_OK && bytes > POOL_BYTES_MAX) {
			e = err_set(ERR_NODE_ANSWER, "the pool is larger than %zu bytes",
				    POOL_BYTES_MAX);
		}
	}
out:
	free(ids);
	if (e != ERR_OK) {
		chain_pool_free(txs, have);
		return e;
	}
	*out = txs;
	*n = have;
	return ERR_OK;
}

/* The way to a node: private, or allowed by name. */
static enum err check_way(const struct rpc_url *url, const char *proxy, bool plain, bool login)
{
	bool own = url->local || (url->onion && proxy);
	if (!own && !url->tls && !plain) {
		return err_set(ERR_USAGE,
			       "%s is another machine and not https: use https, a tunnel to this "
			       "machine, or allow it by name (without-tls)",
			       url->base);
	}
	if (!own && !login) {
		return err_set(ERR_USAGE,
			       "%s is another machine and has no login: give one, or allow it by "
			       "name (without-login)",
			       url->base);
	}
	return ERR_OK;
}

static enum err open_http(struct http **out, const struct chain_rpc_options *o)
{
	struct rpc_url url;
	*out = NULL;
	enum err e = rpc_url_parse(&url, o->url, o->network);
	if (e == ERR_OK) {
		e = check_way(&url, o->proxy, o->allow_plain, o->user || o->allow_no_login);
	}
	if (e == ERR_OK && o->tls_pin && !url.tls) {
		e = err_set(ERR_USAGE, "a TLS key is pinned, but %s is not https", url.base);
	}
	if (e != ERR_OK) {
		return e;
	}
	struct http_options http = {
	    .base = url.base,
	    .user = o->user,
	    .password = o->password,
	    .tls_pin = o->tls_pin,
	    .tls_ca = o->tls_ca,
	    .proxy = o->proxy,
	    .timeout_s = o->timeout_s ? o->timeout_s : TIMEOUT_S,
	    .stopped = o->stopped,
	    .stopped_ctx = o->stopped_ctx,
	    .moved = o->moved,
	    .moved_ctx = o->moved_ctx,
	};
	return http_open(out, &http);
}

static enum err open_submit(struct http **out, const struct chain_rpc_options *o)
{
	struct chain_rpc_options other = *o;
	other.url = o->submit_url;
	other.proxy = o->submit_proxy;
	other.user = other.password = other.tls_pin = NULL;
	other.allow_plain = o->submit_plain;
	/* It gets what the whole network is to get: no login is needed for that. */
	other.allow_no_login = true;
	return open_http(out, &other);
}

/* Failures are for the call itself to meet, so once is enough here. */
static enum err open_second(struct rpc *c, const struct chain_rpc_options *o)
{
	struct chain_rpc_options other = *o;
	c->ahead = ahead_new();
	if (!c->ahead) {
		return ERR_NO_MEMORY;
	}
	other.ahead = false;
	other.submit_url = NULL;
	other.tries = 1;
	other.over = NULL;
	other.stopped = ahead_stopped;
	other.moved = ahead_moved;
	other.stopped_ctx = other.moved_ctx = c->ahead;
	enum err e = chain_rpc_open(&c->second, &other);
	if (e == ERR_OK) {
		ahead_give(c->ahead, &c->second);
	}
	return e;
}

enum err chain_rpc_open(struct chain *out, const struct chain_rpc_options *o)
{
	*out = (struct chain){0};
	struct rpc *c = calloc(1, sizeof *c);
	if (!c) {
		return ERR_NO_MEMORY;
	}
	enum err e = open_http(&c->http, o);
	if (e == ERR_OK && o->submit_url) {
		e = open_submit(&c->submit, o);
	}
	if (e == ERR_OK && o->ahead) {
		e = open_second(c, o);
	}
	if (e != ERR_OK) {
		struct chain part = {.ctx = c};
		chain_rpc_close(&part);
		return e;
	}
	c->clock = clock_system();
	c->stopped = o->stopped;
	c->stopped_ctx = o->stopped_ctx;
	c->over = o->over;
	c->over_ctx = o->over_ctx;
	c->moved = o->moved;
	c->moved_ctx = o->moved_ctx;
	buf_init(&c->request, REQUEST_MAX);
	buf_init(&c->answer, ANSWER_MAX);
	c->rng = rng_system();
	c->tries = o->tries ? o->tries : TRIES;
	c->network = o->network;
	c->whole_txs = o->whole_txs;
	*out = (struct chain){
	    .ctx = c,
	    .info = rpc_info,
	    .blocks = rpc_blocks,
	    .block_id = rpc_block_id,
	    .distribution = rpc_distribution,
	    .outs = rpc_outs,
	    .fee = rpc_fee,
	    .submit = rpc_submit,
	    .place = rpc_place,
	    .spent = rpc_spent,
	    .pool = rpc_pool,
	};
	return ERR_OK;
}

void chain_rpc_close(struct chain *chain)
{
	struct rpc *c = chain->ctx;
	if (c) {
		ahead_free(c->ahead);
		chain_rpc_close(&c->second);
		http_close(c->http);
		http_close(c->submit);
		buf_free(&c->request);
		buf_free(&c->answer);
		free(c);
	}
	*chain = (struct chain){0};
}
