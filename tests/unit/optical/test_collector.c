/*
 * Messages come whole out of parts that are lost, mixed, repeated and shuffled, with as few of them
 * as an elimination decoder needs; whatever hostile frames say, memory stays bounded.
 */
#include <malloc.h>

#include "tests/unit/optical/vectors.h"
#include "tests/unit/unit.h"

#include "common/base/rng.h"
#include "common/optical/bytewords.h"
#include "common/optical/collector.h"

static struct ur_encoder encoder(const char *type, const uint8_t *payload, size_t n, size_t most)
{
	struct ur_encoder e;
	struct buf message;
	buf_init(&message, UR_MESSAGE_MAX);
	ur_wrap(&message, (struct span){payload, n});
	assert_int_equal(ur_encoder_init(&e, type, buf_span(&message), most), ERR_OK);
	buf_free(&message);
	return e;
}

static enum collected feed_text(struct collector *c, const char *line)
{
	enum collected what;
	assert_int_equal(collector_line(c, &what, line, strlen(line)), ERR_OK);
	return what;
}

static enum collected feed(struct collector *c, struct ur_encoder *e, uint32_t number)
{
	enum collected what;
	struct buf line;
	buf_init(&line, UR_LINE_MAX);
	assert_int_equal(ur_encoder_part(e, &line, number), ERR_OK);
	assert_int_equal(collector_line(c, &what, (const char *)line.p, line.n), ERR_OK);
	buf_free(&line);
	return what;
}

static void assert_whole(struct collector *c, const uint8_t *payload, size_t n)
{
	struct span got = collector_payload(c);
	assert_non_null(got.p);
	assert_int_equal(got.n, n);
	assert_memory_equal(got.p, payload, n);
}

static void sizes_from_one_byte_up_come_through(void **state)
{
	(void)state;
	static const size_t sizes[] = {1, 2, 245, 246, 247, 250, 251, 1000, 5000, 20000, 100000};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct collector *c;
		uint8_t *payload = vector_message(sizes[i]);
		struct ur_encoder e = encoder("airlock", payload, sizes[i], 250);
		assert_int_equal(collector_new(&c, "airlock"), ERR_OK);
		enum collected what = COLLECTED_NEW;
		for (uint32_t k = 1; k <= e.n; k++) {
			assert_int_equal(what, COLLECTED_NEW);
			what = feed(c, &e, k);
		}
		assert_int_equal(what, COLLECTED_WHOLE);
		assert_whole(c, payload, sizes[i]);
		assert_int_equal(feed(c, &e, 1), COLLECTED_WHOLE);
		collector_free(c);
		ur_encoder_free(&e);
		free(payload);
	}
}

/* The specification's round trip: no pure part is ever seen. */
static void mixed_parts_alone_are_enough(void **state)
{
	(void)state;
	json_t *v = vector("roundtrip");
	struct collector *c;
	size_t n = vector_number(v, "message_len");
	uint8_t *payload = vector_message(n);
	struct ur_encoder e = encoder("bytes", payload, n, vector_number(v, "max_fragment_len"));
	uint32_t number = (uint32_t)vector_number(v, "first_seq_num");
	assert_int_equal(collector_new(&c, "bytes"), ERR_OK);
	while (feed(c, &e, ++number) != COLLECTED_WHOLE) {
		assert_true(number < 1000);
	}
	assert_whole(c, payload, n);
	collector_free(c);
	ur_encoder_free(&e);
	free(payload);
}

/* Frames shown until the message is whole, of a sender that loops parts 1 to 2n. */
static unsigned frames(struct ur_encoder *e, unsigned loss_percent, const struct rng *rng)
{
	struct collector *c;
	unsigned shown = 0;
	uint32_t start = (uint32_t)rng_below(rng, 2 * e->n);
	enum collected what = COLLECTED_AGAIN;
	assert_int_equal(collector_new(&c, "airlock"), ERR_OK);
	while (what != COLLECTED_WHOLE) {
		uint32_t number = (uint32_t)((start + shown++) % (2 * e->n)) + 1;
		if (rng_below(rng, 100) >= loss_percent) {
			what = feed(c, e, number);
		}
		assert_true(shown < 100 * e->n);
	}
	collector_free(c);
	return shown;
}

/* About 1.4 n at 20 % loss for n = 61, where peeling needs 1.7 n. */
static void losses_cost_no_more_than_they_must(void **state)
{
	(void)state;
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 5);
	uint8_t *payload = vector_message(15000);
	struct ur_encoder e = encoder("airlock", payload, 15000, 250);
	unsigned sum = 0, trials = 40;
	assert_int_equal(e.n, 61);
	for (unsigned i = 0; i < trials; i++) {
		sum += frames(&e, 20, &rng);
	}
	double mean = (double)sum / trials / 61;
	print_message("20 %% loss: %.2f n\n", mean);
	assert_true(mean > 1.25 && mean < 1.54);
	ur_encoder_free(&e);
	free(payload);
}

static void progress_is_the_rank(void **state)
{
	(void)state;
	struct collector *c;
	struct collector_state s;
	uint8_t *payload = vector_message(3000);
	struct ur_encoder e = encoder("airlock", payload, 3000, 250);
	assert_int_equal(collector_new(&c, "airlock"), ERR_OK);
	collector_state(c, &s);
	assert_int_equal(s.need, 0);
	assert_int_equal(feed(c, &e, 6), COLLECTED_NEW);
	assert_int_equal(feed(c, &e, 6), COLLECTED_AGAIN);
	assert_int_equal(feed(c, &e, 14),
			 COLLECTED_AGAIN); /* holds fragment 5 alone, by the vectors */
	assert_int_equal(feed(c, &e, 16), COLLECTED_NEW);
	assert_int_equal(feed_text(c, "https://example.org/"), COLLECTED_FOREIGN);
	assert_int_equal(feed_text(c, "ur:crypto-psbt/aeadaolazmjendeoti"), COLLECTED_FOREIGN);
	assert_int_equal(feed_text(c, "ur:airlock/aeadaolazojendeowf"), COLLECTED_BAD);
	collector_state(c, &s);
	assert_int_equal(s.have, 2);
	assert_int_equal(s.need, 13);
	assert_int_equal(s.messages, 1);
	assert_int_equal(s.again, 2);
	assert_int_equal(s.foreign, 2);
	assert_int_equal(s.bad, 1);
	assert_null(collector_payload(c).p);
	collector_free(c);
	ur_encoder_free(&e);
	free(payload);
}

static void two_messages_in_view_are_told_apart(void **state)
{
	(void)state;
	struct collector *c;
	struct collector_state s;
	uint8_t *payload = vector_message(6000);
	struct ur_encoder one = encoder("airlock", payload, 3000, 250);
	/* As long, so that only the checksum tells them apart. */
	struct ur_encoder two = encoder("airlock", payload + 3000, 3000, 250);
	assert_int_equal(collector_new(&c, "airlock"), ERR_OK);
	for (uint32_t k = 1; k < 13; k++) {
		assert_int_equal(feed(c, &one, k), COLLECTED_NEW);
		assert_int_equal(feed(c, &two, 14 - k), COLLECTED_NEW);
	}
	collector_state(c, &s);
	assert_int_equal(s.messages, 2);
	assert_int_equal(feed(c, &two, 1), COLLECTED_WHOLE);
	assert_whole(c, payload + 3000, 3000);
	collector_free(c);
	ur_encoder_free(&one);
	ur_encoder_free(&two);
	free(payload);
}

/* A part as a hostile screen may show it. */
static enum collected feed_part(struct collector *c, struct ur_part part)
{
	struct buf cbor, line;
	enum collected what;
	buf_init(&cbor, UR_LINE_MAX);
	buf_init(&line, UR_LINE_MAX);
	ur_part_put(&cbor, &part);
	buf_printf(&line, "ur:airlock/%u-%u/", part.number, part.of);
	bytewords_put(&line, buf_span(&cbor));
	assert_int_equal(buf_end(&line), ERR_OK);
	assert_int_equal(collector_line(c, &what, (const char *)line.p, line.n), ERR_OK);
	buf_free(&cbor);
	buf_free(&line);
	return what;
}

static void lies_are_found_and_the_message_still_comes(void **state)
{
	(void)state;
	struct collector *c;
	uint8_t *payload = vector_message(3000), junk[231] = {1};
	struct ur_encoder e = encoder("airlock", payload, 3000, 250);
	const struct ur_part lie = {3, 13, 3003, e.fountain.checksum, {junk, sizeof junk}};
	assert_int_equal(collector_new(&c, "airlock"), ERR_OK);
	assert_int_equal(feed(c, &e, 3), COLLECTED_NEW);
	assert_int_equal(feed_part(c, lie), COLLECTED_BAD);
	/* It came first this time: only the whole shows it. */
	assert_int_equal(feed_part(c, lie), COLLECTED_NEW);
	for (uint32_t k = 1; k < 13; k++) {
		if (k != 3) {
			assert_int_equal(feed(c, &e, k), COLLECTED_NEW);
		}
	}
	assert_int_equal(feed(c, &e, 13), COLLECTED_BAD);
	for (uint32_t k = 1; k < 13; k++) {
		assert_int_equal(feed(c, &e, k), COLLECTED_NEW);
	}
	assert_int_equal(feed(c, &e, 13), COLLECTED_WHOLE);
	assert_whole(c, payload, 3000);
	/* A path that contradicts the part. */
	struct buf line;
	enum collected what;
	collector_free(c);
	assert_int_equal(collector_new(&c, "airlock"), ERR_OK);
	buf_init(&line, UR_LINE_MAX);
	assert_int_equal(ur_encoder_part(&e, &line, 1), ERR_OK);
	line.p[strlen("ur:airlock/")] = '2';
	assert_int_equal(collector_line(c, &what, (const char *)line.p, line.n), ERR_OK);
	assert_int_equal(what, COLLECTED_BAD);
	line.p[strlen("ur:airlock/")] = '1';
	line.p[strlen("ur:airlock/1-1")] = '4';
	assert_int_equal(collector_line(c, &what, (const char *)line.p, line.n), ERR_OK);
	assert_int_equal(what, COLLECTED_BAD);
	line.p[strlen("ur:airlock/1-1")] = '3';
	assert_int_equal(collector_line(c, &what, (const char *)line.p, line.n), ERR_OK);
	assert_int_equal(what, COLLECTED_NEW);
	buf_free(&line);
	collector_free(c);
	ur_encoder_free(&e);
	free(payload);
}

static size_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

/* Messages of the greatest size that may be declared: four side by side, then ever new ones. */
static void hostile_streams_are_bounded(void **state)
{
	(void)state;
	struct collector *c;
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 7);
	uint8_t data[1024];
	size_t before = in_use(), most = 0;
	assert_int_equal(collector_new(&c, "airlock"), ERR_OK);
	for (uint32_t i = 0; i < 9000; i++) {
		uint32_t checksum = i < 8000 ? i % 4 : i;
		const struct ur_part part = {
		    i / 4 % 4096 + 1, 4096, UR_MESSAGE_MAX, checksum, {data, sizeof data}};
		rng_fill(&rng, data, sizeof data);
		feed_part(c, part);
		size_t now = i % 8 ? 0 : in_use() - before;
		most = now > most ? now : most;
	}
	print_message("%zu kB at most\n", most >> 10);
	/* The sanitizers' allocator reports nothing here, and then there is nothing to compare. */
	assert_true(most == 0 || most > (4u << 20));
	assert_true(most < (8u << 20));
	collector_free(c);
}

static void noise_is_foreign(void **state)
{
	(void)state;
	struct collector *c;
	struct rng_seeded seeded;
	struct rng rng = rng_seeded(&seeded, 11);
	char line[300];
	assert_int_equal(collector_new(&c, "airlock"), ERR_OK);
	for (unsigned i = 0; i < 2000; i++) {
		enum collected what;
		size_t n = rng_below(&rng, sizeof line);
		rng_fill(&rng, line, sizeof line);
		if (i % 2) {
			memcpy(line, "UR:AIRLOCK/", 11);
			n = n < 11 ? 11 : n;
		}
		assert_int_equal(collector_line(c, &what, line, n), ERR_OK);
		assert_true(what == COLLECTED_FOREIGN || what == COLLECTED_BAD);
	}
	collector_free(c);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sizes_from_one_byte_up_come_through),
	    cmocka_unit_test(mixed_parts_alone_are_enough),
	    cmocka_unit_test(losses_cost_no_more_than_they_must),
	    cmocka_unit_test(progress_is_the_rank),
	    cmocka_unit_test(two_messages_in_view_are_told_apart),
	    cmocka_unit_test(lies_are_found_and_the_message_still_comes),
	    cmocka_unit_test(hostile_streams_are_bounded),
	    cmocka_unit_test(noise_is_foreign),
	};
	vectors_open(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
