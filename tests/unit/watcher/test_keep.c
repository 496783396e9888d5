/* What is kept: verify notices each thing that is derived and wrong; prune forgets by age. */
#include "tests/unit/unit.h"

#include "tests/unit/watcher/hot.h"
#include "watcher/store/store.h"

#define XMR ATOMIC_PER_XMR
#define DAY UINT64_C(86400)

static void recipient(struct address *out, struct hot *h)
{
	struct scalar s;
	*out = (struct address){.network = NETWORK_MAINNET, .kind = ADDRESS_STANDARD};
	sc_random(&s, &h->rng);
	public_of_scalar(&out->spend, &s);
	out->view = out->spend;
}

/* Deposits that are credited, a payout that waits, one that is in a request. */
static void start(struct hot *h, struct payout *waiting, struct payout *requested)
{
	struct request_info info;
	struct buf file;
	struct payout_order o = {
	    .amount = amount_of(XMR / 2), .reference = "for Alice", .priority = PAYOUT_NORMAL};
	buf_init(&file, PROTO_MESSAGE_MAX);
	hot_start(h, 80);
	hot_deposit(h, (struct subaddress){0, 1}, XMR, 0);
	hot_deposit(h, (struct subaddress){0, 2}, 2 * XMR, 20);
	hot_sync(h);
	recipient(&o.to, h);
	o.id = "requested";
	assert_int_equal(watcher_add_payout(&h->w, &o, requested), ERR_OK);
	assert_int_equal(watcher_build_request(&h->w, &file, &info), ERR_OK);
	o.id = "waiting";
	assert_int_equal(watcher_add_payout(&h->w, &o, waiting), ERR_OK);
	assert_int_equal(watcher_verify(&h->w), ERR_OK);
	buf_free(&file);
}

static struct outpoint first_output(struct hot *h)
{
	struct db_txn *t = NULL;
	struct span key, value;
	struct outpoint at;
	assert_int_equal(db_begin(&t, h->db, false), ERR_OK);
	assert_int_equal(db_first(t, T_OUTPUTS, db_span(NULL, 0), &key, &value), ERR_OK);
	outpoint_of_key(&at, key.p);
	db_abort(t);
	return at;
}

/* One way each to spoil what is derived. */
static void spoil(struct db_txn *t, struct hot *h, int way, struct payout *waiting,
		  struct payout *requested)
{
	struct outpoint at = first_output(h);
	struct output_record o;
	struct table_key k;
	enum err rc = output_read(&o, t, &at);
	assert_int_equal(rc, ERR_OK);
	switch (way) {
	case 0: /* a credit that the ledger does not have */
		o.credited = amount_of(o.credited.atomic + 1);
		rc = output_write(t, &o);
		break;
	case 1: /* a credit of another event */
		o.credit = 1;
		rc = output_write(t, &o);
		break;
	case 2:
		k = key_height_outpoint(o.height, &at);
		rc = unmark(t, T_OUT_HEIGHT, key_span(&k));
		break;
	case 3: /* an index that names what is not there */
		k = key_height_outpoint(o.height + 1, &at);
		rc = mark(t, T_OUT_HEIGHT, key_span(&k));
		break;
	case 4: /* spent, and held for unspent */
		o.spent = true;
		rc = output_write(t, &o);
		break;
	case 5: /* reserved by nobody */
		o.reserved = 77;
		rc = output_write(t, &o);
		break;
	case 6:
		k = key_queue(waiting);
		rc = unmark(t, T_QUEUE, key_span(&k));
		break;
	case 7: /* the queue names what is in a request */
		k = key_queue(requested);
		rc = mark(t, T_QUEUE, key_span(&k));
		break;
	case 8:
		rc = db_del(t, T_PAYOUT_IDS, db_span(waiting->id, strlen(waiting->id)));
		break;
	case 9: /* paid, by nothing */
		requested->state = PAYOUT_CONFIRMED;
		rc = payout_write(t, requested);
		break;
	case 10:
		k = key_height(requested->request);
		rc = unmark(t, T_REQUEST_OPEN, key_span(&k));
		break;
	default: { /* an output taken from the request that holds it */
		struct request_record r;
		rc = request_read(&r, t, requested->request);
		assert_int_equal(rc, ERR_OK);
		rc = output_read(&o, t, &r.txs[0].in[0]);
		assert_int_equal(rc, ERR_OK);
		o.reserved = 0;
		rc = output_write(t, &o);
		request_record_free(&r);
	}
	}
	assert_int_equal(rc, ERR_OK);
}

static void verify_notices(void **state)
{
	(void)state;
	for (int way = 0; way <= 11; way++) {
		struct hot h;
		struct payout waiting, requested;
		struct db_txn *t = NULL;
		start(&h, &waiting, &requested);
		assert_int_equal(watcher_get_payout(&h.w, "requested", &requested), ERR_OK);
		assert_int_equal(db_begin(&t, h.db, true), ERR_OK);
		spoil(t, &h, way, &waiting, &requested);
		assert_int_equal(db_commit(t), ERR_OK);
		if (watcher_verify(&h.w) != ERR_DB_DAMAGED) {
			fail_msg("spoilt in way %d, and not noticed", way);
		}
		hot_stop(&h);
	}
}

static bool is_label(void *ctx, const struct address_entry *e)
{
	char *label = ctx;
	memcpy(label, e->label, sizeof e->label);
	return true;
}

static void what_is_old_is_forgotten(void **state)
{
	struct hot h;
	struct payout p, requested;
	struct address_entry e;
	struct prune_result r;
	struct balance before, after;
	char label[LABEL_MAX + 1];
	(void)state;
	start(&h, &p, &requested);
	h.w.config.keep_labels = 10 * DAY;
	h.w.config.keep_references = 20 * DAY;
	assert_int_equal(watcher_new_address(&h.w, 0, "Alice", &e), ERR_OK);
	assert_int_equal(watcher_cancel_payout(&h.w, "waiting"), ERR_OK);
	assert_int_equal(watcher_balance(&h.w, &before), ERR_OK);
	h.now += 10 * DAY;
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels + r.references + r.blobs + r.requests, 0);
	h.now += 1;
	/* Not twice a day. */
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels, 0);
	h.now += DAY;
	assert_int_equal(watcher_prune_daily(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels, 1);
	assert_int_equal(r.references, 0);
	assert_int_equal(watcher_addresses(&h.w, is_label, label), ERR_OK);
	assert_string_equal(label, "");
	h.now += 10 * DAY;
	assert_int_equal(watcher_prune(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels, 0);
	assert_int_equal(r.references, 1);
	assert_int_equal(watcher_get_payout(&h.w, "waiting", &p), ERR_OK);
	assert_string_equal(p.reference, "");
	/* What is not over keeps its reference; what is forgotten is known all the same. */
	assert_int_equal(watcher_get_payout(&h.w, "requested", &p), ERR_OK);
	assert_string_equal(p.reference, "for Alice");
	struct payout_order again = {.id = "waiting",
				     .to = p.to,
				     .amount = p.amount,
				     .reference = "for Alice",
				     .priority = PAYOUT_NORMAL};
	assert_int_equal(watcher_add_payout(&h.w, &again, &p), ERR_OK);
	assert_int_equal(p.state, PAYOUT_CANCELLED);
	again.amount = amount_of(1);
	assert_int_equal(watcher_add_payout(&h.w, &again, &p), ERR_CONFLICT);
	assert_int_equal(watcher_prune(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels + r.references + r.blobs + r.requests, 0);
	assert_int_equal(hot_events(&h, "pruned"), 2);
	assert_int_equal(watcher_balance(&h.w, &after), ERR_OK);
	assert_memory_equal(&before, &after, sizeof before);
	assert_int_equal(watcher_verify(&h.w), ERR_OK);
	/* For ever is for ever. */
	h.w.config.keep_labels = 0;
	assert_int_equal(watcher_new_address(&h.w, 0, "Bob", &e), ERR_OK);
	h.now += 10000 * DAY;
	assert_int_equal(watcher_prune(&h.w, &r), ERR_OK);
	assert_int_equal(r.labels, 0);
	hot_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verify_notices),
	    cmocka_unit_test(what_is_old_is_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
