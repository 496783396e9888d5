/* The encoder is byte-exact with the specification's vectors; parts and lines are read strictly. */
#include <sodium/crypto_hash_sha256.h>

#include "tests/unit/optical/vectors.h"
#include "tests/unit/unit.h"

#include "common/base/hex.h"
#include "common/optical/bytewords.h"
#include "common/optical/ur.h"

static void assert_text(const struct buf *got, const char *want)
{
	assert_int_equal(got->n, strlen(want));
	assert_memory_equal(got->p, want, got->n);
}

static struct ur_encoder encoder(size_t payload, size_t most)
{
	struct ur_encoder e;
	struct buf message;
	uint8_t *bytes = vector_message(payload);
	buf_init(&message, 1 << 20);
	ur_wrap(&message, (struct span){bytes, payload});
	assert_int_equal(ur_encoder_init(&e, "bytes", buf_span(&message), most), ERR_OK);
	buf_free(&message);
	free(bytes);
	return e;
}

static void assert_part(struct ur_encoder *e, uint32_t number, const char *want)
{
	struct buf got;
	buf_init(&got, UR_LINE_MAX);
	assert_int_equal(ur_encoder_part(e, &got, number), ERR_OK);
	assert_text(&got, want);
	assert_int_equal(ur_encoder_length(e, number), got.n);
	buf_free(&got);
}

static void codes_are_the_vectors(void **state)
{
	(void)state;
	size_t i;
	json_t *want;
	struct ur_encoder e = encoder(50, 1000);
	assert_part(&e, 1, json_string_value(vector("single_part_ur_50")));
	ur_encoder_free(&e);
	e = encoder(256, 30);
	json_array_foreach(vector("multipart_ur_256_max30"), i, want)
	{
		assert_part(&e, (uint32_t)i + 1, json_string_value(want));
	}
	assert_int_equal(i, 20);
	ur_encoder_free(&e);
}

/* Of a message that is no CBOR item, as the vectors of the fountain code have it. */
static void parts_are_the_vectors(void **state)
{
	(void)state;
	size_t i;
	json_t *want;
	struct ur_encoder e;
	uint8_t *message = vector_message(256);
	assert_int_equal(ur_encoder_init(&e, "bytes", (struct span){message, 256}, 30), ERR_OK);
	json_array_foreach(vector("fountain_encoder_256_max30/cbor_hex"), i, want)
	{
		struct buf cbor = vector_hex(want, NULL), got, again;
		struct ur_line line;
		struct ur_part part;
		buf_init(&got, UR_LINE_MAX);
		buf_init(&again, UR_LINE_MAX);
		assert_int_equal(ur_encoder_part(&e, &got, (uint32_t)i + 1), ERR_OK);
		assert_int_equal(ur_line_read(&line, (const char *)got.p, got.n), ERR_OK);
		assert_int_equal(bytewords_get(&again, line.letters, line.n), ERR_OK);
		assert_int_equal(again.n, cbor.n);
		assert_memory_equal(again.p, cbor.p, cbor.n);
		assert_int_equal(ur_part_get(&part, buf_span(&cbor)), ERR_OK);
		assert_int_equal(part.number, i + 1);
		assert_int_equal(part.of, 9);
		assert_int_equal(part.message_size, 256);
		assert_int_equal(part.checksum, 0x0167aa07);
		buf_free(&got);
		buf_free(&again);
		buf_free(&cbor);
	}
	assert_int_equal(i, 20);
	ur_encoder_free(&e);
	free(message);
}

static void longer_messages_are_the_derived_vectors(void **state)
{
	(void)state;
	size_t i;
	json_t *v;
	json_array_foreach(vector("derived"), i, v)
	{
		struct ur_encoder e =
		    encoder(vector_number(v, "payload_len"), vector_number(v, "max_fragment_len"));
		crypto_hash_sha256_state h;
		uint8_t hash[32];
		char hex[65];
		assert_int_equal(e.fragment, vector_number(v, "fragment_len"));
		assert_int_equal(e.n, vector_number(v, "seq_len"));
		crypto_hash_sha256_init(&h);
		for (uint32_t k = 1; k <= vector_number(v, "parts"); k++) {
			struct buf line;
			buf_init(&line, UR_LINE_MAX);
			assert_int_equal(ur_encoder_part(&e, &line, k), ERR_OK);
			assert_int_equal(ur_encoder_length(&e, k), line.n);
			buf_u8(&line, '\n');
			crypto_hash_sha256_update(&h, line.p, line.n);
			buf_free(&line);
		}
		crypto_hash_sha256_final(&h, hash);
		hex_encode(hex, hash, sizeof hash);
		assert_string_equal(hex,
				    vector_text(v, "sha256_of_parts_each_followed_by_newline"));
		ur_encoder_free(&e);
	}
	assert_true(i >= 3);
}

static void too_long_messages_are_refused(void **state)
{
	(void)state;
	struct ur_encoder e;
	uint8_t *big = calloc(1, UR_MESSAGE_MAX + 1);
	assert_int_equal(ur_encoder_init(&e, "bytes", (struct span){big, UR_MESSAGE_MAX + 1}, 2000),
			 ERR_MSG_SIZE);
	/* One fragment more than there may be. */
	size_t n = (size_t)FOUNTAIN_PARTS_MAX * 100;
	assert_int_equal(ur_encoder_init(&e, "bytes", (struct span){big, n + 1}, 100),
			 ERR_MSG_SIZE);
	assert_int_equal(ur_encoder_init(&e, "bytes", (struct span){big, n}, 100), ERR_OK);
	ur_encoder_free(&e);
	free(big);
}

static enum err part_of_hex(const char *hex)
{
	struct ur_part part;
	uint8_t cbor[64];
	size_t n = strlen(hex) / 2;
	assert_int_equal(hex_decode(cbor, n, hex), ERR_OK);
	return ur_part_get(&part, (struct span){cbor, n});
}

static void parts_are_read_strictly(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "",
	    "85",
	    "84010203041a01020304",                     /* four fields */
	    "8501021864",                               /* cut short */
	    "850102041a0102030442aabb00",               /* goes on */
	    "85180102041a0102030442aabb",               /* not the shortest form */
	    "8501021900041a0102030442aabb",             /* nor this */
	    "850002041a0102030442aabb",                 /* part 0 */
	    "850100041a0102030442aabb",                 /* of 0 */
	    "850102001a0102030442aabb",                 /* an empty message */
	    "850102051a0102030442aabb",                 /* more than the fragments hold */
	    "850102021a0102030442aabb",                 /* the last fragment would be empty */
	    "850102041a0102030440",                     /* no data */
	    "850102041a0102030462aabb",                 /* text */
	    "850121041a0102030442aabb",                 /* a negative number */
	    "85011b0000000100000000041a010203044100",   /* 64 bits */
	    "85011910011910011a0102030441aa",           /* 4097 parts */
	    "8501021a004000021a010203045a00200001aabb", /* data that is not there */
	};
	assert_int_equal(part_of_hex("850102041a0102030442aabb"), ERR_OK);
	assert_int_equal(part_of_hex("85011910001910001a0102030441aa"), ERR_OK);
	assert_int_equal(part_of_hex("851affffffff02031a0102030442aabb"), ERR_OK);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (part_of_hex(bad[i]) != ERR_UR_FORMAT) {
			fail_msg("part %zu (%s) was let through", i, bad[i]);
		}
	}
}

static void payloads_are_one_byte_string(void **state)
{
	(void)state;
	struct span payload;
	struct buf b;
	static const size_t sizes[] = {1, 23, 24, 255, 256, 65535, 65536};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		uint8_t *bytes = vector_message(sizes[i]);
		buf_init(&b, 1 << 17);
		ur_wrap(&b, (struct span){bytes, sizes[i]});
		assert_int_equal(ur_unwrap(&payload, buf_span(&b)), ERR_OK);
		assert_int_equal(payload.n, sizes[i]);
		assert_memory_equal(payload.p, bytes, sizes[i]);
		buf_u8(&b, 0);
		assert_int_equal(ur_unwrap(&payload, buf_span(&b)), ERR_UR_FORMAT);
		assert_int_equal(ur_unwrap(&payload, (struct span){b.p, b.n - 2}), ERR_UR_FORMAT);
		buf_free(&b);
		free(bytes);
	}
	assert_int_equal(ur_unwrap(&payload, (struct span){(const uint8_t *)"\x40", 1}),
			 ERR_UR_FORMAT);
	assert_int_equal(ur_unwrap(&payload, (struct span){(const uint8_t *)"\x61"
									    "a",
							   2}),
			 ERR_UR_FORMAT);
}

static void lines_are_read_strictly(void **state)
{
	(void)state;
	struct ur_line line;
	static const char *const bad[] = {"",
					  "ur",
					  "ur:",
					  "ur:bytes",
					  "ur:/aeae",
					  "ur:bytes/",
					  "ur:bytes/1-2/",
					  "ur:bytes/1/aeae",
					  "ur:bytes/0-2/aeae",
					  "ur:bytes/1-0/aeae",
					  "ur:bytes/01-2/aeae",
					  "ur:bytes/-2/aeae",
					  "ur:bytes/1-/aeae",
					  "ur:bytes/1-2-3/aeae",
					  "ur:bytes/1-4294967296/aeae",
					  "ur:bytes/1-2/aeae/aeae",
					  "ur:by_tes/aeae",
					  "https://example.org/",
					  "ur:a2345678901234567890123456789012x/aeae",
					  "monero:4abc",
					  "xr:bytes/aeae"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (ur_line_read(&line, bad[i], strlen(bad[i])) != ERR_UR_FORMAT) {
			fail_msg("\"%s\" was let through", bad[i]);
		}
	}
	static const char good[] = "  UR:BYTES/4294967295-9/LPAD\r\n";
	assert_int_equal(ur_line_read(&line, good, sizeof good - 1), ERR_OK);
	assert_string_equal(line.type, "bytes");
	assert_true(line.number == UINT32_MAX);
	assert_int_equal(line.of, 9);
	assert_int_equal(line.n, 4);
	assert_memory_equal(line.letters, "LPAD", 4);
	char *longest = malloc(UR_LINE_MAX + 1);
	memset(longest, 'a', UR_LINE_MAX + 1);
	memcpy(longest, "ur:bytes/", 9);
	assert_int_equal(ur_line_read(&line, longest, UR_LINE_MAX), ERR_OK);
	assert_int_equal(ur_line_read(&line, longest, UR_LINE_MAX + 1), ERR_UR_FORMAT);
	free(longest);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(codes_are_the_vectors),
	    cmocka_unit_test(parts_are_the_vectors),
	    cmocka_unit_test(longer_messages_are_the_derived_vectors),
	    cmocka_unit_test(too_long_messages_are_refused),
	    cmocka_unit_test(parts_are_read_strictly),
	    cmocka_unit_test(payloads_are_one_byte_string),
	    cmocka_unit_test(lines_are_read_strictly),
	};
	vectors_open(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
