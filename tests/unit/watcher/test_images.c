/* Key images that a store lacks: asked for, believed by their proofs, and then looked for. */
#include "tests/unit/unit.h"

#include <string.h>

#include "signer/sign/build.h"
#include "signer/sign/prove.h"
#include "tests/unit/watcher/planned.h"

#define XMR(n) amount_of((n)*ATOMIC_PER_XMR)
#define DEPOSITS 12

static struct planned p;
static struct outputs asked;
static struct key_images images;

static enum err ask(void)
{
	return planned_ask(&p, &asked);
}

static void prove(void)
{
	planned_prove(&p, &images, &asked);
}

static enum err answer(size_t *n)
{
	return planned_answer(&p, &images, n);
}

/* Two payouts by another watcher of the same account: this one sees change come, and nothing go. */
static void a_store_that_missed_what_was_spent(void **state)
{
	struct request r;
	struct request_info info;
	struct signed_tx tx = {0};
	struct address to = planned_to(&p, 0, 0);
	struct balance b;
	size_t n;
	(void)state;
	planned_payout(&p, 0, &to, XMR(15));
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	planned_sign(&p, &tx, &r);
	assert_int_equal(p.honest.submit(p.honest.ctx, tx.blob, tx.blob_size), ERR_OK);
	assert_int_equal(watcher_cancel_request(&p.w, info.number, true), ERR_OK);
	assert_int_equal(watcher_cancel_payout(&p.w, "p0"), ERR_OK);
	planned_mine(&p, 1, true);
	planned_mine(&p, 30, false);
	uint64_t change = 20 * ATOMIC_PER_XMR - XMR(15).atomic - r.txs[0].plan.fee.atomic;
	assert_int_equal(watcher_balance(&p.w, &b), ERR_OK);
	assert_int_equal(b.total.atomic, XMR(10 * DEPOSITS).atomic + change);

	assert_int_equal(ask(), ERR_OK);
	assert_int_equal(asked.n, DEPOSITS + 1);
	prove();
	assert_int_equal(answer(&n), ERR_OK);
	assert_int_equal(n, DEPOSITS + 1);
	planned_mine(&p, 0, false);
	assert_int_equal(watcher_balance(&p.w, &b), ERR_OK);
	assert_int_equal(b.total.atomic, XMR(10 * (DEPOSITS - 2)).atomic + change);
	assert_int_equal(b.outputs, DEPOSITS - 2 + 1);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
	assert_int_equal(ask(), ERR_NOT_FOUND);
	assert_int_equal(answer(&n), ERR_OK);
	assert_int_equal(n, 0);
	/* What is left can be paid from. */
	planned_payout(&p, 1, &to, XMR(95));
	request_free(&r);
	assert_int_equal(planned_request(&p, &r, &info), ERR_OK);
	request_free(&r);
	signed_tx_free(&tx);
}

/* All or nothing; a proof is of one output. */
static void no_image_is_believed_without_its_proof(void **state)
{
	struct output_image good[2];
	size_t n;
	(void)state;
	assert_int_equal(ask(), ERR_OK);
	prove();
	memcpy(good, images.images + 1, sizeof good);
	for (size_t bit = 0; bit < 8 * sizeof good[0].signature; bit += 37) {
		images.images[1].signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(answer(&n), ERR_PROOF);
		images.images[1] = good[0];
	}
	images.images[1].image = good[1].image;
	assert_int_equal(answer(&n), ERR_PROOF);
	images.images[1] = good[0];
	images.images[1].one_time = good[1].one_time;
	assert_int_equal(answer(&n), ERR_PROOF);
	images.images[1] = good[0];
	memset(images.images[1].image.b, 0, 32);
	images.images[1].image.b[0] = 1;
	assert_int_equal(answer(&n), ERR_PROOF);
	images.images[1] = good[0];
	/* Whole, but of a stranger's output. */
	struct scalar x;
	sc_random(&x, &p.rng);
	public_of_scalar(&images.images[1].one_time, &x);
	image_prove(&images.images[1].image, images.images[1].signature, &images.images[1].one_time,
		    &x, &p.rng);
	assert_int_equal(answer(&n), ERR_OK);
	assert_int_equal(n, DEPOSITS - 1);
	images.images[1] = good[0];
	assert_int_equal(answer(&n), ERR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(watcher_verify_books(&p.w), ERR_OK);
}

static int make(void **state)
{
	(void)state;
	planned_make(&p, 90, DEPOSITS, XMR(10));
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	outputs_free(&asked);
	key_images_free(&images);
	planned_free(&p);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_store_that_missed_what_was_spent, make, unmake),
	    cmocka_unit_test_setup_teardown(no_image_is_believed_without_its_proof, make, unmake),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
