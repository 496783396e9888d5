/* Codes fit the screen they are shown on, keys do what they say, pictures are well formed. */
#include "tests/unit/unit.h"

#include "common/optical/collector.h"
#include "common/optical/crc32.h"
#include "common/optical/light.h"
#include "common/optical/png.h"
#include "common/optical/show.h"

static uint8_t payload[5000];

static struct show shown(size_t n)
{
	struct show s;
	for (size_t i = 0; i < n; i++) {
		payload[i] = (uint8_t)(i * i >> 3);
	}
	assert_int_equal(show_init(&s, "request 7", LIGHT_TYPE, (struct span){payload, n}), ERR_OK);
	return s;
}

/* The table of capacities is what libqrencode does. */
static void capacities_are_exact(void **state)
{
	(void)state;
	struct qr *qr = malloc(sizeof *qr);
	char text[5000];
	for (unsigned version = 1; version <= QR_VERSION_MAX; version++) {
		size_t n = qr_capacity(version);
		memset(text, 'A', n + 1);
		text[n] = '\0';
		assert_int_equal(qr_make(qr, text, 0), ERR_OK);
		assert_int_equal(qr->side, qr_side(version));
		assert_int_equal(qr_version(n), version);
		text[n] = 'A';
		text[n + 1] = '\0';
		if (version < QR_VERSION_MAX) {
			assert_int_equal(qr_make(qr, text, 0), ERR_OK);
			assert_int_equal(qr->side, qr_side(version + 1));
			assert_int_equal(qr_version(n + 1), version + 1);
		} else {
			assert_int_equal(qr_make(qr, text, 0), ERR_MSG_SIZE);
			assert_int_equal(qr_version(n + 1), 0);
		}
	}
	free(qr);
}

static void codes_fit_the_screen(void **state)
{
	(void)state;
	static const struct {
		size_t columns, rows, version, fragment_least;
	} cases[] = {{80, 24, 5, 40},
		     {200, 60, 12, 230},
		     {45, 60, 5, 40},
		     {300, 30, 8, 80},
		     {41, 22, 4, 20}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct show s = shown(5000);
		assert_int_equal(show_resize(&s, cases[i].columns, cases[i].rows), ERR_OK);
		assert_int_equal(s.version, cases[i].version);
		assert_true(s.encoder.fragment >= cases[i].fragment_least);
		assert_true(qr_whole(&s.qr) <= s.columns);
		assert_true((qr_whole(&s.qr) + 1) / 2 + 1 <= s.rows);
		/* One version for the whole sequence. */
		for (uint32_t k = 1; k <= show_count(&s); k++) {
			assert_int_equal(show_part(&s, k), ERR_OK);
			assert_int_equal(s.qr.side, qr_side(s.version));
		}
		show_free(&s);
	}
	struct show s = shown(5000);
	assert_int_equal(show_resize(&s, 40, 60), ERR_TERMINAL);
	assert_int_equal(show_resize(&s, 200, 21), ERR_TERMINAL);
	assert_int_equal(show_resize(&s, 80, 0), ERR_TERMINAL);
	show_free(&s);
}

static void rounds_carry_the_message(void **state)
{
	(void)state;
	struct show s = shown(5000);
	struct collector *c;
	enum collected what = COLLECTED_NEW;
	assert_int_equal(show_resize(&s, 120, 45), ERR_OK);
	assert_int_equal(collector_new(&c, LIGHT_TYPE), ERR_OK);
	uint32_t count = show_count(&s);
	assert_int_equal(count, 2 * s.encoder.n);
	for (uint32_t i = 1; i <= count; i++) {
		assert_int_equal(s.number, i);
		/* Every fourth is lost. */
		if (i % 4) {
			assert_int_equal(
			    collector_line(c, &what, (const char *)s.line.p, s.line.n - 1), ERR_OK);
		}
		assert_int_equal(show_tick(&s), ERR_OK);
	}
	assert_int_equal(s.number, 1);
	assert_int_equal(what, COLLECTED_WHOLE);
	assert_int_equal(collector_payload(c).n, 5000);
	assert_memory_equal(collector_payload(c).p, payload, 5000);
	collector_free(c);
	show_free(&s);
}

static void keys_do_what_they_say(void **state)
{
	(void)state;
	struct show s = shown(5000);
	assert_int_equal(show_resize(&s, 200, 60), ERR_OK);
	size_t fragment = s.encoder.fragment;
	assert_int_equal(show_key(&s, 'd'), ERR_OK);
	assert_true(s.encoder.fragment > fragment);
	assert_int_equal(s.number, 1);
	assert_int_equal(show_key(&s, 'c'), ERR_OK);
	assert_int_equal(show_key(&s, 'c'), ERR_OK);
	assert_true(s.encoder.fragment < fragment);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(show_key(&s, 'd'), ERR_OK);
		assert_true(qr_whole(&s.qr) <= 118);
	}
	for (int i = 0; i < 100; i++) {
		assert_int_equal(show_key(&s, 'c'), ERR_OK);
		assert_int_equal(show_key(&s, 's'), ERR_OK);
	}
	assert_true(s.encoder.fragment >= UR_FRAGMENT_LEAST && s.encoder.fragment < 20);
	assert_true(s.interval_ms > 2000 && s.interval_ms <= SHOW_INTERVAL_MOST);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(show_key(&s, 'f'), ERR_OK);
	}
	assert_true(s.interval_ms >= SHOW_INTERVAL_LEAST && s.interval_ms < 60);
	assert_int_equal(show_tick(&s), ERR_OK);
	assert_int_equal(s.number, 2);
	assert_int_equal(show_key(&s, 'p'), ERR_OK);
	assert_int_equal(show_tick(&s), ERR_OK);
	assert_int_equal(s.number, 2);
	assert_int_equal(show_key(&s, 'n'), ERR_OK);
	assert_int_equal(s.number, 3);
	assert_int_equal(show_key(&s, 'r'), ERR_OK);
	assert_int_equal(s.number, 1);
	assert_int_equal(show_key(&s, 'x'), ERR_OK);
	assert_false(s.over);
	assert_int_equal(show_key(&s, 'q'), ERR_OK);
	assert_true(s.over);
	show_free(&s);
}

static void one_code_stays(void **state)
{
	(void)state;
	struct show s;
	struct buf screen;
	buf_init(&screen, 1 << 20);
	assert_int_equal(show_init_text(&s, "invoice 3", "monero:4abc?tx_amount=1.5"), ERR_OK);
	assert_int_equal(show_resize(&s, 80, 24), ERR_OK);
	assert_int_equal(show_count(&s), 1);
	assert_int_equal(show_tick(&s), ERR_OK);
	show_draw(&s, &screen);
	buf_u8(&screen, 0);
	assert_int_equal(buf_end(&screen), ERR_OK);
	assert_non_null(strstr((const char *)screen.p, "invoice 3"));
	/* Both colours are set, so that no theme can turn it round. */
	assert_non_null(strstr((const char *)screen.p, "\033[38;5;16;48;5;231m"));
	buf_free(&screen);
	show_free(&s);
}

/* Walks the chunks; counts those of a type. */
static unsigned chunks(const struct buf *png, const char *type)
{
	unsigned count = 0;
	size_t at = 8, n = 0;
	assert_memory_equal(png->p, "\x89PNG\r\n\x1a\n", 8);
	for (; at < png->n; at += n + 12) {
		n = load32_be(png->p + at);
		assert_true(at + n + 12 <= png->n);
		assert_int_equal(load32_be(png->p + at + 8 + n), crc32_of(png->p + at + 4, n + 4));
		count += memcmp(png->p + at + 4, type, 4) == 0;
	}
	assert_int_equal(at, png->n);
	assert_memory_equal(png->p + at - 8, "IEND", 4);
	return count;
}

static void pictures_are_well_formed(void **state)
{
	(void)state;
	struct show s = shown(1000);
	struct buf png;
	buf_init(&png, 1 << 22);
	assert_int_equal(show_resize(&s, 200, 60), ERR_OK);
	png_put(&png, &s.qr, 8);
	assert_int_equal(buf_end(&png), ERR_OK);
	assert_int_equal(chunks(&png, "IDAT"), 1);
	buf_reset(&png);
	struct png_animation a = png_animate(&png, 4, 3, 200);
	for (int i = 0; i < 3; i++) {
		png_frame(&a, &s.qr);
	}
	assert_int_equal(buf_end(&png), ERR_OK);
	assert_int_equal(chunks(&png, "acTL"), 1);
	assert_int_equal(chunks(&png, "fcTL"), 3);
	assert_int_equal(chunks(&png, "IDAT"), 1);
	assert_int_equal(chunks(&png, "fdAT"), 2);
	buf_free(&png);
	show_free(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(capacities_are_exact),     cmocka_unit_test(codes_fit_the_screen),
	    cmocka_unit_test(rounds_carry_the_message), cmocka_unit_test(keys_do_what_they_say),
	    cmocka_unit_test(one_code_stays),           cmocka_unit_test(pictures_are_well_formed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
