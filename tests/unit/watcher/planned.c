#include "tests/unit/watcher/planned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/base/secret.h"
#include "signer/sign/prove.h"

#define START UINT64_C(1790000000)

static enum err lying_outs(void *ctx, struct chain_out *out, const uint64_t *indices, size_t n)
{
	struct planned *p = ctx;
	CHECK(p->n_asked + n <= ASKED_MAX);
	memcpy(p->asked + p->n_asked, indices, n * sizeof *indices);
	p->n_asked += n;
	p->n_asks++;
	enum err rc = p->honest.outs(p->honest.ctx, out, indices, n);
	for (size_t i = 0; rc == ERR_OK && i < n; i++) {
		struct chain_out *o = &out[i];
		bool victim = indices[i] == p->victim;
		if (p->lie == LIE_KEY && victim) {
			o->key = p->theirs.account.spend_public;
		} else if (p->lie == LIE_COMMITMENT && victim) {
			memcpy(o->commitment.b, o->key.b, 32);
		} else if (p->lie == LIE_OTHERS_ALIKE && !victim) {
			o->key = p->theirs.account.spend_public;
		} else if (p->lie == LIE_OTHERS_UNSOUND && !victim) {
			memset(o->key.b, 0xff, 32);
		} else if (p->lie == LIE_NAMES) {
			o->global_index++;
		}
		if ((p->lie == LIE_LOCKED && victim) || (p->lie == LIE_OTHERS_LOCKED && !victim) ||
		    (p->lie == LIE_ODD_LOCKED && !victim && indices[i] % 2)) {
			o->unlocked = false;
		}
	}
	return rc;
}

static enum err lying_distribution(void *ctx, uint64_t **out, size_t *n, uint64_t *from)
{
	struct planned *p = ctx;
	enum err rc = p->honest.distribution(p->honest.ctx, out, n, from);
	for (size_t i = 0; rc == ERR_OK && p->lie == LIE_MORE_OUTPUTS && i < *n; i++) {
		(*out)[i] *= 1000;
	}
	if (rc == ERR_OK && p->lie == LIE_COUNTS) {
		(*out)[*n / 2] = 0;
	}
	return rc;
}

static enum err lying_fee(void *ctx, struct chain_fee *out)
{
	struct planned *p = ctx;
	enum err rc = p->honest.fee(p->honest.ctx, out);
	for (int i = 0; i < FEE_LEVEL_COUNT; i++) {
		out->per_byte[i] = p->lie == LIE_FEE_HUGE      ? UINT64_MAX / 2
				   : p->lie == LIE_FEE_OVER    ? 300001
				   : p->lie == LIE_FEE_NOTHING ? 0
				   : p->lie == LIE_FEE_TENFOLD ? 10 * out->per_byte[i]
							       : out->per_byte[i];
	}
	if (p->lie == LIE_MASK_HUGE || p->lie == LIE_MASK_OVER) {
		out->quantization_mask = p->lie == LIE_MASK_HUGE ? UINT64_MAX : 220000000;
	}
	return rc;
}

static enum err lying_spent(void *ctx, uint8_t *out, const struct key_image *images, size_t n)
{
	struct planned *p = ctx;
	enum err rc = p->honest.spent(p->honest.ctx, out, images, n);
	if (rc == ERR_OK && (p->lie == LIE_SPENT || p->lie == LIE_OTHER_BLOCKS)) {
		memset(out, 1, n);
	}
	return rc;
}

static enum err lying_blocks(void *ctx, struct chain_batch *out, const struct hash *known, size_t n)
{
	struct planned *p = ctx;
	enum err rc = p->honest.blocks(p->honest.ctx, out, known, n);
	if (rc == ERR_OK && p->lie == LIE_OTHER_BLOCKS && out->n > 1) {
		out->blocks[out->n - 1].id.b[3] ^= 1;
	}
	return rc;
}

/* The rest is passed on as it is. */
#define PASS_ON(name, params, ...)                                                                 \
	static enum err pass_##name params                                                         \
	{                                                                                          \
		struct planned *p = ctx;                                                           \
		return p->honest.name(p->honest.ctx, __VA_ARGS__);                                 \
	}
PASS_ON(info, (void *ctx, struct chain_info *out), out)
PASS_ON(pool, (void *ctx, struct chain_pool_tx **out, size_t *n), out, n)
PASS_ON(submit, (void *ctx, const uint8_t *blob, size_t n), blob, n)
PASS_ON(place, (void *ctx, struct chain_tx_place *out, const struct hash *ids, size_t n), out, ids,
	n)
PASS_ON(block_id, (void *ctx, struct hash *out, uint64_t height), out, height)

static uint64_t wall(void *ctx)
{
	return ((const struct planned *)ctx)->now;
}

static uint64_t steady(void *ctx)
{
	return wall(ctx) * 1000;
}

void planned_make(struct planned *p, size_t blocks, size_t n, struct amount each)
{
	struct identity us;
	uint8_t seed[32];
	struct sync_result synced;
	CHECK(secret_start() == ERR_OK);
	memset(p, 0, sizeof *p);
	p->rng = rng_seeded(&p->stream, 7);
	test_wallet_make(&p->ours, NETWORK_MAINNET, &p->rng);
	test_wallet_make(&p->theirs, NETWORK_MAINNET, &p->rng);
	rng_fill(&p->rng, seed, sizeof seed);
	identity_from_seed(&p->signer, seed);
	rng_fill(&p->rng, seed, sizeof seed);
	identity_from_seed(&us, seed);
	p->chain = fake_chain_new(&p->rng, blocks, START);
	p->honest = fake_chain_node(p->chain);
	for (size_t i = 0; i < n; i++) {
		struct address to;
		address_of(&to, &p->ours.account, (struct subaddress){0, (uint32_t)(i % 3)});
		fake_chain_pay(p->chain, &to, each);
	}
	fake_chain_mine(p->chain, 10, 120, true);
	p->now = fake_chain_time(p->chain);
	struct kit kit = {.network = NETWORK_MAINNET,
			  .name = "test",
			  .spend = p->ours.account.spend_public,
			  .view = p->ours.account.view};
	struct clock clock = {p, wall, steady};
	struct chain node = {.ctx = p,
			     .info = pass_info,
			     .blocks = lying_blocks,
			     .block_id = pass_block_id,
			     .distribution = lying_distribution,
			     .outs = lying_outs,
			     .fee = lying_fee,
			     .pool = pass_pool,
			     .spent = lying_spent,
			     .submit = pass_submit,
			     .place = pass_place};
	p->disk = disk_new();
	CHECK(disk_open(&p->db, p->disk) == ERR_OK);
	CHECK(watcher_create(p->db, &kit, &p->signer.public, us.seed, &clock) == ERR_OK);
	CHECK(watcher_open(&p->w, p->db, node, clock, p->rng) == ERR_OK);
	CHECK(watcher_sync(&p->w, &synced) == ERR_OK);
}

void planned_free(struct planned *p)
{
	watcher_close(&p->w);
	db_close(p->db);
	disk_free(p->disk);
	fake_chain_free(p->chain);
}

void planned_payout(struct planned *p, size_t number, const struct address *to,
		    struct amount amount)
{
	char id[PAYOUT_ID_MAX + 1];
	snprintf(id, sizeof id, "p%zu", number);
	struct payout_order o = {
	    .id = id, .to = *to, .amount = amount, .reference = "", .priority = PAYOUT_NORMAL};
	CHECK(watcher_add_payout(&p->w, &o, NULL) == ERR_OK);
}

struct address planned_to(const struct planned *p, uint32_t major, uint32_t minor)
{
	struct address to;
	address_of(&to, &p->theirs.account, (struct subaddress){major, minor});
	return to;
}

enum err planned_request(struct planned *p, struct request *r, struct request_info *info)
{
	struct buf file;
	memset(r, 0, sizeof *r);
	p->n_asks = p->n_asked = 0;
	buf_init(&file, PROTO_MESSAGE_MAX * 2);
	enum err rc = watcher_build_request(&p->w, &file, info);
	CHECK((rc == ERR_OK) == (file.n > 0));
	buf_free(&file);
	return rc == ERR_OK ? watcher_get_request(&p->w, info->number, r) : rc;
}

void planned_sign(struct planned *p, struct signed_tx *tx, const struct request *r)
{
	CHECK(r->n_txs == 1);
	CHECK(tx_build(tx, &r->txs[0].plan, &p->ours.account, &p->ours.spend, &p->rng) == ERR_OK);
}

void planned_reply(struct planned *p, const struct request *r, const struct request_info *info,
		   struct signed_tx *tx, enum err refused)
{
	struct reply reply = {.request_number = r->number, .request_hash = info->hash};
	struct reply_tx one = {0};
	struct import_result result;
	struct buf body, file;
	struct hash hash;
	if (tx) {
		one = (struct reply_tx){.id = tx->id,
					.blob = tx->blob,
					.blob_size = tx->blob_size,
					.n_keys = tx->n_keys,
					.keys = tx->keys,
					.n_images = tx->n_images,
					.images = tx->images};
		reply.n_txs = 1;
		reply.txs = &one;
	} else {
		reply.refused = refused;
		strcpy(reply.reason, "no");
	}
	buf_init(&body, PROTO_MESSAGE_MAX);
	buf_init(&file, PROTO_MESSAGE_MAX);
	CHECK(reply_encode(&body, &reply) == ERR_OK);
	CHECK(envelope_seal(&file, &hash, MSG_REPLY, NETWORK_MAINNET, r->number, buf_span(&body),
			    &p->signer, &p->w.identity.public) == ERR_OK);
	CHECK(watcher_import_reply(&p->w, buf_span(&file), &result) == ERR_OK);
	CHECK(result.n_signed == (tx ? 1 : 0));
	buf_free(&body);
	buf_free(&file);
}

void planned_mine(struct planned *p, size_t n, bool with_pool)
{
	struct sync_result synced;
	fake_chain_mine(p->chain, n, 120, with_pool);
	p->now = fake_chain_time(p->chain);
	CHECK(watcher_sync(&p->w, &synced) == ERR_OK);
}

enum err planned_ask(struct planned *p, struct outputs *asked)
{
	struct envelope e;
	struct buf file, plain;
	size_t n, left;
	outputs_free(asked);
	buf_init(&file, PROTO_MESSAGE_MAX);
	buf_init(&plain, PROTO_MESSAGE_MAX);
	enum err rc = watcher_ask_images(&p->w, &file, &n, &left);
	if (rc == ERR_OK) {
		CHECK(left == 0);
		CHECK(envelope_open(&e, &plain, buf_span(&file), MSG_OUTPUTS, NETWORK_MAINNET,
				    &p->signer, &p->w.identity.public) == ERR_OK);
		CHECK(outputs_decode(asked, e.body) == ERR_OK && asked->n == n);
	}
	buf_free(&file);
	buf_free(&plain);
	return rc;
}

void planned_prove(struct planned *p, struct key_images *images, const struct outputs *asked)
{
	key_images_free(images);
	images->images = calloc(asked->n, sizeof *images->images);
	CHECK(images->images);
	images->n = asked->n;
	for (size_t i = 0; i < asked->n; i++) {
		const struct output_claim *c = &asked->claims[i];
		struct plan_input in = {
		    .tx_public = c->tx_public, .output_index = c->output_index, .at = c->at};
		struct output_image *to = &images->images[i];
		struct scalar x;
		CHECK(input_private_key(&x, &in, &p->ours.account, &p->ours.spend) == ERR_OK);
		to->one_time = c->one_time;
		image_prove(&to->image, to->signature, &c->one_time, &x, &p->rng);
	}
}

enum err planned_answer(struct planned *p, const struct key_images *images, size_t *n)
{
	struct buf body, file;
	struct hash hash;
	buf_init(&body, PROTO_MESSAGE_MAX);
	buf_init(&file, PROTO_MESSAGE_MAX);
	CHECK(key_images_encode(&body, images) == ERR_OK);
	CHECK(envelope_seal(&file, &hash, MSG_KEY_IMAGES, NETWORK_MAINNET, 0, buf_span(&body),
			    &p->signer, &p->w.identity.public) == ERR_OK);
	enum err rc = watcher_import_images(&p->w, buf_span(&file), n);
	buf_free(&body);
	buf_free(&file);
	return rc;
}

struct payout planned_get(const struct planned *p, const char *id)
{
	struct payout out;
	CHECK(watcher_get_payout(&p->w, id, &out) == ERR_OK);
	return out;
}
