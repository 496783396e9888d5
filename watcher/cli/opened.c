/* The data folder opened: store, settings, node. */
#include <string.h>
#include <time.h>

#include "common/base/file.h"
#include "watcher/cli/cli.h"

#define MAP_SIZE (UINT64_C(1) << 38) /* room to grow; nothing is taken until it is used */
#define LOCK_TRIES 100
#define LOCK_WAIT_MS 100
/* A witness that does not answer must not hold up the rest. */
#define WITNESS_SECONDS 10

/* `run` takes the store for one step at a time, so another command waits for its turn. */
enum err store_open(struct db **out, const char *dir, enum access access)
{
	enum err rc = ERR_LOCKED;
	for (int i = 0; rc == ERR_LOCKED && i < LOCK_TRIES; i++) {
		if (i) {
			struct timespec wait = {0, LOCK_WAIT_MS * 1000000L};
			nanosleep(&wait, NULL);
		}
		rc = db_open_lmdb(out, dir, WATCHER_TABLES, WATCHER_TABLE_COUNT, MAP_SIZE,
				  access == ACCESS_WRITE);
	}
	return rc;
}

enum err opened_open(struct opened *out, const struct options *o, enum access access)
{
	char path[PATH_TEXT_MAX];
	*out = (struct opened){0};
	enum err rc = path_join(path, o->data, "data.mdb");
	if (rc == ERR_OK && !file_exists(path)) {
		rc = err_set(ERR_STATE, "no watcher in %s: run init first", o->data);
	}
	if (rc == ERR_OK) {
		rc = settings_read(&out->settings, o->data, NULL, NULL);
	}
	if (rc == ERR_OK) {
		rc = store_open(&out->db, o->data, access);
	}
	if (rc == ERR_OK) {
		struct chain none = {0};
		rc = watcher_open(&out->w, out->db, none, clock_system(), rng_system());
	}
	if (rc != ERR_OK) {
		return rc;
	}
	out->w.config = out->settings.rules;
	enum network network = out->w.account.network;
	struct chain_rpc_options rpc = node_options(&out->settings.node, network);
	rc = chain_rpc_open(&out->w.chain, &rpc);
	out->w.witness = out->witness;
	for (size_t i = 0; rc == ERR_OK && i < out->settings.n_witnesses; i++) {
		rpc = node_options(&out->settings.witness[i], network);
		rpc.tries = 1;
		rpc.timeout_s = WITNESS_SECONDS;
		rc = chain_rpc_open(&out->witness[i].chain, &rpc);
		out->w.n_witnesses = i + 1;
	}
	return rc;
}

void opened_close(struct opened *p)
{
	chain_rpc_close(&p->w.chain);
	for (size_t i = 0; i < WITNESSES_MAX; i++) {
		chain_rpc_close(&p->witness[i].chain);
	}
	watcher_close(&p->w);
	db_close(p->db);
	settings_wipe(&p->settings);
	memset(p, 0, sizeof *p);
}
