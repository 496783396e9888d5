/*
 * Each body: what is encoded comes back, every cut and every flipped bit is refused or means
 * something else that encodes to exactly those bytes; what may not be said is not understood;
 * sizes.
 */
#include "tests/unit/unit.h"

#include "common/monero/tx_key.h"

#include "common/base/secret.h"
#include "proto/envelope.h"
#include "proto/wire.h"
#include "tests/unit/proto/samples.h"

static struct rng_seeded seeded;
static struct rng rng;

static int setup(void **state)
{
	(void)state;
	rng = rng_seeded(&seeded, 7);
	return secret_start() == ERR_OK ? 0 : -1;
}

/* One message of each kind behind one pair of functions. */
enum kind { KIT, PAIRING, REQUEST, REPLY, OUTPUTS, KEY_IMAGES, JOURNAL, KINDS };

union message {
	struct kit kit;
	struct pairing pairing;
	struct request request;
	struct reply reply;
	struct outputs outputs;
	struct key_images images;
	struct journal journal;
};

static enum err decode(enum kind kind, union message *m, struct span body)
{
	switch (kind) {
	case KIT:
		return kit_decode(&m->kit, body);
	case PAIRING:
		return pairing_decode(&m->pairing, body);
	case REQUEST:
		return request_decode(&m->request, body);
	case REPLY:
		return reply_decode(&m->reply, body);
	case OUTPUTS:
		return outputs_decode(&m->outputs, body);
	case KEY_IMAGES:
		return key_images_decode(&m->images, body);
	case JOURNAL:
		return journal_decode(&m->journal, body);
	case KINDS:
		break;
	}
	return ERR_MSG_TYPE;
}

static enum err encode(enum kind kind, struct buf *out, const union message *m)
{
	switch (kind) {
	case KIT:
		return kit_encode(out, &m->kit);
	case PAIRING:
		return pairing_encode(out, &m->pairing);
	case REQUEST:
		return request_encode(out, &m->request);
	case REPLY:
		return reply_encode(out, &m->reply);
	case OUTPUTS:
		return outputs_encode(out, &m->outputs);
	case KEY_IMAGES:
		return key_images_encode(out, &m->images);
	case JOURNAL:
		return journal_encode(out, &m->journal);
	case KINDS:
		break;
	}
	return ERR_MSG_TYPE;
}

static void release(enum kind kind, union message *m)
{
	switch (kind) {
	case REQUEST:
		request_free(&m->request);
		break;
	case REPLY:
		reply_free(&m->reply);
		break;
	case OUTPUTS:
		outputs_free(&m->outputs);
		break;
	case KEY_IMAGES:
		key_images_free(&m->images);
		break;
	case JOURNAL:
		journal_free(&m->journal);
		break;
	case KIT:
	case PAIRING:
	case KINDS:
		break;
	}
	memset(m, 0, sizeof *m);
}

static void sample(enum kind kind, union message *m, size_t round)
{
	memset(m, 0, sizeof *m);
	switch (kind) {
	case KIT:
		sample_kit(&m->kit, &rng);
		break;
	case PAIRING:
		memset(m->pairing.name, '~', round % (PROTO_NAME_MAX + 1));
		break;
	case REQUEST:
		sample_request(&m->request, &rng, 1 + round % 3, round * 7 % 50);
		break;
	case REPLY:
		sample_reply(&m->reply, &rng, round % 4, round % 2);
		break;
	case OUTPUTS:
		sample_outputs(&m->outputs, &rng, round);
		break;
	case KEY_IMAGES:
		sample_key_images(&m->images, &rng, round);
		break;
	case JOURNAL:
		sample_journal(&m->journal, &rng, round);
		break;
	case KINDS:
		break;
	}
}

static bool zero(const void *p, size_t n)
{
	const uint8_t *b = p;
	for (size_t i = 0; i < n; i++) {
		if (b[i]) {
			return false;
		}
	}
	return true;
}

static void comes_back(void **state)
{
	(void)state;
	for (enum kind kind = KIT; kind < KINDS; kind++) {
		for (size_t round = 0; round < 12; round++) {
			union message m, back;
			struct buf a, b;
			buf_init(&a, PROTO_MESSAGE_MAX);
			buf_init(&b, PROTO_MESSAGE_MAX);
			sample(kind, &m, round);
			assert_int_equal(encode(kind, &a, &m), ERR_OK);
			assert_int_equal(decode(kind, &back, buf_span(&a)), ERR_OK);
			assert_int_equal(encode(kind, &b, &back), ERR_OK);
			assert_int_equal(a.n, b.n);
			assert_memory_equal(a.p, b.p, a.n);
			release(kind, &m);
			release(kind, &back);
			buf_free(&a);
			buf_free(&b);
		}
	}
}

static void request_is_equal_in_every_field(void **state)
{
	(void)state;
	struct request m, r;
	struct buf b;
	buf_init(&b, PROTO_MESSAGE_MAX);
	sample_request(&m, &rng, 2, 17);
	assert_int_equal(request_encode(&b, &m), ERR_OK);
	assert_int_equal(request_decode(&r, buf_span(&b)), ERR_OK);
	assert_true(r.number == m.number && r.time == m.time && r.expires == m.expires);
	assert_true(r.chain_height == m.chain_height && r.chain_time == m.chain_time);
	assert_memory_equal(&r.chain_top, &m.chain_top, sizeof r.chain_top);
	assert_memory_equal(&r.journal, &m.journal, sizeof r.journal);
	assert_int_equal(r.n_payouts, 17);
	assert_int_equal(r.n_txs, 2);
	for (size_t i = 0; i < r.n_payouts; i++) {
		assert_memory_equal(r.payouts[i].id.b, m.payouts[i].id.b, 16);
		assert_true(address_equal(&r.payouts[i].to, &m.payouts[i].to));
		assert_int_equal(r.payouts[i].amount.atomic, m.payouts[i].amount.atomic);
		assert_string_equal(r.payouts[i].reference, m.payouts[i].reference);
	}
	for (size_t i = 0; i < r.n_txs; i++) {
		const struct plan *p = &r.txs[i].plan, *q = &m.txs[i].plan;
		assert_true(p->tx_type == q->tx_type && p->n_in == q->n_in && p->n_out == q->n_out);
		assert_true(p->fee.atomic == q->fee.atomic && p->n_change == q->n_change &&
			    p->change_account == q->change_account);
		assert_memory_equal(r.txs[i].payout, m.txs[i].payout, p->n_out * 4);
		for (size_t k = 0; k < p->n_out; k++) {
			assert_true(address_equal(&p->out[k].to, &q->out[k].to));
			assert_int_equal(p->out[k].amount.atomic, q->out[k].amount.atomic);
		}
		for (size_t k = 0; k < p->n_in; k++) {
			const struct plan_input *x = &p->in[k], *y = &q->in[k];
			assert_memory_equal(&x->tx_public, &y->tx_public, 32);
			assert_true(x->output_index == y->output_index && x->real == y->real &&
				    x->at.major == y->at.major && x->at.minor == y->at.minor &&
				    x->amount.atomic == y->amount.atomic);
			assert_memory_equal(&x->mask, &y->mask, 32);
			for (size_t n = 0; n < RING_SIZE; n++) {
				assert_int_equal(x->ring[n].global_index, y->ring[n].global_index);
				assert_memory_equal(&x->ring[n].key, &y->ring[n].key, 32);
				assert_memory_equal(&x->ring[n].commitment, &y->ring[n].commitment,
						    32);
			}
		}
	}
	request_free(&m);
	request_free(&r);
	buf_free(&b);
}

static void reply_is_equal_in_every_field(void **state)
{
	(void)state;
	struct reply m, r;
	struct buf b;
	buf_init(&b, PROTO_MESSAGE_MAX);
	sample_reply(&m, &rng, 3, true);
	assert_int_equal(reply_encode(&b, &m), ERR_OK);
	assert_int_equal(reply_decode(&r, buf_span(&b)), ERR_OK);
	assert_true(r.request_number == m.request_number && r.refused == ERR_OK);
	assert_memory_equal(&r.request_hash, &m.request_hash, 32);
	assert_memory_equal(&r.journal, &m.journal, sizeof r.journal);
	assert_int_equal(r.n_txs, 3);
	for (size_t i = 0; i < 2; i++) {
		const struct reply_tx *x = &r.txs[i], *y = &m.txs[i];
		assert_true(x->refused == ERR_OK && x->blob_size == y->blob_size &&
			    x->n_keys == y->n_keys && x->n_images == y->n_images);
		assert_memory_equal(&x->id, &y->id, 32);
		assert_memory_equal(x->blob, y->blob, x->blob_size);
		assert_memory_equal(x->keys, y->keys, x->n_keys * 32);
		assert_memory_equal(x->images, y->images, x->n_images * 32);
	}
	assert_int_equal(r.txs[2].refused, ERR_LIMIT_TX);
	assert_string_equal(r.txs[2].reason, "over the limit");
	assert_int_equal(r.n_entries, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(r.entries[i].number, 7 + i);
		assert_int_equal(r.entries[i].content.n, 7 * i);
		assert_memory_equal(r.entries[i].content.p, m.entries[i].content.p, 7 * i);
		assert_memory_equal(r.entries[i].signature, m.entries[i].signature, 64);
	}
	reply_free(&m);
	reply_free(&r);
	buf_free(&b);
}

static void cuts_and_flips(void **state)
{
	(void)state;
	for (enum kind kind = KIT; kind < KINDS; kind++) {
		union message m;
		struct buf good, again;
		buf_init(&good, PROTO_MESSAGE_MAX);
		buf_init(&again, PROTO_MESSAGE_MAX);
		sample(kind, &m, 3);
		assert_int_equal(encode(kind, &good, &m), ERR_OK);
		release(kind, &m);
		size_t step = good.n / 700 + 1;
		for (size_t i = 0; i < good.n; i += step) {
			enum err rc = decode(kind, &m, (struct span){good.p, i});
			assert_int_equal(rc, ERR_MSG_TRUNCATED);
			assert_true(zero(&m, kind == KIT ? sizeof m.kit : 8));
		}
		buf_u8(&good, 0);
		assert_int_equal(decode(kind, &m, buf_span(&good)), ERR_MSG_FORMAT);
		good.n--;
		for (size_t bit = 0; bit < 8 * good.n; bit += 1 + (step - 1) * 13) {
			good.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
			enum err rc = decode(kind, &m, buf_span(&good));
			if (rc == ERR_OK) {
				buf_reset(&again);
				assert_int_equal(encode(kind, &again, &m), ERR_OK);
				assert_int_equal(again.n, good.n);
				assert_memory_equal(again.p, good.p, good.n);
				release(kind, &m);
			} else {
				assert_int_equal(err_category(rc), CAT_MESSAGE);
			}
			good.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		buf_free(&good);
		buf_free(&again);
	}
}

/* Encodes, decodes and expects; frees the request. */
static void assert_request(struct request *m, enum err expected)
{
	struct buf b;
	struct request r;
	buf_init(&b, PROTO_MESSAGE_MAX);
	assert_int_equal(request_encode(&b, m), ERR_OK);
	assert_int_equal(request_decode(&r, buf_span(&b)), expected);
	assert_true(expected == ERR_OK || (!r.txs && !r.payouts));
	request_free(&r);
	request_free(m);
	buf_free(&b);
}

static void request_says_only_what_makes_sense(void **state)
{
	(void)state;
	struct request m;
	sample_request(&m, &rng, 1, 16);
	assert_request(&m, ERR_OK);

	/* A payout paid twice, and another therefore not at all. */
	sample_request(&m, &rng, 1, 16);
	m.txs[0].payout[0] = m.txs[0].payout[1];
	m.txs[0].plan.out[0] = m.txs[0].plan.out[1];
	assert_request(&m, ERR_MSG_FORMAT);

	sample_request(&m, &rng, 1, 16);
	m.txs[1].plan.n_out = 0;
	assert_request(&m, ERR_MSG_FORMAT);

	sample_request(&m, &rng, 1, 3);
	m.txs[0].plan.in[0].ring[5].global_index = m.txs[0].plan.in[0].ring[4].global_index;
	assert_request(&m, ERR_MSG_FORMAT);

	/* Going down: the difference wraps around, and the sum passes 2^64. */
	sample_request(&m, &rng, 1, 3);
	m.txs[0].plan.in[0].ring[5].global_index = m.txs[0].plan.in[0].ring[4].global_index - 1;
	assert_request(&m, ERR_MSG_FORMAT);

	sample_request(&m, &rng, 1, 3);
	m.txs[0].plan.in[0].real = RING_SIZE;
	assert_request(&m, ERR_MSG_FORMAT);

	sample_request(&m, &rng, 1, 3);
	m.txs[0].plan.tx_type = 2;
	assert_request(&m, ERR_MSG_VERSION);

	sample_request(&m, &rng, 1, 3);
	m.payouts[0].to.kind = (enum address_kind)3;
	m.txs[0].plan.out[2].to.kind = (enum address_kind)3;
	assert_request(&m, ERR_MSG_FORMAT);
}

static void encoders_refuse_what_decoders_would(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, PROTO_MESSAGE_MAX);
	struct kit kit = {.name = "tab\t"};
	assert_int_equal(kit_encode(&b, &kit), ERR_USAGE);
	struct pairing pairing = {.name = "caf\xc3\xa9"};
	assert_int_equal(pairing_encode(&b, &pairing), ERR_USAGE);
	struct request request;
	sample_request(&request, &rng, 1, 3);
	strcpy(request.payouts[0].reference, "\xff");
	assert_int_equal(request_encode(&b, &request), ERR_USAGE);
	request.payouts[0].reference[0] = '\0';
	request.txs[0].plan.n_change = 14;
	assert_int_equal(request_encode(&b, &request), ERR_LIMIT);
	request_free(&request);
	struct reply reply;
	sample_reply(&reply, &rng, 1, false);
	reply.refused = ERR_LIMIT_DAY;
	assert_int_equal(reply_encode(&b, &reply), ERR_LIMIT);
	reply.refused = ERR_OK;
	reply.entries[0].content.n = PROTO_ENTRY_MAX + 1;
	reply.n_entries = 1;
	static const uint8_t big[PROTO_ENTRY_MAX + 1];
	reply.entries[0].content.p = big;
	assert_int_equal(reply_encode(&b, &reply), ERR_LIMIT);
	reply_free(&reply);
	buf_free(&b);
}

static void unknown_refusal_is_not_understood(void **state)
{
	(void)state;
	struct reply m, r;
	struct buf b;
	buf_init(&b, PROTO_MESSAGE_MAX);
	sample_reply(&m, &rng, 0, false);
	m.refused = (enum err)9999;
	assert_int_equal(reply_encode(&b, &m), ERR_OK);
	assert_int_equal(reply_decode(&r, buf_span(&b)), ERR_MSG_FORMAT);
	reply_free(&m);
	buf_free(&b);
}

/* Sealed, as it stands on the disk. */
static size_t sealed_size(enum message_type type, struct span body)
{
	struct identity a, b;
	struct hash hash;
	struct buf file;
	uint8_t seed[32] = {1};
	identity_from_seed(&a, seed);
	seed[0] = 2;
	identity_from_seed(&b, seed);
	buf_init(&file, PROTO_MESSAGE_MAX);
	assert_int_equal(
	    envelope_seal(&file, &hash, type, NETWORK_MAINNET, UINT32_MAX, body, &a, &b.public),
	    ERR_OK);
	size_t n = file.n;
	buf_free(&file);
	return n;
}

static size_t reply_size(size_t blob_size, size_t n_keys)
{
	static const uint8_t content[1650];
	struct key_image images[2] = {0};
	struct scalar keys[17] = {0};
	for (size_t i = 1; i < n_keys; i++) {
		tx_additional_key(&keys[i], &keys[0], i - 1);
	}
	uint8_t blob[4096] = {0};
	struct reply_tx tx = {.blob = blob,
			      .blob_size = blob_size,
			      .n_keys = n_keys,
			      .keys = keys,
			      .n_images = 2,
			      .images = images};
	struct journal_entry entries[] = {{.number = 1000, .content = {content, 70}},
					  {.number = 1001, .content = {content, sizeof content}}};
	struct reply reply = {
	    .n_txs = 1, .txs = &tx, .n_entries = 2, .entries = entries, .request_number = 1000};
	struct buf b;
	buf_init(&b, PROTO_MESSAGE_MAX);
	assert_int_equal(reply_encode(&b, &reply), ERR_OK);
	size_t n = sealed_size(MSG_REPLY, buf_span(&b));
	buf_free(&b);
	return n;
}

static void sizes_stay_small(void **state)
{
	(void)state;
	struct buf b;
	struct request request;
	buf_init(&b, PROTO_MESSAGE_MAX);
	sample_request(&request, &rng, 2, 15);
	for (size_t i = 0; i < 15; i++) {
		/* The worst a request of this shape can be. */
		memset(request.payouts[i].reference, 'r', PROTO_REFERENCE_MAX);
		request.payouts[i].amount = amount_of(UINT64_MAX);
		request.txs[0].plan.out[14 - i].amount = amount_of(UINT64_MAX);
	}
	assert_int_equal(request_encode(&b, &request), ERR_OK);
	size_t n = sealed_size(MSG_REQUEST, buf_span(&b));
	print_message("request, 15 payouts from 2 inputs: %zu bytes\n", n);
	assert_true(n < 8000);
	request_free(&request);

	/*
	 * Two inputs, 15 payouts and change: 3,490 bytes, and 514 more with additional keys; the
	 * journal's entries of a request (70 bytes) and of a transaction with 15 payouts (1,650).
	 */
	n = reply_size(3490, 1);
	print_message("reply, 2 inputs and 16 outputs: %zu bytes\n", n);
	assert_true(n < 6000);
	n = reply_size(3490 + 514, 17);
	print_message("the same with additional keys: %zu bytes\n", n);
	assert_true(n < 6500);
	buf_free(&b);
}

static void largest_request_fits(void **state)
{
	(void)state;
	struct request m, r;
	struct buf b;
	buf_init(&b, PROTO_MESSAGE_MAX);
	sample_request(&m, &rng, TX_INPUTS_MAX, REQUEST_PAYOUTS_MAX);
	assert_int_equal(m.n_txs, REQUEST_TXS_MAX);
	assert_int_equal(request_encode(&b, &m), ERR_OK);
	assert_int_equal(request_decode(&r, buf_span(&b)), ERR_OK);
	request_free(&m);
	request_free(&r);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(comes_back),
	    cmocka_unit_test(request_is_equal_in_every_field),
	    cmocka_unit_test(reply_is_equal_in_every_field),
	    cmocka_unit_test(cuts_and_flips),
	    cmocka_unit_test(request_says_only_what_makes_sense),
	    cmocka_unit_test(encoders_refuse_what_decoders_would),
	    cmocka_unit_test(unknown_refusal_is_not_understood),
	    cmocka_unit_test(sizes_stay_small),
	    cmocka_unit_test(largest_request_fits),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
