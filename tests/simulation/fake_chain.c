/* Blocks, pool and the oracle's view of them: see fake_chain.h. */
#include "tests/simulation/fake_chain.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/check.h"
#include "common/crypto/keccak.h"

#define DECOYS_A_BLOCK 4

struct fake_tx {
	struct hash id;
	struct buf blob;
	bool pruned, coinbase;
	size_t n_out;
	uint64_t first_index;
	size_t n_images;
	struct key_image *images;
};

struct fake_output {
	struct public_key key;
	struct commitment commitment;
	uint64_t height;
	bool coinbase;
};

struct fake_block {
	struct hash id;
	uint64_t time;
	struct fake_tx *txs;
	size_t n;
	size_t outputs_before;
};

struct fake_chain {
	const struct rng *rng;
	struct fake_block *blocks;
	size_t n_blocks;
	struct fake_tx *pool;
	size_t n_pool;
	struct fake_output *outputs;
	size_t n_outputs;
	uint64_t next_time;
	uint64_t double_spends;
	uint64_t lock_next;
	struct scalar last_r; /* of the last payment */
	size_t last_ours;
	bool repeat_next;
	fake_ring_judge *ring_judge;
	void *ring_ctx;
	bool down;
};

static void *grow(void *p, size_t n, size_t size)
{
	p = realloc(p, n * size);
	CHECK(p);
	return p;
}

static void random_public(struct fake_chain *c, struct public_key *out)
{
	struct scalar s;
	sc_random(&s, c->rng);
	public_of_scalar(out, &s);
}

static void tx_release(struct fake_tx *t)
{
	buf_free(&t->blob);
	free(t->images);
}

/* Key images, number of outputs and id, read back from the blob as a node would. */
static void tx_index(struct fake_tx *t)
{
	struct tx tx = {0};
	CHECK(tx_parse(&tx, t->blob.p, t->blob.n, t->pruned) == ERR_OK);
	t->n_out = tx.n_out;
	t->coinbase = tx.in[0].coinbase;
	if (!t->coinbase) {
		t->n_images = tx.n_in;
		t->images = grow(NULL, tx.n_in, sizeof *t->images);
		for (size_t i = 0; i < tx.n_in; i++) {
			t->images[i] = tx.in[i].image;
		}
	}
	struct hash prunable = {{0}};
	CHECK((t->pruned ? tx_id_pruned(&t->id, t->blob.p, t->blob.n, &prunable)
			 : tx_id(&t->id, t->blob.p, t->blob.n)) == ERR_OK);
	tx_free(&tx);
}

struct payment {
	struct address to;
	struct amount amount;
};

/*
 * A transaction by strangers with outputs to the `paid` payments (all to one address when several)
 * and random ones besides.
 */
static struct fake_tx stranger_tx(struct fake_chain *c, const struct payment *pay, size_t paid,
				  size_t others, uint64_t coinbase_height)
{
	bool coinbase = coinbase_height != 0;
	size_t n = others + paid;
	struct fake_tx t = {.pruned = !coinbase};
	struct commitment *commitments = grow(NULL, n, sizeof *commitments);
	uint8_t(*amounts)[8] = grow(NULL, n, 8);
	struct scalar r;
	struct public_key R;
	sc_random(&r, c->rng);
	bool repeat = paid && c->repeat_next;
	r = repeat ? c->last_r : r;
	c->last_r = paid ? r : c->last_r;
	c->repeat_next = c->repeat_next && !repeat;
	public_of_scalar(&R, &r);
	if (paid && pay->to.kind == ADDRESS_SUBADDRESS) {
		struct point D;
		CHECK(point_unpack_vartime(&D, pay->to.spend.b) == ERR_OK);
		point_mul(&D, &r, &D);
		point_pack(R.b, &D);
	}
	buf_init(&t.blob, 1 << 20);
	buf_varint(&t.blob, 2);
	buf_varint(&t.blob, coinbase ? coinbase_height + 60 : paid ? c->lock_next : 0);
	buf_varint(&t.blob, 1);
	if (coinbase) {
		buf_u8(&t.blob, 0xff);
		buf_varint(&t.blob, coinbase_height);
	} else {
		buf_u8(&t.blob, 0x02);
		buf_varint(&t.blob, 0);
		buf_varint(&t.blob, RING_SIZE);
		for (int i = 0; i < RING_SIZE; i++) {
			buf_varint(&t.blob, 1);
		}
		struct public_key image;
		random_public(c, &image);
		buf_put(&t.blob, image.b, 32);
	}
	buf_varint(&t.blob, n);
	size_t ours = paid ? (size_t)rng_below(c->rng, n - paid + 1) : n;
	ours = repeat ? c->last_ours : ours;
	c->last_ours = paid ? ours : c->last_ours;
	for (size_t i = 0; i < n; i++) {
		struct public_key key;
		uint8_t tag = 0;
		random_public(c, &key);
		rng_fill(c->rng, amounts[i], 8);
		memcpy(commitments[i].b, key.b, 32);
		if (i >= ours && i - ours < paid) {
			const struct payment *to = &pay[i - ours];
			struct derivation d;
			struct mask mask;
			uint8_t clear[8];
			CHECK(derive(&d, &to->to.view, &r) == ERR_OK);
			CHECK(derive_public_key(&key, &d, i, &to->to.spend) == ERR_OK);
			tag = derive_view_tag(&d, i);
			derive_mask(&mask, &d, i);
			commit(&commitments[i], &mask, to->amount);
			store64_le(clear, to->amount.atomic);
			amount_crypt(amounts[i], clear, &d, i);
		}
		buf_varint(&t.blob, coinbase ? 600000000000 : 0);
		buf_u8(&t.blob, 0x03);
		buf_put(&t.blob, key.b, 32);
		buf_u8(&t.blob, tag);
	}
	buf_varint(&t.blob, 33);
	buf_u8(&t.blob, 0x01);
	buf_put(&t.blob, R.b, 32);
	buf_u8(&t.blob, coinbase ? RCT_NULL : RCT_BULLETPROOF_PLUS);
	if (!coinbase) {
		buf_varint(&t.blob, 30000000);
		for (size_t i = 0; i < n; i++) {
			buf_put(&t.blob, amounts[i], 8);
		}
		for (size_t i = 0; i < n; i++) {
			buf_put(&t.blob, commitments[i].b, 32);
		}
	}
	CHECK(buf_end(&t.blob) == ERR_OK);
	free(commitments);
	free(amounts);
	tx_index(&t);
	return t;
}

static void to_pool(struct fake_chain *c, struct fake_tx t)
{
	c->pool = grow(c->pool, c->n_pool + 1, sizeof *c->pool);
	c->pool[c->n_pool++] = t;
}

struct hash fake_chain_pay(struct fake_chain *c, const struct address *to, struct amount amount)
{
	return fake_chain_pay_many(c, to, &amount, 1);
}

struct hash fake_chain_pay_many(struct fake_chain *c, const struct address *to,
				const struct amount *amounts, size_t n)
{
	struct payment pay[FAKE_PAYMENTS_MAX];
	CHECK(n <= FAKE_PAYMENTS_MAX);
	for (size_t i = 0; i < n; i++) {
		pay[i] = (struct payment){to[i], amounts[i]};
	}
	struct fake_tx t = stranger_tx(c, pay, n, 1, 0);
	c->lock_next = 0;
	to_pool(c, t);
	return t.id;
}

void fake_chain_repeat_next(struct fake_chain *c)
{
	c->repeat_next = true;
}

void fake_chain_lock_next(struct fake_chain *c, uint64_t unlock_time)
{
	c->lock_next = unlock_time;
}

void fake_chain_drop_pool(struct fake_chain *c)
{
	for (size_t i = 0; i < c->n_pool; i++) {
		tx_release(&c->pool[i]);
	}
	c->n_pool = 0;
}

static void add_outputs(struct fake_chain *c, struct fake_tx *t, uint64_t height)
{
	struct tx tx = {0};
	CHECK(tx_parse(&tx, t->blob.p, t->blob.n, t->pruned) == ERR_OK);
	t->first_index = c->n_outputs;
	for (size_t i = 0; i < tx.n_out; i++) {
		c->outputs = grow(c->outputs, c->n_outputs + 1, sizeof *c->outputs);
		struct fake_output *o = &c->outputs[c->n_outputs++];
		*o = (struct fake_output){tx.out[i].key, tx.out[i].commitment, height, t->coinbase};
		if (t->coinbase) {
			commit_coinbase(&o->commitment, amount_of(tx.out[i].amount));
		}
	}
	tx_free(&tx);
}

static void mine_one(struct fake_chain *c, uint64_t step, bool with_pool)
{
	uint64_t height = c->n_blocks;
	c->blocks = grow(c->blocks, c->n_blocks + 1, sizeof *c->blocks);
	struct fake_block *b = &c->blocks[c->n_blocks++];
	*b = (struct fake_block){.outputs_before = c->n_outputs};
	c->next_time += step;
	b->time = c->next_time;
	size_t from_pool = with_pool ? c->n_pool : 0;
	b->txs = grow(NULL, 2 + from_pool, sizeof *b->txs);
	b->txs[b->n++] = stranger_tx(c, NULL, 0, 1, height + 1);
	b->txs[b->n++] = stranger_tx(c, NULL, 0, DECOYS_A_BLOCK, 0);
	for (size_t i = 0; i < from_pool; i++) {
		b->txs[b->n++] = c->pool[i];
	}
	c->n_pool -= from_pool;
	for (size_t i = 0; i < b->n; i++) {
		add_outputs(c, &b->txs[i], height);
	}
	struct keccak k;
	keccak_init(&k);
	if (height) {
		keccak_update(&k, c->blocks[height - 1].id.b, 32);
	}
	for (size_t i = 0; i < b->n; i++) {
		keccak_update(&k, b->txs[i].id.b, 32);
	}
	keccak_final(&k, b->id.b);
}

void fake_chain_mine(struct fake_chain *c, size_t n, uint64_t step, bool with_pool)
{
	for (size_t i = 0; i < n; i++) {
		mine_one(c, step, with_pool && i == 0);
	}
}

/*
 * The rings of a transaction as its numbers read on the chain of now: the hash of each ring's keys,
 * all xored. False when a member does not exist.
 */
static bool rings_now(struct hash *out, const struct fake_chain *c, const struct fake_tx *t)
{
	struct tx tx = {0};
	bool good = true;
	*out = (struct hash){{0}};
	CHECK(tx_parse(&tx, t->blob.p, t->blob.n, t->pruned) == ERR_OK);
	for (size_t i = 0; i < tx.n_in; i++) {
		struct reader r = reader_of(tx.in[i].offsets, tx.in[i].offsets_size);
		uint64_t at = 0;
		struct public_key keys[RING_SIZE];
		for (size_t j = 0; j < tx.in[i].n_offsets; j++) {
			at += read_varint(&r);
			good = good && at < c->n_outputs;
			keys[j] = good ? c->outputs[at].key : (struct public_key){{0}};
		}
		fake_ring_add(out, keys);
	}
	tx_free(&tx);
	return good;
}

void fake_ring_add(struct hash *rings, const struct public_key keys[static RING_SIZE])
{
	struct keccak k;
	uint8_t h[32];
	keccak_init(&k);
	for (size_t i = 0; i < RING_SIZE; i++) {
		keccak_update(&k, keys[i].b, 32);
	}
	keccak_final(&k, h);
	for (size_t i = 0; i < 32; i++) {
		rings->b[i] ^= h[i];
	}
}

/* Whether its signatures would verify: they were made over the rings as they are now. */
static bool rings_stand(const struct fake_chain *c, const struct fake_tx *t)
{
	struct hash rings;
	return rings_now(&rings, c, t) &&
	       (!c->ring_judge || c->ring_judge(c->ring_ctx, &t->id, &rings));
}

void fake_chain_judge_rings(struct fake_chain *c, fake_ring_judge *judge, void *ctx)
{
	c->ring_judge = judge;
	c->ring_ctx = ctx;
}

static void pop_one(struct fake_chain *c, bool lose)
{
	struct fake_block *b = &c->blocks[--c->n_blocks];
	c->n_outputs = b->outputs_before;
	for (size_t i = 0; i < b->n; i++) {
		/* The first two of a block are its own coinbase and decoys. */
		if (i < 2 || (lose && b->txs[i].pruned)) {
			tx_release(&b->txs[i]);
		} else {
			to_pool(c, b->txs[i]);
		}
	}
	free(b->txs);
	c->next_time = c->n_blocks ? c->blocks[c->n_blocks - 1].time : 0;
}

void fake_chain_pop(struct fake_chain *c, size_t n, bool lose)
{
	CHECK(n < c->n_blocks);
	for (size_t i = 0; i < n; i++) {
		pop_one(c, lose);
	}
	size_t kept = 0;
	for (size_t i = 0; i < c->n_pool; i++) {
		if (c->pool[i].pruned || rings_stand(c, &c->pool[i])) {
			c->pool[kept++] = c->pool[i];
		} else {
			tx_release(&c->pool[i]);
		}
	}
	c->n_pool = kept;
}

struct fake_chain *fake_chain_new(const struct rng *rng, size_t blocks, uint64_t time)
{
	struct fake_chain *c = calloc(1, sizeof *c);
	CHECK(c);
	c->rng = rng;
	c->next_time = time;
	fake_chain_mine(c, blocks, 120, false);
	return c;
}

void fake_chain_free(struct fake_chain *c)
{
	if (!c) {
		return;
	}
	for (size_t i = 0; i < c->n_blocks; i++) {
		for (size_t j = 0; j < c->blocks[i].n; j++) {
			tx_release(&c->blocks[i].txs[j]);
		}
		free(c->blocks[i].txs);
	}
	for (size_t i = 0; i < c->n_pool; i++) {
		tx_release(&c->pool[i]);
	}
	free(c->blocks);
	free(c->pool);
	free(c->outputs);
	free(c);
}

void fake_chain_set_down(struct fake_chain *c, bool down)
{
	c->down = down;
}

uint64_t fake_chain_height(const struct fake_chain *c)
{
	return c->n_blocks;
}

uint64_t fake_chain_time(const struct fake_chain *c)
{
	return c->blocks[c->n_blocks - 1].time;
}

uint64_t fake_chain_double_spends(const struct fake_chain *c)
{
	return c->double_spends;
}

void fake_chain_visit(struct fake_chain *c, const struct account_view *account,
		      const struct subaddress_book *book, fake_visit *visit, void *ctx)
{
	for (size_t h = 0; h < c->n_blocks; h++) {
		for (size_t i = 2; i < c->blocks[h].n; i++) {
			const struct fake_tx *t = &c->blocks[h].txs[i];
			struct tx tx = {0};
			struct tx_extra extra;
			struct owned_output found[TX_OUTPUTS_MAX];
			size_t n = 0;
			CHECK(tx_parse(&tx, t->blob.p, t->blob.n, t->pruned) == ERR_OK);
			tx_extra_parse(&extra, tx.extra);
			uint8_t derived[32 * (4 + TX_OUTPUTS_MAX)] = {0};
			CHECK(extra.n_additional <= TX_OUTPUTS_MAX);
			for (size_t k = 0; k < extra.n_public + extra.n_additional; k++) {
				struct public_key R;
				struct derivation d;
				memcpy(R.b,
				       k < extra.n_public
					   ? extra.public_key[k].b
					   : extra.additional + 32 * (k - extra.n_public),
				       32);
				if (derive(&d, &R, &account->view.s) == ERR_OK) {
					memcpy(derived + 32 * k, d.b, 32);
				}
			}
			CHECK(tx_scan(found, &n, TX_OUTPUTS_MAX, &tx, &extra, derived, account,
				      book) == ERR_OK);
			for (size_t k = 0; k < n; k++) {
				visit(ctx, &t->id, h, &found[k]);
			}
			tx_free(&tx);
		}
	}
}

/* The node's face. */

static const struct fake_tx *spender(const struct fake_chain *c, const struct key_image *image,
				     bool *in_pool)
{
	for (size_t h = 0; h <= c->n_blocks; h++) {
		bool pool = h == c->n_blocks;
		const struct fake_tx *txs = pool ? c->pool : c->blocks[h].txs;
		size_t n = pool ? c->n_pool : c->blocks[h].n;
		for (size_t i = 0; i < n; i++) {
			for (size_t k = 0; k < txs[i].n_images; k++) {
				if (memcmp(txs[i].images[k].b, image->b, 32) == 0) {
					*in_pool = pool;
					return &txs[i];
				}
			}
		}
	}
	return NULL;
}

static enum err node_info(void *ctx, struct chain_info *out)
{
	struct fake_chain *c = ctx;
	*out = (struct chain_info){0};
	if (c->down) {
		return ERR_NODE_UNREACHABLE;
	}
	out->height = c->n_blocks;
	out->top = c->blocks[c->n_blocks - 1].id;
	out->top_time = c->blocks[c->n_blocks - 1].time;
	out->network = NETWORK_MAINNET;
	out->synchronized = true;
	out->hard_fork = 16;
	return ERR_OK;
}

static void copy_tx(struct chain_tx *out, const struct fake_tx *t)
{
	out->id = t->id;
	out->blob = grow(NULL, t->blob.n, 1);
	memcpy(out->blob, t->blob.p, t->blob.n);
	out->size = t->blob.n;
	out->pruned = t->pruned;
	out->coinbase = t->coinbase;
	out->n_indices = t->n_out;
	out->output_indices = grow(NULL, t->n_out, sizeof *out->output_indices);
	for (size_t i = 0; i < t->n_out; i++) {
		out->output_indices[i] = t->first_index + i;
	}
}

static enum err node_blocks(void *ctx, struct chain_batch *out, const struct hash *known,
			    size_t n_known)
{
	struct fake_chain *c = ctx;
	*out = (struct chain_batch){0};
	if (c->down) {
		return ERR_NODE_UNREACHABLE;
	}
	size_t start = 0;
	for (size_t k = 0; k < n_known && !start; k++) {
		for (size_t h = c->n_blocks; h-- > 0 && !start;) {
			start = memcmp(c->blocks[h].id.b, known[k].b, 32) == 0 ? h + 1 : 0;
		}
	}
	start -= start ? 1 : 0;
	out->start_height = start;
	out->node_height = c->n_blocks;
	out->n = c->n_blocks - start < 50 ? c->n_blocks - start : 50;
	out->blocks = calloc(out->n, sizeof *out->blocks);
	CHECK(out->blocks);
	for (size_t i = 0; i < out->n; i++) {
		const struct fake_block *from = &c->blocks[start + i];
		struct chain_block *b = &out->blocks[i];
		b->height = start + i;
		b->id = from->id;
		if (start + i) {
			b->previous = c->blocks[start + i - 1].id;
		}
		b->time = from->time;
		b->major_version = 16;
		b->n_txs = from->n;
		b->txs = calloc(from->n, sizeof *b->txs);
		CHECK(b->txs);
		for (size_t j = 0; j < from->n; j++) {
			copy_tx(&b->txs[j], &from->txs[j]);
		}
	}
	return ERR_OK;
}

static enum err node_block_id(void *ctx, struct hash *out, uint64_t height)
{
	struct fake_chain *c = ctx;
	if (c->down || height >= c->n_blocks) {
		return c->down ? ERR_NODE_UNREACHABLE : ERR_NODE_ANSWER;
	}
	*out = c->blocks[height].id;
	return ERR_OK;
}

static enum err node_distribution(void *ctx, uint64_t **out, size_t *n, uint64_t *from)
{
	struct fake_chain *c = ctx;
	if (c->down) {
		return ERR_NODE_UNREACHABLE;
	}
	*n = c->n_blocks;
	*from = 0;
	*out = grow(NULL, c->n_blocks, sizeof **out);
	for (size_t h = 0; h < c->n_blocks; h++) {
		(*out)[h] = h + 1 < c->n_blocks ? c->blocks[h + 1].outputs_before : c->n_outputs;
	}
	return ERR_OK;
}

static enum err node_outs(void *ctx, struct chain_out *out, const uint64_t *indices, size_t n)
{
	struct fake_chain *c = ctx;
	if (c->down) {
		return ERR_NODE_UNREACHABLE;
	}
	for (size_t i = 0; i < n; i++) {
		if (indices[i] >= c->n_outputs) {
			return ERR_NODE_ANSWER;
		}
		const struct fake_output *o = &c->outputs[indices[i]];
		uint64_t age = o->coinbase ? 60 : 10;
		out[i] = (struct chain_out){indices[i], o->key, o->commitment,
					    o->height + age <= c->n_blocks, o->height};
	}
	return ERR_OK;
}

static enum err node_fee(void *ctx, struct chain_fee *out)
{
	struct fake_chain *c = ctx;
	*out = (struct chain_fee){{20000, 80000, 320000, 4000000}, 10000};
	return c->down ? ERR_NODE_UNREACHABLE : ERR_OK;
}

static enum err node_submit(void *ctx, const uint8_t *blob, size_t n)
{
	struct fake_chain *c = ctx;
	if (c->down) {
		return ERR_NODE_UNREACHABLE;
	}
	struct fake_tx t = {0};
	buf_init(&t.blob, 1 << 20);
	buf_put(&t.blob, blob, n);
	tx_index(&t);
	bool refused = !rings_stand(c, &t);
	for (size_t i = 0; i < t.n_images; i++) {
		bool in_pool;
		const struct fake_tx *other = spender(c, &t.images[i], &in_pool);
		if (other && memcmp(other->id.b, t.id.b, 32) == 0) {
			tx_release(&t);
			return in_pool ? ERR_OK : err_set(ERR_NODE_REJECTED, "double spend");
		}
		c->double_spends += other != NULL;
		refused = refused || other;
	}
	if (refused) {
		tx_release(&t);
		return err_set(ERR_NODE_REJECTED, "double spend or missing ring member");
	}
	to_pool(c, t);
	return ERR_OK;
}

static enum err node_place(void *ctx, struct chain_tx_place *out, const struct hash *ids, size_t n)
{
	struct fake_chain *c = ctx;
	if (c->down) {
		return ERR_NODE_UNREACHABLE;
	}
	for (size_t k = 0; k < n; k++) {
		out[k] = (struct chain_tx_place){TX_UNKNOWN, 0, false};
		for (size_t i = 0; i < c->n_pool; i++) {
			if (memcmp(c->pool[i].id.b, ids[k].b, 32) == 0) {
				out[k].place = TX_IN_POOL;
			}
		}
		for (size_t h = 0; h < c->n_blocks; h++) {
			for (size_t i = 0; i < c->blocks[h].n; i++) {
				if (memcmp(c->blocks[h].txs[i].id.b, ids[k].b, 32) == 0) {
					out[k].place = TX_IN_BLOCK;
					out[k].height = h;
				}
			}
		}
	}
	return ERR_OK;
}

static enum err node_spent(void *ctx, uint8_t *spent, const struct key_image *images, size_t n)
{
	struct fake_chain *c = ctx;
	if (c->down) {
		return ERR_NODE_UNREACHABLE;
	}
	for (size_t i = 0; i < n; i++) {
		bool in_pool;
		spent[i] = spender(c, &images[i], &in_pool) ? (in_pool ? 2 : 1) : 0;
	}
	return ERR_OK;
}

static enum err node_pool(void *ctx, struct chain_pool_tx **out, size_t *n)
{
	struct fake_chain *c = ctx;
	*out = NULL;
	*n = 0;
	if (c->down) {
		return ERR_NODE_UNREACHABLE;
	}
	*out = calloc(c->n_pool ? c->n_pool : 1, sizeof **out);
	CHECK(*out);
	for (size_t i = 0; i < c->n_pool; i++) {
		struct chain_pool_tx *t = &(*out)[i];
		t->id = c->pool[i].id;
		t->size = c->pool[i].blob.n;
		t->pruned = c->pool[i].pruned;
		t->blob = grow(NULL, t->size, 1);
		memcpy(t->blob, c->pool[i].blob.p, t->size);
	}
	*n = c->n_pool;
	return ERR_OK;
}

struct chain fake_chain_node(struct fake_chain *c)
{
	return (struct chain){c,         node_info, node_blocks, node_block_id, node_distribution,
			      node_outs, node_fee,  node_submit, node_place,    node_spent,
			      node_pool};
}
