/* status and passphrase: the vault itself. */
#include <string.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/hex.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "signer/cli/cli.h"
#include "signer/cli/secret_input.h"
#include "signer/review/json.h"
#include "signer/sandbox/sandbox.h"
#include "signer/session/settings.h"

struct facts {
	char address[ADDRESS_TEXT_MAX];
	char fingerprint[FINGERPRINT_TEXT_MAX];
	char watcher_print[FINGERPRINT_TEXT_MAX];
	char watcher[PROTO_NAME_MAX + 1];
	bool paired, has_policy, restored;
	struct policy policy;
	struct policy_spent spent;
	struct ledger_head head;
	uint64_t wall;
};

static enum err read_facts(struct facts *f, const struct opened *p)
{
	struct db_txn *t = NULL;
	struct address self;
	struct identity_public watcher;
	struct journal_times newest = {0};
	f->wall = clock_wall(&p->env.clock);
	address_of(&self, vault_account(p->vault), (struct subaddress){0, 0});
	address_format(f->address, &self);
	identity_fingerprint(f->fingerprint, &vault_identity(p->vault)->public);
	enum err rc = db_begin(&t, p->db, false);
	if (rc == ERR_OK) {
		rc = state_watcher(&watcher, f->watcher, t);
		f->paired = rc == ERR_OK;
		rc = rc == ERR_STATE ? ERR_OK : rc;
	}
	if (f->paired) {
		identity_fingerprint(f->watcher_print, &watcher);
	}
	if (rc == ERR_OK) {
		rc = state_policy(&f->policy, t, vault_facts(p->vault)->network);
		f->has_policy = rc == ERR_OK;
		rc = rc == ERR_NO_POLICY ? ERR_OK : rc;
	}
	if (rc == ERR_OK) {
		rc = journal_head(&f->head, t);
	}
	if (rc == ERR_OK) {
		rc = journal_times(&newest, t);
	}
	if (rc == ERR_OK) {
		rc = journal_restored(&f->restored, t);
	}
	if (rc == ERR_OK) {
		rc = journal_spent(&f->spent, t, f->wall, newest.chain);
	}
	db_abort(t);
	return rc;
}

static void put_sandbox(struct buf *out)
{
	struct sandbox_state s;
	sandbox_read(&s);
	buf_printf(out, "sandbox      %s%u kinds of system call are allowed\n",
		   s.seccomp == 2 ? "" : "NOT IN FORCE, although ", s.allowed);
	if (s.landlock) {
		buf_printf(out, "             writing in the vault's folder alone (Landlock %d)\n",
			   s.landlock);
	} else {
		buf_text(out, "             this kernel has no Landlock to confine writing\n");
	}
	buf_printf(out, "             core dumps %s, tracing %s, %s\n",
		   s.core_limit ? "POSSIBLE" : "off", s.dumpable ? "POSSIBLE" : "off",
		   s.no_new_privs ? "no new privileges" : "NEW PRIVILEGES POSSIBLE");
	buf_printf(out, "memory       secrets are %s\n",
		   s.memory_locked ? "locked, never swapped out"
				   : "NOT LOCKED: raise the limit (ulimit -l)");
}

static void json_sandbox(struct buf *out)
{
	struct sandbox_state s;
	sandbox_read(&s);
	buf_printf(out,
		   "\"sandbox\":{\"seccomp\":%d,\"allowed\":%u,\"landlock\":%d,\"no_new_privs\":%s,"
		   "\"dumpable\":%s,\"core_limit\":%llu,\"memory_locked\":%s}",
		   s.seccomp, s.allowed, s.landlock, s.no_new_privs ? "true" : "false",
		   s.dumpable ? "true" : "false", (unsigned long long)s.core_limit,
		   s.memory_locked ? "true" : "false");
}

static void put_text(struct buf *out, const struct facts *f, const struct opened *p)
{
	char spent[AMOUNT_TEXT_MAX], limit[AMOUNT_TEXT_MAX], name[300], time[TIME_TEXT_MAX];
	const struct vault_facts *v = vault_facts(p->vault);
	buf_printf(out, "network      %s, from height %llu\n", network_name(v->network),
		   (unsigned long long)v->birthday);
	buf_printf(out, "address      %.50s\n             %s\n", f->address, f->address + 50);
	buf_printf(out, "fingerprint  %s\n", f->fingerprint);
	if (f->paired) {
		buf_printf(out, "watcher      %s, %s\n",
			   text_safe(name, sizeof name, f->watcher, strlen(f->watcher)),
			   f->watcher_print);
	} else {
		buf_text(out, "watcher      none is paired\n");
	}
	if (f->has_policy) {
		buf_printf(out, "24 hours     %s of %s XMR, %llu of %llu payouts\n",
			   amount_format(spent, f->spent.amount),
			   amount_format(limit, f->policy.limits.day),
			   (unsigned long long)f->spent.count,
			   (unsigned long long)f->policy.limits.day_count);
	} else {
		buf_text(out, "policy       none: nothing is signed\n");
	}
	buf_printf(out, "journal      %llu entries%s\n", (unsigned long long)f->head.number,
		   f->restored ? ", restored from a backup: there may have been more" : "");
	buf_printf(out, "clock        %s\n", time_format(time, f->wall));
	put_sandbox(out);
	buf_printf(out, "vault        Argon2id, %llu passes over %llu MiB\n",
		   (unsigned long long)v->kdf.ops, (unsigned long long)(v->kdf.memory >> 20));
}

static void put_json(struct buf *out, const struct facts *f, const struct opened *p)
{
	char text[AMOUNT_TEXT_MAX];
	const struct vault_facts *v = vault_facts(p->vault);
	buf_printf(out, "{\"network\":\"%s\",\"birthday\":%llu,\"address\":\"%s\",",
		   network_name(v->network), (unsigned long long)v->birthday, f->address);
	buf_printf(out, "\"fingerprint\":\"%s\",\"watcher\":", f->fingerprint);
	if (f->paired) {
		json_text(out, f->watcher);
		buf_printf(out, ",\"watcher_fingerprint\":\"%s\"", f->watcher_print);
	} else {
		buf_text(out, "null");
	}
	buf_printf(out, ",\"policy\":%s", f->has_policy ? "true" : "false");
	buf_printf(out, ",\"day_spent\":\"%s\",\"day_count\":%llu",
		   amount_format(text, f->spent.amount), (unsigned long long)f->spent.count);
	buf_printf(out,
		   ",\"journal\":{\"number\":%llu,\"hash\":", (unsigned long long)f->head.number);
	json_hex(out, f->head.hash, 32);
	buf_printf(out, "},\"restored\":%s,", f->restored ? "true" : "false");
	json_sandbox(out);
	buf_text(out, "}\n");
}

enum err cmd_status(const struct options *o)
{
	struct opened p = {0};
	struct facts f = {0};
	struct buf out;
	buf_init(&out, 1 << 16);
	enum err rc = opened_open(&p, o);
	if (rc == ERR_OK) {
		rc = read_facts(&f, &p);
	}
	if (rc == ERR_OK && o->json) {
		put_json(&out, &f, &p);
	} else if (rc == ERR_OK) {
		put_text(&out, &f, &p);
	}
	if (rc == ERR_OK) {
		rc = cli_print(&out);
	}
	buf_free(&out);
	opened_close(&p);
	return rc;
}

enum err cmd_passphrase(const struct options *o)
{
	struct opened p = {0};
	char path[PATH_TEXT_MAX];
	char *fresh = NULL;
	struct vault_kdf kdf = {0};
	struct rng rng = rng_system();
	struct record r = {.kind = RECORD_PASSPHRASE};
	enum err rc = opened_open(&p, o);
	if (rc == ERR_OK) {
		kdf = vault_facts(p.vault)->kdf;
		rc = options_kdf(&kdf, o);
	}
	if (rc == ERR_OK) {
		rc = path_join(path, o->vault, "vault");
	}
	if (rc == ERR_OK) {
		rc = secret_new_passphrase(&fresh, o->new_passphrase_fd);
	}
	if (rc == ERR_OK) {
		rc = settings_journal(&p.env, &r);
	}
	if (rc == ERR_OK) {
		rc = vault_rewrite(path, p.vault, db_span(fresh, strlen(fresh)), &kdf, &rng);
	}
	secret_free(fresh);
	opened_close(&p);
	return rc;
}
