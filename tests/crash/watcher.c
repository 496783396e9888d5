/*
 * The watcher, played for the crash test: from a signer's kit it makes a pairing and a row of
 * requests of one payout a transaction, on outputs that the signer's view key owns. It needs no
 * chain, since the signer cannot look at one.
 *
 *     crash_watcher KIT FOLDER N TXS
 *
 * writes FOLDER/pairing, and FOLDER/request-1 to N with the codes to confirm them in FOLDER/code-1
 * to N. Request i has 1 + (i - 1) % TXS transactions; every fifth goes over any limit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/check.h"
#include "common/base/file.h"
#include "common/base/secret.h"
#include "proto/envelope.h"
#include "tests/unit/signer/owned.h"

#define XMR(n) amount_of((n)*ATOMIC_PER_XMR)

static struct test_wallet wallet; /* without its spend key */
static struct identity watcher;
static struct identity_public signer;
static struct ledger_head head;
static enum network network;
static const char *folder;

static void put(const char *name, unsigned i, struct span bytes)
{
	char path[PATH_TEXT_MAX];
	if (i) {
		snprintf(path, sizeof path, "%s/%s-%u", folder, name, i);
	} else {
		snprintf(path, sizeof path, "%s/%s", folder, name);
	}
	CHECK(file_write(path, bytes.p, bytes.n) == ERR_OK);
}

static void read_kit(const char *path)
{
	struct buf file, plain = {0};
	struct envelope e;
	struct kit kit;
	enum err rc = ERR_MSG_NETWORK;
	buf_init(&file, PROTO_MESSAGE_MAX);
	CHECK(file_read(&file, path, PROTO_MESSAGE_MAX) == ERR_OK);
	for (unsigned n = 0; rc == ERR_MSG_NETWORK && n < NETWORK_COUNT; n++) {
		buf_free(&plain);
		network = (enum network)n;
		rc = envelope_open(&e, &plain, buf_span(&file), MSG_KIT, network, NULL, NULL);
	}
	CHECK(rc == ERR_OK && kit_decode(&kit, e.body) == ERR_OK);
	signer = e.sender;
	head = kit.journal;
	CHECK(account_view_init(&wallet.account, network, &kit.view, &kit.spend) == ERR_OK);
	buf_free(&file);
	buf_free(&plain);
}

static void write_pairing(void)
{
	const struct pairing m = {"a played watcher"};
	struct buf body, file;
	struct hash hash;
	buf_init(&body, 1024);
	buf_init(&file, 4096);
	CHECK(pairing_encode(&body, &m) == ERR_OK);
	CHECK(envelope_seal(&file, &hash, MSG_PAIRING, network, 1, buf_span(&body), &watcher,
			    NULL) == ERR_OK);
	put("pairing", 0, buf_span(&file));
	buf_free(&body);
	buf_free(&file);
}

static void seal(const struct request *r, unsigned number)
{
	struct buf body, file;
	struct hash hash;
	char code[CONFIRM_CODE_MAX];
	buf_init(&body, PROTO_MESSAGE_MAX);
	buf_init(&file, PROTO_MESSAGE_MAX);
	CHECK(request_encode(&body, r) == ERR_OK);
	CHECK(envelope_seal(&file, &hash, MSG_REQUEST, network, number, buf_span(&body), &watcher,
			    &signer) == ERR_OK);
	put("request", number, buf_span(&file));
	confirmation_code(code, &hash);
	put("code", number, db_span(code, strlen(code)));
	buf_free(&body);
	buf_free(&file);
}

static void write_request(unsigned number, unsigned n_txs, const struct rng *rng)
{
	uint64_t now = (uint64_t)time(NULL);
	struct request r = {.number = number,
			    .time = now,
			    .expires = now + 86400,
			    .chain_height = 5,
			    .chain_time = now,
			    .journal = head,
			    .n_payouts = n_txs,
			    .n_txs = n_txs};
	r.payouts = calloc(n_txs, sizeof *r.payouts);
	r.txs = calloc(n_txs, sizeof *r.txs);
	CHECK(r.payouts && r.txs);
	struct amount amount = number % 5 ? amount_of(ATOMIC_PER_XMR / 10) : XMR(9);
	for (unsigned i = 0; i < n_txs; i++) {
		struct request_payout *p = &r.payouts[i];
		store64_be(p->id.b, (uint64_t)number << 32 | i);
		p->amount = amount;
		address_of(&p->to, &wallet.account, (struct subaddress){1, 1});
		snprintf(p->reference, sizeof p->reference, "payout %u of request %u", i, number);
		test_plan_make(&r.txs[i].plan, &wallet, 1 + number % 2, XMR(10), &p->to, amount,
			       amount_of(100000000), rng);
		r.txs[i].payout = calloc(1, sizeof *r.txs[i].payout);
		CHECK(r.txs[i].payout);
		r.txs[i].payout[0] = i;
	}
	seal(&r, number);
	request_free(&r);
}

int main(int argc, char **argv)
{
	struct rng_seeded stream;
	struct rng rng = rng_seeded(&stream, 23);
	uint8_t seed[32];
	memset(seed, 6, sizeof seed);
	if (argc != 5) {
		return 2;
	}
	CHECK(secret_start() == ERR_OK);
	identity_from_seed(&watcher, seed);
	folder = argv[2];
	read_kit(argv[1]);
	write_pairing();
	unsigned n = (unsigned)strtoul(argv[3], NULL, 10);
	unsigned txs = (unsigned)strtoul(argv[4], NULL, 10);
	for (unsigned i = 1; i <= n; i++) {
		write_request(i, 1 + (i - 1) % txs, &rng);
	}
	return 0;
}
