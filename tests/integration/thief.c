/*
 * For the tests alone: what somebody can do who took over the watcher. It has the watcher's data
 * folder, so its view key and its identity, and says to the signer whatever it likes; the script
 * that drives it (thief.py) writes the bodies, this signs and seals them.
 *   thief DATA body NUMBER            the body of a request of the watcher's, in hexadecimal
 *   thief DATA seal FILE NUMBER [type=N] [network=N] [sender=stranger] [recipient=stranger]
 *                                     a body from standard input, sealed to the signer; prints the
 *                                     code that confirms it
 *   thief DATA open FILE              the body of the signer's reply
 *   thief DATA make AMOUNT COUNT      outputs of ours that are on no chain, one a line: transaction
 *                                     public key, index, mask, one-time key and commitment
 *   thief DATA commit AMOUNT MASK     a commitment
 *   thief DATA address TEXT           network, kind, keys and payment id of an address
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/hex.h"
#include "common/base/secret.h"
#include "tests/unit/signer/owned.h"
#include "watcher/requests/requests.h"
#include "watcher/watcher.h"

static void need(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "thief: %s: %s\n", what, err_detail());
		exit(1);
	}
}

static void print_hex(const void *p, size_t n, char end)
{
	char *hex = malloc(2 * n + 1);
	need(hex != NULL, "memory");
	hex_encode(hex, p, n);
	printf("%s%c", hex, end);
	free(hex);
}

static void load(struct watcher *w, struct db **db, const char *dir)
{
	struct chain none = {0};
	need(secret_start() == ERR_OK, "start");
	need(db_open_lmdb(db, dir, WATCHER_TABLES, WATCHER_TABLE_COUNT, (size_t)1 << 38, false) ==
		 ERR_OK,
	     "the watcher's store");
	need(watcher_open(w, *db, none, clock_system(), rng_system()) == ERR_OK, "the watcher");
}

static void body(const struct watcher *w, const char *number)
{
	struct request r;
	struct buf out;
	buf_init(&out, PROTO_MESSAGE_MAX);
	need(watcher_get_request(w, strtoull(number, NULL, 10), &r) == ERR_OK, "request");
	need(request_encode(&out, &r) == ERR_OK, "encoding");
	print_hex(out.p, out.n, '\n');
	request_free(&r);
	buf_free(&out);
}

/* Reads hexadecimal digits up to the end. */
static void read_body(struct buf *out)
{
	char pair[3] = {0};
	uint8_t byte;
	while (fread(pair, 1, 2, stdin) == 2 && pair[0] != '\n') {
		need(hex_decode(&byte, 1, pair) == ERR_OK, "hexadecimal");
		buf_u8(out, byte);
	}
	need(buf_end(out) == ERR_OK, "body");
}

static void seal(const struct watcher *w, const char *path, const char *number, int argc,
		 char **argv)
{
	const uint8_t seed[32] = {7};
	enum message_type type = MSG_REQUEST;
	enum network network = w->account.network;
	struct identity stranger;
	const struct identity *sender = &w->identity;
	const struct identity_public *recipient = &w->signer;
	struct buf in, out;
	struct hash hash;
	char code[CONFIRM_CODE_MAX];
	identity_from_seed(&stranger, seed);
	for (int i = 0; i < argc; i++) {
		const char *value = strchr(argv[i], '=');
		need(value != NULL, "option");
		if (strncmp(argv[i], "type", 4) == 0) {
			type = (enum message_type)strtoul(value + 1, NULL, 10);
		} else if (strncmp(argv[i], "network", 7) == 0) {
			network = (enum network)strtoul(value + 1, NULL, 10);
		} else if (strncmp(argv[i], "sender", 6) == 0) {
			sender = &stranger;
		} else {
			recipient = &stranger.public;
		}
	}
	buf_init(&in, PROTO_MESSAGE_MAX);
	buf_init(&out, PROTO_MESSAGE_MAX + 1024);
	read_body(&in);
	need(envelope_seal(&out, &hash, type, network, strtoull(number, NULL, 10), buf_span(&in),
			   sender, recipient) == ERR_OK,
	     "sealing");
	need(file_write(path, out.p, out.n) == ERR_OK, path);
	puts(confirmation_code(code, &hash));
	buf_free(&in);
	buf_free(&out);
}

static void open_reply(const struct watcher *w, const char *path)
{
	struct envelope e;
	struct buf file, plain = {0};
	buf_init(&file, PROTO_MESSAGE_MAX + 1024);
	need(file_read(&file, path, PROTO_MESSAGE_MAX) == ERR_OK, path);
	need(envelope_open(&e, &plain, buf_span(&file), MSG_REPLY, w->account.network, &w->identity,
			   &w->signer) == ERR_OK,
	     "reply");
	print_hex(e.body.p, e.body.n, '\n');
	buf_free(&file);
	buf_free(&plain);
}

static void make(const struct watcher *w, struct amount amount, uint64_t count)
{
	/* Only the public half is known here, and only that is needed. */
	const struct test_wallet half = {.account = w->account};
	struct rng rng = rng_system();
	for (; count > 0; count--) {
		struct plan_input in;
		test_input_make(&in, &half, (struct subaddress){0, 0}, amount, &rng);
		print_hex(in.tx_public.b, 32, ' ');
		printf("%" PRIu64 " ", in.output_index);
		print_hex(in.mask.s.b, 32, ' ');
		print_hex(in.ring[in.real].key.b, 32, ' ');
		print_hex(in.ring[in.real].commitment.b, 32, '\n');
	}
}

static void print_commitment(const char *amount, const char *hex)
{
	struct mask mask;
	struct commitment c;
	need(hex_decode(mask.s.b, 32, hex) == ERR_OK, "mask");
	commit(&c, &mask, amount_of(strtoull(amount, NULL, 10)));
	print_hex(c.b, 32, '\n');
}

static void print_address(const char *text)
{
	struct address a;
	need(address_parse(&a, text) == ERR_OK, "address");
	printf("%d %d ", a.network, a.kind);
	print_hex(a.spend.b, 32, ' ');
	print_hex(a.view.b, 32, ' ');
	print_hex(a.payment_id, sizeof a.payment_id, '\n');
}

int main(int argc, char **argv)
{
	struct watcher w;
	struct db *db;
	need(argc >= 4, "usage: see the head of thief.c");
	load(&w, &db, argv[1]);
	const char *command = argv[2];
	if (strcmp(command, "body") == 0) {
		body(&w, argv[3]);
	} else if (strcmp(command, "seal") == 0 && argc >= 5) {
		seal(&w, argv[3], argv[4], argc - 5, argv + 5);
	} else if (strcmp(command, "open") == 0) {
		open_reply(&w, argv[3]);
	} else if (strcmp(command, "make") == 0 && argc == 5) {
		make(&w, amount_of(strtoull(argv[3], NULL, 10)), strtoull(argv[4], NULL, 10));
	} else if (strcmp(command, "commit") == 0 && argc == 5) {
		print_commitment(argv[3], argv[4]);
	} else if (strcmp(command, "address") == 0) {
		print_address(argv[3]);
	} else {
		need(false, command);
	}
	watcher_close(&w);
	db_close(db);
	return 0;
}
