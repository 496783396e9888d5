/* A watcher over fakes: see hot.h. */
#include "tests/unit/watcher/hot.h"

#include <stdio.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/secret.h"

static struct chain inner;

static enum err info(void *ctx, struct chain_info *out)
{
	const struct hot *h = ctx;
	enum err rc = inner.info(inner.ctx, out);
	out->synchronized = out->synchronized && !h->asleep;
	out->network = h->network;
	return rc;
}

static enum err blocks(void *ctx, struct chain_batch *out, const struct hash *known, size_t n)
{
	(void)ctx;
	return inner.blocks(inner.ctx, out, known, n);
}

static enum err block_id(void *ctx, struct hash *out, uint64_t height)
{
	(void)ctx;
	return inner.block_id(inner.ctx, out, height);
}

static enum err distribution(void *ctx, uint64_t **out, size_t *n, uint64_t *from)
{
	(void)ctx;
	return inner.distribution(inner.ctx, out, n, from);
}

static enum err outs(void *ctx, struct chain_out *out, const uint64_t *indices, size_t n)
{
	(void)ctx;
	return inner.outs(inner.ctx, out, indices, n);
}

static enum err fee(void *ctx, struct chain_fee *out)
{
	(void)ctx;
	return inner.fee(inner.ctx, out);
}

static enum err pool(void *ctx, struct chain_pool_tx **out, size_t *n)
{
	(void)ctx;
	return inner.pool(inner.ctx, out, n);
}

static enum err spent(void *ctx, uint8_t *out, const struct key_image *images, size_t n)
{
	const struct hot *h = ctx;
	enum err rc = inner.spent(inner.ctx, out, images, n);
	for (size_t i = 0; rc == ERR_OK && i < n && h->double_spent; i++) {
		out[i] = 1;
	}
	return rc;
}

static uint64_t wall(void *ctx)
{
	const struct hot *h = ctx;
	return h->now;
}

static uint64_t steady(void *ctx)
{
	return wall(ctx) * 1000;
}

static void open_watcher(struct hot *h)
{
	struct clock clock = {h, wall, steady};
	struct chain chain = {.ctx = h,
			      .info = info,
			      .blocks = blocks,
			      .block_id = block_id,
			      .distribution = distribution,
			      .outs = outs,
			      .fee = fee,
			      .pool = pool,
			      .spent = spent};
	CHECK(watcher_open(&h->w, h->db, chain, clock, h->rng) == ERR_OK);
}

void hot_start(struct hot *h, size_t n_blocks)
{
	struct kit kit = {.network = NETWORK_MAINNET, .name = "treasury"};
	struct scalar spend;
	uint8_t seed[32];
	memset(h, 0, sizeof *h);
	CHECK(secret_start() == ERR_OK);
	h->rng = rng_seeded(&h->seeded, 7);
	h->now = 1700000000;
	h->chain = fake_chain_new(&h->rng, n_blocks, h->now);
	h->disk = disk_new();
	inner = fake_chain_node(h->chain);
	CHECK(disk_open(&h->db, h->disk) == ERR_OK);
	sc_random(&spend, &h->rng);
	sc_random(&kit.view.s, &h->rng);
	public_of_scalar(&kit.spend, &spend);
	rng_fill(&h->rng, seed, sizeof seed);
	identity_from_seed(&h->signer, seed);
	rng_fill(&h->rng, seed, sizeof seed);
	struct clock clock = {h, wall, steady};
	CHECK(watcher_create(h->db, &kit, &h->signer.public, seed, &clock) == ERR_OK);
	CHECK(watcher_create(h->db, &kit, &h->signer.public, seed, &clock) == ERR_EXISTS);
	open_watcher(h);
}

void hot_twin(struct hot *twin, const struct hot *of)
{
	*twin = *of;
	twin->twin = true;
	twin->rng = rng_seeded(&twin->seeded, 8);
	twin->disk = disk_snapshot(of->disk);
	CHECK(disk_open(&twin->db, twin->disk) == ERR_OK);
	open_watcher(twin);
}
void hot_stop(struct hot *h)
{
	watcher_close(&h->w);
	db_close(h->db);
	disk_free(h->disk);
	if (!h->twin) {
		fake_chain_free(h->chain);
	}
}

void hot_sync(struct hot *h)
{
	struct sync_result r;
	CHECK(watcher_sync(&h->w, &r) == ERR_OK);
	CHECK(watcher_verify_books(&h->w) == ERR_OK);
}

struct hash hot_deposit(struct hot *h, struct subaddress at, uint64_t atomic, size_t more)
{
	struct address to;
	address_of(&to, &h->w.account, at);
	struct hash id = fake_chain_pay(h->chain, &to, amount_of(atomic));
	fake_chain_mine(h->chain, 1 + more, 120, true);
	return id;
}

struct counting {
	char member[64];
	size_t n;
};

static bool count(void *ctx, const struct event *e)
{
	struct counting *c = ctx;
	c->n += memmem(e->json.p, e->json.n, c->member, strlen(c->member)) != NULL;
	return true;
}

size_t hot_events(const struct hot *h, const char *kind)
{
	struct counting c = {0};
	snprintf(c.member, sizeof c.member, "\"kind\":\"%s\"", kind);
	CHECK(watcher_events(&h->w, 0, count, &c) == ERR_OK);
	return c.n;
}

struct seeking {
	uint64_t atomic;
	enum deposit_state state;
};

static bool seek(void *ctx, const struct deposit *d)
{
	struct seeking *s = ctx;
	if (d->amount.atomic == s->atomic) {
		CHECK(s->state == 0);
		s->state = d->state;
	}
	return true;
}

enum deposit_state hot_state(const struct hot *h, uint64_t atomic)
{
	struct seeking s = {.atomic = atomic};
	CHECK(watcher_deposits(&h->w, seek, &s) == ERR_OK);
	return s.state;
}
