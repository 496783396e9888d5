/*
 * A watcher without a chain, for scenarios in which the signer is what is looked at:
 *
 *   played keys                                   reads 25 words, prints spend and view key
 *   played pairing OUT                            the watcher's pairing message
 *   played request KIT NUMBER AMOUNT HEAD OUT     a request of one payout; prints its code
 *
 * HEAD is the journal's newest entry as the watcher knows it, "number:hash"; AMOUNT is in XMR. The
 * inputs are outputs that the signer's view key owns, on no chain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/hex.h"
#include "common/base/secret.h"
#include "proto/envelope.h"
#include "signer/words/words.h"
#include "tests/unit/signer/owned.h"

static struct identity watcher;

static void must(enum err rc, const char *what)
{
	if (rc != ERR_OK) {
		fprintf(stderr, "played: %s: %s: %s\n", what, err_name(rc), err_detail());
		exit(1);
	}
}

static void print_key(const struct scalar *s)
{
	char hex[65];
	hex_encode(hex, s->b, 32);
	puts(hex);
}

static void keys(void)
{
	char line[1024] = "";
	uint8_t seed[32];
	struct scalar spend, view;
	CHECK(fgets(line, sizeof line, stdin));
	must(words_decode(seed, line), "words");
	sc_reduce32(&spend, seed);
	sc_hash(&view, spend.b, sizeof spend.b);
	print_key(&spend);
	print_key(&view);
}

static void pairing(const char *out)
{
	const struct pairing m = {"a played watcher"};
	struct buf body, file;
	struct hash hash;
	buf_init(&body, 1024);
	buf_init(&file, 4096);
	must(pairing_encode(&body, &m), "pairing");
	must(envelope_seal(&file, &hash, MSG_PAIRING, NETWORK_MAINNET, 1, buf_span(&body), &watcher,
			   NULL),
	     "pairing");
	must(file_write(out, file.p, file.n), out);
	buf_free(&body);
	buf_free(&file);
}

static void read_kit(struct account_view *account, struct identity_public *signer, const char *path)
{
	struct buf file, plain = {0};
	struct envelope e;
	struct kit kit;
	buf_init(&file, PROTO_MESSAGE_MAX);
	must(file_read(&file, path, PROTO_MESSAGE_MAX), path);
	must(envelope_open(&e, &plain, buf_span(&file), MSG_KIT, NETWORK_MAINNET, NULL, NULL),
	     path);
	must(kit_decode(&kit, e.body), path);
	must(account_view_init(account, NETWORK_MAINNET, &kit.view, &kit.spend), path);
	*signer = e.sender;
	buf_free(&file);
	buf_free(&plain);
}

static void request(char **argv)
{
	struct rng_seeded stream;
	struct test_wallet wallet = {0};
	struct identity_public signer;
	struct request_payout p = {0};
	struct request_tx t = {0};
	struct amount amount;
	struct ledger_head head = {0};
	struct buf body, file;
	struct hash hash;
	char code[CONFIRM_CODE_MAX + 1], *colon;
	uint32_t zero = 0;
	uint64_t number = strtoull(argv[1], NULL, 10), now = (uint64_t)time(NULL);
	struct rng rng = rng_seeded(&stream, number);
	read_kit(&wallet.account, &signer, argv[0]);
	must(amount_parse(&amount, argv[2]), argv[2]);
	head.number = strtoull(argv[3], &colon, 10);
	CHECK(*colon == ':');
	must(hex_decode(head.hash, 32, colon + 1), argv[3]);
	store64_le(p.id.b, number);
	p.amount = amount;
	address_of(&p.to, &wallet.account, (struct subaddress){1, 1});
	test_plan_make(&t.plan, &wallet, 2, amount_of(10 * ATOMIC_PER_XMR), &p.to, amount,
		       amount_of(100000000), &rng);
	t.payout = &zero;
	const struct request r = {.number = number,
				  .time = now,
				  .expires = now + 600,
				  .chain_height = 5,
				  .chain_time = now,
				  .journal = head,
				  .n_payouts = 1,
				  .payouts = &p,
				  .n_txs = 1,
				  .txs = &t};
	buf_init(&body, PROTO_MESSAGE_MAX);
	buf_init(&file, PROTO_MESSAGE_MAX);
	must(request_encode(&body, &r), "request");
	must(envelope_seal(&file, &hash, MSG_REQUEST, NETWORK_MAINNET, number, buf_span(&body),
			   &watcher, &signer),
	     "request");
	must(file_write(argv[4], file.p, file.n), argv[4]);
	puts(confirmation_code(code, &hash));
	plan_free(&t.plan);
	buf_free(&body);
	buf_free(&file);
}

int main(int argc, char **argv)
{
	uint8_t seed[32];
	memset(seed, 4, sizeof seed);
	must(secret_start(), "start");
	identity_from_seed(&watcher, seed);
	if (argc == 2 && strcmp(argv[1], "keys") == 0) {
		keys();
	} else if (argc == 3 && strcmp(argv[1], "pairing") == 0) {
		pairing(argv[2]);
	} else if (argc == 7 && strcmp(argv[1], "request") == 0) {
		request(argv + 2);
	} else {
		return 2;
	}
	return 0;
}
