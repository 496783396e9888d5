/* The data folder opened: store, settings, node. */
#include <string.h>
#include <time.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "watcher/cli/cli.h"

#define MAP_SIZE (UINT64_C(1) << 38) /* room to grow; nothing is taken until it is used */
#define LOCK_TRIES 100
#define LOCK_WAIT_MS 100
/* A witness that does not answer must not hold up the rest. */
#define WITNESS_SECONDS 10

static struct opened_callbacks callbacks;

void opened_callbacks(const struct opened_callbacks *c)
{
	callbacks = *c;
}

static bool must_stop(void)
{
	return callbacks.stopped && callbacks.stopped(callbacks.ctx);
}

/* `run` takes the store for a while at a time, so another command waits for its turn. */
static bool wait_turn(int i)
{
	struct timespec wait = {0, LOCK_WAIT_MS * 1000000L};
	if (i) {
		nanosleep(&wait, NULL);
	}
	return i == 0 || (i < LOCK_TRIES && !must_stop());
}

enum err store_open(struct db **out, const char *dir, enum access access)
{
	enum err rc = ERR_LOCKED;
	for (int i = 0; rc == ERR_LOCKED && wait_turn(i); i++) {
		rc = db_open_lmdb(out, dir, WATCHER_TABLES, WATCHER_TABLE_COUNT, MAP_SIZE,
				  access == ACCESS_WRITE);
	}
	return rc;
}

static void call_back(struct chain_rpc_options *rpc)
{
	rpc->stopped = callbacks.waiting;
	rpc->over = callbacks.over;
	rpc->moved = callbacks.moved;
	rpc->stopped_ctx = rpc->over_ctx = rpc->moved_ctx = callbacks.ctx;
}

static enum err open_nodes(struct opened *p, enum network network)
{
	const struct settings *s = &p->settings;
	struct chain_rpc_options rpc = followed_options(s, network);
	call_back(&rpc);
	rpc.ahead = true;
	enum err rc = chain_rpc_open(&p->w.chain, &rpc);
	p->w.witness = p->witness;
	for (size_t i = 0; rc == ERR_OK && i < s->n_witnesses; i++) {
		rpc = node_options(&s->witness[i], network);
		rpc.tries = 1;
		rpc.timeout_s = WITNESS_SECONDS;
		call_back(&rpc);
		rc = chain_rpc_open(&p->witness[i].chain, &rpc);
		p->w.n_witnesses = i + 1;
	}
	return rc;
}

enum err opened_open(struct opened *out, const struct options *o, enum access access)
{
	char path[PATH_TEXT_MAX];
	struct problems problems = {0};
	*out = (struct opened){0};
	enum err rc = path_join(path, o->data, "data.mdb");
	if (rc == ERR_OK && !file_exists(path)) {
		rc = err_set(ERR_STATE, "no watcher in %s: run init first", o->data);
	}
	if (rc == ERR_OK) {
		rc = settings_read(&out->settings, o->data, &problems);
	}
	if (rc == ERR_OK) {
		rc = store_open(&out->db, o->data, access);
	}
	if (rc == ERR_OK) {
		struct chain none = {0};
		rc = watcher_open(&out->w, out->db, none, clock_system(), rng_system());
	}
	if (rc == ERR_OK) {
		rc = settings_fit(&out->settings, &out->w.account, &problems);
	}
	if (rc != ERR_OK) {
		return rc;
	}
	out->w.config = out->settings.rules;
	return open_nodes(out, out->w.account.network);
}

void opened_let_go(struct opened *p)
{
	db_let_go(p->db);
}

enum err opened_take_again(struct opened *p)
{
	enum err rc = ERR_LOCKED;
	for (int i = 0; rc == ERR_LOCKED && wait_turn(i); i++) {
		rc = db_take_again(p->db);
	}
	return rc;
}

static void close_nodes(struct opened *p)
{
	chain_rpc_close(&p->w.chain);
	for (size_t i = 0; i < WITNESSES_MAX; i++) {
		chain_rpc_close(&p->witness[i].chain);
	}
}

enum err opened_renew(struct opened *fresh, const struct opened *p, const struct options *o)
{
	struct problems problems = {0};
	*fresh = (struct opened){0};
	enum err rc = settings_read(&fresh->settings, o->data, &problems);
	if (rc == ERR_OK) {
		rc = settings_fit(&fresh->settings, &p->w.account, &problems);
	}
	return rc == ERR_OK ? open_nodes(fresh, p->w.account.network) : rc;
}

void opened_exchange(struct opened *p, struct opened *fresh)
{
	struct opened old = *p;
	p->settings = fresh->settings;
	p->w.config = fresh->settings.rules;
	p->w.chain = fresh->w.chain;
	p->w.n_witnesses = fresh->w.n_witnesses;
	memcpy(p->witness, fresh->witness, sizeof p->witness);
	fresh->settings = old.settings;
	fresh->w.chain = old.w.chain;
	memcpy(fresh->witness, old.witness, sizeof fresh->witness);
	secret_wipe(&old, sizeof old);
}

void opened_discard(struct opened *fresh)
{
	close_nodes(fresh);
	secret_wipe(fresh, sizeof *fresh);
}

void opened_close(struct opened *p)
{
	close_nodes(p);
	watcher_close(&p->w);
	db_close(p->db);
	settings_wipe(&p->settings);
	memset(p, 0, sizeof *p);
}
