/*
 * The program itself, as a script runs it: a vault is made, paired, given a policy, asked to sign.
 * The watcher is played here. Its argument is the program's path.
 */
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/monero/tx.h"
#include "proto/envelope.h"
#include "tests/unit/signer/owned.h"

#define XMR(n) amount_of((n)*ATOMIC_PER_XMR)

static const char *program;
static char dir[] = "/tmp/airlock-program-XXXXXX";
static struct rng_seeded stream;
static struct rng rng;
static struct identity watcher;
static struct identity_public signer;
static struct test_wallet wallet; /* without its spend key */
static struct ledger_head head;

static const char *in_dir(const char *name)
{
	static char paths[4][PATH_TEXT_MAX];
	static unsigned at;
	char *path = paths[at++ % 4];
	assert_int_equal(path_join(path, dir, name), ERR_OK);
	return path;
}

static void put(const char *name, const void *p, size_t n)
{
	assert_int_equal(file_write(in_dir(name), p, n), ERR_OK);
}

static void get(struct buf *b, const char *name)
{
	buf_init(b, PROTO_MESSAGE_MAX);
	assert_int_equal(file_read(b, in_dir(name), PROTO_MESSAGE_MAX), ERR_OK);
}

/* Runs it with these arguments in the folder; returns its exit code. */
PRINTF_LIKE(1, 2)
static int run(const char *fmt, ...)
{
	char line[3 * PATH_TEXT_MAX];
	int n = snprintf(line, sizeof line, "cd %s && %s --vault vault ", dir, program);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
	va_end(ap);
	int status = system(line);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define UNLOCK " --passphrase-fd 3 3<pass "

static bool said(const char *name, const char *what)
{
	struct buf b;
	get(&b, name);
	bool found = memmem(b.p, b.n, what, strlen(what)) != NULL;
	buf_free(&b);
	return found;
}

static void read_kit(void)
{
	struct buf file, plain = {0};
	struct envelope e;
	struct kit kit;
	get(&file, "kit");
	assert_int_equal(
	    envelope_open(&e, &plain, buf_span(&file), MSG_KIT, NETWORK_STAGENET, NULL, NULL),
	    ERR_OK);
	assert_int_equal(kit_decode(&kit, e.body), ERR_OK);
	assert_true(kit.birthday_height == 77);
	signer = e.sender;
	head = kit.journal;
	assert_int_equal(
	    account_view_init(&wallet.account, NETWORK_STAGENET, &kit.view, &kit.spend), ERR_OK);
	buf_free(&file);
	buf_free(&plain);
}

static void write_pairing(void)
{
	const struct pairing m = {"a watcher"};
	struct buf body, file;
	struct hash hash;
	buf_init(&body, 1024);
	buf_init(&file, 4096);
	assert_int_equal(pairing_encode(&body, &m), ERR_OK);
	assert_int_equal(envelope_seal(&file, &hash, MSG_PAIRING, NETWORK_STAGENET, 1,
				       buf_span(&body), &watcher, NULL),
			 ERR_OK);
	put("pairing", file.p, file.n);
	buf_free(&body);
	buf_free(&file);
}

/* A request of one payment; its confirmation code goes to the file "code". */
static void write_request(uint64_t number, uint8_t id, struct amount amount)
{
	struct request r = {0};
	struct request_payout p = {0};
	struct request_tx t = {0};
	uint32_t zero = 0;
	struct buf body, file;
	struct hash hash;
	char code[CONFIRM_CODE_MAX + 1];
	uint64_t now = (uint64_t)time(NULL);
	memset(p.id.b, id, sizeof p.id.b);
	p.amount = amount;
	address_of(&p.to, &wallet.account, (struct subaddress){1, 1});
	snprintf(p.reference, sizeof p.reference, "rent \033[31m");
	test_plan_make(&t.plan, &wallet, 2, XMR(10), &p.to, amount, amount_of(100000000), &rng);
	t.payout = &zero;
	r = (struct request){.number = number,
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
	assert_int_equal(request_encode(&body, &r), ERR_OK);
	assert_int_equal(envelope_seal(&file, &hash, MSG_REQUEST, NETWORK_STAGENET, number,
				       buf_span(&body), &watcher, &signer),
			 ERR_OK);
	put("request", file.p, file.n);
	confirmation_code(code, &hash);
	put("code", code, strlen(code));
	plan_free(&t.plan);
	buf_free(&body);
	buf_free(&file);
}

static void read_reply(struct reply *out, const char *name)
{
	struct buf file, plain = {0};
	struct envelope e;
	get(&file, name);
	assert_int_equal(envelope_open(&e, &plain, buf_span(&file), MSG_REPLY, NETWORK_STAGENET,
				       &watcher, &signer),
			 ERR_OK);
	assert_int_equal(reply_decode(out, e.body), ERR_OK);
	buf_free(&file);
	buf_free(&plain);
}

static void makes_a_vault(void **state)
{
	(void)state;
	put("pass", "secret words\n", 13);
	put("wrong", "secret word\n", 12);
	assert_int_equal(run("init --network stagenet --birthday 77 --kdf quick" UNLOCK
			     "--words-out-fd 4 4>words >out"),
			 0);
	assert_true(said("out", "fingerprint"));
	assert_int_equal(run("init --network stagenet --birthday 77 --kdf quick" UNLOCK
			     "--words-fd 4 4<words 2>err"),
			 1);
	assert_int_equal(run("kit --out kit" UNLOCK ">out"), 0);
	assert_int_equal(run("status --passphrase-fd 3 3<wrong 2>err"), 1);
	assert_true(said("err", "passphrase"));
	read_kit();
	/* The words alone bring back the keys. */
	assert_int_equal(
	    run("--vault again init --network stagenet --birthday 77 --kdf quick" UNLOCK
		"--words-fd 4 4<words >out"),
	    0);
	struct account_view first = wallet.account;
	assert_int_equal(run("--vault again kit --out kit" UNLOCK ">out"), 0);
	struct ledger_head ours = head;
	struct identity_public identity = signer;
	read_kit();
	assert_memory_equal(first.spend_public.b, wallet.account.spend_public.b, 32);
	assert_memory_equal(first.view.s.b, wallet.account.view.s.b, 32);
	head = ours;
	signer = identity;
}

static void pairs_and_takes_a_policy(void **state)
{
	(void)state;
	static const char policy[] =
	    "{\"version\":1,\"limits\":{\"payout\":\"5\",\"transaction\":\"6\",\"day\":\"9\","
	    "\"day_count\":9,\"fee\":\"0.01\",\"fee_per_byte\":\"0.000001\"}}";
	static const char wrong[] = "{\"version\":1,\n\"limits\":{\n\"payout\":5}}";
	static const char looser[] =
	    "{\"version\":1,\"limits\":{\"payout\":\"6\",\"transaction\":\"6\",\"day\":\"9\","
	    "\"day_count\":9,\"fee\":\"0.01\",\"fee_per_byte\":\"0.000001\"}}";
	write_pairing();
	assert_int_equal(run("pair pairing" UNLOCK ">out"), 0);
	assert_true(said("out", "a watcher"));
	write_request(1, 1, XMR(4));
	assert_int_equal(run("sign request --out reply" UNLOCK "--confirm-fd 4 4<code 2>err >out"),
			 3);
	assert_true(said("err", "no_policy"));
	put("policy", policy, strlen(policy));
	/* Shown in sentences, and asked about; nothing is set without a yes. */
	assert_int_equal(run("policy set policy" UNLOCK "--confirm-fd 4 4<pass 2>err >out"), 3);
	assert_true(said("err", "not_confirmed"));
	assert_true(said("out", "a payout may be at most"));
	assert_int_equal(run("policy show" UNLOCK "2>err"), 3);
	put("yes", "yes\n", 4);
	assert_int_equal(run("policy set policy" UNLOCK "--confirm-fd 4 4<yes >out"), 0);
	assert_int_equal(run("policy set pass" UNLOCK "2>err"), 2);
	assert_int_equal(run("policy show" UNLOCK ">out"), 0);
	assert_true(said("out", "5.000000000000 XMR"));
	put("policy", wrong, strlen(wrong));
	assert_int_equal(run("policy set policy --yes" UNLOCK "2>err"), 2);
	assert_true(said("err", "line 3, field limits.payout: must be XMR as text"));
	put("policy", looser, strlen(looser));
	assert_int_equal(run("policy set policy --yes" UNLOCK ">out"), 0);
	assert_true(said("out", "What of it allows more waits 24 hours."));
	assert_int_equal(run("policy show --diff --json" UNLOCK ">out"), 0);
	assert_true(said("out", "\"changes\":[{\"what\":\"a payout may be at most\",\"now\":"
				"\"5.000000000000 XMR\",\"then\":\"6.000000000000 XMR\"}]"));
}

static void signs_once(void **state)
{
	(void)state;
	struct reply reply;
	struct tx tx;
	struct buf a, b;
	write_request(2, 1, XMR(4));
	assert_int_equal(run("inspect request" UNLOCK ">out"), 0);
	assert_true(said("out", "4.000000000000 XMR"));
	assert_true(said("out", "rent \\x1b[31m"));
	assert_false(said("out", "\033"));
	assert_int_equal(run("sign request --out reply" UNLOCK "--confirm-fd 4 4<pass 2>err >out"),
			 3);
	assert_true(said("err", "not_confirmed"));
	assert_false(file_exists(in_dir("reply")));
	assert_int_equal(run("sign request --out reply" UNLOCK "--confirm-fd 4 4<code >out"), 0);
	read_reply(&reply, "reply");
	assert_int_equal(reply.n_txs, 1);
	assert_int_equal(tx_parse(&tx, reply.txs[0].blob, reply.txs[0].blob_size, false), ERR_OK);
	assert_int_equal(tx.n_in, 2);
	tx_free(&tx);
	head = reply.journal;
	reply_free(&reply);
	assert_int_equal(run("sign request --out again.reply" UNLOCK ">out"), 0);
	get(&a, "reply");
	get(&b, "again.reply");
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
	buf_free(&a);
	buf_free(&b);
}

static void refuses_with_a_reply(void **state)
{
	(void)state;
	struct reply reply;
	write_request(3, 2, XMR(5));
	assert_int_equal(run("sign request --out refused" UNLOCK "2>err >out"), 0 + 3);
	assert_true(said("err", "limit_day"));
	read_reply(&reply, "refused");
	assert_int_equal(reply.txs[0].refused, ERR_LIMIT_DAY);
	reply_free(&reply);
	assert_int_equal(run("journal show --json >out"), 0);
	assert_true(said("out", "\"limit_day\""));
	assert_int_equal(run("journal verify >out"), 0);
	assert_int_equal(run("journal export --out lines"), 0);
	assert_true(said("lines", "\"kind\":\"signed\""));
}

/* Changes one place of a file. */
static void harm(const char *from, const char *to, const char *what)
{
	struct buf b;
	get(&b, from);
	uint8_t *at = memmem(b.p, b.n, what, strlen(what));
	assert_non_null(at);
	at[strlen(what) - 1] ^= 1;
	put(to, b.p, b.n);
	buf_free(&b);
}

/* Whoever has the file and the identity, and nothing else, verifies it. */
static void journal_is_verified_by_anyone(void **state)
{
	(void)state;
	char print[FINGERPRINT_TEXT_MAX], line[PATH_TEXT_MAX];
	identity_fingerprint(print, &signer);
	assert_int_equal(run("journal export --out lines"), 0);
	assert_int_equal(run("journal export --cbor --out whole" UNLOCK ">out"), 0);
	assert_int_equal(run("journal export --cbor --after 4 --out rest" UNLOCK ">out"), 0);
	for (size_t i = 0; i < 3; i++) {
		static const char *const files[] = {"lines", "whole", "rest"};
		snprintf(line, sizeof line,
			 "cd %s && %s journal verify %s --identity %s >out && %s journal verify %s "
			 "--identity aaaa-aaaa-aaaa-aaaa 2>err; test $? = 4",
			 dir, program, files[i], print, program, files[i]);
		assert_int_equal(system(line), 0);
	}
	assert_true(said("err", print));
	/* What the line says in words, and what was hashed and signed. */
	harm("lines", "harmed", "\"birthday\":7");
	assert_int_equal(run("journal verify harmed 2>err"), 4);
	assert_true(said("err", "entry 1"));
	harm("lines", "harmed", "\"kind\":\"signed\"");
	assert_int_equal(run("journal verify harmed 2>err"), 4);
	harm("lines", "harmed", "{\"number\":3");
	assert_int_equal(run("journal verify harmed 2>err"), 4);
	assert_true(said("err", "entry 3"));
	harm("whole", "harmed", "a watcher");
	assert_int_equal(run("journal verify harmed 2>err"), 4);
	assert_int_equal(run("journal verify lines lines 2>err"), 2);
	assert_int_equal(run("journal verify rest whole 2>err"), 4);
	assert_int_equal(run("catch-up whole" UNLOCK ">out"), 0);
	assert_true(said("out", "nothing is missing"));
	assert_int_equal(run("catch-up lines" UNLOCK "2>err"), 4);
	assert_int_equal(run("catch-up" UNLOCK "2>err"), 2);
}

static void serves_until_it_is_told_to_end(void **state)
{
	(void)state;
	char line[2 * PATH_TEXT_MAX];
	snprintf(line, sizeof line,
		 "cd %s && mkdir in on && %s --vault vault serve --inbox in --outbox on" UNLOCK
		 "2>err",
		 dir, program);
	assert_int_equal(WEXITSTATUS(system(line)), 3);
	assert_true(said("err", "not_unattended"));
	static const char policy[] =
	    "{\"version\":1,\"limits\":{\"payout\":\"5\",\"transaction\":\"6\",\"day\":\"9\","
	    "\"day_count\":9,\"fee\":\"0.01\",\"fee_per_byte\":\"0.000001\"},"
	    "\"tiers\":{\"unattended\":{\"transaction\":\"1\",\"day\":\"2\"}},"
	    "\"cool_off_hours\":0}";
	put("policy", policy, strlen(policy));
	snprintf(line, sizeof line,
		 "cd %s && rm -rf float && %s --vault float init --network stagenet --birthday 7 "
		 "--kdf quick" UNLOCK
		 "--words-out-fd 4 4>words >out && %s --vault float pair pairing" UNLOCK
		 ">out && %s --vault float policy set policy --yes" UNLOCK ">out",
		 dir, program, program, program);
	assert_int_equal(system(line), 0);
	snprintf(
	    line, sizeof line,
	    "cd %s && echo junk >in/junk && { %s --vault float serve --json --inbox in "
	    "--outbox on" UNLOCK ">out & p=$!; n=0; "
	    "until test -e in/junk.failed || test $n = 200; do n=$((n + 1)); sleep 0.05; done; "
	    "kill -TERM $p; wait $p; }",
	    dir, program);
	assert_int_equal(system(line), 0);
	assert_true(said("out", "\"file\":\"junk\""));
	assert_true(said("out", "msg_format"));
	assert_true(file_exists(in_dir("in/junk.failed.reason")));
}

static void full_disk_changes_nothing(void **state)
{
	(void)state;
	struct buf before, after;
	write_request(4, 3, XMR(1));
	assert_int_equal(run("journal export --out before"), 0);
	char line[PATH_TEXT_MAX * 2];
	snprintf(line, sizeof line,
		 "cd %s; trap '' XFSZ; ulimit -f 4; %s --vault vault sign request --out none" UNLOCK
		 "--confirm-fd 4 4<code >/dev/null 2>&1",
		 dir, program);
	assert_int_equal(WEXITSTATUS(system(line)), 1);
	assert_false(file_exists(in_dir("none")));
	assert_int_equal(run("journal export --out after"), 0);
	get(&before, "before");
	get(&after, "after");
	assert_int_equal(before.n, after.n);
	assert_memory_equal(before.p, after.p, before.n);
	buf_free(&before);
	buf_free(&after);
	assert_int_equal(run("sign request --out none" UNLOCK "--confirm-fd 4 4<code >out"), 0);
}

static void changes_its_passphrase(void **state)
{
	(void)state;
	assert_int_equal(run("passphrase" UNLOCK "--new-passphrase-fd 4 4<wrong"), 0);
	assert_int_equal(run("status" UNLOCK "2>err"), 1);
	assert_int_equal(run("status --json --passphrase-fd 3 3<wrong >out"), 0);
	assert_true(said("out", "\"watcher\":\"a watcher\""));
}

static void usage_is_told(void **state)
{
	(void)state;
	static const char *const wrong[] = {"",
					    "nonsense",
					    "sign",
					    "sign --nonsense",
					    "policy",
					    "kit --passphrase-fd x",
					    "status --json=1"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(run("%s 2>err >out", wrong[i]), 2);
	}
	assert_int_equal(run("--help >out"), 0);
	assert_int_equal(run("sign --help >out"), 0);
	assert_true(said("out", "--confirm-fd"));
	assert_int_equal(run("--vault nowhere status 2>err"), 1);
}

static int begin(void **state)
{
	(void)state;
	uint8_t seed[32];
	memset(seed, 4, sizeof seed);
	rng = rng_seeded(&stream, 11);
	if (secret_start() != ERR_OK || !mkdtemp(dir)) {
		return -1;
	}
	identity_from_seed(&watcher, seed);
	return 0;
}

static int end(void **state)
{
	(void)state;
	char line[PATH_TEXT_MAX];
	snprintf(line, sizeof line, "rm -r %s", dir);
	return system(line);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(makes_a_vault),
	    cmocka_unit_test(pairs_and_takes_a_policy),
	    cmocka_unit_test(signs_once),
	    cmocka_unit_test(refuses_with_a_reply),
	    cmocka_unit_test(journal_is_verified_by_anyone),
	    cmocka_unit_test(serves_until_it_is_told_to_end),
	    cmocka_unit_test(full_disk_changes_nothing),
	    cmocka_unit_test(changes_its_passphrase),
	    cmocka_unit_test(usage_is_told),
	};
	if (argc != 2) {
		return 2;
	}
	/* The commands run in another folder. */
	program = realpath(argv[1], NULL);
	if (!program) {
		return 2;
	}
	return cmocka_run_group_tests(tests, begin, end);
}
