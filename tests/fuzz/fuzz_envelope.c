/*
 * Envelopes, to a fixed recipient: as they are, and with the input as what an open one holds, so
 * that the fields behind a seal are reached too. Nothing that is refused leaves anything behind.
 */
#include "common/base/secret.h"
#include "proto/envelope.h"
#include "tests/fuzz/fuzz.h"

static void open_as(struct span file, enum message_type type, const struct identity *self)
{
	static const struct envelope nothing;
	struct envelope env;
	struct buf plain;
	if (envelope_open(&env, &plain, file, type, NETWORK_STAGENET, self, NULL) == ERR_OK) {
		CHECK(env.body.n <= plain.n && env.body.p >= plain.p &&
		      env.body.p + env.body.n <= plain.p + plain.n);
	} else {
		CHECK(memcmp(&env, &nothing, sizeof env) == 0 && plain.n == 0);
	}
	buf_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct identity self;
	static const uint8_t seed[32] = {2};
	if (self.seed[0] == 0) {
		CHECK(secret_start() == ERR_OK);
		identity_from_seed(&self, seed);
	}
	open_as((struct span){data, n}, MSG_REQUEST, &self);
	open_as((struct span){data, n}, MSG_PAIRING, NULL);
	struct buf file;
	buf_init(&file, PROTO_MESSAGE_MAX);
	buf_put(&file, "AIRLOCK", 8);
	buf_u32be(&file, (uint32_t)n);
	buf_put(&file, data, n);
	open_as(buf_span(&file), MSG_PAIRING, NULL);
	buf_free(&file);
	return 0;
}
