/* init: a watcher from the signer's kit. pair: says who we are. */
#include <stdio.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/secret.h"
#include "watcher/cli/cli.h"

/* The kit names its network; without --network each is tried. */
static enum err open_kit(struct envelope *env, struct buf *plain, struct span file,
			 const char *network)
{
	enum network n = NETWORK_MAINNET;
	if (network) {
		enum err rc = network_parse(&n, network);
		return rc == ERR_OK ? envelope_open(env, plain, file, MSG_KIT, n, NULL, NULL) : rc;
	}
	enum err rc = ERR_MSG_NETWORK;
	for (unsigned i = 0; rc == ERR_MSG_NETWORK && i < NETWORK_COUNT; i++) {
		buf_free(plain);
		rc = envelope_open(env, plain, file, MSG_KIT, (enum network)i, NULL, NULL);
	}
	return rc;
}

static enum err fingerprints(const struct watcher *w, bool json)
{
	char ours[FINGERPRINT_TEXT_MAX], signers[FINGERPRINT_TEXT_MAX];
	struct out out;
	out_begin(&out, json);
	identity_fingerprint(ours, &w->identity.public);
	identity_fingerprint(signers, &w->signer);
	json_open(&out, NULL, '{');
	json_text(&out, "network", network_name(w->account.network));
	json_text(&out, "watcher", ours);
	json_text(&out, "signer", signers);
	json_close(&out, '}');
	say(&out, "network              %s", network_name(w->account.network));
	say(&out, "watcher's identity   %s", ours);
	say(&out, "signer's identity    %s", signers);
	say(&out, "Compare both with what the signer shows at pairing.");
	return out_end(&out);
}

static enum err make(const struct options *o, const struct kit *kit,
		     const struct identity_public *signer)
{
	struct clock clock = clock_system();
	struct rng rng = rng_system();
	struct chain none = {0};
	struct watcher w = {0};
	struct db *db = NULL;
	uint8_t seed[32];
	enum err rc = dir_make(o->data);
	if (rc == ERR_OK) {
		rc = store_open(&db, o->data, ACCESS_WRITE);
	}
	if (rc == ERR_OK) {
		rng_fill(&rng, seed, sizeof seed);
		rc = watcher_create(db, kit, signer, seed, &clock);
		if (rc == ERR_EXISTS) {
			rc = err_set(rc, "%s holds a watcher already", o->data);
		}
	}
	if (rc == ERR_OK) {
		rc = settings_write_new(o->data, o->node, o->insecure_node);
	}
	if (rc == ERR_OK) {
		rc = watcher_open(&w, db, none, clock, rng);
	}
	if (rc == ERR_OK) {
		rc = fingerprints(&w, o->json);
	}
	secret_wipe(seed, sizeof seed);
	watcher_close(&w);
	db_close(db);
	return rc;
}

enum err cmd_init(const struct options *o)
{
	struct envelope env = {0};
	struct buf file, plain = {0};
	struct kit kit = {0};
	struct chain probe = {0};
	if ((!o->kit && !o->scan) || (o->kit && o->scan) || !o->node) {
		return err_set(ERR_USAGE, "init needs --kit FILE or --scan WHERE, and --node URL");
	}
	buf_init(&file, PROTO_MESSAGE_MAX);
	enum err rc = message_read(&file, o, o->kit, PROTO_MESSAGE_MAX);
	if (rc == ERR_OK) {
		rc = open_kit(&env, &plain, buf_span(&file), o->network);
	}
	if (rc == ERR_OK) {
		rc = kit_decode(&kit, env.body);
	}
	if (rc == ERR_OK && kit.network != env.network) {
		rc = err_set(ERR_MSG_NETWORK, "the kit and its envelope name different networks");
	}
	if (rc == ERR_OK) {
		/* A URL that is none is said now, not at the first sync. */
		struct chain_rpc_options rpc = {
		    .url = o->node,
		    .network = kit.network,
		    .allow_plain = o->insecure_node,
		    /* One on another machine gets its login in the file that init writes. */
		    .allow_no_login = true,
		};
		rc = chain_rpc_open(&probe, &rpc);
	}
	if (rc == ERR_OK) {
		rc = make(o, &kit, &env.sender);
	}
	chain_rpc_close(&probe);
	secret_wipe(&kit, sizeof kit);
	buf_free(&plain);
	buf_free(&file);
	return rc;
}

enum err cmd_pair(const struct options *o)
{
	struct opened p;
	struct buf message;
	char title[80], print[FINGERPRINT_TEXT_MAX];
	enum err rc = message_wanted(o);
	if (rc != ERR_OK) {
		return rc;
	}
	buf_init(&message, PROTO_MESSAGE_MAX);
	rc = opened_open(&p, o, ACCESS_READ);
	if (rc == ERR_OK) {
		rc = watcher_pairing(&p.w, &message);
	}
	if (rc == ERR_OK) {
		rc = message_write(o, &message);
	}
	if (rc == ERR_OK) {
		identity_fingerprint(print, &p.w.identity.public);
		snprintf(title, sizeof title, "watcher's pairing  fingerprint %s", print);
	}
	if (rc == ERR_OK && (!o->out || strcmp(o->out, "-") != 0)) {
		rc = fingerprints(&p.w, o->json);
	}
	opened_close(&p);
	if (rc == ERR_OK) {
		rc = message_show(o, title, &message);
	}
	buf_free(&message);
	return rc;
}

static void problem(void *ctx, unsigned line, const char *what)
{
	struct out *out = ctx;
	json_open(out, NULL, '{');
	json_number(out, "line", line);
	json_text(out, "problem", what);
	json_close(out, '}');
	if (line) {
		say(out, "%s line %u: %s", SETTINGS_NAME, line, what);
	} else {
		say(out, "%s: %s", SETTINGS_NAME, what);
	}
}

/* What this folder's watcher, and this machine, have to say to it. */
static enum err check_here(const struct settings *s, const char *dir, struct problems *p)
{
	char path[PATH_TEXT_MAX];
	struct watcher w = {0};
	struct chain none = {0};
	struct db *db = NULL;
	enum err rc = path_join(path, dir, "data.mdb");
	if (rc == ERR_OK && file_exists(path)) {
		rc = store_open(&db, dir, ACCESS_READ);
		if (rc == ERR_OK) {
			rc = watcher_open(&w, db, none, clock_system(), rng_system());
		}
		if (rc == ERR_OK) {
			rc = settings_fit(s, &w.account, p);
		}
	}
	watcher_close(&w);
	db_close(db);
	return rc == ERR_OK || rc == ERR_CONFIG ? settings_folders(s, p) : rc;
}

enum err cmd_check_config(const struct options *o)
{
	struct settings s;
	struct out out;
	struct problems all = {.told = problem, .ctx = &out};
	out_begin(&out, o->json);
	json_open(&out, NULL, '{');
	json_open(&out, "problems", '[');
	enum err found = settings_read(&s, o->data, &all);
	if (found == ERR_OK) {
		found = check_here(&s, o->data, &all);
	}
	json_close(&out, ']');
	json_close(&out, '}');
	if (found == ERR_OK) {
		say(&out, "%s is right", SETTINGS_NAME);
	}
	settings_wipe(&s);
	enum err rc = out_end(&out);
	return rc == ERR_OK ? found : rc;
}
